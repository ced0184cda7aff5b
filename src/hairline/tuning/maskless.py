"""How good labels look without any mask: an experimental objective of studies.

Three measures of the label of an image, each larger for better labels, and their product:

agreement, the correlation over the voting windows between the classifier's vote and whether a window holds a labelled
pixel; contrast, how much darker labelled pixels are than a ring around them, over both deviations; stability, what the
labels of the image and of a slightly darker, noisy copy have in common.

Experimental, because how well the product ranks options by true ODS depends on the data: ``docs/studies.md`` has the
correlations that ``benchmarks/maskless_objective.py`` measures.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.imaging.windows import PatchGrid
from hairline.labelling.localization import Evidence

NAME = "maskless"
"""Name of the objective."""

WARNING = (
    "the objective 'maskless' is experimental: it ranks options well by true ODS on some data sets and hardly at all "
    "on others (docs/studies.md, 'Without masks'); look at the labels, or score them on some images that have masks"
)
MEASURES = ("agreement", "contrast", "stability")
LABELLED = 0.5
SMOOTHING_SIGMA_PX = 1
RING_PX, GAP_PX = 15, 5
"""Sides of the squares that labelled pixels are widened by: the ring is what the first reaches and not the second."""

FEWEST_PIXELS = 21
"""With fewer pixels in the label or in the ring there is no contrast."""

LEVELS_SQUARED = 16
"""Added to the variances, so that noiseless pictures do not have infinite contrast."""

NOISE, GAMMA, GAIN = 5.0, 1.15, 0.95
"""The copy: deviation of its noise in grey levels, and how much darker it is."""


def measures(
    image: NDArray[np.uint8], evidence: Evidence, label: NDArray[np.float32], of_copy: NDArray[np.float32]
) -> NDArray[np.float64]:
    """:data:`MEASURES` of one label, float64 [3], each 0 where there is nothing to compare.

    Args:
        image: RGB uint8 [height, width, 3].
        evidence: What the classifier says about it; its first size of windows votes.
        label: Its label, float32 [height, width] in [0, 1].
        of_copy: The label of :func:`perturbed` with the same options and evidence.
    """
    labelled = (label >= LABELLED).astype(np.uint8)
    return np.array([agreement(evidence, labelled), contrast(image, labelled), stability(label, of_copy)])


def value(measured: NDArray[np.float64]) -> float:
    """The objective: product of the means over images, negative where any of them is.

    Args:
        measured: What :func:`measures` gave, float64 [images, 3].
    """
    means = measured.mean(axis=0)
    product = float(abs(means.prod()))
    return product if (means >= 0).all() else -product


def agreement(evidence: Evidence, labelled: NDArray[np.uint8]) -> float:
    """Pearson's correlation of votes with whether a window holds a labelled pixel (0 or 1 each), in [−1, 1]."""
    votes = evidence.votes[0]
    grid = PatchGrid(labelled.shape[0], labelled.shape[1], votes.window_px, votes.stride_px)
    held = grid.split(labelled).any(axis=(2, 3)).ravel()
    probabilities = votes.probabilities.ravel().astype(np.float64)
    if held.all() or not held.any() or np.ptp(probabilities) == 0:
        return 0.0
    return float(np.corrcoef(held, probabilities)[0, 1])


def contrast(image: NDArray[np.uint8], labelled: NDArray[np.uint8]) -> float:
    """Difference of the mean grey levels of a ring and of the labelled pixels, over the root of both variances."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), SMOOTHING_SIGMA_PX))
    wide, narrow = (cv2.dilate(labelled, np.ones((side, side), np.uint8)) for side in (RING_PX, GAP_PX))
    inside, ring = grey[labelled > 0], grey[(wide > 0) & (narrow == 0)]
    if min(len(inside), len(ring)) < FEWEST_PIXELS:
        return 0.0
    return float((ring.mean() - inside.mean()) / np.sqrt(inside.var() + ring.var() + LEVELS_SQUARED))


def stability(label: NDArray[np.float32], of_copy: NDArray[np.float32]) -> float:
    """Intersection over union of two soft labels: sum of the smaller over sum of the larger scores, in [0, 1]."""
    together = float(np.maximum(label, of_copy).sum())
    return float(np.minimum(label, of_copy).sum()) / together if together > 0 else 0.0


def perturbed(image: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """The image a little darker, with noise: uint8 of the same shape."""
    noise = np.random.default_rng(seed).normal(0, NOISE, image.shape)
    return np.clip(255 * GAIN * (image / 255) ** GAMMA + noise, 0, 255).astype(np.uint8)
