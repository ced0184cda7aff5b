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
    """Histograms of bins inside and outside of a region, int64 [BINS] each.

    Raises:
        ValueError: If the two differ in shape.
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
    """Counts at every threshold from histograms of shape [images, BINS]."""
    tp = np.cumsum(crack[:, ::-1], axis=1)[:, ::-1][:, 1:]
    fp = np.cumsum(background[:, ::-1], axis=1)[:, ::-1][:, 1:]
    return Counts(tp, fp, crack.sum(axis=1, keepdims=True) - tp)


def f1(counted: Counts) -> NDArray[np.float64]:
    """F1 of each image at each threshold, float64 [images, 99].

    Where mask and prediction are both empty it is 1, where exactly one of them is empty it is 0.
    """
    return _ratio(2 * counted.tp, 2 * counted.tp + counted.fp + counted.fn, empty=1.0)


def ods(scores: NDArray[np.float64]) -> float:
    """Optimal data set scale (eq. 10): the largest mean F1 over images at one threshold, from F1 [images, 99]."""
    return float(scores.mean(axis=0).max())


def ois(scores: NDArray[np.float64]) -> float:
    """Optimal image scale (eq. 9): the mean over images of each image's largest F1, from F1 [images, 99]."""
    return float(scores.max(axis=1).mean())


def best_threshold(scores: NDArray[np.float64]) -> float:
    """The threshold at which ODS is reached, the lowest of equals."""
    return float(THRESHOLDS[int(scores.mean(axis=0).argmax())])


def place(threshold: float) -> int:
    """Place of a threshold among the :data:`THRESHOLDS`, from 0; ``bins(scores) > place`` is predicted there."""
    return int(np.abs(THRESHOLDS - threshold).argmin())


def precision_recall(counted: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Precision and recall at each threshold on counts pooled over the images, float64 [99] each.

    Precision is 1 where nothing is predicted, recall 1 where there is no crack at all.
    """
    tp, fp, fn = (part.sum(axis=0) for part in (counted.tp, counted.fp, counted.fn))
    return _ratio(tp, tp + fp, empty=1.0), _ratio(tp, tp + fn, empty=1.0)


def average_precision(counted: Counts) -> float:
    """Area under the pooled precision-recall curve: Σ (RE_t - RE_prev) · PR_t from high to low t, RE = 0 above 0.99.

    Eq. 11 of König et al. has a factor 1/T before it, with which no value could exceed 0.01: it is left out
    (docs/method.md §6).
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
    """The same sum for each image by itself, averaged over images; those without crack are left out (NaN if all)."""
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
