"""What judgements come to: the numbers with their intervals, the paired test, the sentences, and what is written."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hairline.errors import HairlineError
from hairline.io.file_names import printable
from hairline.judge.judgement import Judgement
from hairline.metrics import confusion, conventions, significance, thresholds
from hairline.metrics.bootstrap import BOOTSTRAP, BootstrapOptions
from hairline.metrics.score_table import HALF, HISTOGRAMS, counts
from hairline.metrics.significance import Scored
from hairline.reporting import comparison
from hairline.reporting.comparison import Result
from hairline.reporting.formatting import bracketed
from hairline.reporting.metric_columns import METRICS
from hairline.version import installed

TRIVIAL = ("trivial_ods", "ods_minus_trivial", "ods_minus_trivial_low", "ods_minus_trivial_high")
HASH_DIGITS = 12
FORMAT = 1
LEVEL = 0.05
SMALLEST_P = 0.001
FIXED = {
    "f1": ("F1", confusion.f1),
    "precision": ("precision", confusion.precision),
    "recall": ("recall", confusion.recall),
    "crack_iou": ("crack IoU", confusion.crack_iou),
}
"""What is reported at a threshold that was chosen before: name → words, measure."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """One judgement, or two on the same images.

    Attributes:
        names: What to call the predictions, the ones that are judged first.
        judgements: Theirs.
        numbers: Theirs: metric → value, with intervals as ``NAME_low`` and ``NAME_high``; what there is not is left
            out.
        fixed: Theirs at the fixed threshold: name of :data:`FIXED` → mean over images; ``pooled_NAME`` → on counts
            summed over images.
        conventions: Theirs under every convention (:mod:`hairline.metrics.conventions`).
        threshold: The fixed threshold.
        difference: Row of :func:`hairline.metrics.significance.compared`; None of one judgement.
        bootstrap: How intervals were drawn.
    """

    names: Sequence[str]
    judgements: Sequence[Judgement]
    numbers: Sequence[Mapping[str, float]]
    fixed: Sequence[Mapping[str, float]]
    conventions: Sequence[pd.DataFrame]
    threshold: float
    difference: Mapping[str, Any] | None
    bootstrap: BootstrapOptions

    @property
    def binary(self) -> bool:
        """Whether the predictions that are judged have one threshold."""
        return self.judgements[0].predictions.binary

    @property
    def remarks(self) -> list[str]:
        """What is odd, each with the name of the predictions where there are two."""
        pairs = zip(self.names, self.judgements, strict=True)
        told = [(name, remark) for name, each in pairs for remark in each.remarks]
        return [f"{name}: {remark}" if len(self.names) > 1 else remark for name, remark in told]


def outcome(
    judgements: Sequence[Judgement], bootstrap: BootstrapOptions = BOOTSTRAP, threshold: float = HALF
) -> Outcome:
    """What one judgement, or two on the same images, come to.

    Args:
        judgements: The one, or the one and what it is compared with.
        bootstrap: How intervals are drawn.
        threshold: The fixed threshold, one of 0.01 … 0.99.

    Raises:
        HairlineError: If the threshold is none of these.
    """
    refuse_threshold(threshold)
    names = _names(judgements)
    numbers = _numbers(judgements, names, bootstrap)
    fixed = [_at(each.table, threshold) for each in judgements]
    tables = [conventions.table(each.table) for each in judgements]
    difference: dict[str, Any] | None = None
    if len(judgements) > 1:
        one, other = (Scored(name, [each.table]) for name, each in zip(names, judgements, strict=True))
        row = significance.compared([(one, other)], bootstrap).to_dict("records")[0]
        difference = {str(name): value for name, value in row.items()}
    return Outcome(names, judgements, numbers, fixed, tables, threshold, difference, bootstrap)


def refuse_threshold(threshold: float) -> None:
    """Refuse what is none of the thresholds that are counted at.

    Raises:
        HairlineError: If so.
    """
    if not math.isfinite(threshold) or not np.isclose(thresholds.THRESHOLDS, threshold, rtol=0, atol=1e-9).any():
        raise HairlineError(f"--threshold {threshold:g}: is counted at 0.01, 0.02 … 0.99; expected one of these; "
                            "round it to two places")  # fmt: skip


def _names(judgements: Sequence[Judgement]) -> list[str]:
    """The last parts of their paths, as many as tell them apart."""
    parts = [each.predictions.path.resolve().parts for each in judgements]
    for count in range(1, max(map(len, parts)) + 1):
        names = ["/".join(each[-count:]) for each in parts]
        if len(set(names)) == len(names):
            break
    return [printable(name) for name in names]


def _numbers(
    judgements: Sequence[Judgement], names: Sequence[str], bootstrap: BootstrapOptions
) -> list[dict[str, float]]:
    results = [
        Result("label", name, None, "", each.masks.path.name, "scored", "", each.table)
        for name, each in zip(names, judgements, strict=True)
    ]
    wanted = ["images", "groups", *(name for metric in METRICS for name in metric.columns), *TRIVIAL]
    rows = comparison.summarise(results, bootstrap)[wanted].to_dict("records")
    return [{str(name): float(value) for name, value in row.items() if not pd.isna(value)} for row in rows]


def _at(table: pd.DataFrame, threshold: float) -> dict[str, float]:
    found, place = confusion.matches(table), thresholds.place(threshold)
    means = {name: float(measure(found)[:, place].mean()) for name, (_, measure) in FIXED.items()}
    return means | {f"pooled_{name}": float(measure(found.pooled())[0, place]) for name, (_, measure) in FIXED.items()}


def told(numbers: Mapping[str, float], name: str) -> str:
    """A number with its interval as text."""
    low, high = numbers.get(f"{name}_low"), numbers.get(f"{name}_high")
    return bracketed(numbers.get(name), low, high, ".3f")


def photos(found: Outcome) -> str:
    """How many images, and of how many photos."""
    grouping, images = found.judgements[0].groups, len(found.judgements[0].table)
    alone = grouping.count == images
    images_told = f"{images:,} image{'s' if images > 1 else ''}"
    return images_told if alone else f"{images_told} of {grouping.count:,} photo{'s' if grouping.count > 1 else ''}"


def sentence(found: Outcome) -> str:
    """The result in a sentence or two."""
    numbers, masks = found.numbers[0], printable(found.judgements[0].masks.path.resolve().name)
    where = (
        "at their one threshold"
        if found.binary
        else (f"at the one threshold that suits them all best, {numbers['ods_threshold']:.2f}")
    )
    text = (f"{found.names[0]} has an ODS of {told(numbers, 'ods')} against {masks}: the mean F1 of {photos(found)} "
            f"{where}, without pixel tolerance.")  # fmt: skip
    return f"{text} {difference(found)}" if found.difference else text


def difference(found: Outcome) -> str:
    """The comparison in a sentence; empty where there is none."""
    row = found.difference
    if row is None:
        return ""
    amount = bracketed(row["difference"], row["difference_low"], row["difference_high"], "+.3f")
    p, units = row["p"], f"{int(row['groups'])} photo{'s' if row['groups'] > 1 else ''}"
    text = f"Its ODS minus that of {found.names[1]} is {amount}"
    if pd.isna(p):
        return f"{text}: {row.get('unsure') or f'too few photos ({units}) to tell'}."
    chance = "" if p < LEVEL else ", which may be chance"
    return f"{text}{chance} (p {'< 0.001' if p < SMALLEST_P else '= ' + format(p, '.3f')}, paired over {units})."


def quote(found: Outcome, place: int = 0) -> str:
    """The line to quote in a paper."""
    numbers, judgement = found.numbers[place], found.judgements[place]
    version, empty = installed(), int(numbers["empty_masks"])
    blank = (
        f"{empty} empty mask{'s' if empty != 1 else ''}, F1 there 1 if nothing is predicted, else 0"
        if empty
        else ("no empty masks")
    )
    missing = len(judgement.predictions.missing)
    lacking = f"; {missing} missing predictions counted as empty" if missing else ""
    pixels, masks = ignored(judgement.table)
    lacking += f"; {pixels:,} px of {masks} masks ignored" if masks else ""
    binary = "binary predictions" if judgement.predictions.binary else "best of t = 0.01 … 0.99 over all images"
    grouped = judgement.groups.told if judgement.groups.count < len(judgement.table) else "each image a photo"
    there = "ods_low" in numbers
    intervals = f"{found.bootstrap.level:.0%} intervals" if there else "too few photos for intervals"
    return (
        f"scored with hairline {version} (ODS {told(numbers, 'ods')}, OIS {told(numbers, 'ois')}, AP "
        f"{told(numbers, 'ap')}; F1 averaged over images, score ≥ t, {binary}, no tolerance; "
        f"{photos(found)}, {grouped}; {blank}{lacking}; {intervals}; predictions sha256 "
        f"{judgement.predictions_sha256[:HASH_DIGITS]}, masks sha256 {judgement.masks_sha256[:HASH_DIGITS]})"
    )


def ignored(table: pd.DataFrame) -> tuple[int, int]:
    """Pixels that count nowhere over all images of a wide score table, and the number of images that have any."""
    counted = [sum(map(sum, pair)) for pair in zip(*(table[name] for name in HISTOGRAMS), strict=True)]
    left = (table["height_px"] * table["width_px"]).to_numpy() - np.array(counted)
    return int(left.sum()), int((left > 0).sum())


def shown_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of conventions to show: those without empty masks only where there are such masks; none of no image."""
    left_out = rows["empty_masks"] == conventions.LEFT_OUT
    same = rows["images"][left_out].max() == rows["images"][rows["empty_masks"] == conventions.COUNTED].max()
    return pd.DataFrame(rows[(rows["images"] > 0) & ~(left_out & same)])


