"""The gate before a classifier: how many patches there are, of which class, and at which scale."""

from typing import Annotated

from annotated_types import Ge, Le

from hairline.gates.rules import Rule, Severity, Share, refuse_crossed, refuse_severities
from hairline.io import bounds
from hairline.io.options import checked_dataclass

RULES = (
    Rule("patches_found", "splits", "patches", "ExpectColumnPairValuesAToBeGreaterThanB",
         lambda o: {"column_A": "patches", "column_B": "min_patches", "or_equal": True},
         "{min_patches} patches or more in every split that has any", "{patches} patches",
         "add images with masks or patch labels, use smaller windows, or lower gates.patches.min_patches"),
    Rule("class_balance", "splits", "crack_share", "ExpectColumnValuesToBeBetween",
         lambda o: {"column": "crack_share", "min_value": o.min_crack_share, "max_value": o.max_crack_share},
         "{min_crack_share:.4g} to {max_crack_share:.4g} of the patches of a split with crack",
         "{crack_share:.1%} of {patches} patches with crack",
         "add the rarer kind, see whether the labels are exchanged, or change gates.patches.min_crack_share / "
         "max_crack_share"),
    Rule("scale", "samples", "scale", "ExpectColumnValuesToBeBetween",
         lambda o: {"column": "scale", "min_value": 1 / o.max_scale, "max_value": o.max_scale},
         "patch pictures within {max_scale:.4g} times the window of the classifier",
         "{side} px for a window of {window_px} px",
         "set patches.window_px to the size of the patch pictures, or cracks have another width in localization"),
)  # fmt: skip


@checked_dataclass
class Options:
    """What the patches of a data set must be like to teach a classifier.

    Attributes:
        min_patches: Fewest patches of a split that has any.
        min_crack_share: Lowest share of crack patches in a split.
        max_crack_share: Highest share of crack patches in a split.
        max_scale: Largest ratio of a whole-picture patch to the window it is resized to, or the other way round.
        severities: What each rule does: ``error`` stops, ``warn`` tells, ``off`` is not evaluated.
    """

    min_patches: Annotated[int, Ge(1), Le(bounds.NUMBER)]
    min_crack_share: Share
    max_crack_share: Share
    max_scale: Annotated[float, Ge(1), Le(bounds.FACTOR)]
    severities: dict[str, Severity]

    def __post_init__(self) -> None:
        refuse_crossed(self.min_crack_share, self.max_crack_share)
        refuse_severities(self.severities, RULES)
