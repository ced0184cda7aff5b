"""Scores of shapes rather than of pixels: clDice of skeletons and Hausdorff 95 of boundaries, at one threshold."""

from dataclasses import dataclass
from functools import cached_property

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

    @cached_property
    def tree(self) -> cKDTree:
        """Its boundary for searches of what is nearest; built once for all that it is held against."""
        return cKDTree(self.boundary)


@dataclass(frozen=True, eq=False)
class Gaps:
    """How far the boundary pixels of two sets are from the nearest of the other, infinite where there is none.

    Attributes:
        predicted: Pixels, of each boundary pixel of the prediction, float64 [n].
        mask: Pixels, of each boundary pixel of the mask, float64 [m].
    """

    predicted: NDArray[np.float64]
    mask: NDArray[np.float64]


def shape(pixels: NDArray[np.bool_]) -> Shape:
    """The shape of a set of pixels: its skeleton and its boundary, which is what clDice and Hausdorff 95 look at.

    Args:
        pixels: The set, bool [height, width], such as a mask or the scores that reach a threshold.

    Returns:
        The pixels with a skeleton of lines one pixel wide (Zhang and Suen 1984, CACM 27:236) and the boundary pixels.

    Example:
        >>> bar = np.zeros((7, 9), bool); bar[2:5, 1:8] = True
        >>> found = shape(bar)
        >>> int(found.skeleton.sum()), len(found.boundary), cldice(found, found)
        (6, 16, 1.0)
    """
    levels = pixels.astype(np.uint8)
    inner = cv2.erode(levels, _CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    skeleton = skeletonize(pixels)  # type: ignore[no-untyped-call]
    return Shape(pixels, skeleton, np.argwhere(levels > inner))


def cldice(predicted: Shape, mask: Shape) -> float:
    """Centre-line Dice (Shit et al. 2021, clDice, CVPR, eq. 1 and 2): how much of each skeleton lies in the other set.

    Harmonic mean of the share of the prediction's skeleton that lies in the mask and the share of the mask's skeleton
    that lies in the prediction. A crack that is found in its whole length has a high value, however wide it is drawn.

    Args:
        predicted: What is predicted.
        mask: What is there, on an image of the same size.

    Returns:
        A number in [0, 1]. Both empty: 1; exactly one empty: 0.
    """
    if predicted.empty or mask.empty:
        return float(predicted.empty and mask.empty)
    precision = mask.pixels[predicted.skeleton].mean()
    recall = predicted.pixels[mask.skeleton].mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def gaps(predicted: Shape, mask: Shape) -> Gaps:
    """How far the boundaries of a prediction and a mask lie apart: from each pixel of one to the nearest of the other.

    Args:
        predicted: What is predicted.
        mask: What is there, on an image of the same size.

    Returns:
        Euclidean distances in pixels, float64, both ways; infinite where the other side is empty.
    """
    return Gaps(_nearest(predicted, mask), _nearest(mask, predicted))


def _nearest(one: Shape, other: Shape) -> NDArray[np.float64]:
    if one.empty or other.empty:
        return np.full(len(one.boundary), np.inf)
    return np.asarray(other.tree.query(one.boundary)[0], dtype=np.float64)


def hausdorff95(apart: Gaps, height_px: int, width_px: int) -> float:
    """Hausdorff distance of the boundaries at the 95th percentile, in pixels, the smaller the better.

    The larger of two percentiles (NumPy's, with interpolation): of the distances from each boundary pixel of one set to
    the nearest of the other, both ways. Both empty: 0; exactly one empty: the image's diagonal, the worst there is.

    Args:
        apart: Distances of the boundaries, of :func:`gaps`.
        height_px: Height of the image.
        width_px: Its width.
    """
    if not len(apart.predicted) or not len(apart.mask):
        return 0.0 if not len(apart.predicted) and not len(apart.mask) else float(np.hypot(height_px, width_px))
    return max(float(np.percentile(way, 95)) for way in (apart.predicted, apart.mask))
