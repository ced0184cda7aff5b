"""Whether a patch classifier learned anything: it and its patches' darkness, on patches that it did not learn from."""

from collections.abc import Callable

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.data.samples import evenly
from hairline.metrics import learned
from hairline.metrics.learned import Judgement
from hairline.nn.training.datasets import LoadImage, in_order

BATCH = 256
OWN = 4000
"""At most so many of the patches that it learned from are looked at."""

Ask = Callable[[pd.DataFrame], NDArray[np.float32]]
"""Patches → the classifier's probability of crack for each."""


def judge(patches: pd.DataFrame, load_image: LoadImage, window_px: int, ask: Ask) -> Judgement:
    """A classifier beside the trivial answers, on its validation patches or, where these are too few, on its own.

    Args:
        patches: Rows of :mod:`hairline.data.patch_index` with ``group``, the parent photo; both kinds to train on.
        load_image: Sample id → RGB uint8 [height, width, 3].
        window_px: Side of the patches.
        ask: Asks the classifier.
    """
    own, held_out = _some(patches[patches["split"] == "train"]), patches[patches["split"] == "val"]
    cut = learned.darkness_cut(darkest(own, load_image, window_px), own["crack"].to_numpy(bool))
    split: learned.Split = "val" if learned.can_be_judged(held_out) else "train"
    rows = held_out if split == "val" else own
    asked = rows.assign(probability=ask(rows), darkest=darkest(rows, load_image, window_px))
    return learned.classifier(asked, cut, split)


def darkest(patches: pd.DataFrame, load_image: LoadImage, window_px: int) -> NDArray[np.uint8]:
    """Darkest grey level of every patch, uint8 [rows], in the order of the rows."""
    found = np.empty(len(patches), np.uint8)
    for positions, pixels in in_order(patches, load_image, window_px, BATCH):
        found[positions] = [cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY).min() for patch in pixels]
    return found


def _some(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of both kinds, evenly spaced, at most half of :data:`OWN` of each."""
    kinds = (rows[rows["crack"].astype(bool) == kind] for kind in (True, False))
    return pd.concat([kind.iloc[evenly(len(kind), OWN // 2)] for kind in kinds])
