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
    height, width = unit.shape
    rows, cols = shrunk_size(height, width, side_px)
    tall = np.maximum.reduceat(unit, np.arange(rows) * height // rows, axis=0)
    return np.asarray(np.maximum.reduceat(tall, np.arange(cols) * width // cols, axis=1), dtype=np.float64)


def shrunk_image(image: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Mean over blocks of an RGB uint8 image [height, width, 3], so that neither side exceeds ``side_px``."""
    height, width = image.shape[:2]
    rows, cols = shrunk_size(height, width, side_px)
    return np.asarray(cv2.resize(image, (cols, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
