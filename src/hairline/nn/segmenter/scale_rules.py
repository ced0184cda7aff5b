"""The factor at which a segmenter should see a set, told by its answers alone, without any mask (docs/segmenters.md).

A segmenter knows cracks of the widths that it learned. Where an image shows them wider or thinner, it is less sure of
what it marks, and gives low scores to much else. So the factor is the one at which a product is highest: of the mean
score of the marked pixels and of the F1 that the segmenter expects of itself, which counts the others too. Either alone
went astray with one of two networks (benchmarks/scale_rules.py). Everything here works on histograms of score maps, one
for each factor and image.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LEVELS = 256
"""Levels that scores are counted in: 0 … 255, which is 1."""

CANDIDATES = tuple(2.0 ** (half / 2) for half in range(-6, 5))
"""From 1/8 to 4 in steps of the square root of 2."""

LEAST_SIDE_PX = 64
"""Of a shrunk image; factors below 1 that make a side shorter are no candidates."""

MOST_PIXELS = 1_500_000
"""Of an enlarged image; factors above 1 that make a larger one are no candidates."""

IMAGES = 16
"""Images, evenly spaced over the set, that the segmenter is asked about at every candidate."""

MARKED = 0.2
"""A pixel counts as marked where its score is above this."""

LEAST_SHARE = 0.1
"""A factor needs so many marked pixels, as a share of the median over all factors …"""

LEAST_MARKED = 2e-4
"""… and as a share of all pixels; else a few lucky ones would decide."""

_SCORES = np.arange(LEVELS) / (LEVELS - 1)

TIE = 1e-3
"""Values as close as this are equal."""


@dataclass(frozen=True)
class Scale:
    """A factor that a segmenter is asked at, and how it was found.

    Attributes:
        factor: By which the sides of images are multiplied.
        by: ``given``; ``mm_per_px``, the ratio of two pixel sizes; ``rule``, from the answers of the segmenter.
        candidates: Of a rule, every factor that was tried → its value, None where hardly any pixel was marked.
        images: Number of images that a rule looked at.
    """

    factor: float
    by: Literal["given", "mm_per_px", "rule"]
    candidates: dict[str, float | None] = field(default_factory=dict)
    images: int = 0


def candidates(sizes: Iterable[tuple[int, int]]) -> tuple[float, ...]:
    """Factors to try on images of these heights and widths, ascending; 1 is always among them.

    >>> candidates([(1000, 1000), (300, 400)])
    (0.25, 0.3535533905932738, 0.5, 0.7071067811865476, 1.0)
    """
    sides = list(sizes)
    most = max((height * width for height, width in sides), default=1)
    least = min((min(size) for size in sides), default=1)
    return tuple(
        each
        for each in CANDIDATES
        if each == 1 or (each < 1 and least * each >= LEAST_SIDE_PX) or (each > 1 and most * each**2 <= MOST_PIXELS)
    )


def histogram(scores: NDArray[np.floating]) -> NDArray[np.int64]:
    """Pixels of each level, int64 [256], of scores in [0, 1] of any shape; what is no number counts as 0."""
    levels = np.rint(np.clip(np.nan_to_num(scores), 0, 1) * (LEVELS - 1)).astype(np.uint8)
    return np.bincount(levels.ravel(), minlength=LEVELS).astype(np.int64)


def sureness(histograms: NDArray[np.int64]) -> NDArray[np.float64]:
    """How sure a segmenter is of all images together at every factor: :func:`mean_score` × :func:`expected_f1`.

    Args:
        histograms: Of score maps, int64 [factors, images, 256].

    Returns:
        float64 [factors] in [0, 1]; NaN where hardly any pixel is marked.
    """
    pooled = histograms.sum(axis=1)
    marked, pixels = pooled[:, _SCORES > MARKED].sum(axis=1), pooled.sum(axis=1)
    enough = (marked > 0) & (marked >= LEAST_SHARE * np.median(marked)) & (marked >= LEAST_MARKED * pixels)
    return np.where(enough, mean_score(pooled) * expected_f1(pooled), np.nan)


def mean_score(pooled: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean score of the marked pixels, float64 [factors], of pixels by level, int64 [factors, 256]; 0 where none is."""
    marked = pooled * (_SCORES > MARKED)
    return np.asarray(marked @ _SCORES / np.maximum(marked.sum(axis=1), 1))


def expected_f1(pooled: NDArray[np.int64]) -> NDArray[np.float64]:
    """F1 of the scores p that is expected, were they the probabilities of crack: 2 Σ p·p / (Σ p + Σ p).

    Args:
        pooled: Pixels by level, int64 [factors, 256].

    Returns:
        float64 [factors]; 0 where every score is 0.
    """
    summed = pooled @ _SCORES
    return np.asarray(pooled @ _SCORES**2 / np.where(summed > 0, summed, 1))


def best(factors: Sequence[float], values: NDArray[np.float64]) -> float:
    """The factor with the highest value; of equal ones the nearest to 1, and 1 where no factor has a value.

    >>> best([0.5, 1, 2], np.array([0.7, np.nan, 0.9]))
    2
    """
    if np.isnan(values).all():
        return 1.0
    alike = [factor for factor, value in zip(factors, values, strict=True) if value >= np.nanmax(values) - TIE]
    return min(alike, key=lambda factor: (abs(np.log(factor)), factor))


def by_rule(
    images: Iterable[NDArray[np.uint8]],
    factors: Sequence[float],
    ask: Callable[[NDArray[np.uint8], float], NDArray[np.float32]],
    step: Callable[[], object] = lambda: None,
) -> Scale:
    """The factor that suits a network on some images of a set, however it is asked about them.

    Args:
        images: RGB uint8 [height, width, 3] each.
        factors: To choose from, of :func:`candidates`.
        ask: From an image and a factor to scores in [0, 1], float32 [height, width].
        step: Called after each image.
    """
    found = []
    for image in images:
        found.append([histogram(ask(image, factor)) for factor in factors])
        step()
    if not found:
        return Scale(1.0, "rule")
    values = sureness(np.array(found).swapaxes(0, 1))
    told = {
        f"{factor:.4g}": None if np.isnan(value) else float(value)
        for factor, value in zip(factors, values, strict=True)
    }
    return Scale(best(factors, values), "rule", told, len(found))
