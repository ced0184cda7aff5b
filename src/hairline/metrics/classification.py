"""Table I of the paper: precision, recall and F1 of a patch classifier with intervals, its curves and calibration."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from hairline.metrics import calibration
from hairline.metrics.bootstrap import BootstrapOptions, interval, resample_weights
from hairline.metrics.patch_scores import patch_scores

COLUMNS = ("sample", "group", "split", "crack", "probability")
"""A row a patch: its image, that image's group (parent photo) and split, the truth, the probability of crack."""
SPLITS = ("val", "test")
"""Splits that a classifier is scored on: those it does not learn from."""


def scores(table: pd.DataFrame, bootstrap: BootstrapOptions) -> dict[str, float]:
    """What a classifier reaches on the patches of one split.

    Precision, recall and F1 are of the crack class at a probability of one half (0 where undefined), with intervals
    from a bootstrap over groups where there are groups enough (:mod:`hairline.metrics.bootstrap`). ``roc_auc`` and
    ``average_precision`` are there where both classes are; ``calibration_error`` and ``brier`` are those of
    :mod:`hairline.metrics.calibration`.

    Args:
        table: Rows with :data:`COLUMNS`, at least one.
        bootstrap: How intervals are drawn.
    """
    probabilities, crack = table["probability"].to_numpy(), table["crack"].to_numpy(bool)
    found = {
        "patches": float(len(table)),
        "crack_share": float(crack.mean()),
        **patch_scores(probabilities, crack),
        "calibration_error": calibration.expected_error(probabilities, crack),
        "brier": calibration.brier(probabilities, crack),
    }
    if 0 < crack.sum() < len(crack):
        found["roc_auc"] = float(roc_auc_score(crack, probabilities))
        found["average_precision"] = float(average_precision_score(crack, probabilities))
    for name, values in _resampled(table, bootstrap).items():
        found |= interval(name, values, table["group"].astype(str).to_list(), bootstrap)
    return found


def _resampled(table: pd.DataFrame, bootstrap: BootstrapOptions) -> dict[str, NDArray[np.float64]]:
    """Precision, recall and F1 of every resample of the groups, float64 [resamples] each."""
    predicted, crack = table["probability"] >= 0.5, table["crack"].astype(bool)
    flags = pd.DataFrame({"tp": predicted & crack, "fp": predicted & ~crack, "fn": ~predicted & crack})
    sums = flags.groupby(table["group"].astype(str).to_numpy()).sum()
    weights = resample_weights(list(sums.index), bootstrap)
    tp, fp, fn = (weights @ sums[name].to_numpy() for name in ("tp", "fp", "fn"))
    return {
        "precision": tp / np.maximum(tp + fp, 1),
        "recall": tp / np.maximum(tp + fn, 1),
        "f1": 2 * tp / np.maximum(2 * tp + fp + fn, 1),
    }
