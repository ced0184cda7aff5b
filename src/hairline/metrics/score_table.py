"""Score tables: the histograms of every image, kept so that any metric can be made again without a model."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.metrics import thresholds

HISTOGRAMS = ("crack_hist", "background_hist")
COLUMNS = ("id", "group", *HISTOGRAMS)

ABOVE = ("crack_hist_above", "background_hist_above")
"""The two histograms where a score must be above the threshold, of :mod:`hairline.metrics.full_score_table`."""

HALF = 0.5
SHAPE_THRESHOLD = "shape_threshold"
"""Column of wide tables: the threshold of ODS, at which ``cldice_ods`` and ``hd95_ods`` were taken."""

Ignored = Callable[[str], NDArray[np.bool_] | None]
"""Id to the pixels that its mask says nothing of, bool [height, width]; None where it says something of all."""


Each = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]
"""Applies work to every item, in order."""


def in_turn(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Do work one item after the other."""
    return [work(item) for item in items]


def nothing(sample_id: str) -> None:
    """No pixel of any image is ignored."""


def score_table(
    samples: pd.DataFrame,
    scores_of: Callable[[str], NDArray[np.uint8] | NDArray[np.floating]],
    mask_of: Callable[[str], NDArray[np.bool_]],
    ignored_of: Ignored = nothing,
    each: Each = in_turn,
) -> pd.DataFrame:
    """One row an image, with the histograms of :func:`hairline.metrics.thresholds.histograms`, int64 [100].

    Args:
        samples: Rows with ``id`` and ``group``, all with a mask.
        scores_of: Id to score map [height, width].
        mask_of: Id to mask [height, width].
        ignored_of: Id to the pixels that are counted nowhere.
        each: Applies work to every image, in order.

    Raises:
        HairlineError: If a score map and its mask differ in size, or a score is no number.
    """

    def row(named: tuple[str, str]) -> tuple[str, str, NDArray[np.int64], NDArray[np.int64]]:
        scores, mask = pair(named[0], scores_of, mask_of)
        return *named, *thresholds.histograms(scores, mask, ignored=ignored_of(named[0]))

    rows = each(row, list(zip(samples["id"], samples["group"], strict=True)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def pair(
    sample_id: str,
    scores_of: Callable[[str], NDArray[np.uint8] | NDArray[np.floating]],
    mask_of: Callable[[str], NDArray[np.bool_]],
) -> tuple[NDArray[np.uint8] | NDArray[np.floating], NDArray[np.bool_]]:
    """Score map and mask of a sample, of one size.

    Args:
        sample_id: Its id, for the message.
        scores_of: Id to scores, uint8 (255 is 1) or float in [0, 1], [height, width].
        mask_of: Id to mask, bool [height, width].

    Returns:
        What the two give, as it is.

    Raises:
        HairlineError: If they differ in size, or a score is no number (NaN).
    """
    scores, mask = scores_of(sample_id), mask_of(sample_id)
    if scores.shape != mask.shape:
        raise HairlineError(
            f"sample '{sample_id}': its scores are {scores.shape[0]}x{scores.shape[1]} pixels, its mask "
            f"{mask.shape[0]}x{mask.shape[1]}; put the mask right or add '{sample_id}' to the options.exclude of "
            "its data set; the gate names all such samples under sizes_equal"
        )
    if scores.dtype != np.uint8 and np.isnan(scores).any():
        raise HairlineError(
            f"sample '{sample_id}': {np.isnan(scores).sum()} of its {scores.size} scores are no numbers (NaN); expected"
            " scores in [0, 1]; the weights behind them have probably diverged: train again at a smaller learning rate"
        )
    return scores, mask


def counts(table: pd.DataFrame) -> thresholds.Counts:
    """Counts at every threshold of the images of a score table (:func:`hairline.metrics.thresholds.counts`).

    Args:
        table: At least one row with ``id`` and the two histograms, lists of 100 whole numbers.

    Returns:
        int64 [images, 99] each of right, wrong and missed pixels, images in order of id, whatever the order of the
        rows.
    """
    table = table.sort_values("id")
    return thresholds.counts(np.stack(table["crack_hist"].to_list()), np.stack(table["background_hist"].to_list()))


def image_f1(table: pd.DataFrame) -> pd.Series:
    """F1 of every image at the one threshold of ODS, to find those that go well and badly.

    Args:
        table: A score table of at least one image.

    Returns:
        float64 in [0, 1] by id, the lowest first, equal ones in order of id.
    """
    f1 = thresholds.f1(counts(table))
    ids = table["id"].sort_values().to_list()
    return pd.Series(f1[:, f1.mean(axis=0).argmax()], index=ids).sort_values(kind="stable")


def extremes(table: pd.DataFrame, count: int) -> list[str]:
    """The images with the lowest and the highest F1 at the threshold of ODS, for galleries.

    Args:
        table: A score table of at least one image.
        count: How many of each.

    Returns:
        Ids, the lowest F1 first. None comes twice: of fewer than twice as many images, it is every image.
    """
    ids = image_f1(table).index.to_list()
    return list(dict.fromkeys([*ids[:count], *ids[max(0, len(ids) - count) :]]))


def metrics(table: pd.DataFrame) -> dict[str, float]:
    """The headline of a score table: eq. 9 to 11 of König et al. 2021.

    Args:
        table: A score table of at least one image.

    Returns:
        ``ods``, ``ois`` and ``ap`` (pooled), each in [0, 1]; ``ods_threshold``, the lowest threshold that reaches ODS,
        one of 0.01 … 0.99; the number of ``images``. All are float.
    """
    counted = counts(table)
    f1 = thresholds.f1(counted)
    return {
        "ods": thresholds.ods(f1),
        "ods_threshold": thresholds.best_threshold(f1),
        "ois": thresholds.ois(f1),
        "ap": thresholds.average_precision(counted),
        "images": float(len(table)),
    }
