"""Calibration: how often what was called crack with some probability is crack."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from hairline.metrics import thresholds

BINS = 15
"""Bins of equal width over [0, 1], as in Guo et al., On Calibration of Modern Neural Networks, ICML 2017."""

TENTHS = 10
"""Bins of pixels, each ten bins of a score table; as many as in Naeini et al., Obtaining Well Calibrated Probabilities
Using Bayesian Binning, AAAI 2015."""

_BINS = thresholds.BINS


@dataclass(frozen=True)
class Reliability:
    """What lies in each bin of probability; bins without an item are left out.

    Attributes:
        predicted: Mean probability of crack, float64 [bins] in [0, 1], ascending.
        observed: Share that is crack, float64 [bins] in [0, 1].
        items: Number of items, int64 [bins].
    """

    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    items: NDArray[np.int64]


def reliability(probabilities: NDArray[np.floating], crack: NDArray[np.bool_]) -> Reliability:
    """Sort items into :data:`BINS` bins by probability, to see whether those called 0.7 are crack 7 times in 10.

    Bin i holds [i/15, (i+1)/15), the last one 1 as well (Guo et al. 2017).

    Args:
        probabilities: Probability of crack, floating point [items] in [0, 1].
        crack: Whether it is crack, bool [items].

    Returns:
        Mean probability, share of crack and number of items of every bin that has any, ascending.

    Example:
        >>> found = reliability(np.array([0.1, 0.1, 0.9]), np.array([False, True, True]))
        >>> found.predicted.round(2).tolist(), found.observed.tolist(), found.items.tolist()
        ([0.1, 0.9], [0.5, 1.0], [2, 1])
    """
    values = probabilities.astype(np.float64)
    bins = np.minimum((values * BINS).astype(np.int64), BINS - 1)
    items = np.bincount(bins, minlength=BINS)
    there = items > 0
    predicted, observed = (np.bincount(bins, weights, BINS)[there] / items[there] for weights in (values, crack))
    return Reliability(predicted, observed, items[there])


def expected_error(probabilities: NDArray[np.floating], crack: NDArray[np.bool_]) -> float:
    """Expected calibration error (Guo et al., ICML 2017): mean over items of |observed - predicted| of their bin.

    Args:
        probabilities: Probability of crack, floating point [items] in [0, 1].
        crack: Whether it is crack, bool [items].

    Returns:
        A number in [0, 1], 0 of perfect calibration; NaN without items. Bins are those of :func:`reliability`.

    Example:
        >>> round(expected_error(np.array([0.1, 0.1, 0.9]), np.array([False, True, True])), 3)
        0.3
    """
    if not len(crack):
        return float("nan")
    return gap(reliability(probabilities, crack))


def gap(found: Reliability) -> float:
    """Mean over items of |observed - predicted| of their bin; NaN without items."""
    if not len(found.items):
        return float("nan")
    return float(np.average(np.abs(found.observed - found.predicted), weights=found.items))


def brier(probabilities: NDArray[np.floating], crack: NDArray[np.bool_]) -> float:
    """Brier score (Brier 1950, Mon. Weather Rev. 78:1): mean squared difference of probability and truth.

    It falls with better calibration and with better separation alike, so that it is told beside the calibration error.

    Args:
        probabilities: Probability of crack, floating point [items] in [0, 1].
        crack: Whether it is crack, bool [items].

    Returns:
        A number in [0, 1], 0 the best, 0.25 of answering 0.5 always; NaN without items.
    """
    return float(np.mean((probabilities.astype(np.float64) - crack) ** 2)) if len(crack) else float("nan")


def sums(
    scores: NDArray[np.uint8] | NDArray[np.floating], binned: NDArray[np.uint8], mask: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """What histograms lack for the calibration of pixels: their scores summed by bin, and their squared errors.

    Args:
        scores: Score map [height, width]; uint8 (255 is 1) or float, taken for 0 and 1 where it lies beyond.
        binned: Its bins, of :func:`hairline.metrics.thresholds.bins`.
        mask: True where there is crack, bool [height, width].

    Returns:
        Sums of the scores in each bin, float64 [:data:`hairline.metrics.thresholds.BINS`], and the sum over pixels of
        (score - mask)².
    """
    levels = scores.dtype == np.uint8
    wide: NDArray[np.floating] = scores.astype(np.float64 if levels else np.promote_types(scores.dtype, np.float32))
    if levels:
        wide = wide / 255
    found, squared = _summed(wide.ravel(), binned.ravel(), mask.ravel())
    return found, float(squared)


@numba.njit(cache=True, nogil=True)
def _summed(
    scores: NDArray[np.floating], binned: NDArray[np.uint8], mask: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    found, squared = np.zeros(256), 0.0
    for place in range(scores.size):
        score = min(max(np.float64(scores[place]), 0.0), 1.0)
        found[binned[place]] += score
        squared += (score - mask[place]) ** 2
    return found[:_BINS].copy(), squared


def of_pixels(crack: NDArray[np.int64], background: NDArray[np.int64], score_sums: NDArray[np.float64]) -> Reliability:
    """Reliability of pixels in :data:`TENTHS` bins of equal width, from what a wide score table keeps.

    Args:
        crack: Histogram of the scores of crack pixels, int64 [:data:`hairline.metrics.thresholds.BINS`].
        background: That of background pixels.
        score_sums: Sum of the scores in each bin, float64, of :func:`sums`.

    Returns:
        As if all pixels had been sorted anew: mean score, share of crack and number of pixels of every bin with any.
    """
    merged = np.stack([crack, crack + background, score_sums]).astype(np.float64)
    observed, items, predicted = merged.reshape(3, TENTHS, _BINS // TENTHS).sum(axis=2)
    there = items > 0
    return Reliability(predicted[there] / items[there], observed[there] / items[there], items[there].astype(np.int64))
