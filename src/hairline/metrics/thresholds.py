"""Scores against masks: histograms first, then counts at every threshold, then ODS, OIS and AP.

One pass over an image fills two histograms, of the scores on crack pixels and on background pixels. Everything else
is arithmetic on those, so metrics never see an image again. Conventions: the thresholds are 0.01 … 0.99, a pixel is
predicted as crack where its score is at least the threshold, no pixel tolerance. The mask is never thresholded here.
ODS and OIS are eq. 10 and 9 of König et al. 2021, AP is eq. 11 without its factor 1/T (docs/method.md §6).
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

THRESHOLDS: NDArray[np.float64] = np.arange(1, 100) / 100
"""Decision thresholds t = 0.01 … 0.99."""

BINS = len(THRESHOLDS) + 1
"""Histogram bins: bin b holds the pixels whose score reaches exactly the b lowest thresholds."""

Side = Literal["left", "right"]
REACHES: Side = "right"
"""A pixel is predicted as crack where its score is at least the threshold, as ``np.searchsorted`` calls it."""

EXCEEDS: Side = "left"
"""A pixel is predicted as crack where its score is above the threshold."""

_LEVELS = np.arange(256) / 255
_LEVEL_BINS = {side: np.searchsorted(THRESHOLDS, _LEVELS, side).astype(np.uint8) for side in (REACHES, EXCEEDS)}
_UNSURE = 1e-4
"""How close to a hundredth, in hundredths, a score may come before rounding could put it on the wrong side."""


@dataclass(frozen=True)
class Counts:
    """Pixels of each image at each threshold.

    Attributes:
        tp: Crack pixels predicted as crack, int64 [images, 99].
        fp: Background pixels predicted as crack, int64 [images, 99].
        fn: Crack pixels missed, int64 [images, 99].
    """

    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    fn: NDArray[np.int64]


def bins(scores: NDArray[np.uint8] | NDArray[np.floating], side: Side = REACHES) -> NDArray[np.uint8]:
    """How many thresholds each score reaches, exactly.

    Args:
        scores: Score map [height, width]; uint8 (255 is 1) or float in [0, 1].
        side: Whether a score on a threshold reaches it (:data:`REACHES`) or not (:data:`EXCEEDS`).

    Returns:
        A new array, uint8 [height, width] in 0 … 99.

    Raises:
        ValueError: If a score is no number.
    """
    if scores.dtype == np.uint8:
        return np.asarray(cv2.LUT(scores, _LEVEL_BINS[side]), dtype=np.uint8)
    wide = scores.astype(np.float32) if scores.itemsize < 4 else scores
    wide = np.maximum(wide, 0) if wide.min(initial=0) < 0 else wide
    low, high = (cv2.convertScaleAbs(wide, alpha=100, beta=0.5 + shift) for shift in (-_UNSURE, _UNSURE))
    ends = np.full_like(low, 1), np.full_like(low, BINS)  # arrays: OpenCV takes small maps beside a number for vectors
    low, high = cv2.max(low, ends[0]), cv2.min(high, ends[1])  # all of the lowest and of the highest bin is sure
    unsure = np.flatnonzero(low != high)  # where rounding up in 8 bits may have passed a threshold
    values = wide.flat[unsure]
    if np.isnan(values).any():
        raise ValueError("a score is no number (NaN)")
    found = low - 1
    found.flat[unsure] = np.searchsorted(THRESHOLDS, values, side)
    return np.asarray(found)


def split(binned: NDArray[np.uint8], inside: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Histograms of bins inside and outside of a region.

    Args:
        binned: Number of thresholds that each score reaches, uint8 [height, width] in 0 … 99, of :func:`bins`.
        inside: The region, bool [height, width], such as the crack pixels of a mask.

    Returns:
        Two int64 arrays [:data:`BINS`] of pixels a bin: inside, outside.

    Raises:
        ValueError: If the two differ in shape.

    Example:
        >>> inside, outside = split(np.array([[0, 99], [99, 3]], np.uint8), np.array([[True, True], [False, False]]))
        >>> np.flatnonzero(inside).tolist(), np.flatnonzero(outside).tolist()
        ([0, 99], [3, 99])
    """
    if binned.shape != inside.shape:
        raise ValueError(f"bins of shape {binned.shape} against a region of shape {inside.shape}")
    within = np.bincount(binned[inside], minlength=BINS)
    return within, _histogram(binned) - within


