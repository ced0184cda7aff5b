"""What a classifier says of patches against the truth, at one threshold: quick, for every epoch of a training."""

import numpy as np
from numpy.typing import NDArray


def patch_scores(probabilities: NDArray[np.floating], crack: NDArray[np.bool_]) -> dict[str, float]:
    """Precision, recall and F1 of the crack class at a probability of one half (König et al. 2021, table I).

    Args:
        probabilities: Probability of crack of each patch, floating point [patches] in [0, 1].
        crack: Whether it shows crack, bool [patches].

    Returns:
        ``precision``, ``recall`` and ``f1`` in [0, 1]; 0 where undefined.

    Example:
        >>> patch_scores(np.array([0.9, 0.8, 0.4]), np.array([True, False, True]))
        {'precision': 0.5, 'recall': 0.5, 'f1': 0.5}
    """
    predicted = probabilities >= 0.5
    hits = int((predicted & crack).sum())
    precision = hits / max(int(predicted.sum()), 1)
    recall = hits / max(int(crack.sum()), 1)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if hits else 0.0,
    }
