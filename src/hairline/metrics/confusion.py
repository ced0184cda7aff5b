"""What fits what in each image at each threshold, and the measures that follow from it.

A measure gives a value for each image and threshold. What stands for a set of images is a function of its own: the mean
over images, the measure of the counts summed over images, or what :func:`f1_of_means` does.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.metrics import thresholds
from hairline.metrics.score_table import ABOVE, HISTOGRAMS
from hairline.metrics.tolerance import Tolerance

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Matches:
    """What fits what in each image at each threshold, float64 [images, thresholds] each.

    Attributes:
        right: Predicted pixels that lie on a crack pixel, or near one where there is a tolerance.
        predicted: Predicted pixels.
        found: Crack pixels that lie on a predicted pixel, or near one.
        crack: Crack pixels.
        pixels: Pixels of the image.
    """

    right: Values
    predicted: Values
    found: Values
    crack: Values
    pixels: Values

    def at(self, places: NDArray[np.int64]) -> "Matches":
        """Each image at a threshold of its own, given by its place: [images, 1]."""
        return Matches(*(np.take_along_axis(part, places[:, None], axis=1) for part in self._parts()))

    def pooled(self) -> "Matches":
        """The images as one: [1, thresholds]."""
        return Matches(*(part.sum(axis=0, keepdims=True) for part in self._parts()))

    def _parts(self) -> tuple[Values, ...]:
        return self.right, self.predicted, self.found, self.crack, self.pixels


def matches(table: pd.DataFrame, above: bool = False, tolerance: Tolerance | None = None) -> Matches:
    """Matches of a score table at every threshold, images in order of id.

    Args:
        table: A score table; a wide one (:mod:`hairline.metrics.full_score_table`) where either of the others is given.
        above: Whether a score must be above the threshold rather than reach it.
        tolerance: Distance within which pixels match.
    """
    table = table.sort_values("id")
    crack, background = (_stacked(table, name) for name in (ABOVE if above else HISTOGRAMS))
    near, found = (_stacked(table, name) for name in tolerance.columns) if tolerance else (crack, crack)
    whole = np.ones((1, len(thresholds.THRESHOLDS)))
    return Matches(
        _reached(near), _reached(crack + background), _reached(found), crack.sum(axis=1, keepdims=True) * whole,
        (crack + background).sum(axis=1, keepdims=True) * whole,
    )  # fmt: skip


def line_matches(table: pd.DataFrame, column: str) -> Matches:
    """Matches of a line (:mod:`hairline.metrics.lines`) at the one threshold of its column, [images, 1] each.

    Their ``pixels`` are the pixels of both lines.
    """
    counts = _stacked(table.sort_values("id"), column)
    right, predicted, found, crack = np.split(counts, 4, axis=1)
    return Matches(right, predicted, found, crack, predicted + crack)


def _stacked(table: pd.DataFrame, name: str) -> Values:
    return np.stack(table[name].to_list()).astype(np.float64)


def _reached(histograms: Values) -> Values:
    return np.asarray(np.cumsum(histograms[:, ::-1], axis=1)[:, ::-1][:, 1:])


def precision(found: Matches) -> Values:
    """Share of predicted pixels that are right, 1 where nothing is predicted, [images, thresholds]."""
    return _ratio(found.right, found.predicted, 1.0)


def recall(found: Matches) -> Values:
    """Share of crack pixels that are found, 1 where there is no crack, [images, thresholds]."""
    return _ratio(found.found, found.crack, 1.0)


def f1(found: Matches) -> Values:
    """Harmonic mean of precision and recall; 1 where mask and prediction are empty, 0 where exactly one is."""
    empty = np.where(found.predicted + found.crack > 0, 0.0, 1.0)
    whole = found.right * found.crack + found.found * found.predicted
    return _ratio(2 * found.right * found.found, whole, empty)


def crack_iou(found: Matches) -> Values:
    """Intersection over union of crack pixels, without tolerance; 1 where mask and prediction are empty."""
    return _ratio(found.right, found.predicted + found.crack - found.right, 1.0)


def mean_iou(found: Matches) -> Values:
    """Mean of the intersection over union of crack and that of background: the background is averaged in."""
    wrong = found.predicted + found.crack - 2 * found.right
    background = _ratio(found.pixels - wrong - found.right, found.pixels - found.right, 1.0)
    return (crack_iou(found) + background) / 2


def line_iou(found: Matches) -> Values:
    """Intersection over union of lines with a tolerance (clIoU): found / (crack + predicted that is not right).

    A crack pixel counts once, found or missed, and a predicted pixel only where it is wrong (Benz and Rodehorst 2024,
    ``apply_tolerance`` of their evaluation). Both empty: 1; exactly one empty: 0.
    """
    return _ratio(found.found, found.crack + found.predicted - found.right, 1.0)


def line_dice(found: Matches) -> Values:
    """Share of the pixels of both lines that lie near the other (surface Dice); both empty: 1; exactly one: 0."""
    return _ratio(found.right + found.found, found.predicted + found.crack, 1.0)


def alarmed_images(found: Matches) -> Values:
    """Share of images with a predicted pixel, [thresholds]; of images without crack: with a false alarm."""
    return np.asarray((found.predicted > 0).mean(axis=0))


def alarmed_pixels(found: Matches) -> Values:
    """Predicted pixels a megapixel of all images together, [thresholds]."""
    return np.asarray(1e6 * found.predicted.sum(axis=0) / found.pixels.sum(axis=0))


def over_images(measure: Callable[[Matches], Values]) -> Callable[[Matches], Values]:
    """Mean over images of a measure, [thresholds]."""
    return lambda found: np.asarray(measure(found).mean(axis=0))


def on_pooled(measure: Callable[[Matches], Values]) -> Callable[[Matches], Values]:
    """A measure of the counts summed over images, [thresholds]."""
    return lambda found: measure(found.pooled())[0]


def f1_of_means(found: Matches) -> Values:
    """Harmonic mean of the mean precision and the mean recall of images, [thresholds]."""
    one, other = precision(found).mean(axis=0), recall(found).mean(axis=0)
    return _ratio(2 * one * other, one + other, 0.0)


def pooled_ap(found: Matches) -> float:
    """Average precision on counts summed over images."""
    return thresholds.area(precision(found.pooled())[0], recall(found.pooled())[0])


def ap_of_means(found: Matches) -> float:
    """Average precision of the mean precision and the mean recall of images."""
    return thresholds.area(precision(found).mean(axis=0), recall(found).mean(axis=0))


def _ratio(part: Values, whole: Values, empty: float | Values) -> Values:
    filled = np.broadcast_to(np.asarray(empty, dtype=np.float64), whole.shape).copy()
    return np.asarray(np.divide(part, whole, out=filled, where=whole > 0))
