"""Outlines of pixels, along their edges: rasterised again, they give the same pixels.

Pixels that touch at corners alone become polygons that touch at points, as the rules of simple features (OGC) ask:
no ring meets itself, a hole touches another ring at single points.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Ring = NDArray[np.int64]
"""Corners in order, [points, 2] of x and y, the first not repeated; (0, 0) is the array's corner at the top left."""

Polygon = list[Ring]
"""The outer ring, then holes; along the outer ring the pixels lie to the right as seen, along holes too."""

NW, NE, SW, SE = 1, 2, 4, 8
ALONE = np.array([0, NW, NE, 0, SW, 0, NE, SE, SE, NW, 0, SW, 0, NE, NW, 0])
"""Which of four pixels around a point are True → the one that is alone in being so, or not; of two at corners, one."""
DIAGONAL = np.array([code in (NW | SE, NE | SW) for code in range(16)])


def polygons(pixels: NDArray[np.bool_]) -> list[Polygon]:
    """The outlines of the True pixels of an array, bool [height, width]; one polygon for pixels that share edges.

    Example:
        >>> [[ring.tolist() for ring in polygon] for polygon in polygons(np.ones((1, 2), dtype=bool))]
        [[[[0, 0], [2, 0], [2, 1], [0, 1]]]]
    """
    found: dict[int, Polygon] = {}
    _, parts = cv2.connectedComponents(pixels.astype(np.uint8), connectivity=4)
    for walk, at in _walks(pixels):
        polygon = found.setdefault(int(parts[at]), [])
        for ring in _simple(walk):
            polygon.insert(0, ring) if _area(ring) > 0 else polygon.append(ring)
    return list(found.values())


def _corners(pixels: NDArray[np.bool_]) -> tuple[NDArray[np.int64], ...]:
    """Rows, columns and codes of the corners of outlines, and whither their edges go: h and v, -1 or 1.

    Where pixels touch at a corner alone there are two, one a pixel.
    """
    padded = np.pad(pixels, 1).astype(np.uint8)
    code = padded[:-1, :-1] * NW + padded[:-1, 1:] * NE + padded[1:, :-1] * SW + padded[1:, 1:] * SE
    y, x = np.nonzero(ALONE[code])
    code = code[y, x].astype(np.int64)
    alone, twice = ALONE[code], np.flatnonzero(DIAGONAL[code])
    alone = np.concatenate([alone, code[twice] - alone[twice]])
    y, x, code = (np.concatenate([each, each[twice]]) for each in (y, x, code))
    h, v = np.where(np.isin(alone, (NE, SE)), 1, -1), np.where(np.isin(alone, (SW, SE)), 1, -1)
    return tuple(each.astype(np.int64) for each in (y, x, code, h, v))


def _walks(pixels: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.int64], tuple[int, int]]]:
    """Each outline as a closed walk from corner to corner, pixels to its right, and one of these pixels."""
    y, x, code, h, v = _corners(pixels)
    order = np.lexsort((h, x, y))
    y, x, code, h, v = (each[order] for each in (y, x, code, h, v))
    along_row = np.arange(len(y)) ^ 1  # corners of a row in order: each edge from an even one to the next
    by_column = np.lexsort((v, y, x))
    along_column = np.empty_like(by_column)
    along_column[by_column] = by_column[np.arange(len(y)) ^ 1]
    rows, columns, seen = along_row.tolist(), along_column.tolist(), bytearray(len(y))
    for start in range(len(y)):
        if seen[start]:
            continue
        outer = code[start] & SE  # the first of its row and of its outline: outside of it lie NW, or all but SE
        path, at, horizontal = [], start, bool(outer)
        while not seen[at]:
            seen[at] = 1
            path.append(at)
            at = rows[at] if horizontal else columns[at]
            horizontal = not horizontal
        place = (int(y[start]), int(x[start])) if outer else (int(y[start]) - 1, int(x[start]))
        yield np.stack([x[path], y[path]], axis=1), place


def _simple(walk: NDArray[np.int64]) -> list[Ring]:
    """A closed walk taken apart where it meets itself."""
    places = list(map(tuple, walk.tolist()))
    if len(set(places)) == len(places):
        return [walk]
    rings, path, at = list[Ring](), list[tuple[int, ...]](), dict[tuple[int, ...], int]()
    for place in places:
        if place in at:
            begun = at[place]
            rings.append(np.array(path[begun:]))
            for left in path[begun + 1 :]:
                del at[left]
            del path[begun + 1 :]
        else:
            at[place] = len(path)
            path.append(place)
    return [*rings, np.array(path)]


def _area(ring: Ring) -> float:
    """What a ring encloses, positive where that lies to the right as seen."""
    x, y = ring[:, 0], ring[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2
