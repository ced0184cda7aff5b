"""Areas as annotation tools write them, the polygons and run lengths of COCO, drawn as masks.

The only place that imports pycocotools. Its decoder trusts run lengths that do not fill the mask, which leaves pixels
to chance, so they are counted before it sees them; its rasteriser takes memory by the length of an outline, so that is
limited here, as is all that a hostile file could let grow.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pycocotools.mask
from numpy.typing import NDArray

Packed = Mapping[str, Any]
"""An area as pycocotools packs it: compressed run lengths and their size."""

LEAST_POINTS = 3
MAX_POINTS = 100_000
"""Most points of a polygon."""
MAX_LENGTH_PX = 1_000_000
"""Longest outline of a polygon inside of its image, in pixels."""
MAX_POLYGONS = 10_000
"""Most polygons of an annotation."""
MAX_COMPARED = 1_000
"""Most polygons of an annotation that are compared by pairs."""
MAX_CHARACTERS = 4_000_000
"""Longest text of run lengths."""
RUN_CHARACTERS = 6
"""Most characters of one number in COCO's compressed text: 30 bits with the sign, half a billion pixels."""
LARGEST = 1e9  # coordinate; not a number is not less either
TOGETHER = 64


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
        ValueError: If the segmentation is neither, does not fit the image, or is over a limit; says what was found.
    """
    return mask_of(encoded(segmentation, height, width), height, width)


def encoded(segmentation: object, height: int, width: int) -> list[Packed]:
    """The areas that an annotation joins, one for each of its polygons; arguments and errors as :func:`drawn`."""
    if isinstance(segmentation, Mapping):
        return [_of_runs(segmentation, height, width)]
    polygons = [_inside(points, height, width) for points in points_of(segmentation)]
    return list(pycocotools.mask.frPyObjects([polygon.ravel().tolist() for polygon in polygons], height, width))


def points_of(segmentation: object) -> list[NDArray[np.float64]]:
    """The corners of each polygon of an annotation, float [n, 2] of x and y in pixels.

    Raises:
        ValueError: If it holds anything but polygons, or one is over a limit; says what was found.
    """
    if not isinstance(segmentation, list) or not segmentation:
        raise ValueError("it has no outline (a bounding box alone?); expected polygons or run lengths")
    if all(isinstance(value, int | float) for value in segmentation):
        raise ValueError(
            "its polygon is no list of finite numbers in a list of polygons, but stands there by itself; expected "
            "[[x1, y1, x2, y2, …]]"
        )
    if all(isinstance(point, list) and len(point) == 2 for point in segmentation) or (
        isinstance(segmentation[0], list) and any(isinstance(point, list) for point in segmentation[0])
    ):
        raise ValueError("a polygon is no list of finite numbers, but of points [x, y]; expected [[x1, y1, x2, y2, …]]")
    if len(segmentation) > MAX_POLYGONS:
        raise ValueError(f"it has {len(segmentation):,} polygons; expected at most {MAX_POLYGONS:,}, or run lengths")
    return [_points(polygon) for polygon in segmentation]


def mask_of(packed: Sequence[Packed], height: int, width: int) -> NDArray[np.bool_]:
    """The union of areas of an image, bool [height, width]."""
    if not packed:
        return np.zeros((height, width), dtype=bool)
    return np.asarray(pycocotools.mask.decode(union(packed)), dtype=bool)


def of_mask(mask: NDArray[np.bool_]) -> Packed:
    """The area of a mask, bool [height, width]."""
    found: Packed = pycocotools.mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    return found


def union(packed: Sequence[Packed]) -> Packed:
    """The union of one area or more, some at a time, so that many of them do not take the square of their number."""
    while len(packed) > 1:
        packed = [pycocotools.mask.merge(list(packed[n : n + TOGETHER])) for n in range(0, len(packed), TOGETHER)]
    return packed[0]


def odd_overlap(packed: Sequence[Packed]) -> Packed:
    """What an odd number of areas cover: the areas without the holes that others inside of them mean."""
    height, width = packed[0]["size"]
    ends = [np.cumsum(run_lengths(one["counts"].decode()))[:-1] for one in packed]
    at, times = np.unique(np.concatenate(ends), return_counts=True)
    runs = np.diff([0, *at[times % 2 == 1].tolist(), height * width]).tolist()
    return _packed({"size": [height, width], "counts": runs}, height, width)


def pixels(packed: Packed) -> int:
    """Number of pixels of an area."""
    return int(pycocotools.mask.area(packed))


def box(packed: Packed) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of an area in pixels; all 0 where it is empty."""
    x, y, width, height = pycocotools.mask.toBbox(packed).tolist()
    return x, y, x + width, y + height


def any_inside_another(packed: Sequence[Packed]) -> bool:
    """Whether an area lies wholly inside another, larger one; of very many, whether any two overlap."""
    sizes = np.array([pixels(one) for one in packed])
    if len(packed) < 2 or sizes.sum() == pixels(union(packed)):
        return False
    if len(packed) > MAX_COMPARED:
        return True
    for one, size in zip(packed, sizes, strict=True):
        larger = [other for other, of_other in zip(packed, sizes, strict=True) if 0 < size < of_other]
        if larger and (pycocotools.mask.iou([one], larger, [True] * len(larger)) == 1).any():
            return True
    return False


