"""Images and score maps made small enough to look at, thin cracks kept."""

import cv2
import numpy as np
from numpy.typing import NDArray


def shrunk_size(height: int, width: int, side_px: int) -> tuple[int, int]:
    """Height and width of an image made small enough to look at, in the same proportion.

    Args:
        height: In pixels.
        width: In pixels.
        side_px: What neither side is to exceed.

    Returns:
        At least one pixel each; the size itself where it fits already, as nothing is enlarged.

    Example:
        >>> shrunk_size(3000, 4000, 800), shrunk_size(30, 40, 800), shrunk_size(1, 5000, 100)
        ((600, 800), (30, 40), (1, 100))
    """
    scale = min(1.0, side_px / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def shrunk_map(scores: NDArray[np.generic], side_px: int) -> NDArray[np.float64]:
    """A map made small enough to look at, thin cracks kept: the maximum over blocks that tile it.

    A mean would fade a line of one pixel to nothing; with the maximum no lone pixel is lost, and lines look wider.

    Args:
        scores: [height, width], bool, uint8 (255 is 1) or float in [0, 1].
        side_px: What neither side of the result is to exceed.

    Returns:
        A new array, float64 in [0, 1].

    Example:
        >>> line = np.zeros((4, 8)); line[1] = 1
        >>> shrunk_map(line, 4).tolist()
        [[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]]
    """
    unit = scores.astype(np.float64) / (255 if scores.dtype == np.uint8 else 1)
    height, width = unit.shape
    rows, cols = shrunk_size(height, width, side_px)
    tall = np.maximum.reduceat(unit, np.arange(rows) * height // rows, axis=0)
    return np.asarray(np.maximum.reduceat(tall, np.arange(cols) * width // cols, axis=1), dtype=np.float64)


def shrunk_image(image: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """A photo made small enough to look at: the mean over blocks, so that nothing flickers.

    Args:
        image: RGB uint8 [height, width, 3].
        side_px: What neither side of the result is to exceed.

    Returns:
        A new array, RGB uint8 [rows, cols, 3] in the same proportion, of the size of :func:`shrunk_size`.
    """
    height, width = image.shape[:2]
    rows, cols = shrunk_size(height, width, side_px)
    return np.asarray(cv2.resize(image, (cols, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
