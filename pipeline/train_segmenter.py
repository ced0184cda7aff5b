"""Train a segmenter on one label set: the masks (FSV) or pseudo-labels (METHOD §5)."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline import plotting, state, tracking
from hairline.gate import waived
from hairline.images import read_scores
from hairline.lineage import workspace_root
from hairline.nn import networks, segmentation, segmenters
from hairline.nn import weights as weight_files
from hairline.nn.recipes import FROM_CLASSIFIER, Runtime, SegmenterOptions
from hairline.outputs import whole_file, whole_folder, write_json
from hairline.params import Architecture, Params
from hairline.samples import evenly, load_image, read_samples
from pipeline import entry


def main(argv: Sequence[str] | None = None) -> None:
    """Train ``--architecture`` on the trainable labels of ``--label-set``; write its weights to ``--out``.

    Where no label is trainable, the folder says so instead, and evaluation and comparison pass it on.
    """
    args = entry.arguments(
        __doc__, argv, paths=["set", "labels", "verdict", "classifier", "out", "history", "upstream", "record"],
        names=["label-set", "architecture"],
    )  # fmt: skip
    params = Params(args.params)
    architecture, options = params.architecture(args.architecture), params.get("segmenter", SegmenterOptions)
    segmenters.check(architecture.network, architecture.options, options.crop_px)
    logged = {"label_set": args.label_set, "architecture": {args.architecture: asdict(architecture)},
              **params.some("segmenter", "runtime")}  # fmt: skip
    given = weight_files.files(options.weights, FROM_CLASSIFIER)
    inputs = [args.set / "samples.parquet", args.labels, args.classifier, *given]
    labels = pd.read_parquet(args.labels / "labels.parquet")
    train_ids = _training_ids(list(read_samples(args.set, "train")["id"]), labels, options.max_images)
    name = f"segmenter · {args.architecture} · {args.label_set}"
    with (
        state.resumable(workspace_root(Path.cwd()), "train_segmenter", logged, inputs) as checkpoints,
        tracking.run("train_segmenter", name, params.experiment(), logged, inputs, {}, args.upstream,
                     args.record) as run,
    ):  # fmt: skip
        if train_ids:
            val_ids = list(labels.loc[labels["split"] == "val", "id"])
            history = _train(args, params, architecture, (train_ids, val_ids), run, checkpoints)
            run.drawing("training.png", plotting.png(plotting.training_curves(history)))
        else:
            history = _give_up(args, len(labels), run)
        run.tag("waivers", waived([args.verdict]))
        with whole_file(args.history) as partial_file:
            pd.DataFrame(history, columns=None if history else ["epoch", "train/loss"]).to_csv(
                partial_file, index=False
            )
        run.finish([args.out])


def _training_ids(split: Sequence[str], labels: pd.DataFrame, max_images: int) -> list[str]:
    """Trainable ones of the images chosen from the training split, the choice being the same for every label set."""
    chosen = [split[index] for index in evenly(len(split), max_images or len(split))]
    trainable = set(labels.loc[labels["trainable"], "id"])
    return [sample_id for sample_id in chosen if sample_id in trainable]


def _train(
    args: Namespace,
    params: Params,
    architecture: Architecture,
    ids: tuple[Sequence[str], Sequence[str]],
    run: tracking.Run,
    checkpoints: Path,
) -> list[dict[str, float]]:
    """Train on the first of ``ids``, judged on the second, and write the weights."""
    options = params.get("segmenter", SegmenterOptions)
    classifier = str(args.classifier / weight_files.WEIGHTS_FILE)
    weights = classifier if options.weights == FROM_CLASSIFIER else options.weights
    trained = segmentation.train(
        *ids,
        partial(load_image, args.set),
        partial(_target, args.labels),
        partial(networks.module(architecture.network).build, architecture.options, weights),
        options, params.get("runtime", Runtime), run.metrics, checkpoints,
    )  # fmt: skip
    run.tag("initialisation", trained.initial)
    info = {"status": "trained", "label_set": args.label_set, "architecture": args.architecture,
            "initialisation": trained.initial}  # fmt: skip
    with whole_folder(args.out) as folder:
        segmenters.save(trained.model, folder, architecture.network, architecture.options, info)
    return [{"epoch": float(epoch), **values} for epoch, values in enumerate(trained.history, 1)]


def _target(labels: Path, sample_id: str) -> NDArray[np.float32]:
    return read_scores(labels / f"{sample_id}.png").astype(np.float32) / np.float32(255)


def _give_up(args: Namespace, labels: int, run: tracking.Run) -> list[dict[str, float]]:
    reason = f"none of the chosen training images among {labels} labels passes the rule 'trainable'"
    with whole_folder(args.out) as folder:
        write_json(folder / "model.json", {"status": "not trainable", "reason": reason})
    run.tag("not_trainable", reason)
    return []


if __name__ == "__main__":
    entry.run(main)
