"""Segmenters asked about an image at another scale: small images with thin cracks enlarged, close-ups shrunk."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import nn

from hairline.data.samples import evenly, load_image, read_samples
from hairline.errors import HairlineError
from hairline.imaging.resized import asked_at
from hairline.io.progress import progress
from hairline.nn.runtime.device import Placement
from hairline.nn.segmenter import scale_rules, segmenter
from hairline.nn.segmenter.scale_rules import Scale, by_rule

MOST_TIMES = 16
"""By which the pixel sizes of two sets may differ."""


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


def predict_at(model: nn.Module, image: NDArray[np.uint8], placement: Placement, factor: float) -> NDArray[np.float32]:
    """Score of crack of every pixel, found on the image resized by a factor.

    Args:
        model: A :class:`hairline.nn.segmenter.segmenter.Segmenter`.
        image: RGB uint8 [height, width, 3] of any size.
        placement: Device and precision.
        factor: Of both sides, > 0: 2 doubles the image, 0.5 halves it (by areas, so that nothing aliases); no side
            becomes shorter than 32 px, or than it was where it was shorter.

    Returns:
        float32 [height, width] in [0, 1], brought back to the size of the image by linear interpolation.
    """
    return asked_at(image, factor, lambda seen: segmenter.predict(model, seen, placement))
