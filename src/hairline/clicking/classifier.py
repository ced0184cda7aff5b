"""The classifier of clicks as one of hairline's own: saved as those of a training are, and shown on photos."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.clicking.choosing import Chooser
from hairline.clicking.estimating import Labels
from hairline.clicking.linear import Line
from hairline.imaging.images import read_image
from hairline.inspection.labeller import Labeller
from hairline.inspection.pictures import overlay
from hairline.io.atomic import whole_folder
from hairline.nn.classifier import backbones, frozen
from hairline.nn.classifier.frozen import Frozen
from hairline.nn.runtime import origins

METHOD = "multiscale"
SHOWN_PX = 640
"""Longest side of the part of a photo that is shown."""
HALF = 0.5


def save(line: Line, network: Frozen, labels: Labels, folder: Path) -> None:
    """Write a classifier of clicks as ``model.json`` and ``weights.safetensors``, whole or not at all.

    ``hairline label --classifier FOLDER`` labels photos by it; so does all else that takes a classifier.

    Args:
        line: The classifier, on the features of the network.
        network: What makes features.
        labels: What it learned from, whose numbers are kept.
        folder: To write; in the place of one that is there.
    """
    sure = {patch: label for patch, label in labels.items() if label is not None}
    info = {
        "window_px": max((patch.size for patch in sure), default=0), "initialisation": "clicks",
        "origin": origins.as_json(network.model.origin), "images": len({patch.photo for patch in sure}),
        "clicks": len(sure), "crack_clicks": sum(sure.values()),
    }  # fmt: skip
    with whole_folder(folder) as unfinished:
        backbones.save(frozen.linear(network.model, line.weight, line.bias), unfinished, info)


@dataclass(frozen=True)
class Preview:
    """The labels that the classifier taught last would make, drawn on the part of a photo that shows most.

    Attributes:
        chooser: What teaches it.
        network: What makes features.
        files: Photo → its file.
    """

    chooser: Chooser
    network: Frozen
    files: Mapping[str, Path]

    def __call__(self, photo: str) -> NDArray[np.uint8]:
        """A part of a photo around its likeliest patch, labelled crack in red, RGB uint8 [height, width, 3].

        Raises:
            HairlineError: If the photo cannot be read.
        """
        line, patch = self.chooser.taught, self.chooser.likeliest(photo)
        image = read_image(self.files[photo])
        if line is None or patch is None:
            return _part(image, 0, 0)
        part = _part(image, patch.y + patch.size // 2, patch.x + patch.size // 2)
        labeller = Labeller(frozen.linear(self.network.model, line.weight, line.bias), METHOD, "")
        return overlay(part, labeller.predict(part) >= HALF)


def _part(image: NDArray[np.uint8], row: int, column: int) -> NDArray[np.uint8]:
    """The part of an image around a pixel, of at most :data:`SHOWN_PX` a side."""
    top, left = (
        min(max(place - SHOWN_PX // 2, 0), max(length - SHOWN_PX, 0))
        for place, length in zip((row, column), image.shape[:2], strict=True)
    )
    return image[top : top + SHOWN_PX, left : left + SHOWN_PX].copy()
