"""The method of König et al. 2021 as plain as can be, to compare the platform with, of which nothing is imported.

Windows are cut one by one, each is thresholded by scikit-image (or, where asked for, by the exhaustive search of
plain_otsu.py), and the votes are cast in loops. Two modes:

- ``paper``: sections III-B to III-D and IV-C as the text has them, read as docs/method.md §2-§4 says.
- ``reference``: what the authors' public code was seen to do otherwise (Pillow's HAMMING filter on 8-bit maps, one
  window a cell, red and blue swapped in the grey image, the darkest class strictly below the centre of bin k1), without
  its faults: no rows shear, every cell lies on the middle of its window, constant windows are let pass.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.filters import threshold_multiotsu

from support.plain_otsu import best_sums, lowest_best


@dataclass(frozen=True)
class Mode:
    """What the two modes do differently."""

    resampling: Image.Resampling
    eight_bit: bool
    average_windows: bool
    red_first: bool
    strictly_below_centre: bool


MODES = {
    "paper": Mode(Image.Resampling.LANCZOS, False, True, True, False),
    "reference": Mode(Image.Resampling.HAMMING, True, False, False, True),
}


def library_centre(pixels: np.ndarray, classes: int) -> float:
    """Centre of bin k1 as a share of the grey range of a window, by scikit-image."""
    values = pixels.astype(np.float64)
    return threshold_multiotsu((values - values.min()) / (values.max() - values.min()), classes, nbins=256)[0]


def exact_centre(pixels: np.ndarray, classes: int) -> float:
    """The same by trying every split in float64."""
    return (lowest_best(best_sums(np.bincount(pixels.ravel(), minlength=256), classes)) + 0.5) / 256


Centre = Callable[[np.ndarray, int], float]


def label(
    image: np.ndarray,
    votes: np.ndarray,
    cam: np.ndarray,
    mode: str = "paper",
    vote_window: int = 32,
    vote_stride: int = 16,
    cam_cell: int = 32,
    otsu_window: int = 32,
    otsu_stride: int = 8,
    cam_start: tuple[int, int] = (0, 0),
    vote_shift: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """Confidence of crack of one image, float64 [height, width] in [0, 1].

    Args:
        image: RGB uint8 [height, width, 3].
        votes: Crack probability of each voting window, [rows, cols].
        cam: Activation map before any normalisation, one value a square of ``cam_cell`` pixels.
        mode: A key of :data:`MODES`.
        vote_window: Side of a voting window.
        vote_stride: Distance between voting windows.
        cam_cell: Side of a square of ``cam``.
        otsu_window: Side of a window that is thresholded.
        otsu_stride: Distance between those.
        cam_start: Pixel at which the first cell of ``cam`` begins.
        vote_shift: How far a vote looks beside the middle of its window, in pixels.
    """
    located = localization(image.shape[:2], votes, cam, mode, vote_window, vote_stride, cam_cell, cam_start, vote_shift)
    dark = dark_pixels(filtered_grey(image, mode), otsu_window, otsu_stride, 3, MODES[mode].strictly_below_centre)
    return fused(dark, located)


def fused(dark: np.ndarray, located: np.ndarray) -> np.ndarray:
    """Product of dark pixels and localization as 8-bit levels, filtered and closed, float64 [height, width]."""
    levels = np.round(np.where(dark, located, 0) * np.float32(255)).astype(np.uint8)
    levels = cv2.bilateralFilter(levels, 5, 120, 120)
    return ndimage.grey_closing(levels, size=(3, 3)) / 255


def filtered_grey(image: np.ndarray, mode: str = "paper") -> np.ndarray:
    """Bilateral filter of radius 2 (OpenCV's diameter 5) on an RGB image, then grey, uint8 [height, width]."""
    smoothed = cv2.bilateralFilter(image, 5, 120, 120)
    return cv2.cvtColor(smoothed, cv2.COLOR_RGB2GRAY if MODES[mode].red_first else cv2.COLOR_BGR2GRAY)


def dark_pixels(
    grey: np.ndarray,
    window: int = 32,
    stride: int = 8,
    classes: int = 3,
    strictly_below_centre: bool = False,
    centre: Centre = library_centre,
) -> np.ndarray:
    """Pixels in the darkest class of every window over them, bool [height, width], from grey levels uint8.

    Args:
        grey: uint8 [height, width].
        window: Side of a window.
        stride: Distance between windows.
        classes: Classes of multi-Otsu.
        strictly_below_centre: Whether the darkest class ends below the centre of bin k1 or holds that bin whole.
        centre: How a window is split: scikit-image's way, or exactly.
    """
    height, width = grey.shape
    tops, lefts = starts(height, window, stride), starts(width, window, stride)
    padded = mirrored(grey, tops[-1] + window, lefts[-1] + window)
    agreed = np.ones(padded.shape, bool)
    for top in tops:
        for left in lefts:
            pixels = padded[top : top + window, left : left + window]
            agreed[top : top + window, left : left + window] &= darkest(pixels, classes, strictly_below_centre, centre)
    return agreed[:height, :width]


def darkest(pixels: np.ndarray, classes: int, strictly_below_centre: bool, centre: Centre) -> np.ndarray:
    """Pixels of one window in the darkest class of multi-Otsu; none where it has fewer levels than classes."""
    if len(np.unique(pixels)) < classes:
        return np.zeros(pixels.shape, bool)
    values = pixels.astype(np.float64)
    shares = (values - values.min()) / (values.max() - values.min())
    middle = centre(pixels, classes)
    return shares < (middle if strictly_below_centre else middle + 0.5 / 256)  # the upper edge of bin k1


def localization(
    size: tuple[int, int],
    votes: np.ndarray,
    cam: np.ndarray,
    mode: str = "paper",
    vote_window: int = 32,
    vote_stride: int = 16,
    cam_cell: int = 32,
    cam_start: tuple[int, int] = (0, 0),
    vote_shift: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """Patch map and activation map averaged, what is not above 0.5 set to 0, eroded: float32 [height, width]."""
    if MODES[mode].average_windows:
        patch = enlarged(averaged(votes, vote_window, vote_stride), vote_stride, vote_shift, size, mode)
    else:
        middle = (vote_window - vote_stride) // 2
        patch = enlarged(votes, vote_stride, (middle + vote_shift[0], middle + vote_shift[1]), size, mode)
    peak = cam.max()
    activation = enlarged(cam / peak if peak > 0 else cam, cam_cell, cam_start, size, mode)
    merged = (patch + activation) / np.float32(2)
    merged[~(merged > 0.5)] = 0
    for _ in range(4):
        merged = ndimage.grey_erosion(merged, size=(3, 3))
    return merged


def averaged(votes: np.ndarray, window: int, stride: int) -> np.ndarray:
    """Mean of the windows over each square of stride × stride pixels; the stride must divide the window."""
    rows, cols = votes.shape
    squares = window // stride
    total = np.zeros((rows - 1 + squares, cols - 1 + squares))
    seen = np.zeros_like(total)
    for row in range(rows):
        for col in range(cols):
            total[row : row + squares, col : col + squares] += votes[row, col]
            seen[row : row + squares, col : col + squares] += 1
    return total / seen


def enlarged(cells: np.ndarray, cell: int, start: tuple[int, int], size: tuple[int, int], mode: str) -> np.ndarray:
    """Cells of ``cell`` pixels as a map of the image, float32 in [0, 1]; the first cell begins at pixel ``start``.

    Around the cells their border is repeated, by as many cells as it takes to reach the border of the image.
    """
    around = -(-max(abs(start[0]), abs(start[1])) // cell)
    padded = np.pad(cells, around, mode="edge").astype(np.float32)
    if MODES[mode].eight_bit:
        padded = np.round(padded * np.float32(255)).astype(np.uint8)
    rows, cols = padded.shape
    pixels = np.asarray(Image.fromarray(padded).resize((cols * cell, rows * cell), MODES[mode].resampling))
    above, before = around * cell - start[0], around * cell - start[1]
    pixels = pixels[above : above + size[0], before : before + size[1]]
    return pixels.astype(np.float32) / np.float32(255) if MODES[mode].eight_bit else np.clip(pixels, 0, 1)


def starts(length: int, window: int, stride: int) -> list[int]:
    """Where windows begin along a side: up to the next multiple of the window, and on until all of that is covered."""
    covered = -(-length // window) * window
    found = [0]
    while found[-1] + window < covered:
        found.append(found[-1] + stride)
    return found


def mirrored(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """An image mirrored at its bottom and right edge to a size."""
    return np.pad(image, ((0, height - image.shape[0]), (0, width - image.shape[1])), mode="reflect")
