"""What is drawn of a prediction."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hairline.imaging.downscale import shrunk_image

COLOUR = (230, 30, 30)
STRENGTH = 0.65
JPEG_SIDE_PX = 65_000
QUALITY = 90


def overlay(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A photo with its crack pixels in red, RGB uint8 [height, width, 3]; the photo shows through."""
    drawn = image.copy()
    drawn[mask] = np.rint((1 - STRENGTH) * image[mask] + STRENGTH * np.array(COLOUR)).astype(np.uint8)
    return drawn


def jpeg(image: NDArray[np.uint8], comment: str = "") -> bytes:
    """An RGB image as the content of a JPEG file, made smaller where a side is longer than JPEG can have."""
    fitting = shrunk_image(image, JPEG_SIDE_PX) if max(image.shape) > JPEG_SIDE_PX else image
    content = io.BytesIO()
    Image.fromarray(fitting).save(content, "JPEG", quality=QUALITY, comment=comment)
    return content.getvalue()
