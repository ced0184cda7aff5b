"""Scores with a tolerance: what lies within some pixels of the other side counts as right, at every threshold at once.

A predicted pixel is right if a crack pixel lies within the tolerance of it, and a crack pixel is found if a predicted
pixel lies within the tolerance of it. This is not the one-to-one matching of edge benchmarks (BSDS): several predicted
pixels may lean on one crack pixel.

No threshold is ever applied. The predicted pixels that are right are those inside the widened mask, so that one
histogram of scores there has them all. A crack pixel is found at t if the largest score within the tolerance of it
reaches t, so that one histogram of these largest scores has them all.
"""

from dataclasses import dataclass
from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.metrics import thresholds

_SLACK_PX2 = 1e-9
"""So that a radius that is whole but for its rounding reaches the pixels at exactly that distance."""


@dataclass(frozen=True)
class Tolerance:
    """A distance that a prediction may be off by.

    Attributes:
        name: End of the names of its columns.
        told: What to call it in a table.
        radius_px: Distance between the middles of pixels; None where it depends on the image.
        diagonals: The distance as a share of the image's diagonal, where ``radius_px`` is None.
    """

    name: str
    told: str
    radius_px: float | None
    diagonals: float = 0.0

    @property
    def columns(self) -> tuple[str, str]:
        """Names of its histograms in a wide table: scores near a crack, largest scores near crack pixels."""
        return f"near_hist_{self.name}", f"found_hist_{self.name}"

    def radius(self, height_px: int, width_px: int) -> float:
        """The distance in pixels on an image of a size.

        Args:
            height_px: Height of the image.
            width_px: Its width.

        Returns:
            ``radius_px`` where it is fixed; else the share of the diagonal, as edge benchmarks take it (0.0075: BSDS,
            Martin et al. 2004, IEEE Trans. Pattern Anal. Mach. Intell. 26:530), which grows with the image.

        Example:
            >>> Tolerance("d", "0.0075 of the diagonal", None, 0.0075).radius(300, 400)
            3.75
        """
        return self.diagonals * hypot(height_px, width_px) if self.radius_px is None else self.radius_px


TOLERANCES = (
    Tolerance("2px", "2 px", 2.0),
    Tolerance("5px", "5 px", 5.0),
    Tolerance("diagonal", "0.0075 of the diagonal", None, 0.0075),
)


def disc(radius_px: float) -> NDArray[np.uint8]:
    """Pixels within a distance of the middle one: the neighbourhood of a tolerance, as OpenCV's morphology takes it.

    Args:
        radius_px: Distance between the middles of pixels, at least 0; pixels at exactly that distance are in.

    Returns:
        1 there and else 0, uint8 [2 k + 1, 2 k + 1] with k = ⌊radius⌋.

    Example:
        >>> disc(1.5).tolist(), int(disc(2).sum())
        ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 13)
    """
    reach = int(radius_px + _SLACK_PX2)
    steps = np.arange(-reach, reach + 1)
    squares = steps[:, None] ** 2 + steps**2
    return (squares <= radius_px**2 + _SLACK_PX2).astype(np.uint8)


def within(distances_px: NDArray[np.float64], radius_px: float) -> NDArray[np.bool_]:
    """Which distances between the middles of pixels are no larger than a radius, those that equal it included.

    A radius such as 0.0075 of a diagonal may be whole but for its rounding; a pixel at exactly that distance then
    counts.

    Args:
        distances_px: float64 of any shape, infinite where there is no neighbour.
        radius_px: At least 0.

    Returns:
        bool of the same shape.
    """
    return np.asarray(distances_px**2 <= radius_px**2 + _SLACK_PX2)


def widened(levels: NDArray[np.uint8], radius_px: float) -> NDArray[np.uint8]:
    """The largest of the levels within a distance of each pixel: a mask grown, or the best score near a pixel.

    Args:
        levels: uint8 [height, width]; outside of the image there is nothing.
        radius_px: Distance between the middles of pixels, at least 0.

    Returns:
        A new array, uint8 [height, width], nowhere below ``levels``.

    Example:
        >>> widened(np.array([[0, 0, 0, 9, 0]], np.uint8), 1).tolist()
        [[0, 0, 9, 9, 9]]
    """
    return np.asarray(cv2.dilate(levels, disc(radius_px)), dtype=np.uint8)


def histograms(
    binned: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    radius_px: float,
    ignored: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What is right at every threshold with a tolerance.

    Args:
        binned: Bins of the scores, as :func:`hairline.metrics.thresholds.bins` gives them, uint8 [height, width].
        mask: True where there is crack, bool [height, width].
        radius_px: Distance between the middles of pixels that still counts, at least 0.
        ignored: True for pixels that are not counted, bool [height, width], whose bin is 0 and which are no crack.

    Returns:
        Two int64 arrays of :data:`hairline.metrics.thresholds.BINS` bins: the scores of pixels near a crack pixel; the
        largest scores near crack pixels.
    """
    near = widened(mask.astype(np.uint8), radius_px) > 0
    near = near if ignored is None else near & ~ignored
    largest = widened(binned, radius_px)
    return thresholds.split(binned, near)[0], np.bincount(largest[mask], minlength=thresholds.BINS)