def _histogram(binned: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Histogram of all bins, int64 [BINS]."""
    return np.asarray(_counted(binned.ravel()).sum(axis=0, dtype=np.int64)[:BINS])


@numba.njit(cache=True, nogil=True)
def _counted(binned: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Eight histograms [8, 256] of every eighth value each: equal neighbours do not wait for each other's count."""
    found = np.zeros((8, 256), dtype=np.uint32)
    whole = binned.size - binned.size % 8
    for start in range(0, whole, 8):
        for lane in range(8):
            found[lane, binned[start + lane]] += 1
    for rest in range(whole, binned.size):
        found[0, binned[rest]] += 1
    return found


def histograms(
    scores: NDArray[np.uint8] | NDArray[np.floating],
    mask: NDArray[np.bool_],
    side: Side = REACHES,
    ignored: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Histograms of scores on crack and on background pixels.

    Args:
        scores: Score map [height, width]; uint8 (255 is 1) or float in [0, 1].
        mask: True where there is crack, bool [height, width].
        side: Whether a score on a threshold reaches it.
        ignored: True for pixels that are counted in neither, bool [height, width]; None for none.

    Returns:
        Two int64 arrays of :data:`BINS` bins: crack, background.

    Raises:
        ValueError: If the two differ in size, or a score is no number.
    """
    if scores.shape != mask.shape:
        raise ValueError(f"scores of shape {scores.shape} against a mask of shape {mask.shape}")
    binned = bins(scores, side)
    if ignored is None:
        return split(binned, mask)
    crack, background = split(binned, mask & ~ignored)
    return crack, background - np.bincount(binned[ignored], minlength=BINS)


def counts(crack: NDArray[np.int64], background: NDArray[np.int64]) -> Counts:
    """Counts at every threshold from histograms of scores (eq. 9-11 of König et al. 2021 are made of these).

    Args:
        crack: Scores of crack pixels, int64 [images, :data:`BINS`], a row an image as :func:`histograms` gives it.
        background: Those of background pixels, likewise.

    Returns:
        Right, wrong and missed pixels of each image at each of the 99 thresholds.

    Example:
        >>> mask = np.array([[True, True, False]])
        >>> hists = histograms(np.array([[0.8, 0.3, 0.5]]), mask)
        >>> found = counts(*(each[None] for each in hists))
        >>> [int(part[0, place(0.4)]) for part in (found.tp, found.fp, found.fn)]
        [1, 1, 1]
    """
    tp = np.cumsum(crack[:, ::-1], axis=1)[:, ::-1][:, 1:]
    fp = np.cumsum(background[:, ::-1], axis=1)[:, ::-1][:, 1:]
    return Counts(tp, fp, crack.sum(axis=1, keepdims=True) - tp)


def f1(counted: Counts) -> NDArray[np.float64]:
    """F1 of each image at each threshold: 2 TP / (2 TP + FP + FN).

    Where mask and prediction are both empty it is 1, where exactly one of them is empty it is 0; docs/scoring.md shows
    what other works do with empty masks.

    Args:
        counted: Of any number of images.

    Returns:
        float64 [images, 99] in [0, 1], in the order of :data:`THRESHOLDS`.

    Example:
        >>> one = np.full((1, 99), 6)
        >>> f1(Counts(tp=one, fp=one // 2, fn=one // 2))[0, 0].round(3)
        np.float64(0.667)
    """
    return _ratio(2 * counted.tp, 2 * counted.tp + counted.fp + counted.fn, empty=1.0)


def ods(scores: NDArray[np.float64]) -> float:
    """Optimal data set scale (eq. 10 of König et al. 2021): the largest mean F1 over images at one threshold for all.

    Args:
        scores: F1 of each image at each threshold, float64 [images, 99] in [0, 1], at least one image, of :func:`f1`.

    Returns:
        A number in [0, 1], never above :func:`ois`.

    Example:
        >>> ods(np.array([[0.9, 0.2], [0.1, 0.6]])), ois(np.array([[0.9, 0.2], [0.1, 0.6]]))
        (0.5, 0.75)
    """
    return float(scores.mean(axis=0).max())


def ois(scores: NDArray[np.float64]) -> float:
    """Optimal image scale (eq. 9 of König et al. 2021): the mean over images of each image's largest F1.

    Every image has its own threshold, which nobody knows of a new one; so this says how good score maps are, not how
    good masks will be.

    Args:
        scores: F1 of each image at each threshold, float64 [images, 99] in [0, 1], at least one image, of :func:`f1`.

    Returns:
        A number in [0, 1].
    """
    return float(scores.max(axis=1).mean())


def best_threshold(scores: NDArray[np.float64]) -> float:
    """The threshold at which ODS is reached, the lowest of equals.

    Args:
        scores: F1 of each image at each threshold, float64 [images, 99], of :func:`f1`.

    Returns:
        One of 0.01, 0.02 … 0.99. It was chosen on these images: on others it reaches less than their own ODS.

    Example:
        >>> f1s = np.zeros((3, 99)); f1s[:, 29:40] = 0.7
        >>> best_threshold(f1s)
        0.3
    """
    return float(THRESHOLDS[int(scores.mean(axis=0).argmax())])


def place(threshold: float) -> int:
    """Place of a threshold among the :data:`THRESHOLDS`; ``bins(scores) > place`` is what is predicted there.

    Args:
        threshold: A number near one of 0.01, 0.02 … 0.99; the nearest is taken, at either end the last.

    Returns:
        A whole number in 0 … 98.

    Example:
        >>> place(0.01), place(0.5), place(0.99)
        (0, 49, 98)
    """
    return int(np.abs(THRESHOLDS - threshold).argmin())


def precision_recall(counted: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Precision and recall at each threshold on counts summed over the images.

    Args:
        counted: Of any number of images.

    Returns:
        Two float64 arrays [99] in [0, 1], in the order of :data:`THRESHOLDS`: precision TP / (TP + FP), 1 where nothing
        is predicted; recall TP / (TP + FN), 1 where there is no crack at all.

    Example:
        >>> one = np.full((1, 99), 3)
        >>> [part[0].tolist() for part in precision_recall(Counts(tp=one, fp=one, fn=one * 0))]
        [0.5, 1.0]
    """
    tp, fp, fn = (part.sum(axis=0) for part in (counted.tp, counted.fp, counted.fn))
    return _ratio(tp, tp + fp, empty=1.0), _ratio(tp, tp + fn, empty=1.0)


def average_precision(counted: Counts) -> float:
    """Area under the precision-recall curve of all pixels together: Σ (RE_t - RE_prev) · PR_t from high to low t.

    RE is 0 above 0.99. Eq. 11 of König et al. 2021 has a factor 1/T before the sum, with which no value could exceed
    0.01: it is left out (docs/method.md §6). No interpolation between thresholds.

    Args:
        counted: Of any number of images, whose counts are summed, so that images with many crack pixels weigh more.

    Returns:
        A number in [0, 1].
    """
    precision, recall = precision_recall(counted)
    return area(precision, recall)


def areas(tp: NDArray[np.float64], fp: NDArray[np.float64], crack: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same sum for each of many pools, float64 [pools].

    Args:
        tp: Crack pixels predicted as crack, float64 [pools, 99].
        fp: Background pixels predicted as crack, float64 [pools, 99].
        crack: Crack pixels, float64 [pools, 1].
    """
    predicted = tp + fp
    precision = np.where(predicted > 0, tp / np.maximum(predicted, 1), 1.0)
    found = np.where(crack > 0, tp, 1.0) / np.maximum(crack, 1)
    return np.asarray(((found - np.pad(found[:, 1:], ((0, 0), (0, 1)))) * precision).sum(axis=1))


def average_precision_of_means(counted: Counts) -> float:
    """The sum of :func:`average_precision` for each image by itself, averaged over images.

    Images without crack have no curve and are left out. Every other image counts the same, however many crack pixels it
    has.

    Args:
        counted: Of any number of images.

    Returns:
        A number in [0, 1]; NaN where no image has crack.
    """
    cracked = (counted.tp + counted.fn)[:, 0] > 0
    if not cracked.any():
        return float("nan")
    tp, fp, fn = (part[cracked] for part in (counted.tp, counted.fp, counted.fn))
    return float(_area(_ratio(tp, tp + fp, empty=1.0), _ratio(tp, tp + fn, empty=1.0)).mean())


def area(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> float:
    """Area under one precision-recall curve [99], by the sum of :func:`average_precision`."""
    return float(_area(precision[None], recall[None])[0])


def _area(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> NDArray[np.float64]:
    above = np.concatenate([recall[:, 1:], np.zeros((len(recall), 1))], axis=1)
    return np.asarray(((recall - above) * precision).sum(axis=1))


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64], empty: float) -> NDArray[np.float64]:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, empty), where=whole > 0))
