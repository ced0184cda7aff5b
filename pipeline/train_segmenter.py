"""Train a segmenter on one label set: the masks (FSV) or pseudo-labels (docs/method.md §5)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from hairline import tracking
from hairline.config import segmenter_record
from hairline.config.params import Architecture, Params
from hairline.config.paths import SegmenterName
from hairline.data import training_table
from hairline.data.names import MASKS
from hairline.data.training_table import WEIGHT, Images
from hairline.io.atomic import whole_file, whole_folder, write_json
from hairline.metrics import operating_point
from hairline.metrics.learned import NOT_JUDGED
from hairline.nn.runtime import origins, weight_packages
from hairline.nn.runtime import weights as weight_files
from hairline.nn.runtime.device import machine, resolve
from hairline.nn.runtime.processes import become_several
from hairline.nn.runtime.recipes import FROM_CLASSIFIER, Runtime, SegmenterOptions
from hairline.nn.runtime.serving import requirements
from hairline.nn.segmenter import judging, learned_images, networks, segmenter, serving, start, training
from hairline.nn.segmenter.learned_images import Record
from hairline.nn.segmenter.segmenter import Segmenter
from hairline.nn.training.task import Trained
from hairline.reporting import nothing_learned, training_pictures
from hairline.reporting.figures import canvas, curves
from hairline.reporting.tried import tried_segmenter
from hairline.tracking import registry
from hairline.tracking.waivers import waived
from pipeline import stage, training_run


def main(argv: Sequence[str] | None = None) -> None:
    """Train ``--architecture`` on the trainable labels of ``--label-set`` in ``--training-set``; write its weights.

    Where no label is trainable, the folder says so instead, and evaluation and comparison pass it on.
    """
    args = stage.arguments(__doc__, argv, "label-set", "architecture", "training-set")
    params, paths = stage.opened(args.params)
    if argv is None:  # a program of its own
        become_several(params.runtime)
    name = SegmenterName(args.label_set, args.architecture, args.training_set)
    architecture, (options, chosen) = params.architecture(name.architecture), params.training(name.architecture)
    segmenter.check(architecture.network, architecture.options, options.crop_px)
    values = {"label_set": name.label_set, "architecture": {name.architecture: asdict(architecture)},
              "training_set": name.training_set, "segmenter": chosen}  # fmt: skip
    table, classifier = paths.training_table(name.training_set, name.label_set), params.segmenter.classifier
    given = _given(architecture, options)
    inputs, images = [table, paths.classifier(classifier), *given], training_table.read(table, paths.data)
    train_ids, val_ids = images.training(options.max_images), images.validation()
    shares = images.shares(train_ids)
    without = [part for part, count, _ in shares if not count]
    tags = {"architecture": name.architecture, "seed": str(_seeded(params, name.architecture, images).seed)}
    upstream = [*map(paths.labels_record, images.label_sets), paths.classifier_record(classifier)]
    with training_run.opened(
        "train_segmenter", str(name),
        params.experiment,
        {**values, **params.some("runtime")}, {**values, **training_run.deciding(params.raw("runtime")),
         **_package(params, name.architecture)}, inputs,
        stage.code_of("pipeline.train_segmenter", networks.module(architecture.network).__name__), upstream,
        paths.segmenter_record(name), tags, machine(resolve(params.runtime)),
        params.tracking_wait_s,
    ) as (checkpoints, run):  # fmt: skip
        encoder = paths.classifier(classifier) / weight_files.WEIGHTS_FILE
        ids, able = (train_ids, val_ids), bool(train_ids) and not without
        trained = _train(params, name.architecture, encoder, images, ids, run, checkpoints) if able else None
        if run is None:
            return
        if trained is None:
            _give_up(paths.segmenter(name), len(images.table), options.max_images, without, run)
        else:
            found = _judge(params, name, trained, images, train_ids, checkpoints, run)
            seen = segmenter_record.record(name.architecture, images, train_ids, options)
            seed = _seeded(params, name.architecture, images).seed
            _write(
                params, name, paths.segmenter(name), trained, len(train_ids), images.mm_per_px, seed, found, seen, run
            )
        _history(paths.segmenter_history(name), trained, run)
        run.tag("waivers", waived(sorted(paths.labels_verdicts(name.training_set, name.label_set).iterdir())))
        run.finish([paths.segmenter(name)])


def _given(architecture: Architecture, options: SegmenterOptions) -> list[Path]:
    """The files of weights by path, or of the segmenter, that a training starts from."""
    if options.init is None:
        return weight_files.files(options.weights, FROM_CLASSIFIER)
    folder = start.check(options.init, architecture.network, architecture.options)
    return [folder / weight_files.INFO_FILE, folder / weight_files.WEIGHTS_FILE]


def _package(params: Params, architecture: str) -> dict[str, str]:
    """What of the installed packages with weights decides a training."""
    found = params.architecture(architecture)
    backbone = networks.module(found.network).backbone(found.options)
    return weight_packages.deciding(weight_packages.bare(backbone), params.training(architecture)[0].weights)


def _train(
    params: Params, name: str, classifier: Path, images: Images, ids: tuple[Sequence[str], Sequence[str]],
    run: tracking.Run | None, folder: Path,
) -> Trained[Segmenter]:  # fmt: skip
    """Train an architecture on the first of ``ids``, judged on the second; some start from a classifier's weights."""
    architecture, (options, _) = params.architecture(name), params.training(name)
    weights = str(classifier) if options.weights == FROM_CLASSIFIER else options.weights
    build = partial(networks.module(architecture.network).build, architecture.options, weights)
    if options.init is not None:
        build = partial(start.build, options.init, architecture.network, architecture.options)
    shares = images.shares(ids[0])
    return training.train(
        *ids, images.image, images.target, build, options,
        _seeded(params, name, images), run or training_run.Silent(), folder, training_pictures.sheet,
        [(count, share) for _, count, share in shares], images.pseudo, images.ignored,
        [name for name, *_ in shares] if WEIGHT in images.table else [],
    )  # fmt: skip


