"""Local thresholding: bilateral filter, min-max normalised multi-Otsu in every window, unanimous vote.

König et al. 2021, section III-C, eq. 1-8, with the values of section IV-C; what they leave open: docs/method.md §3.
A window's threshold is found on its own 256 bins between its darkest and brightest pixel and told as a grey level of
the image, so the vote of all windows over a pixel is one comparison: the pixel is dark where its grey level is at most
the smallest of their thresholds.
"""

from typing import Annotated, Literal

import cv2
import numba
import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from hairline.imaging.windows import PatchGrid
from hairline.io import bounds
from hairline.io.options import checked_dataclass
from hairline.labelling.cache import remembered
from hairline.labelling.trace import Tell, silent

NO_CRACK = -1
"""Threshold of a window that has fewer grey levels than classes: nothing in it is dark."""

LEVELS = 256

TIE = 1e-12
"""Splits whose variances differ by less than this share are equal: rounding decides nothing, on no machine."""


@checked_dataclass
class Bilateral:
    """An edge-preserving bilateral filter.

    Attributes:
        radius_px: Pixels on each side; OpenCV's diameter is 2 · radius + 1. 0 leaves the image as it is.
            2 in the paper.
        sigma_range: Standard deviation over grey levels, 120 in the paper.
        sigma_space: Standard deviation over pixels, 120 in the paper.
    """

    radius_px: Annotated[int, Ge(0), Le(bounds.RADIUS_PX)]
    sigma_range: Annotated[float, Gt(0), Le(bounds.FACTOR)]
    sigma_space: Annotated[float, Gt(0), Le(bounds.FACTOR)]


PAPER_BILATERAL = Bilateral(radius_px=2, sigma_range=120, sigma_space=120)
"""Both filters of König et al. 2021, section IV-C; that d = 2 is a radius, as in eq. 1: docs/method.md §3."""


@checked_dataclass
class Options:
    """How dark pixels are found.

    Attributes:
        bilateral: Filter on the colour image before it turns grey.
        grey: Order in which the colours are weighed: ``rgb``, or ``bgr`` as the public code does, which gives red the
            weight of blue and blue that of red.
        window_px: Side of the windows, 32 in the paper.
        stride_px: Distance between windows, 8 in the paper; at most the window.
        classes: Classes of multi-Otsu, 2 to 4; the darkest is taken. 3 in the paper.
        includes_k1: Whether bin k1, the last of the darkest class, is dark as a whole, as in the paper, or up to its
            middle alone, as in the public code.
    """

    bilateral: Bilateral
    grey: Literal["rgb", "bgr"]
    window_px: Annotated[int, Gt(0), Le(bounds.WINDOW_PX)]
    stride_px: Annotated[int, Gt(0), Le(bounds.WINDOW_PX)]
    classes: Literal[2, 3, 4]
    includes_k1: bool

    def __post_init__(self) -> None:
        if self.stride_px > self.window_px:
            raise ValueError(
                f"a stride of {self.stride_px} px leaves pixels between windows of {self.window_px} px uncovered; "
                f"choose stride_px of at most {self.window_px}"
            )


PAPER = Options(bilateral=PAPER_BILATERAL, grey="rgb", window_px=32, stride_px=8, classes=3, includes_k1=True)
"""Filter, windows and three classes of König et al. 2021, sections III-C and IV-C; that bin k1 is dark, as in C_1 of
eq. 5-8, and the order of the colours: docs/method.md §3."""


@remembered
def smooth(image: NDArray[np.uint8], options: Bilateral) -> NDArray[np.uint8]:
    """Bilateral filter, which smooths noise and keeps edges (Tomasi and Manduchi 1998; eq. 1 of König et al. 2021).

    Args:
        image: uint8, grey [height, width] or RGB [height, width, 3].
        options: Radius and both standard deviations; a radius of 0 leaves the image as it is.

    Returns:
        uint8 of the same shape; the image itself at a radius of 0.

    Example:
        >>> edge = np.repeat(np.array([[20, 22, 20, 200, 202, 200]], np.uint8), 4, axis=0)
        >>> smoothed = smooth(edge, Bilateral(radius_px=1, sigma_range=10, sigma_space=10))
        >>> (smoothed[0] // 10 * 10).tolist()
        [20, 20, 20, 200, 200, 200]
    """
    if options.radius_px == 0:
        return image
    diameter = 2 * options.radius_px + 1
    return np.asarray(cv2.bilateralFilter(image, diameter, options.sigma_range, options.sigma_space), dtype=np.uint8)


