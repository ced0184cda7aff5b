"""Which results are worth nothing, whatever they are compared with: for every sentence and mark of a report."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from hairline.data.names import FSV, MANUAL

MARK = "∅"
MEANING = (
    f"{MARK}: no better on these images than calling every pixel crack, or none (the interval of the lead is not above "
    "zero; of too few photos, the lead itself), or learned nothing."
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
    names = _with(summary, "nothing")
    if not names:
        return ""
    return (
        f"Nothing was learned by {' and by '.join(names)}: no better than a trivial answer (everything, nothing, or "
        "one threshold on darkness); these scores say nothing about the labels."
    )


def remarks(summary: pd.DataFrame) -> list[str]:
    """Of which networks nobody knows whether they learned anything, a line for each reason."""
    reasons = {
        "unknown": "could not be judged, for too few photos with crack were held out: put five or more into 'val'",
        "not judged": "was not looked at (learned: off)",
    }
    found = {why: _with(summary, verdict) for verdict, why in reasons.items()}
    return [f"Whether {' and '.join(names)} learned anything {why}." for why, names in found.items() if names]


def _with(summary: pd.DataFrame, verdict: str) -> list[str]:
    """What has a verdict: segmenters, and classifiers by the labels they are behind, in words."""
    several = summary.loc[summary["kind"] == "segmenter", "training_set"].nunique() > 1
    rows = [row for row in summary.to_dict("records") if row.get("learned") == verdict]
    networks = dict.fromkeys(_called(row, several) for row in rows if row["kind"] == "segmenter")
    behind = dict.fromkeys(str(row["labels"]) for row in rows if row["kind"] == "label")
    names = [f"the segmenter{'s' if len(networks) > 1 else ''} {', '.join(networks)}"] if networks else []
    return names + ([f"the classifier behind the labels {', '.join(behind)}"] if behind else [])


def _called(row: Mapping[Any, Any], several: bool) -> str:
    labels = FSV if row["labels"] == MANUAL else row["labels"]
    return " · ".join([labels, row["model"], *([row["training_set"]] if several else [])])
