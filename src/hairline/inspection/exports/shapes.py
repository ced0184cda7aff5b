"""The pixels of each crack, cut out of its photo's mask: as an array, as run lengths."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.inspection.exports.photos import MeasuredPhoto
from hairline.inspection.measuring.cracks import Crack

FLOODED_PX = 65_533
"""Longest side that OpenCV floods, which counts rows and columns in 16 bits, and a frame with them."""


@dataclass(frozen=True)
class Shape:
    """A crack and its pixels.

    Attributes:
        crack: What was measured of it.
        pixels: bool [bottom - top, right - left] of its box.
    """

    crack: Crack
    pixels: NDArray[np.bool_]


def shapes(photo: MeasuredPhoto, mask: NDArray[np.bool_]) -> list[Shape]:
    """The pixels of each crack of a photo.

    Args:
        photo: The photo.
        mask: Its mask, bool [height, width].

    Raises:
        HairlineError: If the mask is not the one that was measured.
    """
    if mask.shape != (photo.height, photo.width):
        found = f"{mask.shape[1]} × {mask.shape[0]} px"
        raise _other(photo.mask, f"is {found}, and its photo {photo.width} × {photo.height} px")
    return [Shape(crack, _pixels(photo.mask, mask, crack)) for crack in photo.cracks]


def _pixels(file: Path, mask: NDArray[np.bool_], crack: Crack) -> NDArray[np.bool_]:
    left, top, right, bottom = crack.box
    window = mask[top:bottom, left:right]
    found = spanning(window) if window.shape == (bottom - top, right - left) else None
    if found is not None and found.sum() < crack.area_px:
        found = with_islands(window, found, crack.area_px)
    if found is None or found.sum() != crack.area_px:
        raise _other(
            file, f"has no crack of {crack.area_px} pixels in the box {list(crack.box)} of crack {crack.number}"
        )
    return found


def _other(file: Path, found: str) -> HairlineError:
    return HairlineError(f"{file}: {found}; expected the mask that was measured; measure it again")


def spanning(window: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """The connected pixels, corners included, of a window that touch all four of its sides; None where none do.

    There is one such set at most: a path from left to right and one from top to bottom always meet.
    """
    if not window.size or not (window[0].any() and window[-1].any() and window[:, 0].any() and window[:, -1].any()):
        return None
    height, width = window.shape
    if max(window.shape) > FLOODED_PX:
        _, numbers, boxes, _ = cv2.connectedComponentsWithStats(window.astype(np.uint8), connectivity=8)
        whole = np.flatnonzero((boxes[1:, 2] == width) & (boxes[1:, 3] == height)) + 1
        return np.asarray(numbers == whole[0]) if len(whole) else None
    image, flooded = window.astype(np.uint8), np.zeros((height + 2, width + 2), np.uint8)
    row = window[0].astype(np.int8)
    flags = 8 | cv2.FLOODFILL_MASK_ONLY | (1 << 8)
    for start in np.flatnonzero(np.diff(row, prepend=0) == 1):
        if flooded[1, start + 1]:
            continue
        box = cv2.floodFill(image, flooded, (int(start), 0), 1, flags=flags)[3]
        if tuple(box) == (0, 0, width, height):
            return _last_flooded(window, flooded, image, int(start))
    return None


def with_islands(window: NDArray[np.bool_], found: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """A crack with what lies in its smallest holes, until it has so many pixels: measuring fills small holes first.

    Args:
        window: What of the mask lies in the crack's box.
        found: The crack alone, of the same shape.
        pixels: Number of pixels that were measured.
    """
    count, holes = cv2.connectedComponents(np.pad(~found, 1, constant_values=True).astype(np.uint8), connectivity=4)
    holes = holes[1:-1, 1:-1]
    empty = np.bincount(holes[~window], minlength=count)
    islands = np.bincount(holes[window & ~found], minlength=count)
    islands[1] = 0  # what lies outside, whose first pixel is the frame's
    whole = found.copy()
    for hole in sorted(np.flatnonzero(islands), key=lambda hole: int(empty[hole])):
        if whole.sum() >= pixels:
            break
        whole |= window & (holes == hole)
    return whole


def _last_flooded(
    window: NDArray[np.bool_], flooded: NDArray[np.uint8], image: NDArray[np.uint8], start: int
) -> NDArray[np.bool_]:
    """What was flooded from a place in the first row alone, without what was before."""
    height, width = window.shape
    flooded[:] = 0
    cv2.floodFill(image, flooded, (start, 0), 1, flags=8 | cv2.FLOODFILL_MASK_ONLY | (1 << 8))
    return np.asarray(flooded[1 : height + 1, 1 : width + 1], dtype=np.bool_)


def run_lengths(shape: Shape, height: int, width: int) -> list[int]:
    """Lengths of runs down the columns of the whole photo, background first, as COCO counts them.

    Args:
        shape: A crack and its pixels.
        height: Of the photo.
        width: Of the photo.

    Example:
        >>> from types import SimpleNamespace
        >>> dot = Shape(SimpleNamespace(box=(1, 0, 2, 2)), np.ones((2, 1), dtype=bool))
        >>> run_lengths(dot, height=2, width=3)
        [2, 2, 2]
    """
    left, top, _, _ = shape.crack.box
    padded = np.pad(shape.pixels.T, ((0, 0), (1, 1))).astype(np.int8)  # [columns, rows + 2]
    change = np.diff(padded, axis=1)
    offsets = (left + np.arange(change.shape[0])) * height + top
    begins, ends = ((np.nonzero(change == sign)) for sign in (1, -1))
    first, last = offsets[begins[0]] + begins[1], offsets[ends[0]] + ends[1]
    apart = first[1:] != last[:-1]  # a run to the bottom of a column goes on at the top of the next
    first, last = first[np.concatenate([[True], apart])], last[np.concatenate([apart, [True]])]
    edges = np.stack([first, last], axis=1).ravel()
    runs: list[int] = np.diff(edges, prepend=0, append=height * width).tolist()
    return runs if runs[-1] else runs[:-1]
