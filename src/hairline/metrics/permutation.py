"""Paired permutation of two methods within photos, and the t-test that stands guard over it.

If two methods are the same, which of them made which maps of a photo is a toss of a coin. So they are swapped photo by
photo, all images of a photo together, and after every swap each side's best threshold is chosen anew. The statistic is
the difference in ODS over its standard error, so that the test holds too where the methods differ in all but their ODS,
in calibration say (Janssen 1997, Stat. Probab. Lett. 36:9; Chung and Romano 2013, Ann. Stat. 41:484): the difference
alone does not. All swaps are gone through where there are fewer than 2 ** 16, else :data:`DRAWS` of them are drawn, and
the one that is no swap counts among them (Phipson and Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9:39).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from math import lcm

import numpy as np
from numpy.typing import NDArray

EXACT_PHOTOS = 15
"""Up to so many photos all swaps are gone through."""
DRAWS = 9_999
"""Swaps that are drawn of more."""
FIRST, LARGE = 2_000, 0.2
"""Drawing ends after so many, or any number above, where p is above this: more could only tell it more exactly."""
ROWS = 500
"""Swaps that are worked on at a time; more do not fit into the cache."""
_TIE = 1e-9
"""Statistics that differ by less than this share are equal."""
_NOTHING = 1e-12

Sums = Sequence[NDArray[np.float64]]
"""F1 summed over the images of each photo, float64 [photos, 99], one array a seed."""


@dataclass(frozen=True)
class Tested:
    """A test of no difference.

    Attributes:
        p: Two-sided p-value.
        error: Its Monte Carlo standard error; 0 where all swaps were gone through.
    """

    p: float
    error: float


def by_photo(values: NDArray[np.float64], groups: Sequence[str]) -> NDArray[np.float64]:
    """Sums over the images of each group, so that a permutation swaps whole photos.

    Args:
        values: A number or a row of numbers an image, float64 [images, …].
        groups: Photo of each image.

    Returns:
        float64 [groups, …], groups in order of name.

    Example:
        >>> by_photo(np.array([1.0, 2.0, 4.0]), ["wall", "floor", "wall"]).tolist()
        [2.0, 5.0]
    """
    names, members = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    sums = np.zeros((len(names), *values.shape[1:]))
    np.add.at(sums, members, values)
    return sums


def differences(
    first: Sums, second: Sums, sizes: NDArray[np.float64], signs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Difference in ODS after every swap, and its standard error, float64 [swaps] each.

    Args:
        first: Sums of one method; with several seeds its ODS is the mean of theirs.
        second: Sums of the other. Where it has fewer seeds, they are gone through again.
        sizes: Images of each photo, float64 [photos], at least two photos.
        signs: -1 where a photo's maps are swapped, else 1, float64 [swaps, photos].
    """
    seeds = lcm(len(first), len(second))
    pairs = islice(zip(cycle(first), cycle(second), strict=False), seeds)
    leads = np.mean([_leads(one, other, signs) for one, other in pairs], axis=0)
    lead = leads.sum(axis=1) / sizes.sum()
    photos = len(sizes)
    squares = ((leads - lead[:, None] * sizes) ** 2).sum(axis=1)
    return lead, np.sqrt(squares * photos / (photos - 1)) / sizes.sum()


