"""The graph of a skeleton: paths of pixels between free ends and junctions.

``skan`` draws such graphs as well; it compiles itself anew in every process, which takes 15 s and more, and its
groups of pixels at junctions have to be told apart again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph


@dataclass(frozen=True)
class Path:
    """Pixels of a skeleton from node to node.

    Attributes:
        start: Its first node; a junction is a number from 0, a free end :data:`FREE`, and a ring starts at
            :data:`RING`.
        end: Its last node.
        pixels: Numbers of its pixels in order, those of the nodes included; a ring names its first one again.
        length: Along the pixels, 1 or the root of 2 a step.
    """

    start: int
    end: int
    pixels: NDArray[np.int64]
    length: float

    def turned(self) -> "Path":
        """The same, walked the other way."""
        return Path(self.end, self.start, self.pixels[::-1], self.length)


FREE, RING = -1, -2


@dataclass(frozen=True)
class Graph:
    """A skeleton.

    Attributes:
        points: Middles of its pixels, float64 [pixels, 2], x and y, without the frame.
        paths: Its paths; a lone pixel is a path of one.
        junctions: Junction → its pixels.
    """

    points: NDArray[np.float64]
    paths: tuple[Path, ...]
    junctions: dict[int, NDArray[np.int64]]


def graph(thin: NDArray[np.uint8]) -> Graph:
    """The graph of what :func:`hairline.inspection.measuring.thinning.thinned` gives.

    Two pixels are neighbours side by side, and corner to corner where no third one joins them. A junction is a group of
    pixels with three or more neighbours.
    """
    width = thin.shape[1]
    flat = thin.reshape(-1)
    pixels = np.flatnonzero(flat)
    points = np.stack([pixels % width - 1.0, pixels // width - 1.0], axis=1)
    links = _links(flat, pixels, width)
    degrees = np.diff(links.indptr)
    forks = np.flatnonzero(degrees > 2)
    _, groups = csgraph.connected_components(links[forks][:, forks], directed=False)
    node = np.full(len(pixels), FREE, np.int64)
    node[forks] = groups
    order = np.argsort(groups, kind="stable")
    cuts = np.flatnonzero(np.diff(groups[order])) + 1
    junctions = dict(enumerate(np.split(forks[order], cuts))) if len(forks) else {}
    chains = _chains(links.indptr.tolist(), links.indices.tolist(), degrees.tolist(), node.tolist())
    paths = tuple(path(points, node, np.asarray(chain, np.int64)) for chain in chains)
    return Graph(points, paths, junctions)


def path(points: NDArray[np.float64], node: NDArray[np.int64], chain: NDArray[np.int64]) -> Path:
    """A path through pixels, from the nodes that these are of."""
    steps = float(np.hypot(*np.diff(points[chain], axis=0).T).sum()) if len(chain) > 1 else 0.0
    start, end = int(node[chain[0]]), int(node[chain[-1]])
    ring = len(chain) > 1 and chain[0] == chain[-1] and start == FREE
    return Path(RING if ring else start, RING if ring else end, chain, steps)


def _links(flat: NDArray[np.uint8], pixels: NDArray[np.int64], width: int) -> sparse.csr_array:
    """Which pixels are neighbours, symmetric [pixels, pixels]."""
    pairs = []
    for step, between in ((1, ()), (width, ()), (width + 1, (1, width)), (width - 1, (-1, width))):
        free = flat[pixels + step] > 0
        for other in between:
            free &= flat[pixels + other] == 0
        ones = np.flatnonzero(free)
        pairs.append(np.stack([ones, np.searchsorted(pixels, pixels[ones] + step)]))
    one, other = np.concatenate(pairs, axis=1)
    both = np.concatenate([one, other]), np.concatenate([other, one])
    return sparse.csr_array((np.ones(len(both[0]), np.int8), both), shape=(len(pixels), len(pixels)))


def _chains(
    starts: Sequence[int], neighbours: Sequence[int], degrees: Sequence[int], node: Sequence[int]
) -> Iterator[list[int]]:
    """Pixels of every path in order: between nodes first, then rings."""
    seen = [False] * len(degrees)

    def walk(before: int, here: int) -> list[int]:
        chain = [before, here]
        while degrees[here] == 2 and not seen[here]:
            seen[here] = True
            one, other = neighbours[starts[here]], neighbours[starts[here] + 1]
            before, here = here, other if one == before else one
            chain.append(here)
        return chain

    for pixel, degree in enumerate(degrees):
        if degree == 0:
            yield [pixel]
        if degree in (0, 2):
            continue
        for near in neighbours[starts[pixel] : starts[pixel + 1]]:
            if degrees[near] == 2:
                if not seen[near]:
                    yield walk(pixel, near)
            elif pixel < near and (node[pixel] != node[near] or node[pixel] == FREE):
                yield [pixel, near]
    for pixel, degree in enumerate(degrees):
        if degree == 2 and not seen[pixel]:
            seen[pixel] = True
            yield walk(pixel, neighbours[starts[pixel]])
