"""A photo with what two masks of it have in common, and what each has alone."""

import base64
import io
from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hairline.imaging.downscale import shrunk_image, shrunk_map

SIDE_PX = 400
QUALITY = 72
DIM = 0.55
AGREED, FIRST, SECOND = (255, 255, 255), (86, 180, 233), (255, 140, 40)
"""What both have, what the first has alone, what the second has alone; after Okabe and Ito."""


def parts(one: NDArray[np.bool_], other: NDArray[np.bool_] | None) -> dict[tuple[int, int, int], NDArray[np.bool_]]:
    """Colour → the pixels that have it, none in two; of one mask alone, all are the first's."""
    if other is None:
        return {FIRST: one}
    return {AGREED: one & other, FIRST: one & ~other, SECOND: other & ~one}


def drawn(photo: NDArray[np.uint8], coloured: Mapping[tuple[int, int, int], NDArray[np.bool_]]) -> NDArray[np.uint8]:
    """The photo, dimmed, with coloured pixels, at most 400 px on a side; thin lines are kept.

    Args:
        photo: RGB uint8 [height, width, 3].
        coloured: Of :func:`parts`, bool [height, width].

    Returns:
        RGB uint8 [rows, columns, 3].
    """
    opacity = shrunk_map(np.logical_or.reduce(list(coloured.values())), SIDE_PX)[..., None]
    rows, columns = opacity.shape[:2]
    colours, weight = np.zeros((rows, columns, 3)), np.full((rows, columns, 1), 1e-9)
    for colour, part in coloured.items():
        share = cv2.resize(part.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)[..., None]
        share = share.reshape(rows, columns, 1)
        colours += share * np.array(colour, dtype=np.float64)
        weight += share
    mixed = (1 - opacity) * DIM * shrunk_image(photo, SIDE_PX) + opacity * colours / weight
    return np.asarray(np.rint(mixed), dtype=np.uint8)


def address(pixels: NDArray[np.uint8]) -> str:
    """An RGB image as a ``data:`` address of a WebP file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="WEBP", quality=QUALITY, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
