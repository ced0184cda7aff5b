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
