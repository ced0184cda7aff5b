"""Pictures of a photo for the page: small ones for the overview, larger ones for the slider."""

import io
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hairline.errors import HairlineError
from hairline.imaging.downscale import shrunk_image, shrunk_size
from hairline.imaging.images import UPRIGHT, header, orientation, read_image, read_mask, read_scores
from hairline.inspection.exports.photos import MeasuredPhoto, WidthClass
from hairline.inspection.exports.shapes import Shape
from hairline.inspection.page import colours, severity

SMALL_PX, LARGE_PX = 400, 1400
"""Longest side of the pictures of the overview and of those behind the slider."""
SMALL_QUALITY, LARGE_QUALITY = 60, 72
GREY = 208
RING_PX, SUBPIXEL = 13, 16
TOGETHER = 32
"""Rows of a picture that are made at a time of a photo that is read by rows."""
_FILTERS = threading.Lock()  # of warnings, which are those of all threads
METHOD = 2
"""Of the WebP encoder, 0 (fast) to 6 (small)."""


@dataclass(frozen=True)
class Readers:
    """How files are read; others read formats that these do not know.

    Attributes:
        photo: A photo's file, and a longer side in pixels → RGB uint8 [height, width, 3], upright, as large or larger.
        mask: A mask's file → bool [height, width].
        scores: A file of scores → uint8 [height, width], 255 is a score of 1.
    """

    photo: Callable[[Path, int], NDArray[np.uint8]]
    mask: Callable[[Path], NDArray[np.bool_]] = read_mask
    scores: Callable[[Path], NDArray[np.uint8]] = read_scores


@dataclass(frozen=True)
class Pictures:
    """WebP files of one photo; the three larger ones have one size.

    Attributes:
        small: Photo with its cracks.
        photo: The photo.
        cracks: Its cracks, see-through elsewhere.
        scores: Its scores in grey; None where there are none.
        width: Of the larger ones, in pixels.
        height: Of the larger ones, in pixels.
        small_size: Width and height of the small one, in pixels.
        unread: Why the photo cannot be shown; empty where it is.
    """

    small: bytes
    photo: bytes
    cracks: bytes
    scores: bytes | None
    width: int
    height: int
    small_size: tuple[int, int]
    unread: str = ""


