"""Annotations as drawn, against what they state of themselves: their ``area`` and their bounding box.

Exporters differ in both, so an annotation is refused only where nothing that it states fits what is drawn. An area may
be that inside the outline, a count of pixels, or that of the bounding box; a bounding box ``[x, y, width, height]`` may
be ``[left, top, right, bottom]`` or ``[centre x, centre y, width, height]``, or shares of the image; both may be left
out, empty or 0. What is odd but no reason to refuse is a remark, for the gate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.data import polygons
from hairline.data.polygons import Packed

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels."""

SHARE = 0.05
"""Of an area, or of the longer side of a box, that rounding may be off."""
EDGE_PX = 2.0
"""Pixels that an edge of a bounding box may be off."""
RIM = 0.75
"""Share of the outline's length that pixels counted by another rule may add to an area or take from it."""
ELSEWHERE = 0.1
"""Overlap (intersection over union) of two boxes below which they are at two places, whatever the area."""
TWICE = 2.0
"""How many times too large or small an area must be to contradict an outline by itself."""
CUT = 0.5
"""Share of a polygon outside of the image from which that is remarked."""


@dataclass(frozen=True)
class Outline:
    """What an annotation draws.

    Attributes:
        packed: Its area; None where it is an empty object, which counts for nothing.
        length_px: Length of its outlines inside the image, which drawing takes time for.
        remarks: What is odd about it, each to follow the annotation's id.
    """

    packed: Packed | None
    length_px: float
    remarks: tuple[str, ...]


def read_outline(annotation: Mapping[str, Any], height: int, width: int) -> Outline:
    """The area of an annotation, checked against what it states.

    Polygons inside others are filled, as COCO has no holes, unless the stated area is that without them.

    Args:
        annotation: With ``segmentation`` (see :func:`hairline.data.polygons.drawn`) and maybe ``area`` and ``bbox``.
        height: Height of the image in pixels.
        width: Width of the image in pixels.

    Raises:
        ValueError: If the outline cannot be drawn, or contradicts what is stated; says what was found.
    """
    segmentation = annotation.get("segmentation")
    if _is_empty(annotation):
        return Outline(None, 0, ("is an empty object, which counts for nothing",))
    points = [] if isinstance(segmentation, Mapping) else polygons.points_of(segmentation)
    _refuse_shares(points, height, width)
    parts = polygons.encoded(segmentation, height, width)
    inside = [polygons.clipped(one, height, width) for one in points]
    area = _number(annotation.get("area"))
    whole, remarks = _with_holes(parts, area, inside)
    if not polygons.pixels(whole):
        if not points:
            return _empty_runs(area)
        remarks += ("draws no pixel: its outline is too thin",)
    else:
        remarks += _contradiction(annotation, whole, points, inside, height, width)
    return Outline(whole, sum(map(polygons.length, inside)), remarks + _cut_off(points, inside, height, width))


def _empty_runs(area: float | None) -> Outline:
    if area is not None:
        raise ValueError(f"its run lengths mark no pixel, and its area says {area:g}")
    return Outline(None, 0, ("marks no pixel, and counts for nothing",))


def _is_empty(annotation: Mapping[str, Any]) -> bool:
    """Whether it has no outline and says itself that it marks nothing, as coco-annotator leaves objects."""
    segmentation, area, box = (annotation.get(key) for key in ("segmentation", "area", "bbox"))
    if segmentation not in (None, [], {}, [[]]):
        return False
    stated = area is not None or box is not None
    return stated and not _number(area) and (not box or (isinstance(box, list) and not any(box)))


def _refuse_shares(points: Sequence[NDArray[np.float64]], height: int, width: int) -> None:
    corners = np.concatenate(points) if points else np.zeros((0, 2))
    if len(corners) and corners.min() >= 0 and corners.max() <= 1 < min(height, width) and (corners % 1).any():
        raise ValueError(
            "its coordinates lie between 0 and 1, as shares of the image's size; expected pixels; multiply x by the "
            "width and y by the height, or export in pixels"
        )


def _with_holes(
    parts: Sequence[Packed], area: float | None, inside: Sequence[NDArray[np.float64]]
) -> tuple[Packed, tuple[str, ...]]:
    """The union of parts; or what is left without the parts inside others, where only that fits the stated area."""
    whole = polygons.union(parts)
    nested = "a polygon inside another" if len(parts) <= polygons.MAX_COMPARED else "polygons over one another"
    if not polygons.any_inside_another(parts):
        return whole, ()
    if area is not None:
        left = polygons.odd_overlap(parts)
        found, filled = polygons.pixels(left), polygons.pixels(whole)
        if abs(area - found) < abs(area - filled) and _fits(area, found, found, _rim(inside)):
            return left, (f"has {nested}, read as a hole: {_px(found)} are left, and its area says {area:g}",)
        return whole, () if _fits(area, filled, filled, _rim(inside)) else (f"has {nested}, filled",)
    return whole, (f"has {nested}, filled as COCO has no holes, and no area that would tell",)


