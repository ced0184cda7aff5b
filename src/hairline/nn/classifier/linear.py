"""A linear classifier on fixed features: taught in a fraction of a second, whatever was clicked so far."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRENGTH = 0.03
"""Inverse of the L2 penalty of logistic regression on standardised features (scikit-learn's C): docs/choosing.md."""
ROUNDS = 300
"""Steps that the solver may take."""
LEAST_SPREAD = 1e-6


@dataclass(frozen=True)
class Standard:
    """What features are brought to mean 0 and standard deviation 1 by.

    Attributes:
        mean: float64 [features].
        spread: Standard deviation, above 0, float64 [features].
        emphasis: What the standardised features are multiplied by, above 0, float64 [features].
    """

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    emphasis: NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A logistic regression on features as they come: P(crack) = 1 / (1 + exp(-(weight · features + bias))).

    Attributes:
        weight: float64 [features].
        bias: The same for all patches.
    """

    weight: NDArray[np.float64]
    bias: float

    def probabilities(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Probability of crack of patches with features [patches, features], float64 [patches]."""
        logits = features.astype(np.float32, copy=False) @ self.weight.astype(np.float32) + self.bias
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -60, 60))), np.float64)


def standard(features: list[NDArray[np.floating]], emphasis: NDArray[np.float64] | None = None) -> Standard:
    """Mean and standard deviation of patches in several arrays [patches, features], summed in float64.

    Args:
        features: At least one array.
        emphasis: See :class:`Standard`; None for the same of all.
    """
    count = sum(len(part) for part in features)
    mean = sum(part.sum(axis=0, dtype=np.float64) for part in features) / count
    square = sum(((part.astype(np.float32) - mean.astype(np.float32)) ** 2).sum(axis=0, dtype=np.float64)
                 for part in features) / count  # fmt: skip
    spread = np.maximum(np.sqrt(square), LEAST_SPREAD)
    return Standard(mean, spread, np.ones(len(mean)) if emphasis is None else emphasis)


def fit(features: NDArray[np.floating], crack: NDArray[np.bool_], by: Standard) -> Line | None:
    """Teach a classifier, cracks and the rest weighing the same in sum.

    Args:
        features: Of the patches that were clicked, [patches, features].
        crack: What was said of each, bool [patches].
        by: How features are standardised; the line that comes back takes them as they are.

    Returns:
        The classifier, which says one half of all patches where no feature varies; None while all that was said is the
            same.
    """
    if not crack.any() or crack.all():
        return None
    weight, varies = np.zeros(len(by.mean)), by.spread > LEAST_SPREAD  # others say nothing
    if not varies.any():
        return Line(weight, 0.0)
    from sklearn.linear_model import LogisticRegression  # which takes seconds to load

    learner = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=ROUNDS)
    by_one = (by.emphasis / by.spread)[varies]
    learner.fit(((features[:, varies] - by.mean[varies]) * by_one).astype(np.float32), crack)
    weight[varies] = learner.coef_[0].astype(np.float64) * by_one
    return Line(weight, float(learner.intercept_[0] - weight @ by.mean))
