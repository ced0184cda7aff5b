"""Takes spurs off the graph of a skeleton, joins what they parted, and makes one junction of two that are one."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hairline.inspection.measuring.graph import FREE, RING, Graph, Path

SPARE_PX = 2.0
"""What rough edges of masks make stick out however thin the crack is."""

Ends = dict[int, list[int]]


def pruned(given: Graph, radii: NDArray[np.float64], spur: float) -> Graph:
    """A graph without spurs.

    Of the branches with a free end at a junction, all that are spurs go; where nothing else is there, all but the
    two longest; what is left of two branches is one. This is done again until no spur is left. Then two junctions that
    lie in the same blob, since the one path between them is no longer than the half width there, become one.

    Args:
        given: The graph.
        radii: Half width of the crack at every pixel, float64 [pixels].
        spur: A spur is no longer than ``spur`` half widths at its junction, and 2 px.

    Returns:
        The graph; its junctions have three ends of paths or more.
    """
    reach = {node: spur * float(radii[pixels].max()) + SPARE_PX for node, pixels in given.junctions.items()}
    paths = dict(enumerate(given.paths))
    while True:
        spurs = _spurs(paths, reach)
        for number in spurs:
            del paths[number]
        joined = _joined(paths)
        if not spurs and not joined:
            break
    junctions = {node: given.junctions[node] for node in _ends(paths)}
    junctions = _merged(paths, junctions, radii)
    _joined(paths)
    kept = set(_ends(paths))
    return Graph(given.points, tuple(paths.values()), {node: at for node, at in junctions.items() if node in kept})


def _ends(paths: Mapping[int, Path]) -> Ends:
    """Junction → numbers of the paths that end there, a path from it to itself twice."""
    ends: Ends = defaultdict(list)
    for number, path in paths.items():
        for node in (path.start, path.end):
            if node >= 0:
                ends[node].append(number)
    return dict(ends)


def _spurs(paths: Mapping[int, Path], reach: Mapping[int, float]) -> set[int]:
    found: set[int] = set()
    for node, numbers in _ends(paths).items():
        if len(numbers) < 3:
            continue
        free = [number for number in numbers if FREE in (paths[number].start, paths[number].end)]
        short = [number for number in free if paths[number].length <= reach[node]]
        short.sort(key=lambda number: paths[number].length)
        found.update(short if len(short) < len(numbers) else short[:-2])
    return found


def _joined(paths: dict[int, Path]) -> bool:
    """Make one path of two that meet at a junction of nothing else; a junction of one path is a free end or a ring."""
    ends, changed = _ends(paths), False
    for node in list(ends):
        numbers = ends[node]
        if len(numbers) > 2:
            continue
        changed = True
        if len(numbers) == 1:
            paths[numbers[0]] = _replaced(paths[numbers[0]], {node: FREE})
        elif numbers[0] == numbers[1]:
            paths[numbers[0]] = _replaced(paths[numbers[0]], {node: RING})
        else:
            one, other = paths.pop(numbers[0]), paths.pop(numbers[1])
            one = one if one.end == node else one.turned()
            other = other if other.start == node else other.turned()
            new = numbers[0]
            paths[new] = _through(one, other)
            for far in {one.start, other.end} - {FREE, RING}:
                ends[far] = [new if each in numbers else each for each in ends[far]]
    return changed


def _through(one: Path, other: Path) -> Path:
    pixels = other.pixels[1:] if one.pixels[-1] == other.pixels[0] else other.pixels
    return Path(one.start, other.end, np.concatenate([one.pixels, pixels]), one.length + other.length)


def _replaced(path: Path, nodes: Mapping[int, int]) -> Path:
    return Path(nodes.get(path.start, path.start), nodes.get(path.end, path.end), path.pixels, path.length)


def _merged(
    paths: dict[int, Path], junctions: dict[int, NDArray[np.int64]], radii: NDArray[np.float64]
) -> dict[int, NDArray[np.int64]]:
    """Make one junction of two that the only path between them does not lead out of."""
    between: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, path in paths.items():
        if path.start >= 0 and path.end >= 0 and path.start != path.end:
            between[min(path.start, path.end), max(path.start, path.end)].append(number)
    named = {node: node for node in junctions}
    for (one, other), numbers in between.items():
        widest = max(float(radii[junctions[node]].max()) for node in (one, other))
        first, second = _named(named, one), _named(named, other)
        if len(numbers) == 1 and first != second and paths[numbers[0]].length <= widest:
            named[second] = first
            del paths[numbers[0]]
    names = {node: _named(named, node) for node in named}
    for number, path in paths.items():
        paths[number] = _replaced(path, names)
    groups: dict[int, list[NDArray[np.int64]]] = defaultdict(list)
    for node, pixels in junctions.items():
        groups[names[node]].append(pixels)
    return {node: np.concatenate(pixels) for node, pixels in groups.items()}


def _named(named: Mapping[int, int], node: int) -> int:
    while named[node] != node:
        node = named[node]
    return node
