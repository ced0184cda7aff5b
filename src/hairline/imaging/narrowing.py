"""Pictures made narrow enough to be shown within a text."""

import cv2
import numpy as np


def narrowed(png: bytes, width_px: int) -> bytes | None:
    """A picture shrunk to a width, its proportions kept.

    Args:
        png: The bytes of a picture file of any kind that OpenCV reads.
        width_px: Its new width, at least 1.

    Returns:
        The bytes of a PNG file of that width; None where it is no wider already, or no picture.

    >>> _, wide = cv2.imencode(".png", np.zeros((100, 400, 3), np.uint8))
    >>> cv2.imdecode(np.frombuffer(narrowed(wide.tobytes(), 200), np.uint8), cv2.IMREAD_COLOR).shape
    (50, 200, 3)
    >>> narrowed(wide.tobytes(), 400), narrowed(b"no picture", 10)
    (None, None)
    """
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR) if png else None
    if image is None or image.shape[1] <= width_px:
        return None
    height_px = max(1, round(image.shape[0] * width_px / image.shape[1]))
    return cv2.imencode(".png", cv2.resize(image, (width_px, height_px), interpolation=cv2.INTER_AREA))[1].tobytes()
