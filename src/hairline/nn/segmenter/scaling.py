"""Segmenters asked about an image at another scale: small images with thin cracks enlarged, close-ups shrunk."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import nn

from hairline.data.samples import evenly, load_image, read_samples
from hairline.errors import HairlineError
from hairline.io.progress import progress
from hairline.nn.runtime.device import Placement
from hairline.nn.segmenter import scale_rules, segmenter

LEAST_PX = 32
MOST_TIMES = 16
"""By which the pixel sizes of two sets may differ."""


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


def chosen(
    asked: float | Literal["auto"],
    mm_per_px: tuple[float | None, float | None],
    model: nn.Module,
    dataset: Path,
    placement: Placement,
) -> Scale:
    """The factor to ask a segmenter at about the test images of a data set, as ``evaluation.scale`` has it.

    Args:
        asked: A factor, or ``auto``: by pixel sizes where both are known, else by the rule. No mask is looked at.
        mm_per_px: Millimetres that a pixel shows, of the data set and of the images that the segmenter learned from.
        model: A :class:`hairline.nn.segmenter.segmenter.Segmenter`.
        dataset: Folder of the data set.
        placement: Device and precision.

    Raises:
        HairlineError: As :func:`by_pixel_size`.
    """
    of_set, learned = mm_per_px
    if asked != "auto":
        return Scale(asked, "given")
    if of_set and learned:
        return by_pixel_size(of_set, learned)
    samples = read_samples(dataset, "test")
    some = samples.iloc[evenly(len(samples), scale_rules.IMAGES)]
    factors = scale_rules.candidates(zip(some["height"].tolist(), some["width"].tolist(), strict=True))
    images = (load_image(dataset, sample_id) for sample_id in some["id"])
    return find(model, progress(images, f"scale {dataset.name}", len(some)), factors, placement)


def by_pixel_size(set_mm: float, learned_mm: float) -> Scale:
    """The factor at which a set shows pixels as large as those that a segmenter learned from.

    Args:
        set_mm: Millimetres that a pixel of the set shows.
        learned_mm: The same of the images that the segmenter learned from.

    Raises:
        HairlineError: If one is more than ``MOST_TIMES`` the other.

    >>> by_pixel_size(0.5, 0.25).factor
    2.0
    """
    factor = set_mm / learned_mm
    if not 1 / MOST_TIMES <= factor <= MOST_TIMES:
        raise HairlineError(
            f"mm_per_px {set_mm:g} of the test set is {factor:.3g} times the {learned_mm:g} of what the segmenter "
            f"learned from, expected 1/{MOST_TIMES} to {MOST_TIMES} times; mend the mm_per_px of a data set, or set "
            "evaluation.scale to a number"
        )
    return Scale(factor, "mm_per_px")


def find(
    model: nn.Module, images: Iterable[NDArray[np.uint8]], factors: Sequence[float], placement: Placement
) -> Scale:
    """The factor that suits a segmenter on some images of a set, by the rule of :mod:`.scale_rules`.

    Args:
        model: A :class:`hairline.nn.segmenter.segmenter.Segmenter`.
        images: RGB uint8 [height, width, 3] each, evenly spaced over the set.
        factors: To choose from, of :func:`hairline.nn.segmenter.scale_rules.candidates`.
        placement: Device and precision.
    """
    return by_rule(images, factors, lambda image, factor: predict_at(model, image, placement, factor))


def by_rule(
    images: Iterable[NDArray[np.uint8]],
    factors: Sequence[float],
    ask: Callable[[NDArray[np.uint8], float], NDArray[np.float32]],
    step: Callable[[], object] = lambda: None,
) -> Scale:
    """The factor that suits a network on some images of a set, however it is asked about them.

    Args:
        images: RGB uint8 [height, width, 3] each.
        factors: To choose from, of :func:`hairline.nn.segmenter.scale_rules.candidates`.
        ask: From an image and a factor to scores in [0, 1], float32 [height, width].
        step: Called after each image.
    """
    found = []
    for image in images:
        found.append([scale_rules.histogram(ask(image, factor)) for factor in factors])
        step()
    if not found:
        return Scale(1.0, "rule")
    values = scale_rules.sureness(np.array(found).swapaxes(0, 1))
    told = {
        f"{factor:.4g}": None if np.isnan(value) else float(value)
        for factor, value in zip(factors, values, strict=True)
    }
    return Scale(scale_rules.best(factors, values), "rule", told, len(found))


def predict_at(model: nn.Module, image: NDArray[np.uint8], placement: Placement, factor: float) -> NDArray[np.float32]:
    """Score of crack of every pixel, found on the image resized by a factor.

    Args:
        model: A :class:`hairline.nn.segmenter.segmenter.Segmenter`.
        image: RGB uint8 [height, width, 3] of any size.
        placement: Device and precision.
        factor: Of both sides, > 0: 2 doubles the image, 0.5 halves it (by areas, so that nothing aliases); no side
            becomes shorter than ``LEAST_PX``, or than it was where it was shorter.

    Returns:
        float32 [height, width] in [0, 1], brought back to the size of the image by linear interpolation.
    """
    height, width = image.shape[:2]
    least = min(1.0, LEAST_PX / min(height, width))
    size = (max(round(width * max(factor, least)), 1), max(round(height * max(factor, least)), 1))
    if size == (width, height):
        return segmenter.predict(model, image, placement)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    scores = segmenter.predict(model, np.asarray(cv2.resize(image, size, interpolation=how), np.uint8), placement)
    back = cv2.INTER_AREA if factor > 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(scores, (width, height), interpolation=back), np.float32)
