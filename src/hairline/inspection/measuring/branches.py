"""Lines of branches: from free end to free end, by what the skeleton says of the middle and the mask of the ends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hairline.inspection.measuring import lines
from hairline.inspection.measuring.chords import reaches
from hairline.inspection.measuring.graph import FREE, RING, Graph, Path
from hairline.inspection.measuring.parts import Parts

ENDS_SHARE, ENDS_PX = 3.0, 3.0
"""How far an end is looked for, in half widths and pixels."""
DIRECTION_SHARE, DIRECTION_PX = 1.0, 3.0
"""From how far back the direction of an end is taken."""


@dataclass(frozen=True)
class Line:
    """The line of a branch.

    Attributes:
        part: Number of the crack that it is of.
        points: Float64 [points, 2], x and y.
        radii: About half the width there, [points].
        ring: Whether its last point is its first.
        starts: Half width at the junction it starts from; 0 where that is a free end.
        ends: Half width at the junction it ends at.
    """

    part: int
    points: NDArray[np.float64]
    radii: NDArray[np.float64]
    ring: bool
    starts: float
    ends: float


def drawn(given: Graph, radii: NDArray[np.float64], numbers: NDArray[np.int32], found: Parts) -> list[Line]:
    """The lines of all paths of a graph, of every part one at least.

    Args:
        given: The graph, pruned.
        radii: Half widths at the pixels of the skeleton.
        numbers: Numbers of the parts these pixels belong to.
        found: The parts.
    """
    centres = {node: given.points[pixels].mean(axis=0) for node, pixels in given.junctions.items()}
    wide = {node: float(radii[pixels].max()) for node, pixels in given.junctions.items()}
    made = []
    for path in given.paths:
        points, around = given.points[path.pixels], radii[path.pixels]
        for node, place in ((path.start, 0), (path.end, -1)):
            if node >= 0:
                points[place] = centres[node]
        line = Line(
            int(numbers[path.pixels[0]]), points, around, path.start == RING, wide.get(path.start, 0.0),
            wide.get(path.end, 0.0),
        )  # fmt: skip
        made.append(_smooth(line, path, found))
    return _extended(made, found.framed)


def _smooth(line: Line, path: Path, found: Parts) -> Line:
    """Without what the skeleton does in the corners of free ends, and smooth."""
    points, radii = line.points, line.radii
    first = lines.trimmed(points, radii) if path.start == FREE else 0
    last = len(points) - 1 - (lines.trimmed(points[::-1], radii[::-1]) if path.end == FREE else 0)
    if path.start == path.end == FREE and last - first < 1:
        return _spot(line, found)
    first, last = (first, max(last, 1)) if path.start != FREE else (min(first, last - 1, len(points) - 2), last)
    radii = radii[first : last + 1]
    return replace(line, points=lines.smoothed(points[first : last + 1], lines.sigma_of(radii), line.ring), radii=radii)


def _spot(line: Line, found: Parts) -> Line:
    """What is as wide as it is long: a short piece through its middle, in the direction of its pixels."""
    middle, axis = found.middles[line.part], found.axes[line.part] * 0.25
    column, row = np.rint(middle).astype(int)
    if not found.framed[row + 1, column + 1]:
        middle = line.points[len(line.points) // 2]
    return replace(line, points=np.stack([middle - axis, middle + axis]), radii=np.full(2, float(line.radii.max())))


def _extended(made: Sequence[Line], framed: NDArray[np.uint8]) -> list[Line]:
    """Lines with straight pieces at their free ends, up to the edge of the mask."""
    tips = [(number, end) for number, line in enumerate(made) for end in (0, -1)
            if not line.ring and (line.ends if end else line.starts) == 0]  # fmt: skip
    if not tips:
        return list(made)
    origins = np.array([made[number].points[end] for number, end in tips])
    directions = np.array([_direction(made[number], end) for number, end in tips])
    limits = np.array([made[number].radii[end] * ENDS_SHARE + ENDS_PX for number, end in tips])
    far, _ = reaches(framed, origins, directions, limits)
    ends = origins + directions * far[:, None]
    longer = list(made)
    for (number, end), point in zip(tips, ends, strict=True):
        line = longer[number]
        order = (point[None], line.points) if end == 0 else (line.points, point[None])
        radii = (line.radii[:1], line.radii) if end == 0 else (line.radii, line.radii[-1:])
        longer[number] = replace(line, points=np.concatenate(order), radii=np.concatenate(radii))
    return longer


def _direction(line: Line, end: int) -> NDArray[np.float64]:
    points = line.points if end == 0 else line.points[::-1]
    return lines.outward(points, max(DIRECTION_PX, DIRECTION_SHARE * float(line.radii[end])))


def resampled(line: Line) -> Line:
    """By points one pixel apart."""
    far = lines.along(line.points)
    points = lines.resampled(line.points)
    radii = np.interp(np.linspace(0, far[-1], len(points)), far, line.radii)
    return replace(line, points=points, radii=radii)
