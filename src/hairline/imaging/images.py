"""Reading and writing images, masks and score maps: RGB uint8 and nothing else inside the house."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hairline.errors import HairlineError
from hairline.imaging import limits
from hairline.io.reading import refuse_no_file, unreadable

IMAGE_SUFFIXES = (".png", ".bmp", ".dib", ".tif", ".tiff", ".gif", ".pbm", ".pgm", ".ppm", ".pnm",
                  ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".avif", ".jp2")  # fmt: skip
"""Of files read as images, in lower case; upper case means the same."""

PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]
"""A third faster than OpenCV's default and as small on photos (benchmarks/ingest_validate.py)."""

ALONE = ("PNG", "JPEG", "BMP", "TIFF")
"""Formats whose images need no file any more once they are loaded."""

HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
"""Brands of HEIC files, which phones write."""

LOSSY = ("JPEG", "MPO", "JPEG2000", "WEBP", "AVIF", "HEIF")

DEPTHS = (8, 10, 12, 14, 16)
"""Bits a channel that cameras use; what needs more than 8 is stored in 16."""

IGNORED = 127
"""Level of a mask where nobody said whether there is crack; such pixels count nowhere."""

BAND_PX = 1 << 22
Kind = TypeVar("Kind", bound=np.generic)
_FILTERS = threading.Lock()  # of warnings, which are those of all threads
EXIF_ORIENTATION = 274  # the tag's number; 1 is upright
SIDEWAYS = 5  # orientations from here on exchange width and height
ROWS_REVERSED, COLUMNS_REVERSED = (3, 4, 7, 8), (2, 3, 6, 7)  # of what they show upright
UPRIGHT = {  # what turns an image of an orientation upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Header:
    """What an image file says before its pixels are decoded.

    Attributes:
        height: In pixels, as stored.
        width: In pixels, as stored.
        deep: Whether it holds more than 8 bits a channel.
        transparent: Whether it may have transparent pixels.
        lossy: Whether its format blurs edges, as JPEG does.
    """

    height: int
    width: int
    deep: bool
    transparent: bool
    lossy: bool


def header(path: Path, most: int | None = None) -> Header:
    """What an image file says of itself; its pixels are not decoded.

    Args:
        path: Where it lies.
        most: Pixels that it may have; None for :data:`hairline.imaging.limits.PIXELS`.

    Raises:
        HairlineError: If the file is missing, no image, of several pages, or larger.
    """
    with _opened(path, most) as file:
        lossy = file.format in LOSSY or file.info.get("compression") == "jpeg"
        return Header(file.height, file.width, _deep(file), is_transparent(file), lossy)


@contextmanager
def _opened(path: Path, most: int | None = None) -> Iterator[Image.Image]:
    """An image file that may be decoded, and what goes wrong with it inside the block as a HairlineError."""
    refuse_no_file(path, "an image")
    most = limits.PIXELS if most is None else most
    with _told(path, most), _undecoded(path, most) as file:
        if file.width * file.height > most:
            raise Image.DecompressionBombError
        _refuse_pages(path, file)
        yield file


def _undecoded(path: Path, most: int) -> Image.Image:
    """An image file that is not decoded yet; Pillow's own bound, which is the same for all, gives way to ours."""
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        bound = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = max(most, 2) // 2  # of which Pillow takes the double
        try:
            return Image.open(path)
        finally:
            Image.MAX_IMAGE_PIXELS = bound


@contextmanager
def _told(path: Path, most: int = limits.PIXELS) -> Iterator[None]:
    """What goes wrong inside the block with the pixels of a file, as a HairlineError."""
    try:
        yield
    except HairlineError:
        raise
    except Image.DecompressionBombError:
        raise HairlineError(
            f"{path}: claims more than {most:,} pixels, which would fill the memory; cut it into smaller "
            "images or leave it out"
        ) from None
    except MemoryError:
        raise HairlineError(f"{path}: does not fit into the memory; cut it into smaller images") from None
    except Exception as error:  # on damaged files Pillow's decoders also raise SyntaxError, TypeError, RuntimeError, …
        raise HairlineError(f"{path}: {_undecodable(path, error)}") from None


def _undecodable(path: Path, error: Exception) -> str:
    """What a file is that is no image to Pillow, and what to do."""
    try:
        with path.open("rb") as file:
            start = file.read(40)
    except OSError as broken:
        raise unreadable(path, broken) from None
    if start.startswith(b"version https://git-lfs"):
        return "is a pointer of Git LFS, not the image itself; fetch it with 'git lfs pull'"
    if start[4:8] == b"ftyp" and start[8:12] in HEIC:
        return "cannot be decoded as an image, since it is HEIC; convert it to JPEG"
    return f"cannot be decoded as an image ({error}); replace the file or leave it out"


def decoding(head: Header) -> AbstractContextManager[None]:
    """Wait inside until an image of this size may be decoded and kept beside those of other threads."""
    return limits.DECODING.share(_cost(head.height * head.width, head.deep))


def _cost(pixels: int, deep: bool) -> int:
    return pixels * limits.BYTES_PER_PIXEL * (2 if deep else 1)


class Decoded(NamedTuple):
    """The pixels of a file, upright, and how it was stored.

    Attributes:
        pixels: An image of Pillow where it has 8 bits a channel; where it has 16, uint16 [height, width] for grey and
            [height, width, 3 or 4] for RGB with or without alpha.
        orientation: EXIF orientation, 1 (upright) to 8.
    """

    pixels: Image.Image | NDArray[np.uint16]
    orientation: int


def decode(path: Path, most: int | None = None) -> Decoded:
    """Decode an image file without giving up any of its bits.

    Args:
        path: The file.
        most: Pixels that it may have; None for :data:`hairline.imaging.limits.PIXELS`.

    Raises:
        HairlineError: If the file is missing or no decodable image, or holds 32-bit values.
    """
    with _opened(path, most) as file, limits.DECODING.share(_cost(file.height * file.width, _deep(file))):
        _refuse_wide(path, file)
        deep = _deep(file)
        stored = _orientation(file) if file.format == "TIFF" else 0  # which loading turns, and then tells no more
        image = _turned(file)
        stored = stored or _orientation(file)
        if not deep:
            return Decoded(image, stored)
        if image.mode.startswith("I;16"):
            return Decoded(np.asarray(image, dtype=np.uint16), stored)
        return Decoded(_deep_colours(path, image, 1 if file.format == "TIFF" else stored), stored)


def decoded_bytes(path: Path, most: int) -> int:
    """What an image file of at most so many pixels takes in memory once it is decoded, 4 bytes a pixel."""
    with _opened(path, most) as file:
        return file.width * file.height * 4


def decode_lying(path: Path, most: int) -> Decoded:
    """Decode an image file and leave it as it is stored, so that no second copy of a large one is made.

    Args:
        path: The file.
        most: Pixels that it may have.

    Returns:
        Its pixels, and the EXIF orientation that is still to be applied, 1 where none is.

    Raises:
        HairlineError: As :func:`decode`.
    """
    with _opened(path, most) as file, limits.DECODING.share(_cost(file.height * file.width, _deep(file))):
        _refuse_wide(path, file)
        if _deep(file):
            return decode(path, most)._replace(orientation=1)
        file.load()  # which turns a TIFF file by itself, and then tells of no orientation
        return Decoded(file if file.format in ALONE else file.copy(), _orientation(file))


def _refuse_wide(path: Path, file: Image.Image) -> None:
    if file.mode in ("I", "F"):
        raise HairlineError(
            f"{path}: holds 32-bit values (mode {file.mode}), of which no brightness is known; expected 8 or 16 "
            "bits a channel; convert the file"
        )


def _deep(file: Image.Image) -> bool:
    """Whether a file that is not loaded yet has 16 bits a channel, of which Pillow keeps 8 where there are colours."""
    tiles = getattr(file, "tile", ())
    raw = tiles[0].args if tiles else ""
    raw = raw if isinstance(raw, str) else str(raw[0]) if raw else ""
    return file.mode.startswith("I;16") or ";16" in raw


def is_transparent(file: Image.Image) -> bool:
    """Whether an image of Pillow may have transparent pixels."""
    return file.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in file.info


def _deep_colours(path: Path, eight: Image.Image, turn: int) -> NDArray[np.uint16]:
    """All 16 bits of colours, from OpenCV's decoder; Pillow's tells files that are cut short, and has to agree.

    Args:
        path: The file.
        eight: What Pillow made of it.
        turn: The EXIF orientation that OpenCV leaves to be applied.
    """
    found: Any = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is not None and found.dtype == np.uint16:
        channels = found.shape[2] if found.ndim == 3 else 1
        order = {1: [0, 0, 0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
        pixels = turned(found.reshape(*found.shape[:2], channels)[..., order], turn)
        same = np.asarray(eight.convert("RGBA" if channels == 4 else "RGB"))
        if pixels.shape == same.shape and np.array_equal(pixels >> 8, same):
            return np.ascontiguousarray(pixels)
    raise HairlineError(
        f"{path}: holds 16-bit colours in a form that two decoders read differently; save it as PNG, or as TIFF with "
        "its channels side by side"
    )


def turned(pixels: NDArray[Kind], number: int) -> NDArray[Kind]:
    """Pixels stored in an EXIF orientation, turned upright, as Pillow's ``ImageOps.exif_transpose`` does it.

    Args:
        pixels: [height, width, …] of any type, as they are stored.
        number: Value of the EXIF tag 274, 1 (upright already) to 8.

    Returns:
        A view, [height, width, …] or, from 5 on, [width, height, …].

    Example:
        >>> turned(np.array([[1, 2, 3]]), 6).tolist(), turned(np.array([[1, 2, 3]]), 3).tolist()
        ([[1], [2], [3]], [[3, 2, 1]])
    """
    found = pixels.swapaxes(0, 1) if number >= SIDEWAYS else pixels
    rows, columns = -1 if number in ROWS_REVERSED else 1, -1 if number in COLUMNS_REVERSED else 1
    return found[::rows, ::columns]


def depth(largest: int) -> int:
    """Bits of the smallest usual range that holds a value: 8, 10, 12, 14 or 16.

    >>> depth(255), depth(4095), depth(4096)
    (8, 12, 14)
    """
    return next(bits for bits in DEPTHS if largest < 1 << bits)


def in_8_bits(pixels: NDArray[np.uint16], bits: int | None = None) -> NDArray[np.uint8]:
    """16-bit values in 8 bits, the lowest bits cut off, alpha left aside.

    Args:
        pixels: uint16, grey [height, width] or colours [height, width, 3 or 4].
        bits: How many bits the camera used: 8, 10, 12, 14 or 16; None for the fewest that hold all values here, which
            makes images of one camera differ in brightness.

    Returns:
        uint8 of the same shape.

    Example:
        >>> twelve = np.array([[0, 4095]], np.uint16)
        >>> in_8_bits(twelve).tolist(), in_8_bits(twelve, 16).tolist()
        ([[0, 255]], [[0, 15]])
    """
    return (pixels >> ((depth(largest_of(pixels)) if bits is None else bits) - 8)).astype(np.uint8)


def largest_of(pixels: NDArray[np.uint16]) -> int:
    """The largest 16-bit value of grey [height, width] or colours [height, width, 3 or 4], alpha left aside."""
    return int((pixels[..., :3] if pixels.ndim == 3 else pixels).max(initial=0))


def transparent_pixels(path: Path) -> int:
    """How many pixels of an image file are wholly transparent."""
    found = decode(path).pixels
    alpha = found[..., 3] if not isinstance(found, Image.Image) else np.asarray(found.convert("RGBA"))[..., 3]
    return int((alpha == 0).sum())


def largest(path: Path) -> int:
    """The largest value of an image file of 16 bits a channel, alpha left aside; 255 where it has 8 bits."""
    found = decode(path).pixels
    return 255 if isinstance(found, Image.Image) else largest_of(found)


def _converted(path: Path, found: Image.Image | NDArray[np.uint16], mode: str, bits: int | None) -> NDArray[np.uint8]:
    """The pixels of a file in a mode of Pillow."""
    if not isinstance(found, Image.Image) and bits is not None and largest_of(found) >= 1 << bits:
        most = largest_of(found)
        raise HairlineError(
            f"{path}: holds values up to {most}, more than {bits} bits; correct pixels.bits of this data set"
        )
    image = found if isinstance(found, Image.Image) else Image.fromarray(in_8_bits(found, bits))
    with _told(path):
        return as_array(image, mode)


def as_array(image: Image.Image, mode: str) -> NDArray[np.uint8]:
    """An image of Pillow in a mode of 8 bits; in bands: Pillow's own way holds it four times at once."""
    if image.width * image.height <= BAND_PX:
        return np.asarray(image if image.mode == mode else image.convert(mode))
    bands = Image.getmodebands(mode)
    made = np.empty((image.height, image.width, bands) if bands > 1 else (image.height, image.width), np.uint8)
    rows = max(1, BAND_PX // image.width)
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        made[top : top + rows] = np.asarray(band.convert(mode))
    return made


def _refuse_pages(path: Path, file: Image.Image) -> None:
    if file.format not in ("TIFF", "GIF", "WEBP", "AVIF") or not getattr(file, "is_animated", False):
        return  # other formats carry previews beside the photo itself
    pages = 2
    with suppress(EOFError):
        while file.format == "TIFF" and pages <= limits.PAGES:
            file.seek(pages)
            pages += 1
    found = pages if file.format == "TIFF" and pages <= limits.PAGES else "several"
    raise HairlineError(f"{path}: holds {found} pages; expected one image a file; save each as its own")


def orientation(path: Path, most: int | None = None) -> int:
    """EXIF orientation of an image file of at most so many pixels, 1 (upright) to 8; 1 where it has none."""
    with _opened(path, most) as file, limits.DECODING.share(_cost(file.height * file.width, _deep(file))):
        return _orientation(file)


def upright_size(path: Path) -> tuple[int, int]:
    """Width and height of an image file in pixels as :func:`read_image` gives it: turned upright by its EXIF tag.

    Raises:
        HairlineError: If the file is missing or no decodable image.
    """
    with _opened(path) as file:
        lies, (width, height), tiff = _orientation(file), file.size, file.format == "TIFF"
    if tiff:  # whose size Pillow tells turned or not, by version and by where the tag stands
        found = decode(path).pixels
        return found.size if isinstance(found, Image.Image) else (found.shape[1], found.shape[0])
    return (height, width) if lies >= SIDEWAYS else (width, height)


def _orientation(file: Image.Image) -> int:
    try:
        found = file.getexif().get(EXIF_ORIENTATION)
        return int(found) if found in UPRIGHT else 1
    except Exception:  # Pillow's reader raises almost anything on damaged metadata, which are no harm to the picture
        return 1


def _turned(file: Image.Image) -> Image.Image:
    """The image upright; ImageOps.exif_transpose writes the other metadata anew, and fails where those are damaged."""
    file.load()  # which turns a TIFF file by itself
    turn = UPRIGHT.get(_orientation(file))
    if turn is not None:
        return file.transpose(turn)
    return file if file.format in ALONE else file.copy()


def read_image(path: Path, bits: int | None = None) -> NDArray[np.uint8]:
    """Read any image file, upright by its EXIF tag, as RGB.

    PNG, JPEG, TIFF, BMP, WebP, AVIF, JPEG 2000, GIF and PNM with one image, of 1 to 16 bits a channel. It is what all
    else here takes: ``hairline.label(read_image(path), …)``.

    Args:
        path: The file; what it has of transparency is left aside.
        bits: For files of 16 bits a channel, how many of them are used: 8, 10, 12, 14 or 16. None takes the fewest
            that hold the values of this file alone, which makes files of one camera differ in brightness.

    Returns:
        RGB uint8 [height, width, 3].

    Raises:
        HairlineError: If the file is missing, no decodable image, or holds larger values.
    """
    return read_stored(path, bits)[0]


def read_stored(path: Path, bits: int | None = None) -> tuple[NDArray[np.uint8], int]:
    """Read an image file as :func:`read_image` does, and the EXIF orientation it was stored in, 1 to 8."""
    found = decode(path)
    return _converted(path, found.pixels, "RGB", bits), found.orientation


def read_grey(path: Path, most: int | None = None) -> NDArray[np.uint8]:
    """Read any image file as grey levels, upright by its EXIF tag; colours become luma, transparency is left aside.

    Args:
        path: The file.
        most: Pixels that it may have; None for :data:`hairline.imaging.limits.PIXELS`.

    Returns:
        uint8 [height, width] in 0 … 255; bilevel files give 0 and 255, 16 bits are cut to 8 by the file's own range.

    Raises:
        HairlineError: If the file is missing, no decodable image, or larger.
    """
    return _converted(path, decode(path, most).pixels, "L", None)


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read a canonical mask as bool [height, width], True where there is crack."""
    return read_grey(path) > IGNORED


def read_ignored(path: Path) -> NDArray[np.bool_] | None:
    """Where a canonical mask says nothing, bool [height, width]; None where it says something of every pixel."""
    ignored = read_grey(path) == IGNORED
    return ignored if ignored.any() else None


def read_scores(path: Path) -> NDArray[np.uint8]:
    """Read a score map as :func:`write_scores` writes it, or any grey image of 8 bits.

    Args:
        path: The file.

    Returns:
        uint8 [height, width], 255 is a score of 1; the metrics take it as it is.

    Raises:
        HairlineError: If the file is missing or no decodable image.
    """
    return read_grey(path)


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write an image as a PNG file, making its folder. What is there is replaced.

    Args:
        path: The file, with any letters in its name.
        image: uint8, grey [height, width] or RGB [height, width, 3].

    Raises:
        ValueError: If it is of another type or shape, which OpenCV cannot encode.
        OSError: If it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    encoded, content = cv2.imencode(".png", pixels, PNG)
    if not encoded:
        raise ValueError(f"{path}: OpenCV cannot encode an image of shape {image.shape}, {image.dtype}")
    path.write_bytes(content.tobytes())  # not cv2.imwrite, which cannot write non-ASCII names everywhere


def mask_levels(mask: NDArray[np.bool_], ignored: NDArray[np.bool_] | None = None) -> NDArray[np.uint8]:
    """The levels of a canonical mask, as files hold them (docs/own_data.md).

    Args:
        mask: True where there is crack, bool [height, width].
        ignored: True where nobody said whether there is crack, bool [height, width]; None for nowhere.

    Returns:
        uint8 [height, width]: 255 for crack, 0 for none, :data:`IGNORED` (127) where it says nothing.

    Example:
        >>> mask_levels(np.array([[True, False, False]]), np.array([[False, False, True]])).tolist()
        [[255, 0, 127]]
    """
    levels = mask.astype(np.uint8) * np.uint8(255)
    if ignored is not None:
        levels[ignored] = IGNORED
    return levels


def write_mask(path: Path, mask: NDArray[np.bool_], ignored: NDArray[np.bool_] | None = None) -> None:
    """Write a mask, bool [height, width], as a PNG of :func:`mask_levels`."""
    write_image(path, mask_levels(mask, ignored))


def quantise(scores: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Scores as the nearest of 256 levels, which is how they are kept in files.

    Args:
        scores: Floating point of any shape; what lies outside [0, 1] is taken for 0 and 1.

    Returns:
        uint8 of the same shape; level / 255 is within 1/510 of the score.

    Example:
        >>> quantise(np.array([0.0, 0.5, 1.0, 1.2])).tolist()
        [0, 128, 255, 255]
    """
    return np.asarray(np.rint(np.clip(scores, 0, 1) * 255), dtype=np.uint8)


def write_scores(path: Path, scores: NDArray[np.floating]) -> None:
    """Write scores in [0, 1], float [height, width], as an 8-bit grey PNG."""
    write_image(path, quantise(scores))
