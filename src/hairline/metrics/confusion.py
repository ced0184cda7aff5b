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
    """Matches of a line (:mod:`hairline.metrics.lines`) at the one threshold that its column was counted at.

    Args:
        table: A wide score table (:mod:`hairline.metrics.full_score_table`).
        column: Name of a column with four counts an image, such as ``skeleton_4px_half``.

    Returns:
        float64 [images, 1] each, in order of id. Their ``pixels`` are the pixels of both lines.
    """
    counts = _stacked(table.sort_values("id"), column)
    right, predicted, found, crack = np.split(counts, 4, axis=1)
    return Matches(right, predicted, found, crack, predicted + crack)


def _stacked(table: pd.DataFrame, name: str) -> Values:
    return np.stack(table[name].to_list()).astype(np.float64)


def _reached(histograms: Values) -> Values:
    return np.asarray(np.cumsum(histograms[:, ::-1], axis=1)[:, ::-1][:, 1:])


def precision(found: Matches) -> Values:
    """Share of predicted pixels that are right: right / predicted.

    Args:
        found: Of any number of images, float64 [images, thresholds] each.

    Returns:
        float64 [images, thresholds] in [0, 1]; 1 where nothing is predicted, since nothing is wrong then.

    Example:
        >>> part = lambda number: np.full((1, 1), float(number))
        >>> some = Matches(right=part(6), predicted=part(8), found=part(6), crack=part(12), pixels=part(100))
        >>> precision(some).item(), recall(some).item(), f1(some).item(), crack_iou(some).item().__round__(3)
        (0.75, 0.5, 0.6, 0.429)
    """
    return _ratio(found.right, found.predicted, 1.0)


def recall(found: Matches) -> Values:
    """Share of crack pixels that are found: found / crack.

    Args:
        found: Of any number of images, float64 [images, thresholds] each.

    Returns:
        float64 [images, thresholds] in [0, 1]; 1 where there is no crack. With a tolerance, what is found is counted on
        the side of the mask and what is right on that of the prediction, so that the two differ.
    """
    return _ratio(found.found, found.crack, 1.0)


def f1(found: Matches) -> Values:
    """Harmonic mean of precision and recall, also where a tolerance makes both count other pixels.

    Args:
        found: Of any number of images, float64 [images, thresholds] each.

    Returns:
        float64 [images, thresholds] in [0, 1]; 1 where mask and prediction are both empty, 0 where exactly one of them
        is. Without a tolerance it is 2 TP / (2 TP + FP + FN), that of :func:`hairline.metrics.thresholds.f1`.
    """
    empty = np.where(found.predicted + found.crack > 0, 0.0, 1.0)
    whole = found.right * found.crack + found.found * found.predicted
    return _ratio(2 * found.right * found.found, whole, empty)


def crack_iou(found: Matches) -> Values:
    """Intersection over union of crack pixels, without tolerance: right / (predicted + crack - right).

    Args:
        found: Of any number of images, float64 [images, thresholds] each.

    Returns:
        float64 [images, thresholds] in [0, 1], never above F1; 1 where mask and prediction are both empty. Its mean
        over images and thresholds is the AIU of Yang et al. 2019 (IEEE Trans. Intell. Transp. Syst., FPHBN).
    """
    return _ratio(found.right, found.predicted + found.crack - found.right, 1.0)


def mean_iou(found: Matches) -> Values:
    """Mean of the intersection over union of crack and that of background: the background is averaged in.

    As nearly all pixels are background, whose own is nearly 1, this is about 0.5 and half of the crack's.

    Args:
        found: Of any number of images, float64 [images, thresholds] each.

    Returns:
        float64 [images, thresholds] in [0, 1].
    """
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
    """Share of images with at least one predicted pixel; of images without crack: with a false alarm.

    Args:
        found: Of any number of images, float64 [images, thresholds] each.

    Returns:
        float64 [thresholds] in [0, 1], falling with the threshold. Whether one pixel is an alarm depends on the size of
        the images: larger ones have more.
    """
    return np.asarray((found.predicted > 0).mean(axis=0))


def alarmed_pixels(found: Matches) -> Values:
    """Predicted pixels a megapixel of all images together, which larger images do not change.

    Args:
        found: Of any number of images, float64 [images, thresholds] each.

    Returns:
        float64 [thresholds] from 0 to a million. Of images without crack alone, these are false alarms; of others, they
        are right ones as well.
    """
    return np.asarray(1e6 * found.predicted.sum(axis=0) / found.pixels.sum(axis=0))


def over_images(measure: Callable[[Matches], Values]) -> Callable[[Matches], Values]:
    """A measure averaged over images, each counting the same: the paper's way (eq. 10 of König et al. 2021).

    Args:
        measure: From matches to values [images, thresholds], such as :func:`f1`.

    Returns:
        A function from matches to float64 [thresholds].

    Example:
        >>> part = lambda *numbers: np.array(numbers, float)[:, None]
        >>> both = Matches(part(5, 90), part(10, 90), part(5, 90), part(10, 90), part(100, 100))
        >>> over_images(f1)(both).item(), on_pooled(f1)(both).item()
        (0.75, 0.95)
    """
    return lambda found: np.asarray(measure(found).mean(axis=0))


def on_pooled(measure: Callable[[Matches], Values]) -> Callable[[Matches], Values]:
    """A measure of the counts summed over images, as if they were one: more crack pixels count for more.

    Args:
        measure: From matches to values [images, thresholds], such as :func:`f1`.

    Returns:
        A function from matches to float64 [thresholds]; :func:`over_images` shows both ways side by side.
    """
    return lambda found: measure(found.pooled())[0]


def f1_of_means(found: Matches) -> Values:
    """Harmonic mean of the mean precision and the mean recall of images, as some works report F1.

    It is not the mean F1: images with precision 1 and no recall, and the other way round, raise it.

    Args:
        found: Of any number of images, float64 [images, thresholds] each.

    Returns:
        float64 [thresholds] in [0, 1]; 0 where both means are 0.
    """
    one, other = precision(found).mean(axis=0), recall(found).mean(axis=0)
    return _ratio(2 * one * other, one + other, 0.0)


def pooled_ap(found: Matches) -> float:
    """Average precision on counts summed over images: eq. 11 of König et al. 2021 without its factor 1/T.

    Args:
        found: Of any number of images, float64 [images, thresholds] each.

    Returns:
        A number in [0, 1], as :func:`hairline.metrics.thresholds.average_precision` has it; images with more crack
        pixels count for more.
    """
    return thresholds.area(precision(found.pooled())[0], recall(found.pooled())[0])


def ap_of_means(found: Matches) -> float:
    """Average precision of the mean precision and the mean recall of images."""
    return thresholds.area(precision(found).mean(axis=0), recall(found).mean(axis=0))


def _ratio(part: Values, whole: Values, empty: float | Values) -> Values:
    filled = np.broadcast_to(np.asarray(empty, dtype=np.float64), whole.shape).copy()
    return np.asarray(np.divide(part, whole, out=filled, where=whole > 0))
