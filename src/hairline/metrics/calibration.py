"""Calibration: how often what was called crack with some probability is crack."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Bins of equal width over [0, 1], as in Guo et al., On Calibration of Modern Neural Networks, ICML 2017."""


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
    """Sort items into :data:`BINS` bins by their probability; bin i holds [i/15, (i+1)/15), the last one 1 as well.

    Args:
        probabilities: Probability of crack, [items] in [0, 1].
        crack: Whether it is crack, bool [items].
    """
    values = probabilities.astype(np.float64)
    bins = np.minimum((values * BINS).astype(np.int64), BINS - 1)
    items = np.bincount(bins, minlength=BINS)
    there = items > 0
    predicted, observed = (np.bincount(bins, weights, BINS)[there] / items[there] for weights in (values, crack))
    return Reliability(predicted, observed, items[there])


def expected_error(probabilities: NDArray[np.floating], crack: NDArray[np.bool_]) -> float:
    """Expected calibration error: mean over items of |observed - predicted| of their bin; NaN without items."""
    if not len(crack):
        return float("nan")
    found = reliability(probabilities, crack)
    return float(np.average(np.abs(found.observed - found.predicted), weights=found.items))


def brier(probabilities: NDArray[np.floating], crack: NDArray[np.bool_]) -> float:
    """Brier score: mean squared difference of probability and truth; NaN without items."""
    return float(np.mean((probabilities.astype(np.float64) - crack) ** 2)) if len(crack) else float("nan")
