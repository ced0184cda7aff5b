"""The metrics of a comparison, one entry each: all that its tables, its page and its records have to know of them.

Whatever shows a metric takes it from :data:`METRICS`, so that a new one is its function and an entry here. The entry
says what the column of comparison.csv is called and what stands above it on the page. Evaluation does not import this
module: a heading reruns the comparison and nothing before it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.metrics import thresholds
from hairline.metrics.bootstrap import resampled_ap, resampled_ods, resampled_ois
from hairline.metrics.thresholds import Counts
from hairline.reporting.formatting import bracketed, number

Resampled = Callable[[Counts, NDArray[np.int64]], NDArray[np.float64]]
"""Counts and weights [resamples, images], as :func:`hairline.metrics.bootstrap.resample_weights` draws them, to the
metric of every resample, float64 [resamples]."""


@dataclass(frozen=True)
class Metric:
    """A metric as a column.

    Attributes:
        column: Its name in comparison.csv.
        heading: What stands above it on the page.
        form: How the page formats it: ``.3f`` for scores, ``.0f`` for whole numbers.
        value: Counts of the images of a result, at least one, to the metric; NaN where it has no value.
        resampled: The metric of every resample; its interval becomes the columns ``COLUMN_low`` and ``COLUMN_high``.
            None: it has no interval.
        weights: How much each image counts in it, which the interval must know; None: all the same.
        whole: Whether it counts something, so that its column holds whole numbers.
        in_paper: Whether the paper printed it (:mod:`hairline.metrics.published`), so that the paper's value stands
            beside it and in the table of all label sets.
        on_card: Whether model cards show it.
        recorded: Which of its columns go to the metrics file of the comparison and to MLflow.
    """

    column: str
    heading: str
    form: str
    value: Callable[[Counts], float]
    resampled: Resampled | None = None
    weights: Callable[[Counts], NDArray[np.float64]] | None = None
    whole: bool = False
    in_paper: bool = False
    on_card: bool = False
    recorded: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Its column, and the two ends of its interval where it has one."""
        ends = (f"{self.column}_low", f"{self.column}_high") if self.resampled else ()
        return (self.column, *ends)

    def told(self, row: Mapping[Any, Any]) -> str:
        """Its value in a row of the summary as text, with its interval; absent where the row is older than it."""
        value, *ends = (row.get(name) for name in self.columns)
        return bracketed(value, ends[0], ends[1], self.form) if ends else number(value, self.form)


def _crack_pixels(counted: Counts) -> NDArray[np.float64]:
    """Crack pixels of each image, by which it counts in a pool, float64 [images]."""
    return np.asarray((counted.tp + counted.fn)[:, 0], dtype=np.float64)


def _empty_masks(counted: Counts) -> int:
    """Number of images without crack."""
    return int((counted.tp + counted.fn == 0)[:, 0].sum())


def _empty_predictions(counted: Counts) -> int:
    """Number of images without a predicted pixel at the threshold of ODS."""
    best = int(thresholds.f1(counted).mean(axis=0).argmax())
    return int((counted.tp + counted.fp == 0)[:, best].sum())


def _false_alarms(counted: Counts) -> float:
    """Share of images without crack that have a predicted pixel at the threshold of ODS; NaN where there are none."""
    free = (counted.tp + counted.fn == 0)[:, 0]
    best = int(thresholds.f1(counted).mean(axis=0).argmax())
    return float((counted.fp[free, best] > 0).mean()) if free.any() else float("nan")


ODS = Metric(
    "ods", "ODS", ".3f",
    value=lambda counted: thresholds.ods(thresholds.f1(counted)),
    resampled=lambda counted, weights: resampled_ods(thresholds.f1(counted), weights),
    in_paper=True, on_card=True, recorded=("ods", "ods_low", "ods_high"),
)  # fmt: skip
"""What everything is ranked by; where a result was not scored, the page says why in its place."""

ODS_THRESHOLD = Metric(
    "ods_threshold", "at threshold", ".2f", value=lambda counted: thresholds.best_threshold(thresholds.f1(counted))
)
"""Where ODS is reached; model cards end with it, as what to set when the network is used."""

FALSE_ALARMS = Metric("false_alarms", "False alarms", ".3f", _false_alarms)
"""Of images without crack; the page leaves it out where a test set has none."""

METRICS = (
    ODS,
    ODS_THRESHOLD,
    Metric(
        "ois", "OIS", ".3f",
        value=lambda counted: thresholds.ois(thresholds.f1(counted)),
        resampled=lambda counted, weights: resampled_ois(thresholds.f1(counted), weights),
        in_paper=True, on_card=True, recorded=("ois",),
    ),
    Metric(
        "ap", "AP", ".3f", thresholds.average_precision, resampled_ap, _crack_pixels,
        in_paper=True, on_card=True, recorded=("ap",),
    ),
    Metric("ap_of_means", "AP of means", ".3f", thresholds.average_precision_of_means),
    Metric("empty_masks", "Empty masks", ".0f", _empty_masks, whole=True),
    Metric("empty_predictions", "Empty predictions", ".0f", _empty_predictions, whole=True),
    FALSE_ALARMS,
)  # fmt: skip
"""Every metric, in the order of its columns; on the page those of whole numbers follow behind the others."""

IN_PAPER = tuple(metric for metric in METRICS if metric.in_paper)
ON_CARD = tuple(metric for metric in METRICS if metric.on_card)
RECORDED = tuple(name for metric in METRICS for name in metric.recorded)
