"""What a study wants large: ODS, OIS, AP or mean IoU of labels against masks, or what needs none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hairline.metrics import thresholds
from hairline.metrics.bootstrap import BootstrapOptions, interval, resample_weights
from hairline.tuning import maskless

Histograms = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Judged:
    """What the labels of some images are judged by.

    Attributes:
        masked: Which of the images have masks, bool [images].
        crack: Score histograms of their crack pixels, int64 [images, thresholds.BINS]; 0 without a mask.
        background: The same of background pixels.
        measures: :func:`hairline.tuning.maskless.measures` of each image, float64 [images, 3]; None where not taken.
    """

    masked: NDArray[np.bool_]
    crack: Histograms
    background: Histograms
    measures: NDArray[np.float64] | None


def ods(crack: Histograms, background: Histograms) -> float:
    """Largest mean F1 at one threshold."""
    return thresholds.ods(thresholds.f1(thresholds.counts(crack, background)))


def ois(crack: Histograms, background: Histograms) -> float:
    """Mean of each image's largest F1."""
    return thresholds.ois(thresholds.f1(thresholds.counts(crack, background)))


def ap(crack: Histograms, background: Histograms) -> float:
    """Average precision on pooled counts."""
    return thresholds.average_precision(thresholds.counts(crack, background))


def miou(crack: Histograms, background: Histograms) -> float:
    """Largest mean IoU: of crack and of background, on counts pooled over the images, at one threshold.

    The mean of two classes averages the background in, which is near 1 wherever cracks are thin: half of what it tells.
    """
    counted = thresholds.counts(crack.sum(axis=0, keepdims=True), background.sum(axis=0, keepdims=True))
    tp, fp, fn = (part[0].astype(np.float64) for part in (counted.tp, counted.fp, counted.fn))
    tn = background.sum() - fp
    of_crack = np.divide(tp, tp + fp + fn, out=np.ones_like(tp), where=tp + fp + fn > 0)
    of_background = np.divide(tn, tn + fp + fn, out=np.ones_like(tn), where=tn + fp + fn > 0)
    return float(((of_crack + of_background) / 2).max())


WITH_MASKS: dict[str, Callable[[Histograms, Histograms], float]] = {"ods": ods, "ois": ois, "ap": ap, "miou": miou}
"""Name → function of the histograms of crack and background pixels, int64 [images, thresholds.BINS] each."""

OBJECTIVES: dict[str, Callable[..., float]] = {**WITH_MASKS, maskless.NAME: maskless.value}
"""Name → function of what :func:`rows` gives for it."""


def rows(name: str, judged: Judged) -> tuple[NDArray[np.generic], ...]:
    """What an objective is computed from, arrays with a row an image: of all images, or of those with masks.

    Raises:
        ValueError: If the objective needs no mask and its measures were not taken.
    """
    if name in WITH_MASKS:
        return judged.crack[judged.masked], judged.background[judged.masked]
    if judged.measures is None:
        raise ValueError(f"the measures of '{name}' were not taken")
    return (judged.measures,)


def value(name: str, judged: Judged) -> float:
    """One objective."""
    return OBJECTIVES[name](*rows(name, judged))


def told(judged: Judged) -> list[str]:
    """Names of the objectives that can be told of these images."""
    without = [] if judged.measures is None else [maskless.NAME]
    return [*(WITH_MASKS if judged.masked.any() else ()), *without]


def values(judged: Judged) -> dict[str, float]:
    """Every objective that can be told, by its name."""
    return {name: value(name, judged) for name in told(judged)}


def gains(
    before: Judged, after: Judged, groups: Sequence[str], bootstrap: BootstrapOptions
) -> Mapping[str, dict[str, float]]:
    """How much larger each objective is, with its paired bootstrap interval over groups of images.

    Args:
        before: The images with one setting.
        after: The same images in the same order with another.
        groups: Parent photo of each image.
        bootstrap: How intervals are drawn.

    Returns:
        Objective → ``gain``, and ``gain_low`` and ``gain_high`` where its images have
        groups enough (:mod:`hairline.metrics.bootstrap`).
    """
    found = {}
    for name in told(before):
        of_rows = np.array(groups, dtype=object)[before.masked if name in WITH_MASKS else slice(None)].tolist()
        draws = [
            _resampled(name, after, times) - _resampled(name, before, times)
            for times in resample_weights(of_rows, bootstrap)
        ]
        gain = value(name, after) - value(name, before)
        found[name] = {"gain": gain, **interval("gain", np.array(draws), of_rows, bootstrap)}
    return found


def _resampled(name: str, judged: Judged, times: NDArray[np.int64]) -> float:
    return OBJECTIVES[name](*(part.repeat(times, axis=0) for part in rows(name, judged)))
