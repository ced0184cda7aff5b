"""Areas as annotation tools write them, the polygons and run lengths of COCO, drawn as masks.

The only place that imports pycocotools. Its decoder trusts run lengths that do not fill the mask, which leaves pixels
to chance, so they are counted before it sees them.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pycocotools.mask
from numpy.typing import NDArray

LEAST_POINTS = 3
LARGEST = 1e9  # coordinate; not a number is not less either


def drawn(segmentation: object, height: int, width: int) -> NDArray[np.bool_]:
    """The area of one annotation.

    Args:
        segmentation: A list of polygons ``[x1, y1, x2, y2, …]`` in pixels, whose areas are joined, or run lengths
            ``{size: [height, width], counts: …}``, down the columns and starting with background, as a list of numbers
            or as COCO's compressed text.
        height: Height of the image in pixels.
        width: Width of the image in pixels.

    Returns:
        bool [height, width]. Parts of polygons outside of the image are cut off.

    Raises:
        ValueError: If the segmentation is neither, or does not fit the image; says what was found.
    """
    if isinstance(segmentation, Mapping):
        return _of_runs(segmentation, height, width)
    if not isinstance(segmentation, list) or not segmentation:
        raise ValueError("it has no outline (a bounding box alone?); expected polygons or run lengths")
    polygons = [_inside(_points(polygon), height, width).ravel().tolist() for polygon in segmentation]
    packed = pycocotools.mask.merge(pycocotools.mask.frPyObjects(polygons, height, width))
    return np.asarray(pycocotools.mask.decode(packed), dtype=bool)


def _inside(points: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    if points.min() >= 0 and (points.max(axis=0) <= (width, height)).all():
        return points
    inside = _clipped(points, height, width)
    if len(inside) < LEAST_POINTS or np.ptp(inside, axis=0).min() == 0:
        raise ValueError(
            f"a polygon from {_told(points.min(axis=0))} to {_told(points.max(axis=0))} lies outside of the image, "
            f"which is {width} x {height}"
        )
    return inside


def _points(polygon: object) -> NDArray[np.float64]:
    if not isinstance(polygon, list) or not all(
        isinstance(value, int | float) and abs(value) < LARGEST for value in polygon
    ):
        raise ValueError("a polygon is no list of finite numbers; expected [x1, y1, x2, y2, …]")
    if len(polygon) % 2 or len(polygon) < 2 * LEAST_POINTS:
        raise ValueError(
            f"a polygon has {len(polygon)} coordinates; expected an even number, of {LEAST_POINTS} points or more"
        )
    return np.asarray(polygon, dtype=np.float64).reshape(-1, 2)


def _clipped(points: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """The part of a polygon inside of an image, cut along its four sides in turn (Sutherland, Hodgman 1974)."""
    for axis, bound, sign in ((0, 0, 1), (0, width, -1), (1, 0, 1), (1, height, -1)):
        kept: list[NDArray[np.float64]] = []
        for start, end in zip(points, np.roll(points, -1, axis=0), strict=True):
            start_in, end_in = (sign * (point[axis] - bound) >= 0 for point in (start, end))
            if start_in:
                kept.append(start)
            if start_in != end_in:
                kept.append(start + (end - start) * (bound - start[axis]) / (end[axis] - start[axis]))
        points = np.asarray(kept, dtype=np.float64).reshape(-1, 2)
    return points


def _of_runs(segmentation: Mapping[object, object], height: int, width: int) -> NDArray[np.bool_]:
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != [height, width]:
        raise ValueError(f"its run lengths have the size {size}; expected [{height}, {width}], that of the image")
    runs = run_lengths(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(type(run) is int and run >= 0 for run in runs):
        raise ValueError("its run lengths are no list of numbers from 0 and no text of them")
    if sum(runs) != height * width:
        raise ValueError(f"its run lengths sum to {sum(runs)}; expected {height * width}, one for every pixel")
    packed = pycocotools.mask.frPyObjects({"size": size, "counts": runs}, height, width)
    return np.asarray(pycocotools.mask.decode(packed), dtype=bool)


def run_lengths(text: str) -> list[int]:
    """Run lengths of COCO's compressed text.

    Each character from ``0`` on holds five bits, lowest first, and whether more follow; from the fourth run on, it is
    the difference from the run before the last.

    Raises:
        ValueError: If the text holds other characters or ends within a number.
    """
    runs: list[int] = []
    value = shift = 0
    for character in text:
        code = ord(character) - ord("0")
        if not 0 <= code < 64:
            raise ValueError(f"its run lengths hold the character {character!r}; expected '0' to 'o'")
        value |= (code & 31) << shift
        shift += 5
        if code & 32:
            continue
        if code & 16:  # the highest bit is the sign
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError("its run lengths end within a number")
    return runs


def _told(point: Sequence[float] | NDArray[np.float64]) -> str:
    return f"({point[0]:g}, {point[1]:g})"
