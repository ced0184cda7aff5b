"""How far the pixels reach that a pixel hangs together with: cracks are long, grains and pores are not."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray


def extent(scores: NDArray[np.float32], levels: Sequence[float], length_px: float) -> NDArray[np.float32]:
    """Length of the connected component around each pixel as a share of a length, averaged over levels.

    At every level, the pixels above it fall into components (8 neighbours); the length of one is the diagonal of its
    bounding box, and what exceeds the length asked for counts as that length. A pixel that is not above a level has no
    length there, so that the mean over rising levels is a hysteresis without a hard cut.

    Args:
        scores: float32 [height, width] in [0, 1].
        levels: At least one, in [0, 1).
        length_px: What counts as long, in pixels.

    Returns:
        float32 [height, width] in [0, 1].
    """
    total = np.zeros(scores.shape, np.float32)
    for level in levels:
        above = (scores > np.float32(level)).astype(np.uint8)
        _, labels, boxes, _ = cv2.connectedComponentsWithStats(above, connectivity=8, ltype=cv2.CV_32S)
        lengths = np.hypot(boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT]) / length_px
        shares = np.minimum(lengths, 1).astype(np.float32)
        shares[0] = 0  # what is not above
        total += shares[labels]
        del labels  # four bytes a pixel, before the next level needs as much
    total /= np.float32(len(levels))
    return total
