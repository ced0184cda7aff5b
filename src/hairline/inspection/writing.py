"""What is found of a photo, written from top to bottom while it is found: score map, mask and overlay."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.imaging.png_rows import PngRows
from hairline.inspection.georeference import Georeference
from hairline.inspection.geotiff import GeoTiffRows
from hairline.inspection.pictures import jpeg, overlay
from hairline.io.atomic import whole_file

DRAWN_PIXELS = 36_000_000
"""Overlays of larger photos are made smaller by a whole factor, so that they have no more."""
COMMENT = "hairline"


class GreyRows(Protocol):
    """An 8-bit grey image that grows."""

    def write(self, rows: NDArray[np.uint8]) -> None:
        """Add rows, uint8 [rows, width]."""
        ...


@contextmanager
def grey_files(
    paths: list[Path], height: int, width: int, place: Georeference | None, told: Mapping[str, str]
) -> Iterator[list[GreyRows]]:
    """Grey images to be written row by row, which take their places all at once in the end, or none of them does.

    Args:
        paths: Where they go.
        height: Of all of them.
        width: Of all of them.
        place: Where they lie on a map: written as GeoTIFF; None as PNG.
        told: What they tell besides.
    """
    with ExitStack() as places, ExitStack() as files:
        partials = [places.enter_context(whole_file(path)) for path in paths]
        yield [_begun(files, path, height, width, place, told) for path in partials]


def _begun(
    files: ExitStack, path: Path, height: int, width: int, place: Georeference | None, told: Mapping[str, str]
) -> GreyRows:
    if place is not None:
        return files.enter_context(GeoTiffRows(path, height, width, place, told))
    return files.enter_context(PngRows(files.enter_context(path.open("wb")), height, width, told))


class Overlay:
    """A photo with its crack pixels in red that grows, made smaller where it would be larger than ``DRAWN_PIXELS``."""

    def __init__(self, height: int, width: int) -> None:
        """Begin one of a photo of this size."""
        self.times = next(times for times in range(1, 1 << 16) if (height // times) * (width // times) <= DRAWN_PIXELS)
        self._drawn: list[NDArray[np.uint8]] = []
        self._held: list[tuple[NDArray[np.uint8], NDArray[np.bool_]]] = []

    def add(self, image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> None:
        """Add rows of the photo, RGB uint8 [rows, width, 3], and its mask, bool [rows, width]."""
        if self.times == 1:
            self._drawn.append(overlay(image, mask))
            return
        self._held.append((image, mask))
        image, mask = (np.concatenate(parts) for parts in zip(*self._held, strict=True))
        whole = len(image) - len(image) % self.times
        if whole:
            self._drawn.append(overlay(*self._smaller(image[:whole], mask[:whole])))
        self._held = [(image[whole:], mask[whole:])]

    def jpeg(self, told: str) -> bytes:
        """The whole picture as the content of a JPEG file with a comment."""
        return jpeg(np.concatenate(self._drawn), told)

    def _smaller(
        self, image: NDArray[np.uint8], mask: NDArray[np.bool_]
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Means of squares of the photo; squares with a crack pixel, so that thin cracks stay."""
        rows, columns = len(image) // self.times, image.shape[1] // self.times
        side = columns * self.times
        small = cv2.resize(image[:, :side], (columns, rows), interpolation=cv2.INTER_AREA)
        any_crack = mask[:, :side].reshape(rows, self.times, columns, self.times).any(axis=(1, 3))
        return np.asarray(small, np.uint8), np.asarray(any_crack)
