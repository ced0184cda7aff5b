"""One result under every convention: what a score table comes to in other works' ways of scoring (docs/scoring.md).

Every convention turns counts into a measure at each threshold. From its curve follow its own ODS, OIS and AP, its mean
over the thresholds, and its values at 0.5 and at the threshold of the paper's ODS. Two policies for images whose mask
is empty stand side by side: they count (1 where nothing is predicted either, else 0), or they are left out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from hairline.metrics import thresholds
from hairline.metrics.confusion import (
    Matches,
    Values,
    ap_of_means,
    crack_iou,
    f1,
    f1_of_means,
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
)  # fmt: skip
COUNTED, LEFT_OUT = "counted", "left out"
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
"""What is measured at two thresholds alone → start of the names of its columns."""


def table(scores: pd.DataFrame) -> pd.DataFrame:
    """A score table under every convention that its columns allow, with :data:`COLUMNS`, two rows a convention.

    ``ods`` is the best of the convention's curve and ``ods_threshold`` the lowest threshold that has it; ``ois`` takes
    each image at its own best threshold; ``at_paper_threshold`` is the value at the threshold of :data:`PAPER` over all
    images; ``mean`` that over all thresholds. What a convention does not have is missing, and everything where
    no image is left.
    """
    threshold = thresholds.best_threshold(over_images(f1)(matches(scores))[None])
    cracked = scores[[bool(sum(histogram)) for histogram in scores["crack_hist"]]]
    rows = []
    for policy, part in ((COUNTED, scores), (LEFT_OUT, cracked)):
        common = {"empty_masks": policy, "images": len(part)}
        for convention in CONVENTIONS:
            if set(convention.needs) <= set(scores.columns):
                rows.append({"convention": convention.told, **common, **_row(convention, part, threshold)})
        for told, name in SHAPES.items():
            if f"{name}_half" in scores.columns:
                rows.append({"convention": told, **common, **_shape_row(name, part)})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(convention: Convention, scores: pd.DataFrame, threshold: float) -> dict[str, float]:
    if scores.empty:
        return {}
    found = matches(scores, convention.above, convention.tolerance)
    curve = convention.curve(found)
    return {
        "ods": float(curve.max()),
        "ods_threshold": thresholds.best_threshold(curve[None]),
        "ois": float(convention.curve(found.at(convention.single(found).argmax(axis=1)))[0]),
        "ap": convention.ap(found) if convention.ap else float("nan"),
        "at_half": float(curve[thresholds.place(HALF)]),
        "at_paper_threshold": float(curve[thresholds.place(threshold)]),
        "mean": float(curve.mean()),
    }


def _shape_row(name: str, scores: pd.DataFrame) -> dict[str, float]:
    """Means over images; none at the paper's threshold where tables with several such thresholds were put together."""
    one = scores[SHAPE_THRESHOLD].nunique() == 1
    best = float(scores[f"{name}_ods"].mean()) if one else float("nan")
    return {"at_half": float(scores[f"{name}_half"].mean()), "at_paper_threshold": best}