def _leads(one: NDArray[np.float64], other: NDArray[np.float64], signs: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 of the first side less that of the second, each at its best threshold, by photo: float64 [swaps, photos]."""
    mean, half = (one + other) / 2, (one - other) / 2
    middle, turned = mean.sum(axis=0), signs @ half
    best, theirs = (middle + turned).argmax(axis=1), (middle - turned).argmax(axis=1)
    mean, half = np.ascontiguousarray(mean.T), np.ascontiguousarray(half.T)
    return np.asarray(mean[best] - mean[theirs] + signs * (half[best] + half[theirs]))


def over_error(lead: NDArray[np.float64], error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Differences over their standard errors, the statistic of the permutation test: its size, never below 0.

    Args:
        lead: Differences, float64 [swaps].
        error: Their standard errors, float64 [swaps], at least 0.

    Returns:
        float64 [swaps]; 0 where there is no difference, infinite where there is one without any error.
    """
    told = np.divide(lead, error, out=np.full_like(lead, np.inf), where=error > _NOTHING)
    return np.where(np.abs(lead) > _NOTHING, np.abs(told), 0.0)


def permuted(first: Sums, second: Sums, sizes: NDArray[np.float64], seed: int, draws: int = DRAWS) -> Tested:
    """The share of swaps after which the statistic is at least as far from 0 as without any.

    Args:
        first: As for :func:`differences`.
        second: The same of the other method.
        sizes: Images of each photo, float64 [photos], at least two photos.
        seed: Seed of the swaps where they are drawn: equal for all pairs of a table, so that they share them.
        draws: How many are drawn.
    """
    photos = len(sizes)
    least = over_error(*differences(first, second, sizes, np.ones((1, photos))))[0] * (1 - _TIE)
    exact, done, counted = photos <= EXACT_PHOTOS, 0, 0
    for signs in every_swap(photos) if exact else drawn_swaps(photos, seed, draws):
        counted += int((over_error(*differences(first, second, sizes, signs)) >= least).sum())
        done += len(signs)
        if not exact and done >= FIRST and counted > LARGE * done:
            break
    if exact:
        return Tested(counted / done, 0.0)
    p = (counted + 1) / (done + 1)
    return Tested(p, float(np.sqrt(p * (1 - p) / done)))


def every_swap(photos: int) -> Iterator[NDArray[np.float64]]:
    """All swaps, :data:`ROWS` at a time, float64 [rows, photos]; of the two that are each other's mirror only one."""
    count = 2 ** (photos - 1)
    for start in range(0, count, ROWS):
        numbers = np.arange(start, min(start + ROWS, count))
        yield 1.0 - 2.0 * ((numbers[:, None] >> np.arange(photos)) & 1).astype(np.float64)


def drawn_swaps(photos: int, seed: int, draws: int = DRAWS) -> Iterator[NDArray[np.float64]]:
    """Swaps at random, :data:`ROWS` at a time, float64 [rows, photos]."""
    generator = np.random.default_rng(seed)
    for start in range(0, draws, ROWS):
        end = min(start + ROWS, draws)
        yield generator.integers(0, 2, (end - start, photos), np.int8) * 2.0 - 1.0


def smallest(photos: int) -> float:
    """The smallest p-value of so many photos."""
    return 2.0 ** (1 - photos) if photos <= EXACT_PHOTOS else 1 / (DRAWS + 1)


def t_test(lead: float, variances: Sequence[float], freedoms: Sequence[float]) -> float:
    """Two-sided p-value of "no difference" by Student's t, with Welch's degrees of freedom over several variances.

    Args:
        lead: The difference.
        variances: Parts of its variance: from photos, and from the seeds of each side where there are several.
        freedoms: Degrees of freedom of each.
    """
    from scipy.special import stdtr

    error = np.sqrt(np.array([sum(variances)]))
    statistic = float(over_error(np.array([lead]), error)[0])
    if not statistic or np.isinf(statistic):
        return 0.0 if statistic else 1.0
    return float(2 * stdtr(welch(variances, freedoms), -statistic))


def welch(variances: Sequence[float], freedoms: Sequence[float]) -> float:
    """Degrees of freedom of a sum of variances (Satterthwaite 1946, Welch 1947, Biometrika 34:28).

    Args:
        variances: At least 0 each, at least one.
        freedoms: Degrees of freedom of each, above 0.

    Returns:
        A number between the smallest of them and their sum; the first where all variances are 0.

    Example:
        >>> welch([1.0, 0.0], [9.0, 2.0]), welch([1.0, 1.0], [9.0, 9.0])
        (9.0, 18.0)
    """
    whole = sum(variances)
    if not whole:
        return freedoms[0]
    return whole**2 / sum(each**2 / freedom for each, freedom in zip(variances, freedoms, strict=True))
