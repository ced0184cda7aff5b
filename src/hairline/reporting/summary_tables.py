"""The summary of a comparison for readers: the result in words, tables, how to read them, Markdown."""

from typing import Any

import pandas as pd

from hairline.data.names import MANUAL
from hairline.reporting import formatting, worth
from hairline.reporting.formatting import ABSENT, bracketed, number
from hairline.reporting.metric_columns import FALSE_ALARMS, IN_PAPER, METRICS, ODS

ABLATIONS = "Ablations and thresholding: every label set on every set, ODS / OIS / AP"
SEGMENTERS = "Segmenters tested on"


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
    unused = [] if _several(summary) and kind == "segmenter" else ["Training set"]
    return {
        heading.format(name): _table(rows[rows["test_set"] == name], kind).drop(columns=unused)
        for name in rows["test_set"].unique()
    }


def _several(summary: pd.DataFrame) -> bool:
    """Whether segmenters learned from several training sets."""
    return bool(summary.loc[summary["kind"] == "segmenter", "training_set"].nunique() > 1)


def ablations(summary: pd.DataFrame) -> pd.DataFrame:
    """A row a label set, a column a set it was scored on, cells of text; the paper's numbers beside their set."""
    lines: dict[str, dict[str, str]] = {}
    for row in _records(summary[summary["kind"] == "label"]):
        line = lines.setdefault(row["labels"], {"Labels": row["labels"]})
        line[row["test_set"]] = _three(row, "") if row["status"] == "scored" else row["status"]
        line[f"paper, {row['test_set']}"] = _three(row, "paper_")
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
    parts = [_records(part) for _, part in rows.groupby("training_set", sort=False)]
    order = [row for part in parts for row in sorted(part, key=lambda row: row["labels"] != MANUAL)]
    table = pd.DataFrame([_line(row, "Trained on" if kind == "segmenter" else "Labels") for row in order])
    table = _without_unused(_without_unused(table, "paper "), "Images/s")
    table = _without_unused(table, FALSE_ALARMS.heading)
    return table.drop(columns=["ODS − FSV"] if kind == "label" else [])


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _line(row: dict[str, Any], first: str) -> dict[str, str]:
    scored = row["status"] == "scored"
    told = row["reason"] and row["status"] != "not run"  # how to run it stands in the CSV
    why = f"{row['status']}: {row['reason']}" if told else str(row["status"])
    return {
        first: _name(row),
        "Model": ABSENT if pd.isna(row["model"]) else str(row["model"]),
        "Training set": str(row["training_set"]),
        "Images": number(row["images"], "d"),
        **{metric.heading: metric.told(row) for metric in METRICS if not metric.whole},
        **({} if scored else {ODS.heading: why}),
        "ODS − FSV": _bracketed(row, "ods_minus_manual", "+.3f"),
        **{metric.heading: metric.told(row) for metric in METRICS if metric.whole},
        **{f"paper {metric.heading}": number(row[f"paper_{metric.column}"], metric.form) for metric in IN_PAPER},
        "Images/s": number(row["images_per_second"], ".3g"),
        "paper images/s": number(row["paper_images_per_second"], ".3g"),
    }


def _name(row: dict[str, Any]) -> str:
    """The labels, marked where they, or the network they taught, are worth nothing."""
    name = "FSV" if (row["kind"], row["labels"]) == ("segmenter", MANUAL) else str(row["labels"])
    return f"{name} {worth.MARK}" if worth.finds_nothing(row) else name


def _bracketed(row: dict[str, Any], name: str, form: str) -> str:
    return bracketed(row[name], row[f"{name}_low"], row[f"{name}_high"], form)


def headline(summary: pd.DataFrame) -> str:
    """The result in words: on every test set, the best segmenter trained on pseudo-labels against its FSV.

    Where no segmenter was trained it is the best label set on every set. Before all, what learned nothing.
    """
    return " ".join(sentence for sentence in (worth.headline(summary), _result(summary)) if sentence)


def _result(summary: pd.DataFrame) -> str:
    if (summary["kind"] != "segmenter").all():
        return _of_labels(summary[(summary["kind"] == "label") & (summary["status"] == "scored")])
    compared = summary[summary["ods_minus_manual"].notna()]
    if compared.empty:
        return "No segmenter trained on pseudo-labels could be compared with one trained on manual masks (FSV)."
    several = _several(summary)
    return " ".join(_verdict(rows, several, summary) for _, rows in compared.groupby("test_set", sort=False))


