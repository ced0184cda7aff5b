"""What a study wants large: ODS, OIS, AP or mean IoU of labels, from the score histograms of its images."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hairline import scoring
from hairline.bootstrap import BootstrapOptions, interval, resample_weights

Histograms = NDArray[np.int64]


def ods(crack: Histograms, background: Histograms) -> float:
    """Largest mean F1 at one threshold."""
    return scoring.ods(scoring.f1(scoring.counts(crack, background)))


def ois(crack: Histograms, background: Histograms) -> float:
    """Mean of each image's largest F1."""
    return scoring.ois(scoring.f1(scoring.counts(crack, background)))


def ap(crack: Histograms, background: Histograms) -> float:
    """Average precision on pooled counts."""
    return scoring.average_precision(scoring.counts(crack, background))


def miou(crack: Histograms, background: Histograms) -> float:
    """Largest mean IoU: of crack and of background, on counts pooled over the images, at one threshold.

    The mean of two classes averages the background in, which is near 1 wherever cracks are thin: half of what it tells.
    """
    counted = scoring.counts(crack.sum(axis=0, keepdims=True), background.sum(axis=0, keepdims=True))
    tp, fp, fn = (part[0].astype(np.float64) for part in (counted.tp, counted.fp, counted.fn))
    tn = background.sum() - fp
    of_crack = np.divide(tp, tp + fp + fn, out=np.ones_like(tp), where=tp + fp + fn > 0)
    of_background = np.divide(tn, tn + fp + fn, out=np.ones_like(tn), where=tn + fp + fn > 0)
    return float(((of_crack + of_background) / 2).max())


OBJECTIVES: dict[str, Callable[[Histograms, Histograms], float]] = {"ods": ods, "ois": ois, "ap": ap, "miou": miou}
"""Name → function of the histograms of crack and background pixels, int64 [images, scoring.BINS] each."""


def values(crack: Histograms, background: Histograms) -> dict[str, float]:
    """Every objective by its name."""
    return {name: objective(crack, background) for name, objective in OBJECTIVES.items()}


def gains(
    before: tuple[Histograms, Histograms],
    after: tuple[Histograms, Histograms],
    groups: Sequence[str],
    bootstrap: BootstrapOptions,
) -> Mapping[str, dict[str, float]]:
    """How much larger each objective is, with its paired bootstrap interval over groups of images.

    Args:
        before: Histograms of crack and background of the images with one setting.
        after: Those of the same images in the same order with another.
        groups: Parent photo of each image.
        bootstrap: How intervals are drawn.

    Returns:
        Objective → ``gain``, and ``gain_low`` and ``gain_high`` where there are at least two groups.
    """
    weights = resample_weights(groups, bootstrap)
    found = {}
    for name, objective in OBJECTIVES.items():
        draws = [
            objective(*(part.repeat(times, axis=0) for part in after))
            - objective(*(part.repeat(times, axis=0) for part in before))
            for times in weights
        ]
        gain = objective(*after) - objective(*before)
        found[name] = {"gain": gain, **interval("gain", np.array(draws), len(set(groups)), bootstrap)}
    return found
