"""How far score maps of a photo are expected to be from its mask, to rank photos by what correcting them gains.

All measures are numbers in [0, 1], 0 where nothing is to be gained. All but :func:`area` are of the shape of 1 − F1,
since this is what a corrected label gains: its F1 becomes 1. A photo counts by its cracks, not by its size. So that a
few stray pixels on an empty photo do not weigh as much as a missed crack, every map is taken to have, beside its own,
the crack pixels of one line of one pixel's width along the shorter side, on which all agree.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import fsum

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]
"""Confidence that a pixel is crack, [height, width] in [0, 1]; a mask has 0 and 1."""

CUT = 0.5
"""From which confidence a pixel is in the mask that a score map stands for."""


def disagreement(maps: Sequence[Scores]) -> float:
    """1 − soft F1 of two maps a and b, Σ |a − b| / (Σ a + Σ b + 2 m), the mean over all pairs; m is the shorter side.

    Soft F1 is 2 Σ min(a, b) / (Σ a + Σ b): that of masks where both are masks. Of one map, 0.

    Args:
        maps: Of one photo, all of one size, in any order.

    >>> line = np.zeros((4, 8)); line[1] = 1
    >>> disagreement([line, line]), disagreement([line, np.zeros((4, 8))])
    (0.0, 0.5)
    """
    pairs = list(combinations(maps, 2))
    return fsum(_apart(one, other) for one, other in pairs) / len(pairs) if pairs else 0.0


def _apart(one: Scores, other: Scores) -> float:
    differing = float(np.abs(one - other).sum(dtype=np.float64))
    whole = float(one.sum(dtype=np.float64) + other.sum(dtype=np.float64)) + 2 * min(one.shape)
    return float(differing / whole)


def expected(maps: Sequence[Scores]) -> float:
    """1 − the F1 that the mean map's own mask is expected to have, were its scores p probabilities.

    The mask has the pixels of p ≥ 0.5. To first order its expected F1 is 2 Σ mask · p / (Σ mask + Σ p), so that this is
    :func:`disagreement` of the mean map and its mask.

    Args:
        maps: Of one photo, all of one size.
    """
    mean = _mean(maps)
    return _apart(mean, (mean >= CUT).astype(mean.dtype))


def area(maps: Sequence[Scores]) -> float:
    """Share of the photo's pixels on which two maps are expected to differ, mean |a − b|, the mean over all pairs.

    It puts photos with much crack first, whose labels hold the most wrong pixels.

    Args:
        maps: Of one photo, all of one size, in any order.
    """
    pairs = list(combinations(maps, 2))
    return fsum(float(np.abs(one - other).mean(dtype=np.float64)) for one, other in pairs) / max(1, len(pairs))


def _mean(maps: Sequence[Scores]) -> NDArray[np.float32]:
    return np.asarray(np.mean(np.stack(maps), axis=0), dtype=np.float32)


MEASURES: Mapping[str, Callable[[Sequence[Scores]], float]] = {
    "disagreement": disagreement,
    "expected": expected,
    "area": area,
}
"""Measures by name."""


def descending(values: Sequence[float]) -> list[int]:
    """Positions of values, the largest first, equal ones in their order.

    >>> descending([0.1, 0.5, 0.5])
    [1, 2, 0]
    """
    return sorted(range(len(values)), key=lambda position: -values[position])


def in_turn(order: Sequence[int], groups: Sequence[str]) -> list[int]:
    """An order in which groups take turns: the first of each, then the second of each, each turn in the given order.

    Crops of one photo tell much the same; so a short beginning of the order shows as many photos as it can.

    Args:
        order: Positions, best first.
        groups: Group of each position, such as the photo that a crop is of.

    >>> in_turn([2, 0, 1], ["wall", "floor", "wall"])
    [2, 1, 0]
    """
    turns, taken = dict[int, int](), dict[str, int]()
    for position in order:
        turns[position] = taken.get(groups[position], 0)
        taken[groups[position]] = turns[position] + 1
    return sorted(order, key=lambda position: turns[position])
