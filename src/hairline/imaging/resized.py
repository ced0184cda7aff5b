"""Maps of an image found on it resized: by a network that is to see small images larger and close-ups smaller."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

LEAST_PX = 32


def asked_at(
    image: NDArray[np.uint8], factor: float, ask: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """The map of an image that is found on it resized by a factor, brought back to its size.

    Args:
        image: RGB uint8 [height, width, 3] of any size.
        factor: Of both sides, > 0: 2 doubles the image, 0.5 halves it (by areas, so that nothing aliases); no side
            becomes shorter than ``LEAST_PX``, or than it was where it was shorter.
        ask: From the resized image to its map, float32 [its height, its width].

    Returns:
        float32 [height, width], by linear interpolation, by areas where the image was enlarged.
    """
    height, width = image.shape[:2]
    least = min(1.0, LEAST_PX / min(height, width))
    size = (max(round(width * max(factor, least)), 1), max(round(height * max(factor, least)), 1))
    if size == (width, height):
        return ask(image)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    found = ask(np.asarray(cv2.resize(image, size, interpolation=how), np.uint8))
    back = cv2.INTER_AREA if factor > 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(found, (width, height), interpolation=back), np.float32)