def length(points: NDArray[np.float64]) -> float:
    """Length of the closed outline through points [n, 2], in pixels."""
    return float(np.hypot(*(points - np.roll(points, -1, axis=0)).T).sum())


def enclosed(points: NDArray[np.float64]) -> float:
    """The area that an outline of points [n, 2] encloses, in square pixels (shoelace formula)."""
    x, y = points.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def clipped(points: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """The part of a polygon inside of an image, cut along its four sides in turn (Sutherland, Hodgman 1974)."""
    for axis, bound, sign in ((0, 0, 1), (0, width, -1), (1, 0, 1), (1, height, -1)):
        ends = np.roll(points, -1, axis=0)
        start_in, end_in = sign * (points[:, axis] - bound) >= 0, sign * (ends[:, axis] - bound) >= 0
        crosses = start_in != end_in
        step = np.where(crosses, ends[:, axis] - points[:, axis], 1)
        crossing = points + (ends - points) * ((bound - points[:, axis]) / step)[:, None]
        points = np.stack([points, crossing], axis=1)[np.stack([start_in, crosses], axis=1)]
    return points


def _inside(points: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    inside = points
    if points.min() < 0 or (points.max(axis=0) > (width, height)).any():
        inside = clipped(points, height, width)
        _refuse_outside(points, inside, height, width)
    if length(inside) > MAX_LENGTH_PX:
        raise ValueError(
            f"a polygon has an outline of {length(inside):,.0f} px; expected at most {MAX_LENGTH_PX:,}, or run lengths"
        )
    return inside


def _refuse_outside(points: NDArray[np.float64], inside: NDArray[np.float64], height: int, width: int) -> None:
    if len(inside) < LEAST_POINTS or np.ptp(inside, axis=0).min() == 0:
        raise ValueError(
            f"a polygon from {_told(points.min(axis=0))} to {_told(points.max(axis=0))} lies outside of the image, "
            f"which is {width} x {height}"
        )


def _points(polygon: object) -> NDArray[np.float64]:
    if isinstance(polygon, list) and len(polygon) > 2 * MAX_POINTS:
        raise ValueError(f"a polygon has {len(polygon) // 2:,} points; expected at most {MAX_POINTS:,}, or run lengths")
    if not isinstance(polygon, list) or not all(
        isinstance(value, int | float) and abs(value) < LARGEST for value in polygon
    ):
        raise ValueError("a polygon is no list of finite numbers; expected [x1, y1, x2, y2, …]")
    if len(polygon) % 2 or len(polygon) < 2 * LEAST_POINTS:
        raise ValueError(
            f"a polygon has {len(polygon)} coordinates; expected an even number, of {LEAST_POINTS} points or more"
        )
    return np.asarray(polygon, dtype=np.float64).reshape(-1, 2)


def _of_runs(segmentation: Mapping[object, object], height: int, width: int) -> Packed:
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != [height, width]:
        turned = " (width and height are exchanged)" if size == [width, height] else ""
        raise ValueError(
            f"its run lengths have the size {str(size)[:40]}; expected [{height}, {width}], that of the image{turned}"
        )
    runs = run_lengths(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(type(run) is int and run >= 0 for run in runs):
        raise ValueError("its run lengths are no list of numbers from 0 and no text of them")
    if sum(runs) != height * width:
        raise ValueError(f"its run lengths sum to {sum(runs)}; expected {height * width}, one for every pixel")
    return _packed({"size": size, "counts": runs}, height, width)


def _packed(runs: Mapping[str, object], height: int, width: int) -> Packed:
    found: Packed = pycocotools.mask.frPyObjects(runs, height, width)
    return found


def run_lengths(text: str) -> list[int]:
    """Run lengths of COCO's compressed text.

    Each character from ``0`` on holds five bits, lowest first, and whether more follow; from the fourth run on, it is
    the difference from the run before the last.

    Raises:
        ValueError: If the text is too long, holds other characters, a number of too many, or ends within a number.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"its run lengths have {len(text):,} characters; expected at most {MAX_CHARACTERS:,}")
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64) - ord("0")
    strange = np.flatnonzero((codes < 0) | (codes >= 64))
    if strange.size:
        raise ValueError(f"its run lengths hold the character {text[strange[0]]!r}; expected '0' to 'o'")
    ends = np.flatnonzero(codes & 32 == 0)
    if codes.size and (not ends.size or ends[-1] != codes.size - 1):
        raise ValueError("its run lengths end within a number")
    if not codes.size:
        return []
    starts = np.concatenate([[0], ends[:-1] + 1])
    if (longest := int((ends - starts).max()) + 1) > RUN_CHARACTERS:
        raise ValueError(f"its run lengths hold a number of {longest:,} characters; expected at most {RUN_CHARACTERS}")
    shift = 5 * (np.arange(codes.size) - np.repeat(starts, ends - starts + 1))
    runs = np.add.reduceat((codes & 31) << shift, starts)
    runs -= np.where(codes[ends] & 16, np.int64(1) << (shift[ends] + 5), 0)  # the highest bit is the sign
    runs[1::2], runs[2::2] = np.cumsum(runs[1::2]), np.cumsum(runs[2::2])
    found: list[int] = runs.tolist()
    return found


def _told(point: Sequence[float] | NDArray[np.float64]) -> str:
    return f"({point[0]:g}, {point[1]:g})"
