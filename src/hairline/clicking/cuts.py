"""Parts of a photo as pictures for the page."""

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
AROUND = 0.375
"""How far a patch's surroundings reach on each side, in sides of the patch."""
BEYOND = 128
"""Grey of what lies beyond the photo's edge."""
QUALITY = 92


def with_surroundings(pixels: Pixels, x: int, y: int, size: int, most_px: int) -> Pixels:
    """A patch in the middle of what lies around it.

    Args:
        pixels: The photo, uint8 [height, width, 3].
        x: Column of the patch's upper left pixel.
        y: Row of that pixel.
        size: Side of the patch in pixels.
        most_px: Longest side of the picture; a larger one is made smaller.

    Returns:
        uint8 [side, side, 3], where the patch takes ``1 / (1 + 2 * AROUND)`` of the side; grey beyond the photo.
    """
    around = round(size * AROUND)
    side = size + 2 * around
    top, left = y - around, x - around
    height, width = pixels.shape[:2]
    square = np.full((side, side, 3), BEYOND, np.uint8)
    inside = pixels[max(top, 0) : min(top + side, height), max(left, 0) : min(left + side, width)]
    above, before = max(-top, 0), max(-left, 0)
    square[above : above + inside.shape[0], before : before + inside.shape[1]] = inside
    return at_most(square, most_px)


def region(pixels: Pixels, left: int, top: int, width: int, height: int, most_px: int) -> Pixels:
    """A rectangle of a photo, cut where the photo ends, made smaller where it is longer than ``most_px``.

    Raises:
        ValueError: If it has no pixel of the photo.
    """
    found = pixels[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
    if not found.size:
        raise ValueError(f"{width} x {height} px at {left}, {top} lie outside of a photo of {pixels.shape[:2]}")
    return at_most(found, most_px)


def at_most(pixels: Pixels, most_px: int) -> Pixels:
    """A picture whose longer side is at most so long, each pixel the mean of those it stands for."""
    height, width = pixels.shape[:2]
    factor = most_px / max(height, width)
    if factor >= 1:
        return pixels
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def jpeg(pixels: Pixels) -> bytes:
    """A picture, RGB uint8 [height, width, 3], as a JPEG file."""
    how = [cv2.IMWRITE_JPEG_QUALITY, QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    _, content = cv2.imencode(".jpg", cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR), how)
    return content.tobytes()
