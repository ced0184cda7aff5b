"""The summary of a comparison for readers: tables, and all of it as Markdown."""

from typing import Any

import pandas as pd

from hairline.data.names import FSV, MANUAL
from hairline.metrics import published
from hairline.reporting import formatting, headlines, notes, seen_signs, worth
from hairline.reporting.formatting import ABSENT, number
from hairline.reporting.metric_columns import FALSE_ALARMS, IN_PAPER, METRICS, ODS, Metric

ABLATIONS = "Ablations and thresholding: every label set on every set, ODS / OIS / AP"
SEGMENTERS = "Segmenters tested on"
UNSEEN_ALONE = "ODS of the unseen alone"
SCALE = "Scale"


def tables(summary: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Readable tables, heading to cells of text: segmenters a test set (FSV first), all label sets, labels a set.

    Columns with the paper's numbers are there where the paper printed any for the table's rows, that of the training
    set where there are several.
    """
    segmenters = _each(summary, "segmenter", SEGMENTERS + " {}")
    labels = _each(summary, "label", "Pseudo-labels of {} against its masks")
    return segmenters | ({ABLATIONS: ablations(summary)} if labels else {}) | labels


def _each(summary: pd.DataFrame, kind: str, heading: str) -> dict[str, pd.DataFrame]:
    rows = summary[summary["kind"] == kind]
    unused = [] if headlines.several(summary) and kind == "segmenter" else ["Training set"]
    return {
        heading.format(name): _table(rows[rows["test_set"] == name], kind).drop(columns=unused)
        for name in rows["test_set"].unique()
    }


def ablations(summary: pd.DataFrame) -> pd.DataFrame:
    """A row a label set, a column a set it was scored on, cells of text; the paper's numbers beside their set."""
    lines: dict[str, dict[str, str]] = {}
    for row in headlines.records(summary[summary["kind"] == "label"]):
        line = lines.setdefault(row["labels"], {"Labels": row["labels"]})
        scored = row["status"] == "scored"
        line[row["test_set"]] = f"{_three(row, '')} {seen_signs.of_row(row)}" if scored else row["status"]
        line[f"paper, {row['test_set']}"] = _three(row, "paper_") + _footnote(row)
    return _without_unused(pd.DataFrame(list(lines.values())), "paper, ")


def ablations_csv(summary: pd.DataFrame) -> str:
    """The same numbers as CSV text, a column a set and metric, six significant digits."""
    rows = summary[summary["kind"] == "label"]
    ours = [metric.column for metric in IN_PAPER]
    printed = [f"paper_{name}" for name in ours]
    wide = rows.pivot(index="labels", columns="test_set", values=[*ours, *printed]).reindex(rows["labels"].unique())
    columns = {
        f"{test_set} {metric}": wide[metric, test_set]
        for test_set in rows["test_set"].unique()
        for metric in [*ours, *printed]
        if metric in ours or wide[metric, test_set].notna().any()
    }
    return pd.DataFrame(columns).to_csv(index_label="labels", float_format="%.6g", lineterminator="\n")


def _three(row: dict[str, Any], prefix: str) -> str:
    values = [number(row[prefix + metric.column], metric.form) for metric in IN_PAPER]
    return ABSENT if set(values) == {ABSENT} else " / ".join(values)


def _without_unused(table: pd.DataFrame, prefix: str) -> pd.DataFrame:
    return table.drop(
        columns=[name for name in table if str(name).startswith(prefix) and (table[name] == ABSENT).all()]
    )


def _table(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    parts = [headlines.records(part) for _, part in rows.groupby("training_set", sort=False)]
    order = [row for part in parts for row in sorted(part, key=lambda row: row["labels"] != MANUAL)]
    table = pd.DataFrame([_line(row, "Trained on" if kind == "segmenter" else "Labels") for row in order])
    for beginning in ("paper ", "Images/s", SCALE, UNSEEN_ALONE, FALSE_ALARMS.heading):
        table = _without_unused(table, beginning)
    return table.drop(columns=["ODS − FSV"] if kind == "label" else [])


def _line(row: dict[str, Any], first: str) -> dict[str, str]:
    scored = row["status"] == "scored"
    told = row["reason"] and row["status"] != "not run"  # how to run it stands in the CSV
    why = f"{row['status']}: {row['reason']}" if told else str(row["status"])
    return {
        first: _name(row),
        ODS.heading: ODS.told(row) if scored else why,
        "Seen": seen_signs.counted(row),
        "Model": ABSENT if pd.isna(row["model"]) else str(row["model"]),
        "Training set": str(row["training_set"]),
        "Images": number(row["images"], "d"),
        SCALE: _scale(row),
        **{metric.heading: metric.told(row) for metric in METRICS if not metric.whole and metric is not ODS},
        UNSEEN_ALONE: seen_signs.unseen_alone(row),
        "ODS − FSV": headlines.bracketed_of(row, "ods_minus_manual", "+.3f"),
        **{metric.heading: metric.told(row) for metric in METRICS if metric.whole},
        "Made with": str(row["made_with"]) if isinstance(row["made_with"], str) and row["made_with"] else ABSENT,
        **{f"paper {metric.heading}": _printed(row, metric) for metric in IN_PAPER},
        "Images/s": number(row["images_per_second"], ".3g"),
        "paper images/s": number(row["paper_images_per_second"], ".3g"),
    }


def _scale(row: dict[str, Any]) -> str:
    """By what images were resized, how that was found, and the share of their labels; absent where there is nothing."""
    by, factor, fused = row["scale_by"], row["scale"], row.get("fused")
    told = [] if pd.isna(fused) or not fused else [f"label {fused:.3g}"]
    if isinstance(by, str) and (by, factor) != ("given", 1):
        told.insert(0, by if pd.isna(factor) else f"× {factor:.3g} ({by.replace('_', ' ')})")
    return ", ".join(told) or ABSENT


def _printed(row: dict[str, Any], metric: Metric) -> str:
    told = number(row[f"paper_{metric.column}"], metric.form)
    return told if told == ABSENT else told + _footnote(row)


def _footnote(row: dict[str, Any]) -> str:
    """What stands behind a printed number of the row: a mark where the paper's labels are of another kind than ours."""
    return f" {notes.BINARY}" if published.binary_labels(row["paper_cell"]) else ""


def _name(row: dict[str, Any]) -> str:
    """The labels, marked where they, or the network they taught, are worth nothing."""
    name = FSV if (row["kind"], row["labels"]) == ("segmenter", MANUAL) else str(row["labels"])
    return f"{name} {worth.MARK}" if worth.finds_nothing(row) else name


def markdown(summary: pd.DataFrame, pairs: pd.DataFrame | None = None) -> str:
    """Headline, tables and notes as Markdown text; ``pairs`` is for the headline."""
    parts = ["# Comparison", headlines.headline(summary, pairs)]
    for title, table in tables(summary).items():
        parts += [f"## {title}", formatting.markdown(table)]
    return "\n\n".join([*parts, "\n".join(f"- {note}" for note in notes.notes(summary))]) + "\n"
