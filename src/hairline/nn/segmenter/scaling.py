"""Segmenters asked about an image at another scale: small images with thin cracks enlarged, close-ups shrunk."""

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import nn

from hairline.nn.runtime.device import Placement
from hairline.nn.segmenter import segmenter

LEAST_PX = 32


def predict_at(model: nn.Module, image: NDArray[np.uint8], placement: Placement, factor: float) -> NDArray[np.float32]:
    """Score of crack of every pixel, found on the image resized by a factor.

    Args:
        model: A :class:`hairline.nn.segmenter.segmenter.Segmenter`.
        image: RGB uint8 [height, width, 3] of any size.
        placement: Device and precision.
        factor: Of both sides, > 0: 2 doubles the image, 0.5 halves it (by areas, so that nothing aliases); no side
            becomes shorter than ``LEAST_PX``, or than it was where it was shorter.

    Returns:
        float32 [height, width] in [0, 1], brought back to the size of the image by linear interpolation.
    """
    height, width = image.shape[:2]
    least = min(1.0, LEAST_PX / min(height, width))
    size = (max(round(width * max(factor, least)), 1), max(round(height * max(factor, least)), 1))
    if size == (width, height):
        return segmenter.predict(model, image, placement)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    scores = segmenter.predict(model, np.asarray(cv2.resize(image, size, interpolation=how), np.uint8), placement)
    back = cv2.INTER_AREA if factor > 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(scores, (width, height), interpolation=back), np.float32)
