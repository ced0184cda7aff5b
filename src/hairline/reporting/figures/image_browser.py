"""The image browser of a report: test images with the maps of every method over them, and the scores of every model."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hairline.imaging.downscale import shrunk_image, shrunk_map
from hairline.io.page_pictures import Store, new
from hairline.reporting.templating import data_uri

SIDE_PX = 480
QUALITY = 70
LEVELS = 12
"""Grades of opacity of a map: more cannot be told apart by eye, and make the files larger. Rounded down, so that the
faint scores of networks on plain ground leave the photo as it is."""
MARKED, TRUE = (225, 60, 0), (0, 150, 255)
"""RGB of maps of scores, and of masks."""
FOLDER = "index_pictures"
INSIDE_BYTES = 12_000_000
"""What the pictures of the browser may add to the page before they are files in :data:`FOLDER` beside it."""


@dataclass(frozen=True)
class Shown:
    """An image of the browser.

    Attributes:
        id: Its name.
        test_set: What it belongs to.
        f1: Model → F1 of this image at the threshold of the model's ODS.
        layers: What is shown → the bytes of a WebP file, all of one size; ``image`` first, the others transparent
            where the image is to be seen, models by the names of ``f1``.
        seen: Model → sign and word of what its numbers on the test set have seen.
    """

    id: str
    test_set: str
    f1: Mapping[str, float]
    layers: Mapping[str, bytes]
    seen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Browser:
    """Images to look through, of :func:`browser`.

    Attributes:
        images: What the page's script reads of each: plain values, the numbers of its pictures in ``pictures``.
        seen: Test set → model → sign and word.
        pictures: Addresses of the pictures.
        beside: Whether they are files beside the page.
    """

    images: Sequence[Mapping[str, object]]
    seen: Mapping[str, Mapping[str, str]]
    pictures: Sequence[str]
    beside: bool = False

    @property
    def data(self) -> dict[str, object]:
        """All of it as the page's script reads it."""
        return {"images": list(self.images), "seen": dict(self.seen), "pictures": list(self.pictures)}

    @property
    def blank(self) -> str:
        """Address of an empty picture that holds the place of the first layers."""
        return data_uri(overlay(MARKED, np.zeros((1, 1), dtype=np.uint8)), "webp")


def browser(images: Iterable[Shown], page: Path, inside_bytes: int = INSIDE_BYTES) -> Browser:
    """Take in images one by one, so that no more than the pictures inside the page are held in memory.

    Args:
        images: The images, in the order of the browser.
        page: Folder of the page, which nobody reads yet; gets :data:`FOLDER` where there are more pictures.
        inside_bytes: What they may add to the page.
    """
    store, taken = Store(page / FOLDER, inside_bytes, new), []
    seen: dict[str, Mapping[str, str]] = {}
    for each in images:
        seen[each.test_set] = {**seen.get(each.test_set, {}), **each.seen}
        f1 = {name: round(value, 4) for name, value in each.f1.items()}
        layers = {name: store.add(layer) for name, layer in each.layers.items()}
        taken.append({"id": each.id, "set": each.test_set, "f1": f1, "layers": layers})
    return Browser(taken, seen, store.addresses(), store.beside)


def photo(image: NDArray[np.uint8], side_px: int = SIDE_PX) -> bytes:
    """An RGB uint8 image [height, width, 3] as WebP, at most ``side_px`` on a side."""
    return _webp(shrunk_image(image, side_px), lossless=False)


def score_map(scores: NDArray[np.generic], side_px: int = SIDE_PX, colour: tuple[int, int, int] = MARKED) -> bytes:
    """A score map or mask [height, width] as WebP of one colour, the less opaque the lower the score.

    Args:
        scores: bool, uint8 (255 is 1) or float in [0, 1]. Maps of two levels, such as masks, are kept exactly.
        side_px: Longest side of the picture; lone pixels are kept.
        colour: RGB.
    """
    graded = np.round(np.floor(shrunk_map(scores, side_px) * (LEVELS - 1)) * (255 / (LEVELS - 1)))
    return overlay(colour, graded.astype(np.uint8))


def overlay(colours: tuple[int, int, int] | NDArray[np.uint8], opacity: NDArray[np.uint8]) -> bytes:
    """A picture to be laid over a photo as WebP, without any loss.

    Args:
        colours: RGB uint8, one or [height, width, 3].
        opacity: uint8 [height, width]: 0 lets the photo through.
    """
    pixels = np.zeros((*opacity.shape, 4), dtype=np.uint8)
    pixels[..., :3] = colours
    pixels[..., 3] = opacity
    pixels[opacity == 0] = 0
    return _webp(pixels, lossless=True)


def exact(pixels: NDArray[np.uint8]) -> bytes:
    """A drawing, RGB uint8 [height, width, 3], as WebP without any loss."""
    return _webp(pixels, lossless=True)


def webp(png: bytes) -> bytes:
    """A picture in another format, for a page that has many."""
    with Image.open(io.BytesIO(png)) as picture:
        return _webp(np.asarray(picture.convert("RGB")), lossless=False)


def _webp(pixels: NDArray[np.uint8], lossless: bool) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="WEBP", quality=QUALITY, method=4, lossless=lossless)
    return buffer.getvalue()
