"""Lines of one pixel, matched within a tolerance: skeletons, and boundaries of regions.

What lies within the tolerance of a line of the other side is right. Four counts an image hold all that the measures of
:mod:`hairline.metrics.confusion` need, so that images can be pooled as well as averaged.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hairline.metrics.shape import Gaps, Shape
from hairline.metrics.tolerance import Tolerance, widened, within


@dataclass(frozen=True)
class Line:
    """A kind of line with the distance that it may be off by.

    Attributes:
        kind: What lines these are, as its columns call them.
        tolerance: The distance.
    """

    kind: str
    tolerance: Tolerance

    @property
    def start(self) -> str:
        """Start of the names of its columns: right, predicted, found and crack pixels of an image at a threshold."""
        return f"{self.kind}_{self.tolerance.name}"


SKELETON = Line("skeleton", Tolerance("4px", "4 px", 4.0))
"""Skeleton against skeleton, as OmniCrack30k (Benz and Rodehorst 2024) scores."""

BOUNDARY = Line("boundary", Tolerance("2px", "2 px", 2.0))
BOUNDARY_DIAGONAL = Line("boundary", Tolerance("diagonal", "0.0075 of the diagonal", None, 0.0075))
"""Boundary against boundary at the distance of Csurka et al. 2013."""

BOUNDARIES = (BOUNDARY, BOUNDARY_DIAGONAL)
LINES = (SKELETON, *BOUNDARIES)


def skeletons(predicted: Shape, mask: Shape, radius_px: float) -> list[int]:
    """Right, predicted, found and crack pixels of two skeletons.

    Args:
        predicted: What is predicted.
        mask: What is there.
        radius_px: Distance between the middles of pixels within which they match.

    Returns:
        Four counts: predicted skeleton pixels near one of the mask, all of them, skeleton pixels of the mask near a
        predicted one, all of those.
    """
    sides = ((predicted.skeleton, mask.skeleton), (mask.skeleton, predicted.skeleton))
    return [count for one, other in sides for count in (_near(one, other, radius_px), int(one.sum()))]


def boundaries(apart: Gaps, radius_px: float) -> list[int]:
    """Right, predicted, found and crack pixels of two boundaries, from how far they lie apart; as :func:`skeletons`."""
    sides = (apart.predicted, apart.mask)
    return [count for gaps in sides for count in (int(within(gaps, radius_px).sum()), len(gaps))]


def _near(one: NDArray[np.bool_], other: NDArray[np.bool_], radius_px: float) -> int:
    return int((widened(other.astype(np.uint8), radius_px)[one] > 0).sum())
