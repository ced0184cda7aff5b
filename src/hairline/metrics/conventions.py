"""One result under every convention: what a score table comes to in other works' ways of scoring (docs/scoring.md).

Every convention turns counts into a measure at each threshold. From its curve follow its own ODS, OIS and AP, its mean
over the thresholds, and its values at 0.5 and at the threshold of the paper's ODS. Two policies for images whose mask
is empty stand side by side: they count (1 where nothing is predicted either, else 0), or they are left out. False
alarms are told of those images alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from hairline.metrics import calibration, lines, thresholds
from hairline.metrics.confusion import (
    Matches,
    Values,
    alarmed_images,
    alarmed_pixels,
    ap_of_means,
    crack_iou,
    f1,
    f1_of_means,
    line_dice,
    line_iou,
    line_matches,
    matches,
    mean_iou,
    on_pooled,
    over_images,
    pooled_ap,
)
from hairline.metrics.score_table import ABOVE, HALF, HISTOGRAMS, SHAPE_THRESHOLD
from hairline.metrics.tolerance import TOLERANCES, Tolerance

COLUMNS = (
    "convention", "empty_masks", "images", "ods", "ods_threshold", "ois", "ap", "at_half", "at_paper_threshold", "mean",
    "threshold_free",
)  # fmt: skip
COUNTED, LEFT_OUT, ALONE = "counted", "left out", "alone"
"""What is done with images whose mask is empty."""
PAPER = "F1, score ≥ t"
"""The paper's convention, whose best threshold is the paper's threshold."""


@dataclass(frozen=True)
class Convention:
    """A way of scoring.

    Attributes:
        told: What to call it in a table.
        curve: Measure of a set of images at each threshold, [thresholds].
        single: Measure of an image by itself, whose best threshold is taken for OIS.
        ap: Its average precision, None where it has none.
        above: Whether a score must be above the threshold.
        tolerance: Distance within which pixels match.
    """

    told: str
    curve: Callable[[Matches], Values]
    single: Callable[[Matches], Values]
    ap: Callable[[Matches], float] | None
    above: bool = False
    tolerance: Tolerance | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Columns of a score table that it is computed from."""
        near = self.tolerance.columns if self.tolerance else ()
        return (*(ABOVE if self.above else HISTOGRAMS), *near)


CONVENTIONS = (
    Convention(PAPER, over_images(f1), f1, pooled_ap),
    Convention("F1, score > t", over_images(f1), f1, pooled_ap, above=True),
    Convention("F1 on pooled counts", on_pooled(f1), f1, pooled_ap),
    Convention("F1 of mean precision and mean recall", f1_of_means, f1, ap_of_means),
    *(Convention(f"F1, tolerance {each.told}", over_images(f1), f1, pooled_ap, tolerance=each) for each in TOLERANCES),
    Convention("crack IoU (mean over t: AIU)", over_images(crack_iou), crack_iou, None),
    Convention("crack IoU on pooled counts", on_pooled(crack_iou), crack_iou, None),
    Convention("mIoU of crack and background", over_images(mean_iou), mean_iou, None),
    Convention("mIoU on pooled counts", on_pooled(mean_iou), mean_iou, None),
)
SHAPES = {"clDice": "cldice", "Hausdorff 95, px": "hd95"}
"""What is measured of each image at two thresholds alone → start of the names of its columns."""


@dataclass(frozen=True)
class LineConvention:
    """A way of scoring skeletons or boundaries, at two thresholds alone.

    Attributes:
        told: What to call it in a table.
        line: Which lines, within which distance.
        value: Measure of a set of images, [1].
    """

    told: str
    line: lines.Line
    value: Callable[[Matches], Values]


LINES = (
    LineConvention("clDice, tolerance 4 px", lines.SKELETON, over_images(f1)),
    LineConvention("clIoU, tolerance 4 px", lines.SKELETON, over_images(line_iou)),
    LineConvention("clIoU on pooled counts, tolerance 4 px", lines.SKELETON, on_pooled(line_iou)),
    LineConvention("boundary F1, tolerance 0.0075 of the diagonal", lines.BOUNDARY_DIAGONAL, over_images(f1)),
    LineConvention("surface Dice, tolerance 2 px", lines.BOUNDARY, over_images(line_dice)),
)
CALIBRATION = ("expected calibration error of pixels", "Brier score of pixels")
FALSE_ALARMS = {
    "share of crack-free images with a false alarm": alarmed_images,
    "false alarms, px a megapixel of crack-free images": alarmed_pixels,
}
"""What is told of images without crack alone → its measure."""


