"""How dark a pixel is against its surroundings, as a share instead of a yes or no.

Three measures in [0, 1]: the share of Otsu windows that call a pixel dark (unanimity, docs/method.md §3, is a share of
1), its contrast to the mean of a window in that window's own deviations, and how dark the darkest line through it is,
which tells cracks from spots.
"""

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from hairline.imaging.windows import PatchGrid
from hairline.labelling.cache import remembered
from hairline.labelling.thresholding import window_thresholds

FLOOR = 4.0
"""Added to the deviation of a window, in grey levels: noise on an even surface is no contrast."""

DEVIATIONS = 4.0
"""So many deviations below the mean are as dark as can be told."""

ORIENTATIONS = 16


@remembered
def otsu_share(levels: NDArray[np.uint8], window_px: int, stride_px: int, classes: int) -> NDArray[np.float32]:
    """Share of the windows over a pixel in whose darkest class it is, float32 [height, width] in [0, 1].

    Args:
        levels: Grey levels, uint8 [height, width].
        window_px: Side of the windows.
        stride_px: Distance between windows.
        classes: Classes of multi-Otsu.
    """
    height, width = levels.shape
    grid = PatchGrid(height, width, window_px, stride_px)
    thresholds = window_thresholds(levels, grid, classes)
    padded = np.ascontiguousarray(grid.pad(levels))
    found = _share(padded, thresholds, window_px, stride_px)
    return np.asarray(found[:height, :width], dtype=np.float32)


@numba.njit(cache=True, nogil=True)
def _share(padded: NDArray[np.uint8], thresholds: NDArray[np.int64], window: int, stride: int) -> NDArray[np.float32]:
    height, width = padded.shape
    rows, cols = thresholds.shape
    shares = np.empty((height, width), np.float32)
    for y in range(height):
        top, bottom = max(0, (y - window) // stride + 1), min(rows - 1, y // stride)
        for x in range(width):
            left, right = max(0, (x - window) // stride + 1), min(cols - 1, x // stride)
            dark = 0
            for row in range(top, bottom + 1):
                for col in range(left, right + 1):
                    dark += padded[y, x] <= thresholds[row, col]
            shares[y, x] = dark / ((bottom - top + 1) * (right - left + 1))
    return shares


@remembered
def contrast(levels: NDArray[np.uint8], window_px: int) -> NDArray[np.float32]:
    """How dark a pixel is against the window around it, in that window's own deviations.

    (mean - level) / (deviation + :data:`FLOOR`), of which :data:`DEVIATIONS` count as 1: stains are as even as the
    surface, so that a crack inside one is as dark as outside.

    Args:
        levels: Grey levels, uint8 [height, width].
        window_px: Side of the window, odd; the image is mirrored at its border.

    Returns:
        A new array, float32 [height, width] in [0, 1]; 0 where a pixel is no darker than its window.
    """
    grey = levels.astype(np.float32)
    size = (window_px, window_px)
    mean: NDArray[np.float32] = cv2.blur(grey, size)  # type: ignore[assignment]
    deviation: NDArray[np.float32] = cv2.blur(grey * grey, size)  # type: ignore[assignment]
    deviation -= mean * mean
    np.sqrt(np.maximum(deviation, 1, out=deviation), out=deviation)
    deviation += FLOOR
    mean -= grey
    mean /= deviation
    mean /= DEVIATIONS
    return np.clip(mean, 0, 1, out=mean)


@remembered
def along_lines(dark: NDArray[np.float32], length_px: int) -> NDArray[np.float32]:
    """Largest mean of a map over a line through each pixel, among :data:`ORIENTATIONS` directions.

    The lines lie on the map reduced to half its size, where they are as long and cost a quarter.

    Args:
        dark: float32 [height, width] in [0, 1].
        length_px: Length of the lines in pixels of the map.
    """
    height, width = dark.shape
    half = cv2.resize(dark, (max(width // 2, 1), max(height // 2, 1)), interpolation=cv2.INTER_AREA)
    best = np.zeros_like(half)
    for kernel in line_kernels(max(length_px // 2, 1)):
        np.maximum(best, cv2.filter2D(half, -1, kernel, borderType=cv2.BORDER_REFLECT), out=best)
    return np.asarray(cv2.resize(best, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def line_kernels(length_px: int) -> list[NDArray[np.float32]]:
    """Lines of an odd length through the middle of a square, in :data:`ORIENTATIONS` directions.

    Args:
        length_px: Length of the lines; an even one is made one longer.

    Returns:
        float32 [side, side] each, of sum 1, alike when turned by 180°.

    Example:
        >>> kernels = line_kernels(5)
        >>> len(kernels), kernels[0].shape, [round(float(value), 3) for value in kernels[0][2]]
        (16, (5, 5), [0.2, 0.2, 0.2, 0.2, 0.2])
    """
    side = length_px | 1
    middle, kernels = side // 2, []
    for angle in np.arange(ORIENTATIONS) * np.pi / ORIENTATIONS:
        dx, dy = round(float(np.cos(angle)) * middle), round(float(np.sin(angle)) * middle)
        kernel = np.zeros((side, side), np.uint8)
        cv2.line(kernel, (middle, middle), (middle + dx, middle + dy), 1, 1)
        kernel |= kernel[::-1, ::-1]
        kernels.append(kernel.astype(np.float32) / np.float32(kernel.sum()))
    return kernels
