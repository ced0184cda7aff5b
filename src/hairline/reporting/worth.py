"""Which results are worth nothing, whatever they are compared with: for every sentence and mark of a report."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from hairline.data.names import MANUAL

MARK = "∅"
MEANING = (
    f"{MARK}: no better on these images than calling every pixel crack, or none (the interval of the lead is not above "
    "zero), or learned nothing."
)


def learned_nothing(row: Mapping[Any, Any]) -> bool:
    """Whether the network of a row, or the classifier behind its labels, learned nothing when it was trained."""
    return bool(row.get("learned") == "nothing")  # comparisons of older versions do not tell


def finds_nothing(row: Mapping[Any, Any]) -> bool:
    """Whether a row of comparison.csv has learned nothing, or is not ahead of the trivial answers on its images."""
    low, lead = (row.get(f"ods_minus_trivial{end}", math.nan) for end in ("_low", ""))
    return learned_nothing(row) or bool((lead if pd.isna(low) else low) <= 0)  # false where there is no number


def fsv_of(summary: pd.DataFrame, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The row of FSV that a segmenter is compared with; None where there is none."""
    same = (summary["kind"] == "segmenter") & (summary["labels"] == MANUAL)
    for column in ("model", "training_set", "test_set"):
        same &= summary[column] == row[column]
    found = summary[same].to_dict("records")
    return {str(key): value for key, value in found[0].items()} if found else None


def headline(summary: pd.DataFrame) -> str:
    """The sentence about what learned nothing, which a report begins with; empty where everything learned something."""
    failed = [row for row in summary.to_dict("records") if learned_nothing(row)]
    several = summary.loc[summary["kind"] == "segmenter", "training_set"].nunique() > 1
    networks = dict.fromkeys(_called(row, several) for row in failed if row["kind"] == "segmenter")
    behind = dict.fromkeys(str(row["labels"]) for row in failed if row["kind"] == "label")
    names = [f"the segmenter{'s' if len(networks) > 1 else ''} {', '.join(networks)}"] if networks else []
    names += [f"the classifier behind the labels {', '.join(behind)}"] if behind else []
    if not names:
        return ""
    return (
        f"Nothing was learned by {' and by '.join(names)}: no better than a trivial answer (everything, nothing, or "
        "one threshold on darkness); these scores say nothing about the labels."
    )


def _called(row: Mapping[Any, Any], several: bool) -> str:
    labels = "FSV" if row["labels"] == MANUAL else row["labels"]
    return " · ".join([labels, row["model"], *([row["training_set"]] if several else [])])
