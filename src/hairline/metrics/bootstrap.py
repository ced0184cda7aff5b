"""Intervals by bootstrap over groups of images (parent photos), because crops of one photo are not independent.

A percentile interval of few photos is too short: it lacks the factor of Student's t, and the resamples of n photos
spread as if there were n - 1. So its ends are taken further out (Hesterberg 2015, Am. Stat. 69:371, "expanded
percentile"): where t and that factor would put them if the resamples were normal. Photos with many crops count more
than others, so that they are worth fewer photos than there are (:func:`effective_photos`). Below
:data:`LEAST_PHOTOS` no interval that was tried holds what it says: ``benchmarks/significance.py``.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import NDArray

from hairline.io import bounds
from hairline.io.options import checked_dataclass

if TYPE_CHECKING:
    from hairline.metrics.thresholds import Counts

LEAST_PHOTOS = 10
"""Photos, by :func:`effective_photos`, below which neither interval nor test is told."""

LEAST_WORTH = 2.0
"""What photos are worth at least, however unequally their images count."""


@checked_dataclass
class BootstrapOptions:
    """How intervals are drawn.

    Attributes:
        resamples: Number of resamples, at least 100.
        level: Share of the resamples an interval holds, in (0, 1), as 0.95.
        seed: Seed of the resamples, not negative.
    """

    resamples: Annotated[int, Ge(100), Le(bounds.RESAMPLES)]
    level: Annotated[float, Gt(0), Lt(1)]
    seed: Annotated[int, Ge(0), Le(bounds.SEED)]


BOOTSTRAP = BootstrapOptions(resamples=1000, level=0.95, seed=1)
"""As in the base profile."""


def resample_weights(groups: Sequence[str], bootstrap: BootstrapOptions) -> NDArray[np.int64]:
    """How often each image is in each resample, int64 [resamples, images].

    A resample draws as many groups as there are, with replacement; an image is there as often as its group. The same
    groups in the same order give the same resamples.
    """
    names, members = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    generator = np.random.default_rng(bootstrap.seed)
    draws = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), size=bootstrap.resamples)
    return draws[:, members]


def effective_photos(groups: Sequence[str], weights: NDArray[np.floating] | None = None) -> float:
    """How many photos of one size would tell as much (Kish 1965): (Σ m)² / Σ m² with m images a photo.

    As many as there are where each has as many images; fewer, the more images come of few photos.

    Args:
        groups: Photo of each image.
        weights: How much each image counts, at least 0; equally where it is None, or where all are 0.

    >>> effective_photos(["a", "a", "b", "b"]), effective_photos(["a"] * 8 + ["b"])
    (2.0, 1.25)
    """
    if not len(groups):
        return 0.0
    members = np.unique(np.asarray(groups, dtype=str), return_inverse=True)[1]
    sizes = np.bincount(members, weights)
    if not sizes.any():
        return effective_photos(groups)
    return round(float(sizes.sum() ** 2 / (sizes**2).sum()), 2)


def too_few(groups: Sequence[str]) -> str:
    """Why images of these groups have neither interval nor test, in words.

    Args:
        groups: Photo of each image.

    Returns:
        A sentence's end where they are worth fewer than :data:`LEAST_PHOTOS` photos of equal size
        (:func:`effective_photos`); empty where they have intervals.

    Example:
        >>> too_few(["a", "b", "c"]), too_few([f"{number}" for number in range(10)])
        ('too few photos (3) to tell', '')
    """
    photos, worth = len(set(map(str, groups))), effective_photos(groups)
    if worth >= LEAST_PHOTOS:
        return ""
    uneven = f", worth {worth:.1f} of equal size" if photos >= LEAST_PHOTOS else ""
    return f"too few photos ({photos}{uneven}) to tell"


def resampled_ods(f1: NDArray[np.float64], weights: NDArray[np.int64]) -> NDArray[np.float64]:
    """ODS of every resample, its threshold chosen anew each time.

    Args:
        f1: F1 of each image at each threshold, float64 [images, 99], of :func:`hairline.metrics.thresholds.f1`.
        weights: How often each image is in each resample, int64 [resamples, images], of :func:`resample_weights`.

    Returns:
        float64 [resamples] in [0, 1].

    Example:
        >>> f1 = np.array([[0.9, 0.2], [0.1, 0.6]])
        >>> resampled_ods(f1, np.array([[1, 1], [2, 0], [0, 2]])).tolist()
        [0.5, 0.9, 0.6]
    """
    return np.asarray((weights.astype(np.float64) @ f1).max(axis=1) / weights.sum(axis=1))


def resampled_ois(f1: NDArray[np.float64], weights: NDArray[np.int64]) -> NDArray[np.float64]:
    """OIS of every resample: the mean over its images of each image's largest F1.

    Args:
        f1: F1 of each image at each threshold, float64 [images, 99], of :func:`hairline.metrics.thresholds.f1`.
        weights: How often each image is in each resample, int64 [resamples, images], of :func:`resample_weights`.

    Returns:
        float64 [resamples] in [0, 1].
    """
    return resampled_ods(f1.max(axis=1, keepdims=True), weights)


def resampled_ap(counted: "Counts", weights: NDArray[np.int64]) -> NDArray[np.float64]:
    """Average precision of every resample, on counts summed over its images.

    Args:
        counted: Counts of all images, int64 [images, 99] each.
        weights: How often each image is in each resample, int64 [resamples, images], of :func:`resample_weights`.

    Returns:
        float64 [resamples] in [0, 1], by the sum of :func:`hairline.metrics.thresholds.average_precision`.
    """
    from hairline.metrics import thresholds  # brings numba: not for those who only read options

    times = weights.astype(np.float64)  # a product of whole numbers takes many times as long; sums stay exact
    tp, fp, crack = (times @ part for part in (counted.tp, counted.fp, (counted.tp + counted.fn)[:, :1]))
    return thresholds.areas(tp, fp, crack)


def tail(photos: float, level: float, freedom: float | None = None) -> float:
    """Share of the resamples beyond each end of an interval: Φ(√(n / (n - 1)) · t), less than (1 - level) / 2.

    Args:
        photos: Effective number n of photos, above 1.
        level: Share that the interval is to hold.
        freedom: Degrees of freedom of t; n - 1 where it is None.
    """
    from scipy.special import ndtr, stdtrit

    quantile = stdtrit(photos - 1 if freedom is None else freedom, (1 - level) / 2)
    return float(ndtr(np.sqrt(photos / (photos - 1)) * quantile))


def interval(
    name: str,
    values: NDArray[np.float64],
    groups: Sequence[str],
    bootstrap: BootstrapOptions,
    freedom: float | None = None,
    weights: NDArray[np.floating] | None = None,
) -> dict[str, float]:
    """Expanded percentile interval of resampled values as ``NAME_low`` and ``NAME_high``; none of too few photos.

    Args:
        name: What the values are.
        values: One a resample, float64 [resamples].
        groups: Group of each image that they come from.
        bootstrap: How they were drawn.
        freedom: Degrees of freedom where they are not those of the photos.
        weights: How much each image counts in the values, as for :func:`effective_photos`.
    """
    if too_few(groups):
        return {}
    share = tail(max(effective_photos(groups, weights), LEAST_WORTH), bootstrap.level, freedom)
    low, high = np.quantile(values, [share, 1 - share])
    return {f"{name}_low": float(low), f"{name}_high": float(high)}