def content(found: Outcome) -> dict[str, Any]:
    """All numbers as JSON holds them: None where there is none."""
    sets = [_set(found, place) for place in range(len(found.names))]
    row = None if found.difference is None else {str(name): _plain(value) for name, value in found.difference.items()}
    first = found.judgements[0]
    return {
        "hairline": installed(), "format": FORMAT, "result": sentence(found), "quote": quote(found),
        "predictions": sets[0], "against": sets[1] if len(sets) > 1 else None, "difference": row,
        "masks": {"path": str(first.masks.path), "sha256": first.masks_sha256, "crack": first.masks.told,
                  "ignored_pixels": ignored(first.table)[0]},
        "groups": {"count": first.groups.count, "how": first.groups.told},
        "empty_masks": "F1 and IoU are 1 where nothing is predicted either, else 0",
        "threshold": found.threshold,
        "bootstrap": {"resamples": found.bootstrap.resamples, "level": found.bootstrap.level,
                      "seed": found.bootstrap.seed},
        "remarks": found.remarks,
    }  # fmt: skip


def _set(found: Outcome, place: int) -> dict[str, Any]:
    judgement = found.judgements[place]
    rows = [
        {str(name): _plain(value) for name, value in row.items()} for row in found.conventions[place].to_dict("records")
    ]
    return {
        "name": found.names[place], "path": str(judgement.predictions.path), "sha256": judgement.predictions_sha256,
        "values": judgement.predictions.told, "binary": judgement.predictions.binary,
        "missing": list(judgement.predictions.missing),
        "scores": {name: _plain(value) for name, value in found.numbers[place].items()},
        "at_threshold": dict(found.fixed[place]), "conventions": rows,
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return None
    return int(value) if float(value).is_integer() and isinstance(value, int | np.integer) else float(value)


def convention_table(found: Outcome) -> pd.DataFrame:
    """Every convention of every set of predictions, a row each, behind the column ``predictions``."""
    parts = [rows.assign(predictions=name) for name, rows in zip(found.names, found.conventions, strict=True)]
    whole = pd.concat(parts, ignore_index=True)
    return whole.reindex(columns=["predictions", *(name for name in whole if name != "predictions")])


def image_table(found: Outcome) -> pd.DataFrame:
    """An image a row: id, group, crack pixels; F1 at the threshold of ODS and the best F1, for each set."""
    tables = [each.table.sort_values("id") for each in found.judgements]
    columns: dict[str, Any] = {"id": tables[0]["id"].to_list(), "group": tables[0]["group"].to_list(),
                               "crack_px": [sum(each) for each in tables[0]["crack_hist"]]}  # fmt: skip
    for place, table in enumerate(tables):
        f1, name = thresholds.f1(counts(table)), "" if not place else "against_"
        columns |= {f"{name}f1": f1[:, f1.mean(axis=0).argmax()], f"{name}best_f1": f1.max(axis=1)}
    return pd.DataFrame(columns)


def whole_table(found: Outcome) -> pd.DataFrame:
    """The score tables of all sets, behind the column ``predictions``."""
    parts = [each.table.assign(predictions=name) for name, each in zip(found.names, found.judgements, strict=True)]
    return pd.concat(parts, ignore_index=True)
