"""The gate of the labels: whether a segmenter can learn from a label set."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline import gate_tables
from hairline.expectations import check
from hairline.fusion import TrainableRule, crack
from hairline.gate_page import page, thumbnails
from hairline.gates import labels as gate
from hairline.images import read_scores
from hairline.params import Params
from hairline.samples import NO_CRACK, load_image, read_samples
from pipeline import entry, gating


def main(argv: Sequence[str] | None = None) -> None:
    """Judge the training labels at ``--labels`` of the data set at ``--set``; images said to be crack-free aside."""
    args = entry.arguments(__doc__, argv, paths=["set", "labels", "verdict", "page"], names=["label-set"])
    params, name = Params(args.params), args.label_set
    rule = params.get("trainable", TrainableRule)
    options = params.gate("labels", params.raw("segmenter")["dataset"], gate.Options)
    samples = read_samples(args.set, "train").set_index("id")
    labels = pd.read_parquet(args.labels / "labels.parquet")
    labels = labels[labels["id"].isin(samples.index[samples["image_label"] != NO_CRACK])].reset_index(drop=True)
    pixels = labels["id"].map(samples["height"] * samples["width"])
    frames = {"labels": gate_tables.label_flags(labels, pixels, rule.min_crack_pixels, options.full_share)}
    verdict = check("labels", name, gate.RULES, frames, options, params.waivers("labels", name))
    crack_of = partial(_crack, args.labels, rule)
    pictures = thumbnails(verdict, partial(load_image, args.set), crack_of, gating.THUMBNAIL_PX)
    contents = f"{len(labels)} training labels, {int(labels['trainable'].sum())} of them worth training on"
    gating.conclude(verdict, page(verdict, contents, {}, pictures), args)


def _crack(labels: Path, rule: TrainableRule, sample_id: str) -> NDArray[np.bool_]:
    return crack(read_scores(labels / f"{sample_id}.png") / np.float64(255), rule)


if __name__ == "__main__":
    entry.run(main)
