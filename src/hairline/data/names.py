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
FSV = "FSV"
"""What tables and pictures call the networks that learned from :data:`MANUAL`."""
FSV_MEANS = "fully supervised, trained on manual masks"
CORRECTED = "corrected"
"""The label set of masks that people corrected, of some images of a data set."""
MASKS = (MANUAL, CORRECTED)
"""The label sets that are masks, whatever their images; all others are pseudo-labels."""
TUNED = "_tuned"
"""What the name of a label set ends with whose options a study found, behind the study's name."""


def called(label_set: str) -> str:
    """What the label of an image is called.

    >>> called("manual"), called("corrected"), called("konig")
    ('its mask', 'its corrected mask', 'its label of konig')
    """
    return {MANUAL: "its mask", CORRECTED: "its corrected mask"}.get(label_set, f"its label of {label_set}")


def labels_stage(label_set: str) -> str:
    """The stage of dvc.yaml that makes a label set.

    >>> labels_stage("konig"), labels_stage("konig_tuned"), labels_stage("manual")
    ('label@konig', 'label_tuned@konig', 'label_manual')
    """
    if label_set in MASKS:
        return f"label_{label_set}"
    study = label_set.removesuffix(TUNED)
    return f"label@{study}" if study == label_set else f"label_tuned@{study}"
