"""ODS beside that of trivial answers: calling every pixel crack, and calling none so."""

import numpy as np
import pandas as pd

from hairline.metrics import thresholds
from hairline.metrics.bootstrap import BootstrapOptions, interval, resample_weights, resampled_ods
from hairline.metrics.score_table import HISTOGRAMS, counts


def beside_trivial(table: pd.DataFrame, bootstrap: BootstrapOptions) -> dict[str, float]:
    """ODS of the better of *all* and *none* on a score table, and how far the table's own is ahead of it.

    Where there is no crack, F1 is 1 of *none*, as everywhere.

    Returns:
        ``trivial_ods``, ``ods_minus_trivial`` and, where photos are enough, its interval as ``…_low`` and ``…_high``.
    """
    table = table.sort_values("id")
    crack, background = (np.stack(table[name].to_list()).sum(axis=1, keepdims=True) for name in HISTOGRAMS)
    nothing = np.zeros_like(crack)
    answers = thresholds.Counts(crack, background, nothing), thresholds.Counts(nothing, nothing, crack)
    own, trivial = thresholds.f1(counts(table)), [thresholds.f1(answer) for answer in answers]
    best = max(float(f1.mean()) for f1 in trivial)
    groups = table["group"].astype(str).to_list()
    weights = resample_weights(groups, bootstrap)
    leads = resampled_ods(own, weights) - np.max([resampled_ods(f1, weights) for f1 in trivial], axis=0)
    return {
        "trivial_ods": best,
        "ods_minus_trivial": thresholds.ods(own) - best,
        **interval("ods_minus_trivial", leads, groups, bootstrap),
    }
