"""The result of a comparison in words: two sentences, each with its interval and what the number has seen."""

from typing import Any

import pandas as pd

from hairline.reporting import overview_table, seen_signs, worth
from hairline.reporting.formatting import ABSENT, bracketed

UNCLEAR = "not clearly different from"


def headline(summary: pd.DataFrame, pairs: pd.DataFrame | None = None) -> str:
    """The result in at most two sentences.

    The first is of the first test set: the best segmenter trained on pseudo-labels, against its FSV. The second is of
    the others; where there are none, it says what that result has seen and was made with. Where no segmenter was
    scored it is the best label set on every set. What learned nothing is said before all.

    Args:
        summary: As :func:`hairline.reporting.comparison.summarise` gives it.
        pairs: As :func:`hairline.reporting.difference_tables.every_pair` gives it: nothing is called better or worse
            that its corrected test does not. None goes by the intervals alone.
    """
    nothing, told = worth.headline(summary), _result(summary, pairs)
    sentences = [nothing.rstrip("."), "; ".join(told)] if nothing else told
    return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences if sentence)


def _result(summary: pd.DataFrame, pairs: pd.DataFrame | None) -> list[str]:
    """One or two sentences, without a full stop."""
    if (summary["kind"] != "segmenter").all():
        return _of_labels(summary[(summary["kind"] == "label") & (summary["status"] == "scored")])
    best = best_segmenters(summary)
    if not best:
        return ["No segmenter trained on pseudo-labels could be compared with one trained on manual masks (FSV)"]
    sets = several(summary)
    (first, count), *others = best
    told = _verdict(first, count, sets, summary, pairs)
    if not others:
        return [told, _sight(first)]
    return [told, "; ".join(_short(row, sets, summary, pairs) for row, _ in others)]


def best_segmenters(summary: pd.DataFrame) -> list[tuple[dict[str, Any], int]]:
    """Of each test set the best segmenter trained on pseudo-labels that has an FSV beside it, and of how many."""
    compared = summary[summary["ods_minus_manual"].notna()]
    groups = (records(rows) for _, rows in compared.groupby("test_set", sort=False))
    return [(max(rows, key=lambda row: row["ods"]), len(rows)) for rows in groups]


def best_labels(summary: pd.DataFrame) -> list[dict[str, Any]]:
    """Of each set the label set that scores highest on it."""
    scored = summary[(summary["kind"] == "label") & (summary["status"] == "scored")]
    return [max(records(rows), key=lambda row: row["ods"]) for _, rows in scored.groupby("test_set", sort=False)]


def _of_labels(rows: pd.DataFrame) -> list[str]:
    if rows.empty:
        return ["Neither a segmenter nor labels could be scored on masks"]
    told = [f"{row['labels']} on {row['test_set']}, ODS {_scored(row)}" for row in best_labels(rows)]
    count = rows["labels"].nunique()
    caution = "" if count == 1 else f"; the intervals do not account for the choice among {count} label sets"
    return ["No segmenter was scored", f"The best labels: {'; '.join(told)}{caution}"]


def _scored(row: dict[str, Any]) -> str:
    """ODS with its interval and what it has seen, or why it has no interval."""
    why = f" ({told})" if (told := _unsure(row)) else ""
    return f"{bracketed_of(row, 'ods', '.3f')} {seen_signs.of_row(row)}{why}"


def _unsure(row: dict[str, Any]) -> str:
    """Why there is no interval; empty where there is one."""
    return str(row["unsure"])


def _called(row: dict[str, Any], sets: bool) -> str:
    return ", ".join([str(row["labels"]), str(row["model"]), *([str(row["training_set"])] if sets else [])])


def _sight(row: dict[str, Any]) -> str:
    """What a result has seen and was made with, as a sentence."""
    if not isinstance(row["seen"], str) or row["seen"] not in seen_signs.MEANINGS:
        return f"What it has seen of these images is not known ({seen_signs.UNKNOWN})"
    made, count = f"; the dearest labels that went into it: {row['made_with']}", row["seen_images"]
    if row["seen"] == "unseen":
        return f"None of these {row['images']} images took part in making it{made}"
    are = f"Of these {row['images']} images {count} {'is' if count == 1 else 'are'} {seen_signs.of_row(row)}"
    alone = seen_signs.unseen_alone(row)
    rest = "" if alone == ABSENT else f"; on the {row['images_unseen']} unseen alone its ODS is {alone}"
    return f"{are}{rest}{made}"


def _verdict(best: dict[str, Any], count: int, sets: bool, summary: pd.DataFrame, pairs: pd.DataFrame | None) -> str:
    which = "the one segmenter" if count == 1 else f"the best of {count} segmenters"
    told = (
        f"On {best['test_set']}, {which} trained on pseudo-labels ({_called(best, sets)}) reaches ODS {_scored(best)}"
    )
    fsv = worth.fsv_of(summary, best)
    if fsv is not None and worth.finds_nothing(best) and worth.finds_nothing(fsv):
        return (
            f"{told} and FSV {fsv['ods']:.3f}, neither of them better than a trivial answer ({best['trivial_ods']:.3f} "
            "for calling every pixel crack, or none): there is nothing to compare"
        )
    difference = bracketed_of(best, "ods_minus_manual", "+.3f")
    if fsv is not None and worth.finds_nothing(fsv):
        return (
            f"{told}; its FSV reaches {fsv['ods']:.3f}, having learned nothing or no better than a trivial answer, so "
            f"that the difference ({difference}) says nothing about the labels"
        )
    if pd.isna(best["ods_minus_manual_low"]):
        return f"{told}; difference to FSV {difference}"
    caution = "" if count == 1 else f"; the interval does not account for the choice among {count}"
    word, test = _compared(best, sets, pairs)
    return f"{told}, {word} FSV: {difference}{test}{caution}"


def _compared(row: dict[str, Any], sets: bool, pairs: pd.DataFrame | None) -> tuple[str, str]:
    """How a result stands to its FSV, and the corrected p-value where that says less than the interval does."""
    low, high = row["ods_minus_manual_low"], row["ods_minus_manual_high"]
    word = "better than" if low > 0 else "worse than" if high < 0 else UNCLEAR
    p = None if pairs is None or word == UNCLEAR else overview_table.corrected(pairs, row, sets)
    if p is None or p < overview_table.SURE:
        return word, ""
    return UNCLEAR, f", p = {p:.2g} after Holm's correction"


def _short(best: dict[str, Any], sets: bool, summary: pd.DataFrame, pairs: pd.DataFrame | None) -> str:
    """The same of a further test set, in few words."""
    fsv, difference = worth.fsv_of(summary, best), bracketed_of(best, "ods_minus_manual", "+.3f")
    told = f"on {best['test_set']} {_called(best, sets)} reaches {_scored(best)}"
    if fsv is not None and worth.finds_nothing(fsv):
        both = worth.finds_nothing(best)
        rest = "and FSV, neither" if both else "beside FSV, which is not"
        return f"{told} {rest} better than a trivial answer"
    if pd.isna(best["ods_minus_manual_low"]):
        return f"{told}, {difference} to FSV"
    word, test = _compared(best, sets, pairs)
    return f"{told}, {word} FSV ({difference}{test})"


def several(summary: pd.DataFrame) -> bool:
    """Whether segmenters learned from several training sets."""
    return bool(summary.loc[summary["kind"] == "segmenter", "training_set"].nunique() > 1)


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the summary, column to value."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def bracketed_of(row: dict[str, Any], name: str, form: str) -> str:
    """A column of a row with its interval, in a format."""
    return bracketed(row[name], row[f"{name}_low"], row[f"{name}_high"], form)
