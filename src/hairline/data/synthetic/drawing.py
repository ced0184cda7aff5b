"""Draws strands: which share of every pixel they cover, and how dark they are there."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.data.synthetic.noise import Plane, Shape
from hairline.data.synthetic.paths import Strand

LEVELS = 6
SHIFT = 4
LARGE_PX = 640


def drawn(strands: Sequence[Strand], shape: Shape) -> tuple[Plane, Plane]:
    """Cover and darkness, each [height, width] in 0..1; the darkness is at most the cover."""
    scale = 4 if max(shape) <= LARGE_PX else 2
    canvas = np.zeros((shape[0] * scale, shape[1] * scale), np.uint8)
    usable = [strand for strand in strands if len(strand.points) > 1]
    if not usable:
        return np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    ones = np.concatenate([strand.points[:-1] for strand in usable])
    others = np.concatenate([strand.points[1:] for strand in usable])
    widths = np.concatenate([strand.widths[1:] for strand in usable])
    levels = np.concatenate([strand.levels[1:] for strand in usable])
    _lines(canvas, np.stack([ones, others], axis=1) * scale, widths * scale, levels)
    dark = _shares(canvas, shape)
    cv2.threshold(canvas, 0, 255, cv2.THRESH_BINARY, dst=canvas)
    return _shares(canvas, shape), dark


def _shares(canvas: NDArray[np.uint8], shape: Shape) -> Plane:
    small = cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def _lines(
    canvas: NDArray[np.uint8], pairs: NDArray[np.float64], widths: NDArray[np.float64], levels: NDArray[np.float64]
) -> None:
    """Draw lines of few different widths and levels in few calls, the darkest on top."""
    size = np.array(canvas.shape[::-1])
    reach = widths[:, None]
    inside = ((pairs.max(axis=1) > -reach) & (pairs.min(axis=1) < size + reach)).all(axis=1)
    corners = np.rint(pairs[inside] * 2**SHIFT).astype(np.int32)
    wide = np.maximum(np.rint(np.exp(np.rint(np.log(widths[inside]) * 12) / 12)), 1).astype(int)
    level = np.clip(np.rint(levels[inside] * LEVELS), 1, LEVELS).astype(int)
    kinds, which = np.unique(level * 1000 + wide, return_inverse=True)
    for number, kind in enumerate(kinds.tolist()):
        value = round(255 * (kind // 1000) / LEVELS)
        cv2.polylines(canvas, corners[which == number], False, value, kind % 1000, cv2.LINE_8, SHIFT)
