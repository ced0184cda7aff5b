"""A comparison at a glance: every label set beside one of them, with what the corrected test says of the difference."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from hairline.data.names import MANUAL
from hairline.metrics import permutation
from hairline.reporting import seen_signs, worth
from hairline.reporting.comparison import called
from hairline.reporting.formatting import ABSENT

SURE = 0.05
MARKS = {"better": "▲", "worse": "▼", "unclear": "≈", "unsure": "≟"}
LEGEND = (
    "Each cell: ODS, what it has seen (difference to the column named first, mark). ▲ better, ▼ worse, both with p < "
    "0.05 after Holm's correction over all pairs on that test set; ≈ not clearly different; ≟ too few photos to tell; "
    "∅ learned nothing, or is no better than a trivial answer."
)
OTHER = "crf"
PLACE, TRAINING_SET = ("Test set", "Network"), "Training set"
"""Columns that say where a row belongs; the second is there where there are several training sets."""


def table(summary: pd.DataFrame, pairs: pd.DataFrame, against: str = MANUAL) -> pd.DataFrame:
    """A row a test set and network, a column a label set; first the one that the others are measured against.

    Args:
        summary: As :func:`hairline.reporting.comparison.summarise` gives it.
        pairs: As :func:`hairline.reporting.difference_tables.every_pair` gives it.
        against: The label set that the others are measured against.

    Returns:
        Cells of text; no rows where no segmenter was scored.
    """
    scored = summary[(summary["kind"] == "segmenter") & (summary["status"] == "scored")]
    several = scored["training_set"].nunique() > 1
    order = sorted(scored["labels"].unique(), key=lambda name: name != against)
    columns = [*PLACE, *([TRAINING_SET] if several else []), *(called(name, None, "") for name in order)]
    known, lines = _known(pairs), []
    for key, rows in scored.groupby(["test_set", "model", "training_set"], sort=False):
        test_set, model, training_set = map(str, key)
        by_labels = {str(row["labels"]): row for row in rows.to_dict("records")}
        told = training_set if several else ""
        own = called(against, model, told)
        pairs_of = {name: known.get((test_set, called(name, model, told), own)) for name in order}
        cells = [_cell(by_labels.get(name), pair, by_labels.get(against)) for name, pair in pairs_of.items()]
        lines.append([test_set, model, *([training_set] if several else []), *cells])
    return pd.DataFrame(lines, columns=pd.Index(columns if lines else []))  # a label set may have a heading's name


def corrected(pairs: pd.DataFrame, row: Mapping[str, Any], several: bool) -> float | None:
    """p-value, after Holm's correction, of a segmenter's difference to its FSV; None where there is none.

    Args:
        pairs: As :func:`hairline.reporting.difference_tables.every_pair` gives it.
        row: A row of the summary.
        several: Whether segmenters learned from several training sets, so that these are told.
    """
    if pairs.empty:
        return None
    told = row["training_set"] if several else ""
    first, own = (called(labels, row["model"], told) for labels in (row["labels"], MANUAL))
    _, p = _known(pairs).get((row["test_set"], first, own), (0.0, float("nan")))
    return None if pd.isna(p) else float(p)


def too_few(pairs: pd.DataFrame) -> list[str]:
    """A remark a test set where there are so many pairs that no difference on so few photos could be called one."""
    tested = pairs[pairs["p"].notna()] if len(pairs) else pairs
    families = [family for _, family in tested.groupby(["kind", "test_set"], sort=False)] if len(tested) else []
    return [remark for family in families if (remark := _hopeless(family))]


def _hopeless(family: pd.DataFrame) -> str:
    test_set, photos = family["test_set"].iloc[0], int(family["groups"].iloc[0])
    least = permutation.smallest(photos)
    if len(family) * least < SURE:
        return ""
    return (
        f"{test_set}: no p-value of {photos} photos is below {least:.2g}, so that among {len(family)} pairs none can "
        f"stay below {SURE} after the correction; compare fewer label sets and networks, or score more photos."
    )


def _known(pairs: pd.DataFrame) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Test set, first and second → difference of first minus second and its corrected p, either way round."""
    found = {}
    for row in pairs[pairs["kind"] == "segmenter"].to_dict("records"):
        found[row["test_set"], row["first"], row["second"]] = (row["difference"], row["p_holm"])
        found[row["test_set"], row["second"], row["first"]] = (-row["difference"], row["p_holm"])
    return found


def _cell(row: Any, difference: tuple[float, float] | None, own: Any) -> str:
    if row is None:
        return ABSENT
    nothing = worth.finds_nothing(row)
    score = f"{row['ods']:.3f} {worth.MARK}" if nothing else f"{row['ods']:.3f}"
    score += f" {seen_signs.of_row(row)}"
    if difference is None:
        return score
    mark = "" if nothing and worth.finds_nothing(own) else f" {MARKS[verdict(*difference)]}"
    return f"{score} ({difference[0]:+.3f}{mark})"


def verdict(difference: float, p: float) -> str:
    """``better``, ``worse``, ``unclear``, or ``unsure`` where there is no p-value (NaN)."""
    if pd.isna(p):
        return "unsure"
    if p >= SURE:
        return "unclear"
    return "better" if difference > 0 else "worse"
