"""What a classifier says of patches against the truth, at one threshold: quick, for every epoch of a training."""

import numpy as np
from numpy.typing import NDArray


def patch_scores(probabilities: NDArray[np.floating], crack: NDArray[np.bool_]) -> dict[str, float]:
    """Precision, recall and F1 of the crack class at a probability of one half (table I); 0 where undefined."""
    predicted = probabilities >= 0.5
    hits = int((predicted & crack).sum())
    precision = hits / max(int(predicted.sum()), 1)
    recall = hits / max(int(crack.sum()), 1)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if hits else 0.0,
    }