def _seeded(params: Params, architecture: str, images: Images) -> Runtime:
    """The section ``runtime``, with the seed of the architecture or else of the training set where it has its own."""
    own = params.training(architecture)[0].seed
    return params.runtime.seeded(images.seed if own is None else own)


def _write(
    params: Params, name: SegmenterName, target: Path, trained: Trained[Segmenter], images: int,
    mm_per_px: float | None, seed: int, found: Mapping[str, object], seen: Record, run: tracking.Run,
) -> None:  # fmt: skip
    """Write the weights and how they came to be; log them as a model that takes images of any size."""
    init = params.training(name.architecture)[0].init
    begun = {"init_sha256": start.weights_hash(init)} if init else {}
    info = {
        "status": "trained", "label_set": name.label_set, "training_set": name.training_set,
        "architecture": name.architecture, "initialisation": trained.initial,
        "origin": origins.as_json(trained.model.origin), "images": images, "mm_per_px": mm_per_px,
        "epochs": len(trained.history), "kept_epoch": trained.kept,
        "training": params.training(name.architecture)[1],
        "seed": seed, "precision": resolve(params.runtime).precision,
        **found, **begun,
    }  # fmt: skip
    for tag, value in {
        "initialisation": trained.initial,
        "origin": origins.told(trained.model.origin),
        **begun,
    }.items():
        run.tag(tag, value)
    architecture = params.architecture(name.architecture)
    with whole_folder(target) as folder:
        segmenter.save(trained.model, folder, architecture.network, architecture.options, info)
        learned_images.write(folder, seen)
    example = np.random.default_rng(0).integers(0, 256, (2, 70, 90, 3), dtype=np.uint8)
    answer = serving.Served(target).predict(example)
    run.model(target, "segmenter", "hairline.nn.segmenter.serving", example, answer, requirements(),
              registry.name(params.experiment, "segmenter"), serving.PARAMS)  # fmt: skip


def _judge(
    params: Params, name: SegmenterName, trained: Trained[Segmenter], images: Images, own: Sequence[str],
    checkpoints: Path, run: tracking.Run,
) -> Mapping[str, object]:  # fmt: skip
    """Whether the segmenter learned anything, and its best threshold, for model.json.

    Where it learned nothing and that is an error, it stops. It is judged against labels of its own label set; the
    precision-recall curve on all validation images is logged.
    """
    model, placement = trained.model, resolve(params.runtime)
    held_out = judging.scored(model, images, images.validation(), placement)
    title = f"validation images of {name.training_set}, labels of {name.label_set}"
    if len(held_out):
        metrics, png = training_pictures.validation_curve(held_out, title, name.architecture)
        run.metrics(metrics)
        run.drawing("val_pr_curve.png", png)
    table, learned_from = judging.with_own(model, images, own, held_out, placement)
    masks = images.table.loc[table["id"], "label_set"].isin(MASKS)
    threshold = {operating_point.NAME: operating_point.best(table, masks.to_list(), learned_from)}
    if params.learned == "off":
        return {"learned": NOT_JUDGED, **threshold}
    judgement = judging.judge(model, images, own, held_out, placement)
    architecture, (options, _) = params.architecture(name.architecture), params.training(name.architecture)
    tried, changes = tried_segmenter(
        " · ".join((name.architecture, name.label_set, name.training_set)), images.table.loc[list(own)], options,
        architecture.training, name.architecture, trained.history,
        networks.module(architecture.network).backbone(architecture.options), trained.initial,
    )  # fmt: skip

    def save(folder: Path) -> None:
        info = {"status": "trained", "learned": judgement.as_json()}
        segmenter.save(model, folder, architecture.network, architecture.options, info)

    told = partial(nothing_learned.message, tried, judgement, changes)
    training_run.conclude(params.learned, judgement, tried.name, told, save, checkpoints, run)
    return {"learned": judgement.as_json(), **threshold}


def _history(target: Path, trained: Trained[Segmenter] | None, run: tracking.Run) -> None:
    """Write the numbers of every epoch, and draw them."""
    found = [] if trained is None else trained.history
    history = [{"epoch": float(epoch), **values} for epoch, values in enumerate(found, 1)]
    if history:
        run.drawing("training.png", canvas.png(curves.training_curves(history)))
    with whole_file(target) as partial_file:
        pd.DataFrame(history, columns=None if history else ["epoch", "train/loss"]).to_csv(partial_file, index=False)


def _give_up(target: Path, listed: int, most: int, without: Sequence[str], run: tracking.Run) -> None:
    of = f" of {without[0]}, which has a share," if without else ""
    chosen = f" (max_images chooses {most} at the most)" if most else ""
    reason = f"none of the chosen training images{of} among {listed} listed passes the rule 'trainable'{chosen}"
    with whole_folder(target) as folder:
        write_json(folder / "model.json", {"status": "not trainable", "reason": reason})
    run.tag("not_trainable", reason)


if __name__ == "__main__":
    stage.run(main)
