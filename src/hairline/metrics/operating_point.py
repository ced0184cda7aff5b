"""The threshold that a segmenter is used at where nobody names one: the one of ODS on its validation images.

Where these have pseudo-labels and are few, images with such labels that it learned from are added, since a threshold
chosen on five photos is one by chance (docs/own_photos.md).

Kept in model.json by the training. This module counts for itself, as :mod:`hairline.metrics.learned` does and why.
"""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from hairline.errors import HairlineError
from hairline.metrics.learned import BACKGROUND, CRACK, THRESHOLDS

NAME = "threshold"
"""Its place in model.json."""
MIDDLE = 0.5
"""What it is where none is kept, and of networks that are calibrated to it."""
MASKS, PSEUDO, BOTH = "masks", "pseudo-labels", "masks and pseudo-labels"


def best(table: pd.DataFrame, masks: Collection[bool], learned_from: int = 0) -> dict[str, object] | None:
    """The threshold with the highest mean F1 over images, the lowest of equals.

    Args:
        table: A row an image, with its histograms in :data:`~hairline.metrics.learned.CRACK` and
            :data:`~hairline.metrics.learned.BACKGROUND`.
        masks: Of each image, whether its label is a mask. Against pseudo-labels the threshold is the one at which the
            network comes closest to what it learned from, faults included.
        learned_from: How many of the images it learned from.

    Returns:
        ``value``, the ``f1`` there, the number of ``images``, what the ``labels`` are and, where there are any, how
        many images it ``learned_from``; None where no image has a label that shows crack.
    """
    if not len(table) or not any(map(sum, table[CRACK])):
        return None
    hits, false = (np.cumsum(np.stack(table[name].to_list())[:, ::-1], axis=1)[:, ::-1] for name in (CRACK, BACKGROUND))
    marked, crack = hits + false, hits[:, :1]
    f1 = np.where(marked + crack > 0, 2 * hits / np.maximum(marked + crack, 1), 1.0).mean(axis=0)[1:]
    place = int(f1.argmax())
    labels = MASKS if all(masks) else BOTH if any(masks) else PSEUDO
    found = {"value": (place + 1) / (THRESHOLDS + 1), "f1": float(f1[place]), "images": len(table), "labels": labels}
    return {**found, "learned_from": learned_from} if learned_from else found


def of(info: Mapping[str, Any]) -> float:
    """The threshold of a network by its model.json.

    Raises:
        HairlineError: If what is kept there can be none.

    >>> of({}), of({"threshold": {"value": 0.3}})
    (0.5, 0.3)
    """
    kept = info.get(NAME)
    if info.get("calibration") or kept is None:
        return MIDDLE
    value = kept.get("value") if isinstance(kept, Mapping) else kept
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise HairlineError(
            f"model.json: the {NAME} of this network is {str(value)[:40]}; expected a number above 0 and at most 1; "
            "correct it there, or take it out for 0.5"
        )
    return float(value)
