"""Parts of a decoded photo, upright and as RGB: large photos are looked at by them, without a second copy."""

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
    """A photo in memory as it is stored, of which parts are given upright.

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

    def part(self, top: int, bottom: int, left: int, right: int) -> NDArray[np.uint8]:
        """A part of the photo over white, RGB uint8 [bottom - top, right - left, 3]; 16 bits by the range of it all."""
        colours, alpha = self._part(top, bottom, left, right)
        return colours if alpha is None else over_white(colours, alpha)

    def shown(self, top: int, bottom: int) -> NDArray[np.bool_] | None:
        """Which pixels of rows are not wholly transparent, bool [bottom - top, width]; None where all are not."""
        if isinstance(self._stored, Image.Image) and not images.is_transparent(self._stored):
            return None
        alpha = self._part(top, bottom, 0, self.width)[1]
        return None if alpha is None else alpha > 0

    def _part(self, top: int, bottom: int, left: int, right: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        """A part as RGB, and its transparency where the photo has one, uint8 [rows, columns]."""
        above, below, before, behind = self._lying(top, bottom, left, right)
        stored = self._stored
        if isinstance(stored, Image.Image):
            cut = stored.crop((before, above, behind, below))
            mode = "RGBA" if images.is_transparent(stored) else "RGB"
            found = images.turned(images.as_array(cut, mode), self._turn)
        else:
            deep = images.turned(stored[above:below, before:behind], self._turn)
            deep = np.repeat(deep[..., None], 3, axis=2) if deep.ndim == 2 else deep
            parts = [deep[..., :3] >> (self._bits - 8), deep[..., 3:] >> 8]
            found = np.concatenate(parts, axis=2).astype(np.uint8)
        alpha = np.ascontiguousarray(found[..., 3]) if found.shape[2] == 4 else None
        return np.ascontiguousarray(found[..., :3]), alpha

    def _lying(self, top: int, bottom: int, left: int, right: int) -> tuple[int, int, int, int]:
        """Top, bottom, left and right of an upright part in the photo as it is stored."""
        rows, columns = (top, bottom), (left, right)
        if self._turn in images.ROWS_REVERSED:
            rows = (self.height - bottom, self.height - top)
        if self._turn in images.COLUMNS_REVERSED:
            columns = (self.width - right, self.width - left)
        return (*columns, *rows) if self._turn >= SIDEWAYS else (*rows, *columns)


def over_white(colours: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colours of a partly transparent image as they look on a white page.

    Args:
        colours: RGB uint8 [height, width, 3].
        alpha: uint8 [height, width], 255 is opaque.

    Returns:
        RGB uint8 [height, width, 3]; ``colours`` itself where all is opaque.

    Example:
        >>> over_white(np.zeros((1, 2, 3), np.uint8), np.array([[255, 51]], np.uint8))[0, :, 0].tolist()
        [0, 204]
    """
    if alpha.min(initial=WHITE) == WHITE:
        return colours
    share = alpha[..., None].astype(np.uint16)
    return ((colours * share + WHITE * (WHITE - share) + WHITE // 2) // WHITE).astype(np.uint8)