@remembered
def grey(image: NDArray[np.uint8], channels: str = "rgb") -> NDArray[np.uint8]:
    """Luma of an image, 0.299 R + 0.587 G + 0.114 B, rounded (ITU-R BT.601), in which cracks are dark.

    Args:
        image: RGB uint8 [height, width, 3].
        channels: ``rgb``; with ``bgr``, red and blue change their weights, as in the public code of the paper.

    Returns:
        uint8 [height, width].

    Example:
        >>> red = np.array([[[255, 0, 0]]], np.uint8)
        >>> grey(red).item(), grey(red, "bgr").item()
        (76, 29)
    """
    code = cv2.COLOR_BGR2GRAY if channels == "bgr" else cv2.COLOR_RGB2GRAY
    return np.asarray(cv2.cvtColor(image, code), dtype=np.uint8)


@numba.njit(cache=True, nogil=True)
def window_threshold(histogram: NDArray[np.int64], classes: int, includes_k1: bool = True) -> int:
    """Highest grey level of the darkest class of multi-Otsu: the optimum of all splits, in float64.

    The grey range found in the window is stretched over 256 bins, bin = ⌊256 · (g - min) / (max - min)⌋, the maximum
    in the last bin, as ``numpy.histogram`` does; the classes are split at bins k1 (< k2 < k3) so that the between-class
    variance is largest, the lowest k1 of equals (to a share of :data:`TIE`). There are fewer grey levels than bins, so
    that no two levels share a bin: k1 whole is one level, the middle of k1 lies above or below that level.

    Args:
        histogram: Pixels at each of the 256 grey levels of the window, int64 [256].
        classes: 2 to 4.
        includes_k1: See :class:`Options`. Up to the middle of a bin means (g - min) / (max - min) < (k1 + 1/2) / 256,
            which no grey level equals.

    Returns:
        A grey level in 0..255, or :data:`NO_CRACK` where fewer levels than classes are occupied.
    """
    if np.count_nonzero(histogram) < classes:
        return NO_CRACK
    levels, bins = _binned(histogram)
    values = _best_variances(histogram, levels, bins, classes)
    enough = values.max() * (1 - TIE)
    split = 0
    while values[split] < enough:
        split += 1
    if includes_k1:
        return int(levels[split])
    span = levels[-1] - levels[0]
    return int(levels[0] + (2 * bins[split] + 1) * span // (2 * LEVELS))


@numba.njit(cache=True, nogil=True)
def _binned(histogram: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Occupied levels and the bin of each, [n]."""
    levels, count = np.empty(LEVELS, dtype=np.int64), 0
    for level in range(LEVELS):
        levels[count] = level
        count += histogram[level] > 0
    levels = levels[:count]
    span, bins = max(levels[-1] - levels[0], 1), np.empty(count, dtype=np.int64)
    for i in range(count):
        bins[i] = min(LEVELS - 1, LEVELS * (levels[i] - levels[0]) // span)
    return levels, bins


@numba.njit(cache=True, nogil=True)
def _best_variances(
    histogram: NDArray[np.int64], levels: NDArray[np.int64], bins: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """Largest variance, up to a constant, where the darkest class is the first 1, 2, … levels: [n - classes + 1]."""
    count = len(levels)
    mass, moment = np.zeros(count + 1), np.zeros(count + 1)  # pixels, and sum of their bins, in the first 0..n levels
    for i in range(count):
        mass[i + 1] = mass[i] + histogram[levels[i]]
        moment[i + 1] = moment[i] + histogram[levels[i]] * bins[i]
    rest = np.zeros(count)
    for i in range(1, count):
        rest[i] = _term(mass, moment, i, count)
    for more in range(2, classes):
        rest = _split_once_more(mass, moment, rest, count - more)
    # The total mean is constant, so the largest sum of moment² / mass is the largest between-class variance.
    values = np.empty(count - classes + 1)
    for i in range(1, len(values) + 1):
        values[i - 1] = _term(mass, moment, 0, i) + rest[i]
    return values


@numba.njit(cache=True, nogil=True)
def _term(mass: NDArray[np.float64], moment: NDArray[np.float64], start: int, end: int) -> float:
    """What the class of occupied levels start..end-1 adds to the between-class variance."""
    part = moment[end] - moment[start]
    return float(part * part / (mass[end] - mass[start]))


@numba.njit(cache=True, nogil=True)
def _split_once_more(
    mass: NDArray[np.float64], moment: NDArray[np.float64], rest: NDArray[np.float64], last: int
) -> NDArray[np.float64]:
    """From the best variance of the levels i.. in some number of classes to that in one more, for i in 1..last.

    The best end of the first class never falls as its start rises (the variance has the quadrangle inequality), so
    starts solved on a coarse grid bound those between them: n log n terms in place of n².
    """
    more = np.zeros(last + 1)
    ends = np.empty(last + 1, dtype=np.int64)
    step = 1
    while 2 * step <= last:
        step *= 2
    while step:
        for i in range(step, last + 1, 2 * step):
            low = max(ends[i - step], i + 1) if i > step else i + 1
            high = ends[i + step] if i + step <= last else last + 1
            before, lighter, best, end = mass[i], moment[i], -1.0, low  # in registers: a third of the time
            for j in range(low, high + 1):
                part = moment[j] - lighter
                value = part * part / (mass[j] - before) + rest[j]
                if value > best:
                    best, end = value, j
            more[i], ends[i] = best, end
        step //= 2
    return more


@numba.njit(cache=True, nogil=True)
def _count(histogram: NDArray[np.int64], pixels: NDArray[np.uint8], change: int) -> None:
    for y in range(pixels.shape[0]):
        for x in range(pixels.shape[1]):
            histogram[pixels[y, x]] += change


@numba.njit(cache=True, nogil=True)
def _window_thresholds(
    padded: NDArray[np.uint8], rows: int, cols: int, window: int, stride: int, classes: int, includes_k1: bool
) -> NDArray[np.int64]:
    """One histogram a row of windows, slid along: the pixels that leave are taken out, those that enter put in."""
    thresholds = np.empty((rows, cols), dtype=np.int64)
    for row in range(rows):
        band = padded[row * stride : row * stride + window]
        histogram = np.zeros(LEVELS, dtype=np.int64)
        _count(histogram, band[:, :window], 1)
        thresholds[row, 0] = window_threshold(histogram, classes, includes_k1)
        for col in range(1, cols):
            left = col * stride
            _count(histogram, band[:, left - stride : left], -1)
            _count(histogram, band[:, left + window - stride : left + window], 1)
            thresholds[row, col] = window_threshold(histogram, classes, includes_k1)
    return thresholds


@remembered
def window_thresholds(
    levels: NDArray[np.uint8], grid: PatchGrid, classes: int, includes_k1: bool = True
) -> NDArray[np.int64]:
    """Threshold of every window over an image: multi-Otsu on the window's own grey levels (:func:`window_threshold`).

    Args:
        levels: Grey levels, uint8 [height, width].
        grid: The windows; 32 px every 8 px in the paper.
        classes: Classes of multi-Otsu, 2 to 4.
        includes_k1: See :class:`Options`.

    Returns:
        Highest grey level that is dark, int64 [rows, cols] in 0 … 255; :data:`NO_CRACK` where a window has fewer levels
        than classes.
    """
    padded = np.ascontiguousarray(grid.pad(levels))
    shape = (grid.rows, grid.cols, grid.window_px, grid.stride_px)
    return np.asarray(_window_thresholds(padded, *shape, classes, includes_k1), dtype=np.int64)


def dark_pixels(image: NDArray[np.uint8], options: Options, tell: Tell = silent) -> NDArray[np.bool_]:
    """Pixels in the darkest class of *every* window over them (König et al. 2021, section III-C, eq. 1-8).

    Args:
        image: RGB uint8 [height, width, 3] of any size.
        options: Filter, windows and classes; :data:`PAPER` has the paper's.
        tell: Hears of the ``smoothed`` image and the numbers of ``windows`` and ``degenerate windows``, those with
            fewer grey levels than classes.

    Returns:
        bool [height, width]; True is dark. On an image of one level nothing is.

    Example:
        >>> wall = np.random.default_rng(0).integers(150, 170, (48, 48, 3), dtype=np.uint8); wall[20:23] = 40
        >>> np.flatnonzero(dark_pixels(wall, PAPER).mean(axis=1) > 0.5).tolist()
        [20, 21, 22]
    """
    smoothed = smooth(image, options.bilateral)
    tell("smoothed", smoothed)
    levels = grey(smoothed, options.grey)
    height, width = levels.shape
    grid = PatchGrid(height, width, options.window_px, options.stride_px)
    thresholds = window_thresholds(levels, grid, options.classes, options.includes_k1)
    tell("windows", thresholds.size)
    tell("degenerate windows", int((thresholds == NO_CRACK).sum()))
    lowest = grid.minimum(thresholds)
    return levels <= grid.spread(lowest)