def _contradiction(
    annotation: Mapping[str, Any],
    whole: Packed,
    points: Sequence[NDArray[np.float64]],
    inside: Sequence[NDArray[np.float64]],
    height: int,
    width: int,
) -> tuple[str, ...]:
    """A remark where one of the two statements does not fit; ValueError where none does, or x and y are exchanged."""
    found, drawn = polygons.pixels(whole), [polygons.box(whole)]
    if points:
        drawn += [_around(points), _around(inside)]
    area, box = _number(annotation.get("area")), _stated_box(annotation.get("bbox"))
    enclosed = [sum(map(polygons.enclosed, some)) for some in (points, inside) if some] or [found]
    rim = _rim(inside) if points else sum(_sides(drawn[0]))
    around = EDGE_PX * sum(_sides(drawn[0]))
    area_fits = None if area is None else any(
        _fits(area, low, high, edge)
        for low, high, edge in (
            (min(found, *enclosed), max(found, *enclosed), rim),
            *((_surface(one), _surface(one), around) for one in drawn),
        )
    )  # fmt: skip
    box_fits = None if box is None else any(_alike(box, (height, width), one) for one in drawn)
    told = []
    if area_fits is False:
        told.append(f"its area says {area:g}, and {_px(found)} are drawn")
    if box_fits is False:
        told.append(f"its bbox says {_short(annotation['bbox'])}, and it is drawn at {_short(_as_bbox(drawn[0]))}")
        exchanged = [(top, left, bottom, right) for left, top, right, bottom in drawn]
        if box and any(_near(_corners(box), one) for one in exchanged):
            raise ValueError(f"{told[-1]}: x and y are exchanged in one of the two")
    elsewhere = box is not None and box_fits is False and all(_overlap(_corners(box), one) < ELSEWHERE for one in drawn)
    if elsewhere or (told and True not in (area_fits, box_fits) and not _mild(area, box, found, enclosed)):
        raise ValueError("; ".join(told))
    return tuple(f"contradicts itself: {one}" for one in told)


def _mild(area: float | None, box: Box | None, found: int, enclosed: Sequence[float]) -> bool:
    """Whether the area alone is stated, and wrong by less than twice."""
    low, high = min(found, *enclosed), max(found, *enclosed)
    return box is None and area is not None and low / TWICE <= area <= high * TWICE


def _cut_off(
    points: Sequence[NDArray[np.float64]], inside: Sequence[NDArray[np.float64]], height: int, width: int
) -> tuple[str, ...]:
    whole, left = (sum(map(polygons.enclosed, some)) for some in (points, inside))
    if whole - left <= max(CUT * whole, EDGE_PX):
        return ()
    high, wide = np.concatenate(points).max(axis=0)
    exchanged = "; are x and y exchanged?" if high <= height and wide <= width else ""
    return (f"lies outside of the image by {1 - left / whole:.0%} of its area, cut off{exchanged}",)


def _fits(area: float, low: float, high: float, edge: float) -> bool:
    return low * (1 - SHARE) - edge <= area <= high * (1 + SHARE) + edge


def _rim(outlines: Sequence[NDArray[np.float64]]) -> float:
    return RIM * sum(map(polygons.length, outlines)) + EDGE_PX


def _number(value: object) -> float | None:
    """A stated area; None where it is left out, or is what exporters write in its place: 0, 1, -1, not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 1 < value < polygons.LARGEST**2 else None


def _stated_box(value: object) -> Box | None:
    """The four numbers of a bounding box as they stand; None where it is left out, empty, or no four numbers."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    numbers = [float(one) for one in value if type(one) in (int, float) and abs(one) < polygons.LARGEST]
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) == 4 and any(numbers[2:]) else None


def _alike(box: Box, size: tuple[int, int], drawn: Box) -> bool:
    """Whether a bounding box in any convention is the drawn one."""
    a, b, c, d = box
    meant = [_corners(box), box, (a - c / 2, b - d / 2, a + c / 2, b + d / 2)]
    if max(box) <= 1:
        height, width = size
        meant += [(left * width, top * height, right * width, low * height) for left, top, right, low in meant]
    return any(_near(one, drawn) for one in meant)


def _corners(box: Box) -> Box:
    """Left, top, right and bottom of COCO's ``[x, y, width, height]``."""
    x, y, width, height = box
    return x, y, x + width, y + height


def _near(one: Box, other: Box) -> bool:
    most = max(EDGE_PX, SHARE * max(*_sides(one), *_sides(other)))
    return all(abs(a - b) <= most for a, b in zip(one, other, strict=True))


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    left, top, right, bottom = (
        max(one[0], other[0]),
        max(one[1], other[1]),
        min(one[2], other[2]),
        min(one[3], other[3]),
    )
    both = max(right - left, 0) * max(bottom - top, 0)
    return both / max(_surface(one) + _surface(other) - both, 1)


def _around(outlines: Sequence[NDArray[np.float64]]) -> Box:
    corners = np.concatenate(outlines)
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return left, top, right, bottom


def _sides(box: Box) -> tuple[float, float]:
    return abs(box[2] - box[0]), abs(box[3] - box[1])


def _surface(box: Box) -> float:
    width, height = _sides(box)
    return width * height


def _as_bbox(box: Box) -> list[float]:
    return [box[0], box[1], *_sides(box)]


def _short(numbers: Sequence[float]) -> str:
    return f"[{', '.join(f'{number:.4g}' for number in numbers)}]"


def _px(count: int) -> str:
    return f"{count:,} px"