def draw(photo: MeasuredPhoto, found: Sequence[Shape], classes: Sequence[WidthClass], readers: Readers) -> Pictures:
    """The pictures of a photo.

    Args:
        photo: The photo.
        found: Its cracks.
        classes: Width classes, from thin to wide.
        readers: How its files are read.

    Raises:
        HairlineError: If its scores cannot be read.
    """
    height, width = shrunk_size(photo.height, photo.width, LARGE_PX)
    image, unread = _image(photo, readers, (height, width))
    large = shrunk_most(_kinds(photo, found, classes), (height, width))
    palette = [colours.UNKNOWN, *colours.ramp(len(classes))] if classes else [colours.UNKNOWN]
    rows, columns = shrunk_size(photo.height, photo.width, SMALL_PX)
    small = np.asarray(cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    marked = np.asarray(cv2.dilate(shrunk_most(large, (rows, columns)), np.ones((2, 2), np.uint8)), dtype=np.uint8)
    small = np.where(marked[..., None] > 0, _coloured(marked, palette), small)
    _ring(small, photo, classes)
    scores = None
    if photo.scores is not None:
        scores = _webp(shrunk_most(readers.scores(photo.scores), (height, width)), LARGE_QUALITY)
    cover = np.dstack([_coloured(large, palette), np.where(large > 0, 255, 0).astype(np.uint8)])
    return Pictures(
        _webp(small, SMALL_QUALITY), _webp(image, LARGE_QUALITY), _webp(cover, None), scores, width, height,
        (columns, rows), unread,
    )  # fmt: skip


def _ring(small: NDArray[np.uint8], photo: MeasuredPhoto, classes: Sequence[WidthClass]) -> None:
    """Draw a ring around the widest place of the worst crack, in place."""
    worst = severity.worst(photo, classes)
    if worst is None:
        return
    scale = small.shape[1] / photo.width
    x, y = (round((value + 0.5) * scale * SUBPIXEL) for value in worst.width_max_at)
    radius = RING_PX * SUBPIXEL
    for colour, thickness in (((0, 0, 0), 4), ((255, 255, 255), 2)):
        cv2.circle(small, (x, y), radius, colour, thickness, cv2.LINE_AA, shift=4)


def reduced(path: Path, side_px: int) -> NDArray[np.uint8]:
    """A photo, upright, with at least ``side_px`` on its longer side, if it has them; of JPEG no more is decoded.

    Raises:
        HairlineError: If the file is missing or no decodable image.
    """
    header(path)  # which refuses what is missing or too large
    if (quick := _jpeg(path, side_px)) is not None:
        return quick
    image = read_image(path)
    return shrunk_image(image, side_px) if max(image.shape) > side_px else image


def of_rows(height: int, width: int, rows: Callable[[int, int], NDArray[np.uint8]], side_px: int) -> NDArray[np.uint8]:
    """A photo that is read by rows, never whole, with ``side_px`` on its longer side, or as it is where that is less.

    Args:
        height: Of the photo.
        width: Of the photo.
        rows: First row and the one after the last → RGB uint8 [rows, width, 3].
        side_px: Longer side of what comes back.
    """
    tall, wide = shrunk_size(height, width, side_px)
    edges = [number * height // tall for number in range(0, tall, TOGETHER)] + [height]
    bands = []
    for number, (top, bottom) in enumerate(pairwise(edges)):
        lines = min(TOGETHER, tall - number * TOGETHER)
        bands.append(cv2.resize(rows(top, bottom), (wide, lines), interpolation=cv2.INTER_AREA))
    return np.asarray(np.concatenate(bands), dtype=np.uint8)


def _jpeg(path: Path, side_px: int) -> NDArray[np.uint8] | None:
    """A colour JPEG at half its size, or a quarter, or an eighth; None of other files and of those that are damaged."""
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        opened = Image.open(path)
    with opened as file:
        if file.format not in ("JPEG", "MPO") or file.mode != "RGB":
            return None
        file.draft("RGB", _least(file.size, side_px))
        try:
            file.load()
        except (OSError, SyntaxError):  # read_image, which is asked next, tells
            return None
        turn = UPRIGHT.get(orientation(path))
        return np.asarray(file if turn is None else file.transpose(turn))


def _least(size: tuple[int, int], side_px: int) -> tuple[int, int]:
    height, width = shrunk_size(size[1], size[0], side_px)
    return width, height


def _image(photo: MeasuredPhoto, readers: Readers, shape: tuple[int, int]) -> tuple[NDArray[np.uint8], str]:
    """The photo in a size, height and width; a grey field where there is none to show, and why."""
    height, width = shape
    if photo.path is None:
        return np.full((height, width, 3), GREY, np.uint8), "there is a mask alone"
    try:
        image = readers.photo(photo.path, LARGE_PX)
    except HairlineError as error:
        return np.full((height, width, 3), GREY, np.uint8), str(error)
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8), ""


def _kinds(photo: MeasuredPhoto, found: Sequence[Shape], classes: Sequence[WidthClass]) -> NDArray[np.uint8]:
    """0 where there is no crack, 1 of no class, 2 and more by class, uint8 [height, width]."""
    places = {each.name: number for number, each in enumerate(classes, 2)}
    kinds = np.zeros((photo.height, photo.width), np.uint8)
    for shape in found:
        left, top, right, bottom = shape.crack.box
        window = kinds[top:bottom, left:right]
        window[shape.pixels] = places.get(photo.class_of(shape.crack) or "", 1)
    return kinds


def shrunk_most(levels: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Greatest value over blocks that tile an array, so that no lone pixel is lost; uint8 [height, width]."""
    rows, columns = (np.arange(new) * old // new for new, old in zip(shape, levels.shape, strict=True))
    return np.maximum.reduceat(np.maximum.reduceat(levels, rows, axis=0), columns, axis=1)


def _coloured(kinds: NDArray[np.uint8], palette: Sequence[colours.Colour]) -> NDArray[np.uint8]:
    return np.array([(0, 0, 0), *palette], dtype=np.uint8)[kinds]


def _webp(pixels: NDArray[np.uint8], quality: int | None) -> bytes:
    """A WebP file; without any loss where there is no quality."""
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    if quality is None:
        image.save(buffer, format="WEBP", lossless=True, quality=20, method=METHOD)
    else:
        image.save(buffer, format="WEBP", quality=quality, method=METHOD)
    return buffer.getvalue()


OWN = Readers(reduced)