def table(scores: pd.DataFrame) -> pd.DataFrame:
    """A score table under every convention that its columns allow, with :data:`COLUMNS`, two rows a convention.

    ``ods`` is the best of the convention's curve and ``ods_threshold`` the lowest threshold that has it; ``ois`` takes
    each image at its own best threshold; ``at_paper_threshold`` is the value at the threshold of :data:`PAPER` over all
    images; ``mean`` that over all thresholds; ``threshold_free`` what has no threshold. :data:`FALSE_ALARMS` have one
    row each, whose ``empty_masks`` is :data:`ALONE`. What a convention does not have is missing, and everything where
    no image is left.
    """
    threshold = thresholds.best_threshold(over_images(f1)(matches(scores))[None])
    empty = ~scores["crack_hist"].map(any)
    rows = []
    for policy, part in ((COUNTED, scores), (LEFT_OUT, scores[~empty])):
        found = _rows(part, threshold, set(scores.columns))
        rows += [{"convention": told, "empty_masks": policy, "images": len(part), **row} for told, row in found.items()]
    free = scores[empty]
    for told, measure in FALSE_ALARMS.items():
        alarms = _at_two(measure(matches(free)), threshold) if len(free) else {}
        rows.append({"convention": told, "empty_masks": ALONE, "images": len(free), **alarms})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(scores: pd.DataFrame, threshold: float, columns: set[str]) -> dict[str, dict[str, float]]:
    """Convention → its fields, empty where no image is left, of all conventions that the columns allow."""
    makers: dict[str, Callable[[], dict[str, float]]] = {
        each.told: partial(_row, each, scores, threshold) for each in CONVENTIONS if set(each.needs) <= columns
    }
    makers |= {told: partial(_shape_row, name, scores) for told, name in SHAPES.items() if f"{name}_half" in columns}
    makers |= {each.told: partial(_line_row, each, scores) for each in LINES if f"{each.line.start}_half" in columns}
    if "score_sums" in columns:
        makers |= dict(zip(CALIBRATION, (partial(_calibration_error, scores), partial(_brier, scores)), strict=True))
    return {told: maker() if len(scores) else {} for told, maker in makers.items()}


def _row(convention: Convention, scores: pd.DataFrame, threshold: float) -> dict[str, float]:
    found = matches(scores, convention.above, convention.tolerance)
    curve = convention.curve(found)
    return {
        "ods": float(curve.max()),
        "ods_threshold": thresholds.best_threshold(curve[None]),
        "ois": float(convention.curve(found.at(convention.single(found).argmax(axis=1)))[0]),
        "ap": convention.ap(found) if convention.ap else float("nan"),
        **_at_two(curve, threshold),
        "mean": float(curve.mean()),
    }


def _at_two(curve: Values, threshold: float) -> dict[str, float]:
    places = thresholds.place(HALF), thresholds.place(threshold)
    return dict(zip(("at_half", "at_paper_threshold"), (float(curve[place]) for place in places), strict=True))


def _shape_row(name: str, scores: pd.DataFrame) -> dict[str, float]:
    return _at_both(scores, lambda at: float(scores[f"{name}_{at}"].mean()))


def _line_row(convention: LineConvention, scores: pd.DataFrame) -> dict[str, float]:
    start = convention.line.start
    return _at_both(scores, lambda at: float(convention.value(line_matches(scores, f"{start}_{at}"))[0]))


def _at_both(scores: pd.DataFrame, value: Callable[[str], float]) -> dict[str, float]:
    """At 0.5, and at the paper's threshold unless tables with several such thresholds were put together."""
    one = scores[SHAPE_THRESHOLD].nunique() == 1
    return {"at_half": value("half"), "at_paper_threshold": value("ods") if one else float("nan")}


def _calibration_error(scores: pd.DataFrame) -> dict[str, float]:
    crack, background, sums = (np.sum(scores[name].to_list(), axis=0) for name in (*HISTOGRAMS, "score_sums"))
    return {"threshold_free": calibration.gap(calibration.of_pixels(crack, background, sums))}


def _brier(scores: pd.DataFrame) -> dict[str, float]:
    pixels = sum(np.sum(scores[name].to_list()) for name in HISTOGRAMS)  # without those that are ignored
    return {"threshold_free": float(scores["squared_errors"].sum() / pixels)}
