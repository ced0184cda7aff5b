"""The gate before a segmenter: whether the labels of the images it learns from hold something to learn."""

from typing import Annotated

from annotated_types import Gt, Le

from hairline.data.names import MASKS
from hairline.gates.rules import Rule, Severity, Share, refuse_crossed, refuse_severities
from hairline.io.options import checked_dataclass

RULES = (
    Rule("small_labels", "labels", "small", "ExpectColumnMeanToBeBetween",
         lambda o: {"column": "small", "max_value": o.max_small},
         "at most {max_small:.4g} of the labels too small to train on (trainable.min_crack_pixels)",
         "{crack_pixels} crack pixels", "train the classifier longer, lower the label set's cut, or raise "
         "gates.labels.max_small", share=True),
    Rule("black_labels", "labels", "black", "ExpectColumnMeanToBeBetween",
         lambda o: {"column": "black", "max_value": o.max_black},
         "at most {max_black:.4g} of the labels all black", "no crack pixel",
         "see the evidence of these images; lower the label set's cut, or raise gates.labels.max_black", share=True),
    Rule("full_labels", "labels", "full", "ExpectColumnMeanToBeBetween",
         lambda o: {"column": "full", "max_value": o.max_full},
         "at most {max_full:.4g} of the labels with {full_share:.4g} or more of their pixels crack",
         "crack share {crack_share:.3f}", "see the evidence of these images: a classifier that says crack everywhere "
         "labels everything; raise the label set's cut, or gates.labels.max_full", share=True),
    Rule("label_share", "labels", "crack_part", "ExpectColumnSumToBeBetween",
         lambda o: {"column": "crack_part", "min_value": o.min_crack_share, "max_value": o.max_crack_share},
         "{min_crack_share:.4g} to {max_crack_share:.4g} of all label pixels crack", "",
         "see the sheet of labels; tune the label set, or change gates.labels.min_crack_share / max_crack_share"),
)  # fmt: skip


@checked_dataclass
class Options:
    """What labels must be like to train a segmenter.

    Attributes:
        max_small: Highest share of labels with fewer crack pixels than ``trainable.min_crack_pixels``.
        max_black: Highest share of labels without any crack pixel.
        max_full: Highest share of labels that are crack (almost) everywhere.
        full_share: From this share of crack pixels a label counts as crack everywhere.
        min_crack_share: Lowest share of crack pixels over all labels together.
        max_crack_share: Highest share of crack pixels over all labels together.
        severities: What each rule does: ``error`` stops, ``warn`` tells, ``off`` is not evaluated.
    """

    max_small: Share
    max_black: Share
    max_full: Share
    full_share: Annotated[float, Gt(0), Le(1)]
    min_crack_share: Share
    max_crack_share: Share
    severities: dict[str, Severity]

    def __post_init__(self) -> None:
        refuse_crossed(self.min_crack_share, self.max_crack_share)
        refuse_severities(self.severities, RULES)


MASKS_TODO = "look at the masks of its training photos: crack is white (samples gate, rule polarity)"
LOWER = (
    "lower the cut of this label set in params.yaml (of konig: options.localization.cut, then erosion_iterations); "
    "where the classifier calls hardly any patch crack, train it longer first (classifiers.NAME.recipe.epochs)"
)
RAISE = (
    "raise the cut of this label set in params.yaml (of konig: options.localization.cut); where the classifier calls "
    "nearly every patch crack, train it longer first (classifiers.NAME.recipe.epochs)"
)


def worthless(label_set: str, fault: str, nothing: bool, count: int) -> str:
    """What is said of labels that teach nothing.

    Args:
        label_set: Whose labels.
        fault: What is wrong with them, in words.
        nothing: Whether they mark nothing, or too little; else they mark too much.
        count: How many there are.
    """
    todo = MASKS_TODO if label_set in MASKS else LOWER if nothing else RAISE
    return (
        f"labels of '{label_set}': nothing can be learned from them, for {fault} ({count} looked at)\n"
        "  expected  crack in some photos, and not on more than half of every one\n"
        f"  to do     {todo}\n"
        "            with 'learned: warn' in params.yaml it goes on all the same, and what is trained is marked"
    )
