"""The connected parts of a mask: which are cracks, their areas, boxes and directions."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

ROUND = 1.2
"""A part that is less than so many times as long as it is wide, by its second moments, has no direction."""
ROWS = 256


@dataclass(frozen=True)
class Parts:
    """The cracks of a mask, an array of their numbers each.

    Attributes:
        framed: The mask of cracks alone, small holes filled, uint8 0 and 1, with a frame of zeros one pixel wide.
        areas: Crack pixels.
        boxes: Left, top, right, bottom, [parts, 4], right and bottom exclusive.
        middles: Centre of their pixels, x and y, [parts, 2].
        axes: Direction of their pixels, of length 1, [parts, 2].
        elongations: How many times as long as wide, by the roots of their second moments.
        left_out: Number of components that were too small.
        left_out_px: Their pixels.
    """

    framed: NDArray[np.uint8]
    areas: NDArray[np.int64]
    boxes: NDArray[np.int64]
    middles: NDArray[np.float64]
    axes: NDArray[np.float64]
    elongations: NDArray[np.float64]
    left_out: int
    left_out_px: int


def parts(mask: NDArray[np.bool_], min_area_px: int, hole_px: int) -> tuple[Parts, NDArray[np.int32]]:
    """The cracks of a mask, and the image of their numbers, -1 for none, int32 [height, width]."""
    framed = _filled(np.pad(mask, 1).view(np.uint8), hole_px)
    _, found_numbers, boxes, _ = cv2.connectedComponentsWithStats(framed[1:-1, 1:-1], connectivity=8)
    numbers = np.asarray(found_numbers, np.int32)
    areas = np.zeros(len(boxes), np.int64)
    for top in range(0, len(mask), ROWS):
        rows = numbers[top : top + ROWS]
        areas += np.bincount(rows[mask[top : top + ROWS]], minlength=len(boxes))
    large = areas >= min_area_px
    large[0] = False
    new = np.where(large, np.cumsum(large) - 1, -1).astype(np.int32)
    for top in range(0, len(mask), ROWS):
        rows = numbers[top : top + ROWS]
        rows[...] = new[rows]
        framed[1 + top : 1 + top + len(rows), 1:-1] &= rows >= 0
    middles, axes, elongations = _moments(numbers, int(large.sum()))
    chosen = boxes[large].astype(np.int64)
    edges = np.concatenate([chosen[:, :2], chosen[:, :2] + chosen[:, 2:4]], axis=1)
    small = ~large
    small[0] = False
    found = Parts(framed, areas[large], edges, middles, axes, elongations, int(small.sum()), int(areas[small].sum()))
    return found, numbers


def _filled(framed: NDArray[np.uint8], hole_px: int) -> NDArray[np.uint8]:
    """A mask without holes of at most ``hole_px``."""
    if hole_px:
        _, numbers, stats, _ = cv2.connectedComponentsWithStats(1 - framed, connectivity=4)
        small = stats[:, cv2.CC_STAT_AREA] <= hole_px
        small[[0, numbers[0, 0]]] = False  # the crack, and what is around it
        if small.any():
            for top in range(0, len(framed), ROWS):
                framed[top : top + ROWS] |= small[numbers[top : top + ROWS]].view(np.uint8)
    return framed


def _moments(
    numbers: NDArray[np.int32], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Centres, directions and elongations of parts, from the pixels they consist of."""
    sums = np.zeros((6, count))
    for top in range(0, len(numbers), ROWS):
        rows = numbers[top : top + ROWS]
        at = np.nonzero(rows >= 0)
        of, y, x = rows[at], at[0] + float(top), at[1].astype(float)
        for place, weights in enumerate((np.ones(len(x)), x, y, x * x, y * y, x * y)):
            sums[place] += np.bincount(of, weights, count)
    n, x, y = sums[0], sums[1] / sums[0], sums[2] / sums[0]
    xx, yy, xy = sums[3] / n - x * x + 1 / 12, sums[4] / n - y * y + 1 / 12, sums[5] / n - x * y
    angle = np.arctan2(2 * xy, xx - yy) / 2
    spread = np.hypot(xx - yy, 2 * xy)
    elongations = np.sqrt((xx + yy + spread) / np.maximum(xx + yy - spread, 1 / 12))
    return np.stack([x, y], axis=1), np.stack([np.cos(angle), np.sin(angle)], axis=1), elongations


def orientation(axis: NDArray[np.float64], elongation: float) -> float | None:
    """Direction in degrees, [0, 180), anticlockwise as seen, of an axis whose y points down; None of a round part."""
    if elongation < ROUND:
        return None
    return float(np.degrees(np.arctan2(-axis[1], axis[0])) % 180) % 180
