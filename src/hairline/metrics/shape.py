"""Scores of shapes rather than of pixels: clDice of skeletons and Hausdorff 95 of boundaries, at one threshold."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from skimage.morphology import skeletonize

_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class Shape:
    """A set of pixels with what its scores look at.

    Attributes:
        pixels: The set, bool [height, width].
        skeleton: Its lines of one pixel (Zhang and Suen 1984, of scikit-image), bool [height, width].
        boundary: Row and column of its pixels that have one of their four neighbours outside, the image's border being
            outside, int64 [n, 2].
    """

    pixels: NDArray[np.bool_]
    skeleton: NDArray[np.bool_]
    boundary: NDArray[np.int64]

    @property
    def empty(self) -> bool:
        """Whether it has no pixel."""
        return not len(self.boundary)


def shape(pixels: NDArray[np.bool_]) -> Shape:
    """The shape of a set of pixels, bool [height, width]."""
    levels = pixels.astype(np.uint8)
    inner = cv2.erode(levels, _CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    skeleton = skeletonize(pixels)  # type: ignore[no-untyped-call]
    return Shape(pixels, skeleton, np.argwhere(levels > inner))


def cldice(predicted: Shape, mask: Shape) -> float:
    """Centre-line Dice in [0, 1], 1 where all of each skeleton lies in the other set.

    Harmonic mean of the share of the prediction's skeleton that lies in the mask and the share of the mask's skeleton
    that lies in the prediction (Shit et al. 2021, clDice, eq. 1 and 2). Both empty: 1; exactly one empty: 0.
    """
    if predicted.empty or mask.empty:
        return float(predicted.empty and mask.empty)
    precision = mask.pixels[predicted.skeleton].mean()
    recall = predicted.pixels[mask.skeleton].mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def hausdorff95(predicted: Shape, mask: Shape) -> float:
    """Hausdorff distance of the boundaries at the 95th percentile, in pixels, the smaller the better.

    The larger of two percentiles (NumPy's, with interpolation): of the distances from each boundary pixel of one set to
    the nearest of the other, both ways. Both empty: 0; exactly one empty: the image's diagonal, the worst there is.
    """
    if predicted.empty or mask.empty:
        return 0.0 if predicted.empty and mask.empty else float(np.hypot(*mask.pixels.shape))
    ways = ((predicted.boundary, mask.boundary), (mask.boundary, predicted.boundary))
    return max(float(np.percentile(cKDTree(other).query(one)[0], 95)) for one, other in ways)
