"""Train a segmenter on one label set: the masks (FSV) or pseudo-labels (METHOD §5)."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline import plotting, state, tracking, variants
from hairline.gate import waived
from hairline.images import read_scores
from hairline.lineage import workspace_root
from hairline.nn import segmentation, segmenters
from hairline.nn.recipes import Runtime, SegmenterOptions
from hairline.outputs import whole_file, whole_folder, write_json
from hairline.params import Params
from hairline.samples import load_image
from pipeline import entry

FROM_CLASSIFIER = "classifier"


def main(argv: Sequence[str] | None = None) -> None:
    """Train ``--architecture`` on the trainable labels of ``--label-set``; write its weights to ``--out``.

    Where no label is trainable, the folder says so instead, and evaluation and comparison pass it on.
    """
    args = entry.arguments(
        __doc__, argv, paths=["set", "labels", "verdict", "classifier", "out", "history", "upstream", "record"],
        names=["label-set", "architecture"],
    )  # fmt: skip
    params = Params(args.params)
    architecture = params.architecture(args.architecture)
    logged = {"label_set": args.label_set, "architecture": {args.architecture: asdict(architecture)},
              **params.some("segmenter", "runtime")}  # fmt: skip
    inputs = [args.set / "samples.parquet", args.labels, args.classifier]
    labels = pd.read_parquet(args.labels / "labels.parquet")
    name = f"segmenter · {args.architecture} · {args.label_set}"
    with tracking.run("train_segmenter", name, params.experiment(), logged, inputs, {}, args.upstream,
                      args.record) as run:  # fmt: skip
        if (labels["trainable"] & (labels["split"] == "train")).any():
            with state.resumable(workspace_root(Path.cwd()), "train_segmenter", logged, inputs) as checkpoints:
                history = _train(args, params, architecture, labels, run, checkpoints)
            run.drawing("training.png", plotting.png(plotting.training_curves(history)))
        else:
            history = _give_up(args, len(labels), run)
        run.tag("waivers", waived([args.verdict]))
        with whole_file(args.history) as partial_file:
            pd.DataFrame(history, columns=None if history else ["epoch", "train/loss"]).to_csv(
                partial_file, index=False
            )
        run.finish([args.out])


def _train(
    args: Namespace, params: Params, architecture: Any, labels: pd.DataFrame, run: tracking.Run, checkpoints: Path
) -> list[dict[str, float]]:
    options = params.get("segmenter", SegmenterOptions)
    classifier = str(args.classifier / "weights.safetensors")
    weights = classifier if options.weights == FROM_CLASSIFIER else options.weights
    trained = segmentation.train(
        list(labels.loc[labels["trainable"] & (labels["split"] == "train"), "id"]),
        list(labels.loc[labels["split"] == "val", "id"]),
        partial(load_image, args.set),
        partial(_target, args.labels),
        partial(variants.resolve("hairline.nn.architectures", args.architecture).build, architecture, weights),
        options, params.get("runtime", Runtime), run.metrics, checkpoints,
    )  # fmt: skip
    run.tag("initialisation", trained.initial)
    info = {"status": "trained", "label_set": args.label_set, "initialisation": trained.initial}
    with whole_folder(args.out) as folder:
        segmenters.save(trained.model, folder, args.architecture, architecture, info)
    return [{"epoch": float(epoch), **values} for epoch, values in enumerate(trained.history, 1)]


def _target(labels: Path, sample_id: str) -> NDArray[np.float32]:
    return read_scores(labels / f"{sample_id}.png").astype(np.float32) / np.float32(255)


def _give_up(args: Namespace, labels: int, run: tracking.Run) -> list[dict[str, float]]:
    reason = f"none of the training labels among {labels} labels passes the rule 'trainable'"
    with whole_folder(args.out) as folder:
        write_json(folder / "model.json", {"status": "not trainable", "reason": reason})
    run.tag("not_trainable", reason)
    return []


if __name__ == "__main__":
    entry.run(main)
