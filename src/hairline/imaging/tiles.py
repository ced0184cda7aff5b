"""Large images in overlapping tiles, what is found in each blended smoothly, so that no tile's edge shows."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]

Ask = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From an image, RGB uint8 [height, width, 3], to what is found of each pixel, float32 [height, width]."""

Part = Callable[[int, int, int, int], NDArray[np.uint8]]
"""From top, bottom, left and right of a part of an image, the ends exclusive, to it, uint8 [rows, columns, 3]."""


@dataclass(frozen=True)
class Tiling:
    """How an image is cut.

    Attributes:
        tile_px: Longest side of a tile; images with no longer side stay whole.
        overlap_px: What neighbours share, below ``tile_px``.
        margin_px: How much of a tile's edge inside the image counts for nothing; the rest of the overlap is blended.
        align_px: What distances between tiles are multiples of, so that a network sees the same grid in all of them.
    """

    tile_px: int
    overlap_px: int
    margin_px: int
    align_px: int

    def resized(self, factor: float) -> "Tiling":
        """The same tiles in the pixels of an image of which they are seen resized by a factor."""
        tile, overlap, align = (max(round(px / factor), 1) for px in (self.tile_px, self.overlap_px, self.align_px))
        return Tiling(tile, overlap, round(self.margin_px / factor), align)

    def spans(self, length: int) -> list[Span]:
        """The tiles along a side of an image, as few as can be and about equally long.

        Args:
            length: Of the side, in pixels.

        Returns:
            First and last pixel of each, the latter not included; one where the side is no longer than ``tile_px``.
            Neighbours share ``overlap_px`` and no more.

        Example:
            >>> Tiling(tile_px=100, overlap_px=20, margin_px=4, align_px=4).spans(200)
            [(0, 80), (60, 140), (120, 200)]
        """
        if length <= self.tile_px:
            return [(0, length)]
        align = self.align_px
        step = max((self.tile_px - self.overlap_px) // align, 1) * align
        count = math.ceil((length - self.overlap_px) / step)
        starts = [-(-number * (length - self.overlap_px) // (count * align)) * align for number in range(count)]
        ends = [start + self.overlap_px for start in starts[1:]] + [length]
        return list(zip(starts, ends, strict=True))

    def weights(self, length: int) -> list[NDArray[np.float32]]:
        """Weights of the pixels of every span, by which tiles are blended: smooth over the overlap.

        Args:
            length: Of the side, in pixels.

        Returns:
            One float32 array in [0, 1] a span of :meth:`spans`; those of one pixel of the side add up to 1.
        """
        spans, ramp = self.spans(length), max(self.overlap_px - 2 * self.margin_px, 1)
        found = []
        for start, stop in spans:
            at = np.arange(start, stop) + 0.5
            rise = np.ones(stop - start) if start == 0 else _smooth((at - start - self.margin_px) / ramp)
            fall = np.ones(stop - start) if stop == length else _smooth((stop - self.margin_px - at) / ramp)
            found.append(rise * fall)
        total = np.zeros(length)
        for (start, stop), weight in zip(spans, found, strict=True):
            total[start:stop] += weight
        return [np.asarray(weight / total[start:stop], np.float32)
                for (start, stop), weight in zip(spans, found, strict=True)]  # fmt: skip


PIECE_ROWS = 64
"""Most rows of a finished band that are handed on at a time, so that what is made of them takes little memory."""

NETWORK = Tiling(tile_px=1152, overlap_px=192, margin_px=64, align_px=32)
"""How networks that segment look at large images, in the pixels that they see."""

FRUGAL, LARGE_PIXELS = Tiling(tile_px=640, overlap_px=128, margin_px=32, align_px=32), 1 << 27
"""The same for images of more pixels, which leave less memory to the network."""


def of_photo(pixels: int, factor: float) -> Tiling:
    """How a photo of so many pixels is cut that a network sees resized by a factor."""
    return (FRUGAL if pixels > LARGE_PIXELS else NETWORK).resized(factor)


def blended(image: NDArray[np.uint8], ask: Ask, tiling: Tiling) -> NDArray[np.float32]:
    """What is found in all tiles of an image, as one map.

    Args:
        image: RGB uint8 [height, width, 3].
        ask: From a tile, of the same kind, to its map, float32 [height, width].
        tiling: How it is cut.

    Returns:
        float32 [height, width]; beside the image itself, this and a row of tiles are all that is in memory.
    """
    height, width = image.shape[:2]
    if max(height, width) <= tiling.tile_px:
        return ask(image)
    made = np.empty((height, width), np.float32)
    part: Part = lambda top, bottom, left, right: image[top:bottom, left:right]  # noqa: E731
    for top, found in bands(height, width, part, ask, tiling):
        made[top : top + len(found)] = found
    return made


def bands(height: int, width: int, part: Part, ask: Ask, tiling: Tiling) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """What is found in all tiles of an image, from top to bottom, as soon as it is final.

    Args:
        height: Of the image.
        width: Of the image.
        part: Gives the tiles, row by row from the top and each row from the left, so that the image need not be in
            memory.
        ask: From a tile, of the same kind, to its map, float32 [height, width].
        tiling: How it is cut.

    Yields:
        The first row of a band and its map, float32 [rows, width]; bands touch and cover the image.
    """
    spans = tiling.spans(height)
    nexts = [top for top, _ in spans[1:]] + [height]
    begun = np.zeros((0, width), np.float32)
    for ((top, bottom), down), done in zip(_weighted(tiling, height), nexts, strict=True):
        made = np.zeros((bottom - top, width), np.float32)
        made[: len(begun)] = begun
        for (left, right), across in _weighted(tiling, width):
            made[:, left:right] += ask(np.ascontiguousarray(part(top, bottom, left, right))) * down[:, None] * across
        for first in range(0, done - top, PIECE_ROWS):
            yield top + first, made[first : min(first + PIECE_ROWS, done - top)]
        begun = made[done - top :].copy()


def _weighted(tiling: Tiling, length: int) -> Iterator[tuple[Span, NDArray[np.float32]]]:
    return zip(tiling.spans(length), tiling.weights(length), strict=True)


def _smooth(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 at 0 to 1 at 1, with no corner at either."""
    inside = np.clip(part, 0, 1)
    return np.asarray(inside * inside * (3 - 2 * inside))
