"""Whether a segmenter learned anything: it and darkness on images that it did not learn from, against their labels."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.data.names import MASKS
from hairline.data.samples import evenly
from hairline.data.training_table import Images, may_show_crack
from hairline.errors import HairlineError
from hairline.metrics import learned
from hairline.metrics.learned import Judgement
from hairline.nn.runtime.device import Placement
from hairline.nn.segmenter import segmenter

LABELLED = 0.5
"""Confidence from which on a pixel of a label counts as crack."""
VAL: learned.Split = "val"
TRAIN: learned.Split = "train"
OWN = 20
"""At most so many of the images that it learned from are looked at."""


def scored(model: segmenter.Segmenter, images: Images, ids: Sequence[str], placement: Placement) -> pd.DataFrame:
    """Score table of a segmenter on some images against their labels."""
    return _table(images, ids, lambda key: segmenter.predict(model, images.image(key), placement))


def with_own(
    model: segmenter.Segmenter, images: Images, own: Sequence[str], held_out: pd.DataFrame, placement: Placement
) -> tuple[pd.DataFrame, int]:
    """What the threshold is chosen on: validation images and, where these are few, without masks, others beside them.

    Args:
        model: The segmenter.
        images: What it learned from, with the validation images.
        own: Keys of the images that it learned from.
        held_out: Its score table on the validation images, of :func:`scored`; may be empty.
        placement: Device and precision.

    Returns:
        The score table, and how many of its images, all with pseudo-labels, it learned from: as many as there are, up
        to :data:`OWN` images in all; none where a validation image has a mask.
    """
    if images.table.loc[held_out["id"], "label_set"].isin(MASKS).any():
        return held_out, 0
    pseudo = images.pseudo
    labelled = [key for key in own if key in pseudo]
    some = [labelled[index] for index in evenly(len(labelled), max(OWN - len(held_out), 0))]
    return pd.concat([held_out, scored(model, images, some, placement)], ignore_index=True), len(some)


def judge(
    model: segmenter.Segmenter, images: Images, own: Sequence[str], held_out: pd.DataFrame, placement: Placement
) -> Judgement:
    """A segmenter beside the trivial answers, on validation images or, where these are too few, on its own.

    Args:
        model: The segmenter.
        images: What it learned from, with the validation images.
        own: Keys of the images that it learned from.
        held_out: Its score table on the validation images, of :func:`scored`; may be empty.
        placement: Device and precision.

    Returns:
        The judgement on images whose label shows crack.
    """
    table, split = with_crack(held_out), VAL
    if table["group"].nunique() < learned.LEAST_PHOTOS:
        some = [own[index] for index in evenly(len(own), OWN)]
        table, split = with_crack(scored(model, images, some, placement)), TRAIN
    if table.empty:
        return Judgement(learned.ODS, 0.0, 0, TRAIN, (), learned.MARKS_NOTHING)
    dark = _table(images, table["id"].to_list(), lambda key: _darkness(images.image(key)))
    masks = bool(images.table.loc[table["id"], "label_set"].isin(MASKS).all())
    return replace(learned.segmenter(table, dark, split, masks), fault=fault(images))


def fault(images: Images) -> str:
    """What is wrong with the labels to learn from: :func:`hairline.metrics.learned.fault`."""
    rows = may_show_crack(images.table[images.table["role"] == "train"])
    return learned.fault(rows["crack_pixels"].to_numpy(), rows["pixels"].to_numpy())


def with_crack(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a score table whose label shows crack."""
    return table[np.array([sum(crack) > 0 for crack in table[learned.CRACK]], dtype=bool)]


def _table(images: Images, ids: Sequence[str], scores: Callable[[str], NDArray[np.float32]]) -> pd.DataFrame:
    rows = []
    for key in ids:
        found = scores(key)
        if np.isnan(found).any():
            raise HairlineError(
                f"image '{key}': {np.isnan(found).sum()} of its {found.size} scores are no numbers (NaN), as of a "
                "training that has diverged; train again at a smaller learning rate"
            )
        truth, ignored = images.target(key) >= LABELLED, images.ignored(key)
        if ignored is not None:
            found, truth = found[~ignored], truth[~ignored]
        rows.append((key, images.table.loc[key, "group"], *learned.histograms(found, truth)))
    return pd.DataFrame(rows, columns=["id", "group", learned.CRACK, learned.BACKGROUND])


def _darkness(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How dark each pixel is, float32 [height, width], 1 for black."""
    return np.asarray((255 - cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)) / np.float32(255), dtype=np.float32)
