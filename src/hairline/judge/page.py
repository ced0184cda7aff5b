"""The page of a judgement: the result in a sentence, the line to quote, every convention, the worst and the best."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hairline.judge.outcome import FIXED, Outcome, photos, quote, sentence, shown_rows, told
from hairline.judge.pictures import COLOURS, Shown
from hairline.metrics import conventions
from hairline.reporting import templating
from hairline.reporting.formatting import number

HEADINGS = {
    "convention": "Convention", "images": "Images", "ods": "ODS", "ods_threshold": "at", "ois": "OIS", "ap": "AP",
    "at_half": "At 0.5", "at_paper_threshold": "At the first row's threshold", "mean": "Mean over thresholds",
    "threshold_free": "Without a threshold",
}  # fmt: skip
FORMS = {"images": ",.0f", "ods_threshold": ".2f"}
WHOLE = ("images", "groups", "empty_masks", "empty_predictions")


@dataclass(frozen=True)
class Group:
    """Pictures under a heading."""

    heading: str
    pictures: Sequence[Shown]


def page(found: Outcome, pictures: Sequence[Shown]) -> str:
    """One HTML file with everything inside it: no script, no font, no address outside.

    Args:
        found: What it tells.
        pictures: Images of the predictions that are judged, lowest F1 first.
    """
    half = (len(pictures) + 1) // 2
    groups = [Group("Worst images", pictures[:half]), Group("Best images", pictures[: half - 1 : -1] if half else [])]
    values = {
        "title": f"{found.names[0]}, scored",
        "sentence": sentence(found),
        "quotes": [(name, quote(found, place)) for place, name in enumerate(found.names)],
        "notes": notes(found),
        "remarks": found.remarks,
        "numbers": _numbers(found),
        "conventions": [
            (name, convention_rows(rows)) for name, rows in zip(found.names, found.conventions, strict=True)
        ],
        "groups": [group for group in groups if group.pictures],
        "colours": {name: f"rgb{colour}" for name, colour in COLOURS.items()},
        "files": _files(found),
    }
    return templating.render("judge.html", values)


def _numbers(found: Outcome) -> pd.DataFrame:
    """The main numbers, a column for each set of predictions."""
    rows = {
        "ODS": "ods", "OIS": "ois", "AP": "ap", "ODS of calling all crack, or nothing": "trivial_ods",
        "ODS above that": "ods_minus_trivial",
    }  # fmt: skip
    columns = {}
    for name, numbers, fixed, judgement in zip(found.names, found.numbers, found.fixed, found.judgements, strict=True):
        cells = {heading: told(numbers, metric) for heading, metric in rows.items()}
        where = "one threshold" if judgement.predictions.binary else f"{numbers['ods_threshold']:.2f}"
        cells["Threshold of ODS"] = where
        for key, (words, _) in FIXED.items():
            cells[f"Mean {words} at {found.threshold:.2f}"] = number(fixed[key], ".3f")
        cells["Images without crack"] = f"{numbers['empty_masks']:.0f}"
        cells["Images without a prediction at ODS"] = f"{numbers['empty_predictions']:.0f}"
        columns[name] = pd.Series(cells)
    return pd.DataFrame(columns).reset_index(names="")


def convention_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of conventions as text."""
    rows = shown_rows(rows)
    left_out = rows["empty_masks"] == conventions.LEFT_OUT
    texts: dict[str, Any] = {
        "convention": rows["convention"] + left_out.map({True: " (empty masks left out)", False: ""})
    }
    for name in rows.columns.drop(["convention", "empty_masks"]):
        form = FORMS.get(str(name), ".3f")
        texts[str(name)] = [value if isinstance(value, str) else number(value, form) for value in rows[name]]
    return pd.DataFrame(texts).rename(columns=lambda name: HEADINGS.get(name, name.replace("_", " ")))


def notes(found: Outcome) -> list[str]:
    """What a reader has to know of the numbers."""
    first = found.judgements[0]
    level, resamples = f"{found.bootstrap.level:.0%}", f"{found.bootstrap.resamples:,}"
    alone = first.groups.count == len(first.table)
    grouping = (
        f"Photos: {first.groups.told}. Where images are crops of one photo, these intervals are too narrow: state "
        "the photos by --groups."
        if alone and first.groups.told.startswith("every")
        else f"Photos: {first.groups.told}, {photos(found)}."
    )
    blank = int(found.numbers[0]["empty_masks"])
    return [
        ("The predictions are binary, so that there is one threshold: ODS is their mean F1." if found.binary else
         "The threshold of ODS was chosen on these same images, that of OIS on each image: both are upper ends. "
         f"What a threshold fixed before gives stands beside them ({found.threshold:.2f})."),
        (f"Brackets are {level} intervals of other photos of the same kind ({resamples} resamples of whole photos); of "
         "other trainings of the network they tell nothing." if "ods_low" in found.numbers[0] else
         f"{photos(found)}: too few photos for intervals."),
        grouping,
        (f"{blank} of the masks are empty: there F1 is 1 if nothing is predicted, else 0." if blank else
         "No mask is empty."),
        f"Crack in masks is {first.masks.told}. "
        + " ".join(f"Predictions{f' of {name}' if len(found.names) > 1 else ''}: {each.predictions.told}."
                   for name, each in zip(found.names, found.judgements, strict=True)),
    ]  # fmt: skip


def _files(found: Outcome) -> dict[str, str]:
    sets = {f"Predictions, {name}": f"{each.predictions.path} · sha256 {each.predictions_sha256}"
            for name, each in zip(found.names, found.judgements, strict=True)}  # fmt: skip
    first = found.judgements[0]
    return sets | {"Masks": f"{first.masks.path} · sha256 {first.masks_sha256}"}
