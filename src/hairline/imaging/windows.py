"""Windows over an image: the only patch geometry there is.

A grid covers an image with square windows of ``window_px`` at every ``stride_px``. The image is mirrored at its
bottom and right edge up to the next multiple of the window (and, where the stride does not divide the window, a
little further), so that every pixel lies in a window and windows never hang over the edge. Values a window each are
brought back to the image on *cells*: squares of gcd(window, stride) pixels, the coarsest squares that no window's
edge cuts.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from hairline.errors import HairlineError

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class PatchGrid:
    """Square windows over an image of ``height`` × ``width`` pixels, and what is needed to go there and back.

    :meth:`split` cuts windows out; :meth:`mean`, :meth:`minimum` and :meth:`spread` bring a value a window back to the
    pixels. The image is mirrored at its bottom and right edge, so that every pixel lies in a window.

    Attributes:
        height: Rows of the image in pixels, at least 1.
        width: Its columns, likewise.
        window_px: Side of the windows.
        stride_px: Distance between windows, at most ``window_px``.

    Raises:
        HairlineError: If a length is below one pixel, or the stride exceeds the window and would skip pixels.

    Example:
        >>> grid = PatchGrid(height=5, width=8, window_px=4, stride_px=2)
        >>> grid.rows, grid.cols, grid.cell_px, grid.padded_height
        (3, 3, 2, 8)
        >>> grid.spread(grid.mean(np.arange(9).reshape(3, 3)))[:, 0].tolist()
        [0.0, 0.0, 1.5, 1.5, 4.5]
    """

    height: int
    width: int
    window_px: int
    stride_px: int

    def __post_init__(self) -> None:
        if min(self.height, self.width, self.window_px, self.stride_px) < 1:
            raise HairlineError(f"a grid needs lengths of at least one pixel, found {self}")
        if self.stride_px > self.window_px:
            raise HairlineError(
                f"a stride of {self.stride_px} px leaves pixels between windows of {self.window_px} px uncovered; "
                f"choose a stride of at most {self.window_px}"
            )

    @property
    def rows(self) -> int:
        """Number of windows from top to bottom."""
        return self._count(self.height)

    @property
    def cols(self) -> int:
        """Number of windows from left to right."""
        return self._count(self.width)

    @property
    def cell_px(self) -> int:
        """Side of a cell: the greatest common divisor of window and stride."""
        return math.gcd(self.window_px, self.stride_px)

    @property
    def padded_height(self) -> int:
        """Height in pixels of the mirrored image."""
        return (self.rows - 1) * self.stride_px + self.window_px

    @property
    def padded_width(self) -> int:
        """Width in pixels of the mirrored image."""
        return (self.cols - 1) * self.stride_px + self.window_px

    def _count(self, length: int) -> int:
        covered = math.ceil(length / self.window_px) * self.window_px
        return math.ceil((covered - self.window_px) / self.stride_px) + 1

    def origins(self) -> NDArray[np.int64]:
        """Top left corners of the windows, row by row, in pixels.

        Returns:
            int64 [rows * cols, 2], each y and x; the last windows begin inside the image and may end in what was
            mirrored.

        Example:
            >>> PatchGrid(height=4, width=6, window_px=4, stride_px=2).origins().tolist()
            [[0, 0], [0, 2], [0, 4]]
        """
        rows, cols = np.mgrid[: self.rows, : self.cols] * self.stride_px
        return np.stack([rows.ravel(), cols.ravel()], axis=1)

    def pad(self, image: NDArray[T]) -> NDArray[T]:
        """Mirror an image at its bottom and right edge to the padded size, the edge itself not repeated.

        Args:
            image: [height, width, …] of any type, of the grid's size.

        Returns:
            A new array [padded_height, padded_width, …] of the same type.

        Raises:
            ValueError: If the image is of another size.
        """
        if image.shape[:2] != (self.height, self.width):
            raise ValueError(f"grid of {self.height}x{self.width} given an image of shape {image.shape}")
        margins = [(0, self.padded_height - self.height), (0, self.padded_width - self.width)]
        margins += [(0, 0)] * (image.ndim - 2)
        return np.pad(image, margins, mode="reflect")

    def split(self, image: NDArray[T]) -> NDArray[T]:
        """Windows of an image, without a copy of any but the mirrored image.

        Args:
            image: [height, width, …] of any type, of the grid's size.

        Returns:
            A view [rows, cols, window_px, window_px, …] of the same type; window (i, j) begins at row i · stride_px and
            column j · stride_px.

        Raises:
            ValueError: If the image is of another size.

        Example:
            >>> PatchGrid(4, 4, 2, 2).split(np.arange(16).reshape(4, 4))[0, 1].tolist()
            [[2, 3], [6, 7]]
        """
        windows = sliding_window_view(self.pad(image), (self.window_px, self.window_px), axis=(0, 1))
        windows = windows[:: self.stride_px, :: self.stride_px]
        return np.moveaxis(windows, (-2, -1), (2, 3))

    def mean(self, values: NDArray[np.floating] | NDArray[np.integer]) -> NDArray[np.float64]:
        """Mean over all windows that cover a cell: how votes become a map in König et al. 2021, section III-B.

        Args:
            values: One number a window, [rows, cols].

        Returns:
            float64 cells [padded_height / cell_px, padded_width / cell_px]; a cell at the border lies in fewer windows.

        Raises:
            ValueError: If there are more or fewer values than windows.
        """
        totals = self._gather(values.astype(np.float64), np.add, 0.0)
        return totals / self._gather(np.ones((self.rows, self.cols)), np.add, 0.0)

    def minimum(self, values: NDArray[np.floating] | NDArray[np.integer]) -> NDArray[np.float64]:
        """Minimum over all windows that cover a cell: the unanimous vote of König et al. 2021, section III-C.

        Args:
            values: One number a window, [rows, cols].

        Returns:
            float64 cells [padded_height / cell_px, padded_width / cell_px].

        Raises:
            ValueError: If there are more or fewer values than windows.
        """
        return self._gather(values.astype(np.float64), np.minimum, np.inf)

    def spread(self, cells: NDArray[T]) -> NDArray[T]:
        """Repeat every cell over the pixels that it covers and cut off what was mirrored.

        Args:
            cells: [padded_height / cell_px, padded_width / cell_px] of any type, of :meth:`mean` or :meth:`minimum`.

        Returns:
            [height, width] of the same type, without interpolation: :func:`hairline.labelling.localization.upsample`
            enlarges smoothly.
        """
        pixels = cells.repeat(self.cell_px, axis=0).repeat(self.cell_px, axis=1)
        return pixels[: self.height, : self.width]

    def _gather(
        self, values: NDArray[np.float64], combine: Callable[..., NDArray[np.float64]], start: float
    ) -> NDArray[np.float64]:
        """Combine, for every cell, the values of the windows over it; one pass a cell offset inside the window."""
        if values.shape != (self.rows, self.cols):
            raise ValueError(f"grid of {self.rows}x{self.cols} windows given values of shape {values.shape}")
        cell, step = self.cell_px, self.stride_px // self.cell_px
        cells = np.full((self.padded_height // cell, self.padded_width // cell), start)
        for dy in range(self.window_px // cell):
            for dx in range(self.window_px // cell):
                under = cells[dy : dy + (self.rows - 1) * step + 1 : step, dx : dx + (self.cols - 1) * step + 1 : step]
                combine(under, values, out=under)
        return cells


def mirrored_places(start: int, count: int, length: int) -> NDArray[np.int64]:
    """Places along an axis of an image that is mirrored at both ends, again and again, as :meth:`PatchGrid.pad` does.

    Args:
        start: The first of them on the mirrored image; may be negative.
        count: How many.
        length: Pixels of the image along the axis.

    Returns:
        Where each comes from, int64 [count] in [0, length).

    >>> mirrored_places(-1, 6, 3)
    array([1, 0, 1, 2, 1, 0])
    """
    period = max(2 * (length - 1), 1)
    places = np.abs(np.arange(start, start + count)) % period
    return np.asarray(np.minimum(places, period - places) if length > 1 else 0 * places)
