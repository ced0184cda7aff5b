"""Names that entries of params.yaml have: they become folders, so that letters, digits and _ are all there is."""

from typing import Annotated

from annotated_types import MinLen

from hairline.io.options import DISTINCT, REGULAR_EXPRESSION, matching

Name = Annotated[str, matching(r"[A-Za-z0-9_]{1,100}", "1 to 100 letters from A to Z, digits and _")]
DistinctNames = Annotated[tuple[Name, ...], DISTINCT]
Names = Annotated[tuple[Name, ...], MinLen(1), DISTINCT]
RegularExpression = Annotated[str, REGULAR_EXPRESSION]

MANUAL = "manual"
"""The label set that is the masks themselves: training on it is fully supervised (FSV)."""
TUNED = "_tuned"
"""What the name of a label set ends with whose options a study found, behind the study's name."""


def labels_stage(label_set: str) -> str:
    """The stage of dvc.yaml that makes a label set.

    >>> labels_stage("konig"), labels_stage("konig_tuned"), labels_stage("manual")
    ('label@konig', 'label_tuned@konig', 'label_manual')
    """
    if label_set == MANUAL:
        return "label_manual"
    study = label_set.removesuffix(TUNED)
    return f"label@{study}" if study == label_set else f"label_tuned@{study}"
