"""Photos opened to be looked at part by part, whatever they are: files in memory, GeoTIFF on the disk, frames."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.imaging import heic, images
from hairline.imaging.limits import Budget
from hairline.imaging.regions import PIXELS, Regions
from hairline.inspection import geotiff, videos
from hairline.inspection.georeference import Georeference
from hairline.inspection.photos import Photo
from hairline.io.file_names import printable
from hairline.io.reading import refuse_no_file


class Parts(Protocol):
    """A photo of which parts are read, upright, from top to bottom.

    Attributes:
        height: In pixels.
        width: In pixels.
    """

    height: int
    width: int

    def part(self, top: int, bottom: int, left: int, right: int) -> NDArray[np.uint8]:
        """RGB uint8 [bottom - top, right - left, 3]."""
        ...

    def shown(self, top: int, bottom: int) -> NDArray[np.bool_] | None:
        """Which pixels of rows show anything, bool [bottom - top, width]; None where all do."""
        ...


class Opened:
    """An opened photo.

    Attributes:
        photo: To read parts of.
        georeference: Where it lies on a map; None where it does not say.
    """

    def __init__(self, photo: Parts, georeference: Georeference | None = None) -> None:
        self.photo, self.georeference = photo, georeference


class Pixels:
    """An image that is in memory already, RGB uint8 [height, width, 3]."""

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self.height, self.width = image.shape[:2]
        self._image = image

    def part(self, top: int, bottom: int, left: int, right: int) -> NDArray[np.uint8]:
        """RGB uint8 [bottom - top, right - left, 3]."""
        return self._image[top:bottom, left:right]

    def shown(self, top: int, bottom: int) -> None:
        """All of it is."""
        return


HELD = Budget(1 << 30)
"""Bytes of photos in memory over all threads; a larger one waits until it is alone."""

Opening = Callable[[], AbstractContextManager[Opened]]


def prepare(photo: Photo) -> Opening:
    """What opens a photo, on any thread; frames of a video are decoded here, since that goes in their order.

    Raises:
        HairlineError: If it is a frame that cannot be decoded, or a video without any.
    """
    refuse_no_file(photo.file, "a photo")
    if not videos.is_video(photo.file):
        return lambda: opened(photo)
    frame = videos.frames(photo.file, videos.EVERY_S)[0] if photo.frame is None else photo.frame
    pixels = Pixels(videos.read(photo.file, frame))

    @contextmanager
    def given() -> Iterator[Opened]:
        yield Opened(pixels)

    return given


@contextmanager
def opened(photo: Photo) -> Iterator[Opened]:
    """A photo to read parts of.

    Raises:
        HairlineError: If it is missing or cannot be read.
    """
    if photo.frame is not None:
        yield Opened(Pixels(videos.read(photo.file, photo.frame)))
        return
    refuse_no_file(photo.path, "a photo")
    if heic.is_heic(photo.path) and not heic.readable():
        raise HairlineError(f"{printable(str(photo.path))}: {heic.MISSING}")
    if geotiff.is_tiff(photo.path) and geotiff.readable():
        with geotiff.opened(photo.path) as found:
            if found is not None:
                yield Opened(found, found.georeference)
                return
    with HELD.share(images.decoded_bytes(photo.path, PIXELS)):
        yield Opened(Regions(photo.path))


def read(photo: Photo) -> NDArray[np.uint8]:
    """A whole photo, RGB uint8 [height, width, 3].

    Raises:
        HairlineError: If it is missing or cannot be read.
    """
    with opened(photo) as found:
        return found.photo.part(0, found.photo.height, 0, found.photo.width)
