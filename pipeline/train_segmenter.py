"""Train a segmenter on one label set: the masks (FSV) or pseudo-labels (METHOD §5)."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from hairline import pictures, plotting, tracking, training_tables
from hairline.gate import waived
from hairline.nn import networks, segmentation, segmenters, serving
from hairline.nn import weights as weight_files
from hairline.nn.recipes import FROM_CLASSIFIER, Runtime
from hairline.nn.runtime import machine, resolve
from hairline.nn.segmenters import Segmenter
from hairline.nn.tasks import Trained
from hairline.outputs import whole_file, whole_folder, write_json
from hairline.params import Params
from hairline.scoretables import counts, metrics, score_table
from hairline.tracking import registry
from hairline.training_tables import Images
from pipeline import entry, training

LABELLED = 0.5


def main(argv: Sequence[str] | None = None) -> None:
    """Train ``--architecture`` on the trainable labels that ``--table`` lists; write its weights to ``--out``.

    Where no label is trainable, the folder says so instead, and evaluation and comparison pass it on.
    """
    args = entry.arguments(
        __doc__, argv,
        paths=["data", "table", "verdicts", "classifier", "out", "history", "runs", "upstream", "record"],
        names=["label-set", "architecture", "training-set"],
    )  # fmt: skip
    params = Params(args.params)
    architecture, (options, chosen) = params.architecture(args.architecture), params.training(args.architecture)
    segmenters.check(architecture.network, architecture.options, options.crop_px)
    values = {"label_set": args.label_set, "architecture": {args.architecture: asdict(architecture)},
              "training_set": args.training_set, "segmenter": chosen}  # fmt: skip
    given = weight_files.files(options.weights, FROM_CLASSIFIER)
    inputs, images = [args.table, args.classifier, *given], training_tables.read(args.table, args.data)
    train_ids, val_ids = images.training(options.max_images), images.validation()
    upstream = [args.runs / f"labels-{name}.json" for name in images.label_sets]
    with training.opened(
        "train_segmenter", f"segmenter · {args.architecture} · {args.label_set} · {args.training_set}",
        params.experiment,
        {**values, **params.some("runtime")}, {**values, **training.deciding(params.raw("runtime"))}, inputs,
        [*upstream, *args.upstream], args.record, {"architecture": args.architecture},
        machine(resolve(params.runtime)),
    ) as (checkpoints, run):  # fmt: skip
        trained = _train(args, params, images, (train_ids, val_ids), run, checkpoints) if train_ids else None
        if run is None:
            return
        if trained is None:
            _give_up(args, len(images.table), run)
        else:
            _write(args, params, trained, len(train_ids), run)
            _judge(args, params, trained.model, images, run)
        _history(args, trained, run)
        run.tag("waivers", waived(sorted(args.verdicts.iterdir())))
        run.finish([args.out])


def _train(
    args: Namespace, params: Params, images: Images, ids: tuple[Sequence[str], Sequence[str]],
    run: tracking.Run | None, folder: Path,
) -> Trained[Segmenter]:  # fmt: skip
    """Train on the first of ``ids``, judged on the second."""
    architecture, (options, _) = params.architecture(args.architecture), params.training(args.architecture)
    classifier = str(args.classifier / weight_files.WEIGHTS_FILE)
    weights = classifier if options.weights == FROM_CLASSIFIER else options.weights
    build = partial(networks.module(architecture.network).build, architecture.options, weights)
    return segmentation.train(
        *ids, images.image, images.target, build, options,
        _seeded(args, params), run or training.Silent(), folder, _sheet,
    )  # fmt: skip


def _seeded(args: Namespace, params: Params) -> Runtime:
    """The section ``runtime``, with the seed of this training where it has its own."""
    runtime, seed = params.runtime, params.training(args.architecture)[0].seed
    return runtime if seed is None else replace(runtime, seed=seed)


def _write(args: Namespace, params: Params, trained: Trained[Segmenter], images: int, run: tracking.Run) -> None:
    """Write the weights and how they came to be; log them as a model that takes images of any size."""
    info = {
        "status": "trained", "label_set": args.label_set, "training_set": args.training_set,
        "architecture": args.architecture, "initialisation": trained.initial, "images": images,
        "epochs": len(trained.history), "kept_epoch": trained.kept,
        "training": params.training(args.architecture)[1],
        "seed": _seeded(args, params).seed, "precision": resolve(params.runtime).precision,
    }  # fmt: skip
    run.tag("initialisation", trained.initial)
    architecture = params.architecture(args.architecture)
    with whole_folder(args.out) as folder:
        segmenters.save(trained.model, folder, architecture.network, architecture.options, info)
    example = np.random.default_rng(0).integers(0, 256, (2, 70, 90, 3), dtype=np.uint8)
    answer = serving.Served(args.out).predict(example)
    run.model(args.out, "segmenter", "hairline.nn.serving", example, answer, serving.requirements(),
              registry.name(params.experiment, "segmenter"))  # fmt: skip


def _judge(args: Namespace, params: Params, model: Segmenter, images: Images, run: tracking.Run) -> None:
    """Log the precision-recall curve on validation images against their labels, those of the label set."""
    val_ids = images.validation()
    if not val_ids:
        return
    placement = resolve(params.runtime)
    table = score_table(
        pd.DataFrame({"id": val_ids, "group": val_ids}),
        lambda key: segmenters.predict(model, images.image(key), placement),
        lambda key: images.target(key) >= LABELLED,
    )
    run.metrics({f"val/{name}": value for name, value in metrics(table).items()})
    panel = {
        f"validation images of {args.training_set}, labels of {args.label_set}": {args.architecture: counts(table)}
    }
    run.drawing("val_pr_curve.png", plotting.png(plotting.pr_curves(panel)))


def _history(args: Namespace, trained: Trained[Segmenter] | None, run: tracking.Run) -> None:
    """Write the numbers of every epoch, and draw them."""
    found = [] if trained is None else trained.history
    history = [{"epoch": float(epoch), **values} for epoch, values in enumerate(found, 1)]
    if history:
        run.drawing("training.png", plotting.png(plotting.training_curves(history)))
    with whole_file(args.history) as partial_file:
        pd.DataFrame(history, columns=None if history else ["epoch", "train/loss"]).to_csv(partial_file, index=False)


def _sheet(rows: Sequence[segmentation.Row]) -> bytes:
    """A picture of what a network says to a few images beside what it learns from them."""
    drawn = [
        pictures.PictureRow(name, image, None, None, {"learned from": target}, {"now": scores})
        for name, image, target, scores in rows
    ]
    return plotting.png(pictures.picture_grid(drawn))


def _give_up(args: Namespace, listed: int, run: tracking.Run) -> None:
    reason = f"none of the chosen training images among {listed} listed passes the rule 'trainable'"
    with whole_folder(args.out) as folder:
        write_json(folder / "model.json", {"status": "not trainable", "reason": reason})
    run.tag("not_trainable", reason)


if __name__ == "__main__":
    entry.run(main)
