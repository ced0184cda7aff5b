"""Masks as people draw them: wider or thinner than the crack, off it by a pixel, or with a coarse brush."""

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.data.synthetic.noise import Plane, Rng, blurred
from hairline.data.synthetic.options import Annotators

COVERAGE = 0.3
THIN_COVERAGE = 0.6
HAIRLINE_PX = 3


def mask(rng: Rng, cover: Plane, width_px: float, habits: Annotators) -> NDArray[np.bool_]:
    """A mask of what cracks of a main width cover.

    Args:
        rng: The source of chance.
        cover: Share of every pixel that cracks cover, [height, width].
        width_px: Width of the main crack.
        habits: Of the annotator.
    """
    thin, coarse = rng.random(2) < (habits.thin, habits.coarse)
    margin, shift = rng.random(), rng.integers(-habits.shift_px, habits.shift_px + 1, 2)
    cover = blurred(cover, min(0.08 * width_px, 2.5))
    least = (THIN_COVERAGE if thin else COVERAGE) * (0.5 if width_px < HAIRLINE_PX else 1)
    drawn = cover >= min(least, 0.99 * float(cover.max(initial=0)) or 1)
    extra = 0.0 if thin else margin * (habits.margin * width_px + habits.margin_px)
    if extra >= 0.5:
        drawn = cv2.distanceTransform((~drawn).astype(np.uint8), cv2.DIST_L2, 5) <= extra
    if coarse:
        smoothed = blurred(drawn.astype(np.float32), 0.8 + 0.12 * width_px) >= 0.4
        drawn = smoothed if smoothed.any() else drawn
    if shift.any():
        moved = (
            cv2.warpAffine(
                drawn.astype(np.uint8), np.array([[1, 0, shift[1]], [0, 1, shift[0]]], float), drawn.shape[::-1]
            )
            > 0
        )
        drawn = moved if moved.any() else drawn
    return np.asarray(drawn)
