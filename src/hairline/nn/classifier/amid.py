"""Votes of windows seen amid their image, for networks that are asked about whole images alone.

What :mod:`hairline.nn.classifier.scales` sees in a patch that was cut out is little: at a quarter of its size, one of
64 px has 16 px left. Its line was taught on means of features under patches of whole photos, so it is asked the same
way: the logit of a window is the mean of those of the cells under it, as the classifier is linear.
"""

import numpy as np
from numpy.typing import NDArray

from hairline.imaging.windows import PatchGrid, mirrored_places
from hairline.labelling.localization import Place


def shares(count: int, stride_px: int, window_px: int, cell_px: int, length: int) -> NDArray[np.float64]:
    """The part that each cell has in each window along an axis, float64 [windows, cells]; rows sum to 1.

    Args:
        count: Windows; what they have of the mirrored image counts where it comes from.
        stride_px: Pixels from one to the next.
        window_px: Pixels of a window.
        cell_px: Pixels of a cell.
        length: Pixels of the image along the axis.
    """
    starts, cells = range(0, count * stride_px, stride_px), -(-length // cell_px)
    return np.stack([under(start, window_px, cell_px, length, cells) for start in starts]) / window_px


def under(start: int, size: int, cell_px: int, length: int, cells: int) -> NDArray[np.int64]:
    """Pixels of each cell under a stretch of an axis, int64 [cells]; what lies beyond the image is its mirror image.

    Args:
        start: First pixel of the stretch; may be negative, or beyond the image.
        size: Pixels of the stretch.
        cell_px: Pixels of a cell.
        length: Pixels of the image along the axis.
        cells: Cells along the axis.
    """
    return np.bincount(mirrored_places(start, size, length) // cell_px, minlength=cells)


def means(cells: NDArray[np.floating], grid: PatchGrid, cell_px: int) -> NDArray[np.float32]:
    """Means under every window of a grid of the image's cells.

    Args:
        cells: Values of the cells [rows, cols] or [rows, cols, K].
        grid: The windows.
        cell_px: Pixels of a cell.

    Returns:
        float32 [grid.rows, grid.cols] or with a further axis K.
    """
    down, across = (
        shares(count, grid.stride_px, grid.window_px, cell_px, length)
        for count, length in ((grid.rows, grid.height), (grid.cols, grid.width))
    )
    found = np.einsum("ir,rc...,jc->ij...", down, cells, across, optimize=True)
    return np.asarray(found, np.float32)


def probabilities(logits: NDArray[np.floating], grid: PatchGrid, cell_px: int) -> NDArray[np.float32]:
    """Crack probability of every window, float32 [grid.rows, grid.cols], from logits of cells [rows, cols]."""
    found = 1 / (1 + np.exp(-np.clip(means(logits, grid, cell_px).astype(np.float64), -60, 60)))
    return found.astype(np.float32)


def middle(side_px: int) -> Place:
    """Where a cell, or the votes of windows, of a side look: the segmenter learned to answer for the pixel it is at."""
    return (side_px - 1) / 2, (side_px - 1) / 2
