"""Images and score maps made small enough to look at, thin cracks kept."""

import cv2
import numpy as np
from numpy.typing import NDArray


def shrunk_size(height: int, width: int, side_px: int) -> tuple[int, int]:
    """Height and width whose longer one is at most ``side_px``, in the same proportion, at least one pixel each."""
    scale = min(1.0, side_px / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def shrunk_map(scores: NDArray[np.generic], side_px: int) -> NDArray[np.float64]:
    """Maximum over blocks that tile the map, so that neither side exceeds ``side_px`` and no lone pixel is lost.

    Args:
        scores: [height, width], bool, uint8 (255 is 1) or float in [0, 1].
        side_px: Longest side of the result.

    Returns:
        A new array, float64 in [0, 1].
    """
    unit = scores.astype(np.float64) / (255 if scores.dtype == np.uint8 else 1)
    starts = (np.arange(small) * large // small
              for small, large in zip(shrunk_size(*unit.shape, side_px), unit.shape, strict=True))  # fmt: skip
    for axis, first in enumerate(starts):
        unit = np.maximum.reduceat(unit, first, axis=axis)
    return unit


def shrunk_image(image: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Mean over blocks of an RGB uint8 image [height, width, 3], so that neither side exceeds ``side_px``."""
    height, width = shrunk_size(*image.shape[:2], side_px)
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