def _of_labels(rows: pd.DataFrame) -> str:
    if rows.empty:
        return "No segmenter was trained, and no label could be scored."
    best = [max(_records(each), key=lambda row: row["ods"]) for _, each in rows.groupby("test_set", sort=False)]
    told = [f"{row['labels']} on {row['test_set']}, ODS {_bracketed(row, 'ods', '.3f')}" for row in best]
    count = rows["labels"].nunique()
    caution = "" if count == 1 else f" The intervals do not account for the choice among {count} label sets."
    return f"No segmenter was trained. The best labels: {'; '.join(told)}.{caution}"


def _verdict(rows: pd.DataFrame, several: bool, summary: pd.DataFrame) -> str:
    best = max(_records(rows), key=lambda row: row["ods"])
    low, high = best["ods_minus_manual_low"], best["ods_minus_manual_high"]
    which = "the one segmenter" if len(rows) == 1 else f"the best of {len(rows)} segmenters"
    learned = f", {best['training_set']}" if several else ""
    told = (
        f"On {best['test_set']}, {which} trained on pseudo-labels ({best['labels']}, {best['model']}{learned}) reaches "
        f"ODS {best['ods']:.3f}"
    )
    fsv = worth.fsv_of(summary, best)
    if fsv is not None and worth.finds_nothing(best) and worth.finds_nothing(fsv):
        return (
            f"{told} and FSV {fsv['ods']:.3f}, neither of them better than a trivial answer ({best['trivial_ods']:.3f} "
            "for calling every pixel crack, or none): there is nothing to compare."
        )
    difference = _bracketed(best, "ods_minus_manual", "+.3f")
    if fsv is not None and worth.finds_nothing(fsv):
        return (
            f"{told}; its FSV reaches {fsv['ods']:.3f}, having learned nothing or no better than a trivial answer, so "
            f"that the difference ({difference}) says nothing about the labels."
        )
    if pd.isna(low):
        return f"{told}; difference to FSV {difference}, no interval (fewer than two groups)."
    word = "better than" if low > 0 else "worse than" if high < 0 else "not clearly different from"
    caution = "" if len(rows) == 1 else f"; the interval does not account for the choice among {len(rows)}"
    return f"{told}, {word} FSV: {difference}{caution}."


def notes(summary: pd.DataFrame) -> list[str]:
    """How to read the tables, one remark each."""
    if summary.empty:
        return ["Nothing is compared: there is no label set and no segmenter."]
    level, resamples = summary["level"].iloc[0], summary["resamples"].iloc[0]
    trained = (summary["kind"] == "segmenter").any()
    fsv = "FSV: fully supervised, trained on manual masks. " if trained else ""
    paired = " Differences are paired: same resamples, architecture, training set and images." if trained else ""
    return [
        f"{fsv}All thresholds 0.01 to 0.99, no pixel tolerance.",
        f"Brackets: {level:.0%} interval from {resamples} bootstrap resamples of groups (parent photos), none with "
        f"fewer than two groups.{paired}",
        "AP is on counts pooled over the images, 'AP of means' is the mean over images with crack. F1 is 1 where mask "
        "and prediction are both empty and 0 where one is; empty predictions are counted at the ODS threshold.",
        "'paper' columns: values printed by König et al. (tables II-IX), shown where the training set is said to be "
        "theirs and label set, model and test set have the paper's names; labels of another backbone stand beside "
        "those printed for ResNet-50. Number of images, initial weights and test images may differ.",
        *([worth.MEANING] if any(map(worth.finds_nothing, _records(summary))) else []),
        *worth.remarks(summary),
        *_of_speed(summary),
    ]


def _of_speed(summary: pd.DataFrame) -> list[str]:
    machines = "; ".join(summary["machine"].dropna().unique())
    if not machines:
        return []
    return [
        "Images/s: from image to label, wall time of all cores over the whole data set: the evidence that the label "
        "set asks for, its label, reading and writing; not training and studies. Images whose evidence an earlier run "
        f"had made are not counted. Measured on {machines}; the paper's on another machine, with a Titan XP.",
    ]


def markdown(summary: pd.DataFrame) -> str:
    """Headline, tables and notes as Markdown text."""
    parts = ["# Comparison", headline(summary)]
    for title, table in tables(summary).items():
        parts += [f"## {title}", formatting.markdown(table)]
    return "\n\n".join([*parts, "\n".join(f"- {note}" for note in notes(summary))]) + "\n"
