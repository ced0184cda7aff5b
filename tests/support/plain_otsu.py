"""Multi-Otsu by trying every split, to compare the platform with; nothing of it is imported.

A window's 256 bins lie between its darkest and brightest grey level. A class of bins with mass ω and mean μ adds ω μ²
to what is to be as large as possible: that sum less the square of the total mean, a constant, is the between-class
variance. Where two splits are equal, the lower one counts.

scikit-image differs in two ways. It sums in float32, and it counts the pixels of bin 0 as if they lay in bin 1 (and the
class of bin 0 alone as nothing). :func:`single` does as it does; a test shows that the thresholds are always the same.
"""

import numpy as np
from skimage.filters import threshold_multiotsu

EQUAL = 1e-12
"""Float64 sums that differ by less than this share are equal."""


def bins_of(histogram: np.ndarray) -> dict[int, int]:
    """Bin of every occupied level: half-open bins over the window's range, the last one closed, as in numpy."""
    levels = np.flatnonzero(histogram)
    shares = (levels - levels[0]) / max(levels[-1] - levels[0], 1)
    bins = np.minimum(np.searchsorted(np.arange(257) / 256, shares, side="right") - 1, 255)
    assert (np.histogram(shares, 256, (0, 1))[0] == np.bincount(bins, minlength=256)).all()
    return dict(zip(levels.tolist(), bins.tolist(), strict=True))


def binned_of(histogram: np.ndarray) -> np.ndarray:
    """Pixels in each of the window's 256 bins."""
    binned = np.zeros(256)
    for level, place in bins_of(histogram).items():
        binned[place] += histogram[level]
    return binned


def variance_of(splits: tuple[int, ...], binned: np.ndarray) -> float:
    """Between-class variance Σ ω (μ - μ_T)² where a class ends at (and holds) each split bin; float64."""
    bins, total = np.arange(256), binned.sum()
    mean = (binned * bins).sum() / total
    value = 0.0
    for start, end in zip((0, *(k + 1 for k in splits)), (*(k + 1 for k in splits), 256), strict=True):
        mass = binned[start:end].sum()
        if mass == 0:
            return -1.0
        value += mass / total * ((binned[start:end] * bins[start:end]).sum() / mass - mean) ** 2
    return float(value)


def best_sums(
    histogram: np.ndarray, classes: int, kind: type = np.float64, as_library: bool = False
) -> dict[int, float]:
    """Largest Σ ω μ² of all splits whose darkest class ends at an occupied bin, for each such bin.

    Args:
        histogram: Pixels at each of the 256 grey levels of the window, of which at least ``classes`` are occupied.
        classes: 2 to 4.
        kind: Float type of all sums.
        as_library: Whether bin 0 counts as scikit-image counts it.
    """
    binned = binned_of(histogram)
    bins = np.flatnonzero(binned)
    shares = (binned[bins] / binned.sum()).astype(kind)
    places = np.where(bins == 0, int(as_library), bins).astype(kind)
    mass, moment = np.zeros((2, len(bins) + 1), kind)
    mass[1:], moment[1:] = np.cumsum(shares, dtype=kind), np.cumsum(places * shares, dtype=kind)
    masses, moments = mass[None] - mass[:, None], moment[None] - moment[:, None]
    after = np.triu(np.ones(masses.shape, bool), 1)  # the class of the bins from row up to column
    parts = np.where(after, moments**2 / np.where(after, masses, kind(1)), kind(-np.inf))
    if as_library and tuple(bins[:2]) == (0, 1):
        parts[0, 1] = 0
    found = {}
    for k in range(1, len(bins) - classes + 2):
        ends = parts[0, k] + parts[:, -1]  # scikit-image adds the outer classes first, and rounding sees the order
        if classes == 2:
            best = ends[k]
        elif classes == 3:
            best = (ends + parts[k]).max()
        else:
            best = (ends[None] + parts[k][:, None] + parts).max()
        found[int(bins[k - 1])] = best
    return found


def lowest_best(sums: dict[int, float], equal: float = EQUAL) -> int:
    """The lowest bin whose sum is the largest, up to a share."""
    enough = max(sums.values()) * (1 - equal)
    return min(k for k, value in sums.items() if value >= enough)


def exhaustive(histogram: np.ndarray, classes: int) -> int:
    """The level the lowest best split lies on, in float64; -1 where there are fewer levels than classes."""
    if (histogram > 0).sum() < classes:
        return -1
    return level_at(histogram, lowest_best(best_sums(histogram, classes)))


def single(histogram: np.ndarray, classes: int) -> int:
    """The same computed as scikit-image does it."""
    if (histogram > 0).sum() <= classes:  # every level is a class
        return int(np.flatnonzero(histogram)[0])
    return level_at(histogram, lowest_best(best_sums(histogram, classes, np.float32, as_library=True), 0))


def library(histogram: np.ndarray, classes: int) -> int:
    """The same by scikit-image itself, whose thresholds are the centres of bins."""
    window = np.repeat(np.arange(256), histogram).astype(np.float64)
    shares = (window - window.min()) / (window.max() - window.min())
    return level_at(histogram, int(np.rint(threshold_multiotsu(shares, classes, nbins=256)[0] * 256 - 0.5)))


def level_at(histogram: np.ndarray, k: int) -> int:
    """The highest occupied level up to bin k."""
    return max(level for level, place in bins_of(histogram).items() if place <= k)


def is_rounding(histogram: np.ndarray, classes: int) -> bool:
    """Whether scikit-image's sums give the exact optimum once they are made in float64; if not, bin 0 is the cause."""
    sums = best_sums(histogram, classes, as_library=True)
    return level_at(histogram, lowest_best(sums)) == exhaustive(histogram, classes)


def shortfall(histogram: np.ndarray, classes: int, level: int, as_library: bool = False) -> float:
    """By how much the best sum with a threshold is below the best of all, in steps of float32: shares of 2⁻²⁴."""
    sums = best_sums(histogram, classes, as_library=as_library)
    best = max(sums.values())
    return (best - sums[bins_of(histogram)[level]]) / best * 2**24
