"""Rows of a decoded photo, upright and as RGB: what large photos are looked at by, without a second copy of them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hairline.imaging import images
from hairline.imaging.images import SIDEWAYS

PIXELS = 1 << 29
"""Most pixels of a photo that is decoded as a whole: 2.1 GB of colours in Pillow."""

WHITE = 255


class Regions:
    """A photo in memory as it is stored, of which rows are given upright.

    Attributes:
        height: In pixels, upright.
        width: In pixels, upright.
    """

    def __init__(self, path: Path) -> None:
        """Decode a photo.

        Raises:
            HairlineError: If the file is missing, no decodable image, or has more than ``PIXELS`` pixels.
        """
        self._stored, self._turn = images.decode_lying(path, PIXELS)
        size = self._stored.size if isinstance(self._stored, Image.Image) else self._stored.shape[1::-1]
        self.width, self.height = size[::-1] if self._turn >= SIDEWAYS else size
        self._bits = 8 if isinstance(self._stored, Image.Image) else images.depth(images.largest_of(self._stored))

    def rows(self, top: int, bottom: int) -> NDArray[np.uint8]:
        """Rows of the photo over white, RGB uint8 [bottom - top, width, 3]; 16 bits by the range of the whole photo."""
        colours, alpha = self._piece(top, bottom)
        return colours if alpha is None else over_white(colours, alpha)

    def shown(self, top: int, bottom: int) -> NDArray[np.bool_] | None:
        """Which pixels of these rows are not wholly transparent, bool [bottom - top, width]; None where all are not."""
        alpha = self._piece(top, bottom)[1]
        return None if alpha is None else alpha > 0

    def _piece(self, top: int, bottom: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        """Rows as RGB, and their transparency where the photo has one, uint8 [rows, width]."""
        first, last, left, right = self._lying(top, bottom)
        stored = self._stored
        if isinstance(stored, Image.Image):
            part = stored.crop((left, first, right, last))
            mode = "RGBA" if images.is_transparent(stored) else "RGB"
            found = images.turned(images.as_array(part, mode), self._turn)
        else:
            deep = images.turned(stored[first:last, left:right], self._turn)
            deep = np.repeat(deep[..., None], 3, axis=2) if deep.ndim == 2 else deep
            parts = [deep[..., :3] >> (self._bits - 8), deep[..., 3:] >> 8]
            found = np.concatenate(parts, axis=2).astype(np.uint8)
        alpha = np.ascontiguousarray(found[..., 3]) if found.shape[2] == 4 else None
        return np.ascontiguousarray(found[..., :3]), alpha

    def _lying(self, top: int, bottom: int) -> tuple[int, int, int, int]:
        """First and last row, first and last column of upright rows in the photo as it is stored."""
        rows, columns = (top, bottom), (0, self.width)
        if self._turn in images.ROWS_REVERSED:
            rows = (self.height - bottom, self.height - top)
        return (*columns, *rows) if self._turn >= SIDEWAYS else (*rows, *columns)


def over_white(colours: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colours [height, width, 3] of a transparency [height, width], where 255 is opaque, over white."""
    if alpha.min(initial=WHITE) == WHITE:
        return colours
    share = alpha[..., None].astype(np.uint16)
    return ((colours * share + WHITE * (WHITE - share) + WHITE // 2) // WHITE).astype(np.uint8)


def read_over_white(path: Path) -> NDArray[np.uint8]:
    """A whole photo as :meth:`Regions.rows` gives it."""
    photo = Regions(path)
    return photo.rows(0, photo.height)
