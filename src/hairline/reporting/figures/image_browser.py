"""The image browser of a report: layers of test images behind a slider, and the scores of every model on them."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hairline.imaging.downscale import shrunk_image, shrunk_map
from hairline.reporting.templating import data_uri

SIDE_PX = 480
QUALITY = 70


@dataclass(frozen=True)
class Shown:
    """An image of the browser.

    Attributes:
        id: Its name.
        test_set: What it belongs to.
        f1: Model → F1 of this image at the threshold of the model's ODS.
        layers: What is shown → the bytes of a WebP file, all of one size; ``image`` first, models by the names of
            ``f1``.
        seen: Model → sign and word of what its numbers on the test set have seen.
    """

    id: str
    test_set: str
    f1: Mapping[str, float]
    layers: Mapping[str, bytes]
    seen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Browser:
    """Images to look through."""

    images: Sequence[Shown]

    @property
    def data(self) -> list[dict[str, object]]:
        """The images as the page's script reads them, plain values."""
        return [
            {
                "id": each.id,
                "set": each.test_set,
                "f1": {name: round(value, 4) for name, value in each.f1.items()},
                "seen": dict(each.seen),
                "layers": {name: data_uri(layer, "webp") for name, layer in each.layers.items()},
            }
            for each in self.images
        ]

    @property
    def blank(self) -> str:
        """Address of a grey picture that holds the place of the first layers."""
        return data_uri(_webp(np.full((1, 1, 3), 128, dtype=np.uint8), lossless=True), "webp")


def photo(image: NDArray[np.uint8], side_px: int = SIDE_PX) -> bytes:
    """An RGB uint8 image [height, width, 3] as WebP, at most ``side_px`` on a side."""
    return _webp(shrunk_image(image, side_px), lossless=False)


def score_map(scores: NDArray[np.generic], side_px: int = SIDE_PX) -> bytes:
    """A score map or mask [height, width] in grey as WebP, at most ``side_px`` on a side, lone pixels kept.

    Args:
        scores: bool, uint8 (255 is 1) or float in [0, 1]. Maps of two levels, such as masks, are kept exactly.
        side_px: Longest side of the picture.
    """
    grey = np.round(255 * shrunk_map(scores, side_px)).astype(np.uint8)
    return _webp(grey, lossless=len(np.unique(grey)) <= 2)  # also smaller: lossy files of masks full of dots are large


def exact(pixels: NDArray[np.uint8]) -> bytes:
    """A drawing, RGB uint8 [height, width, 3], as WebP without any loss."""
    return _webp(pixels, lossless=True)


def webp(png: bytes) -> bytes:
    """A picture in another format, for a page that has many."""
    with Image.open(io.BytesIO(png)) as picture:
        return _webp(np.asarray(picture.convert("RGB")), lossless=False)


def _webp(pixels: NDArray[np.uint8], lossless: bool) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="WEBP", quality=QUALITY, method=6, lossless=lossless)
    return buffer.getvalue()
