"""How to read the tables of a comparison, each remark for the table that it belongs to."""

import pandas as pd

from hairline.data.names import FSV, FSV_MEANS
from hairline.metrics import published
from hairline.metrics.bootstrap import LEAST_PHOTOS
from hairline.reporting import seen_signs, worth
from hairline.reporting.headlines import records
from hairline.reporting.metric_columns import IN_PAPER

BINARY = "†"
"""Stands at the paper's numbers that come from labels of another kind than ours."""
BINARY_NOTE = (
    f"{BINARY} The paper's crf labels are binary (their ODS is their OIS in its table II); ours are soft, scored at "
    "every threshold and learned from as they are."
)


def notes(summary: pd.DataFrame) -> list[str]:
    """How to read all tables, one remark each."""
    if summary.empty:
        return ["Nothing is compared: there is no label set and no segmenter."]
    named = [overview_note(summary), seen_signs.LEGEND, *seen_signs.made_with(summary)]
    return [*filter(None, named), *scoring_notes(summary), *paper_notes(summary), *speed_notes(summary)]


def overview_note(summary: pd.DataFrame) -> str:
    """What FSV is; empty where none was trained."""
    trained = (summary["kind"] == "segmenter").any()
    return f"{FSV}: {FSV_MEANS}." if trained else ""


def scoring_notes(summary: pd.DataFrame) -> list[str]:
    """What the numbers of a table of scores are; nothing of an empty summary."""
    if summary.empty:
        return []
    level, resamples = summary["level"].iloc[0], summary["resamples"].iloc[0]
    trained = (summary["kind"] == "segmenter").any()
    paired = " Differences are paired: same resamples, architecture, training set and images." if trained else ""
    return [
        "All thresholds 0.01 to 0.99, no pixel tolerance. F1 is 1 where mask and prediction are both empty and 0 where "
        "one is; empty predictions are counted at the ODS threshold.",
        f"Brackets: {level:.0%} interval from {resamples} bootstrap resamples of groups (parent photos), its ends "
        f"further out the fewer there are; none of fewer than {LEAST_PHOTOS}.{paired}",
        "AP: the sum of equation 11 without its factor 1/T, over counts pooled over the images, which is our reading: "
        "the paper does not say over which counts. 'AP of means' is the mean over images with crack.",
        *_of_few(summary),
        *([worth.MEANING] if any(map(worth.finds_nothing, records(summary))) else []),
        *worth.remarks(summary),
    ]


def _of_few(summary: pd.DataFrame) -> list[str]:
    """A remark for each test set that has too few photos."""
    few = summary[summary["unsure"] != ""]
    told = few[["test_set", "unsure"]].drop_duplicates().to_dict("records")
    return [f"{row['test_set']}: {row['unsure']}: no intervals, no test." for row in told]


def paper_notes(summary: pd.DataFrame) -> list[str]:
    """What the paper's numbers in these rows are; nothing where it printed none."""
    columns = [f"paper_{metric.column}" for metric in IN_PAPER]
    shown = summary[summary[columns].notna().any(axis=1)]
    if shown.empty:
        return []
    told = (
        "'paper' columns: values printed by König et al. (tables II-IX), shown where the training set is said to be "
        "theirs and label set, model and test set have the paper's names; labels of another backbone stand beside "
        "those printed for ResNet-50. Number of images, initial weights and test images may differ."
    )
    return [told, *([BINARY_NOTE] if shown["paper_cell"].map(published.binary_labels).any() else [])]


def speed_notes(summary: pd.DataFrame) -> list[str]:
    """What images a second are, and of which machine; nothing where no time was measured."""
    machines = "; ".join(summary["machine"].dropna().unique())
    if not machines:
        return []
    return [
        "Images/s: from image to label, wall time of all cores over the whole data set: the evidence that the label "
        "set asks for, its label, reading and writing; not training and studies. Images whose evidence an earlier run "
        f"had made are not counted. Measured on {machines}; the paper's on another machine, with a Titan XP.",
    ]
