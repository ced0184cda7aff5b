"""Reading and writing images, masks and score maps: RGB uint8 and nothing else inside the house."""

import warnings
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hairline.errors import HairlineError
from hairline.io.reading import refuse_no_file

LOSSY_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".avif", ".jp2")
IMAGE_SUFFIXES = (".png", ".bmp", ".dib", ".tif", ".tiff", ".gif", ".pbm", ".pgm", ".ppm", ".pnm", *LOSSY_SUFFIXES)
"""Of files read as images, in lower case; upper case means the same."""

PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]
"""A third faster than OpenCV's default and as small on photos (benchmarks/ingest_validate.py)."""

EXIF_ORIENTATION = 274  # the tag's number; 1 is upright
SIDEWAYS = 5  # orientations from here on exchange width and height
UPRIGHT = {  # what turns an image of an orientation upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _open(path: Path, mode: str | None = None) -> Image.Image:
    """The image of a file, upright, in 8 bits a channel; converted to a mode of Pillow where one is named."""
    refuse_no_file(path, "an image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # large photos are welcome up to the error
            with Image.open(path) as file:
                _refuse_pages(path, file)
                image = _eight_bit(path, _turned(file))
        return image.convert(mode) if mode else image
    except HairlineError:
        raise
    except Image.DecompressionBombError:
        raise HairlineError(
            f"{path}: claims more than {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels, which would fill the memory; cut "
            "it into smaller images or leave it out of the data set"
        ) from None
    except Exception as error:  # on damaged files Pillow's decoders also raise SyntaxError, TypeError, RuntimeError, …
        raise HairlineError(
            f"{path}: cannot be decoded as an image ({error}); replace the file or leave it out of the data set"
        ) from None


def _eight_bit(path: Path, image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):  # Pillow would clip 16-bit grey at 255 rather than scale it
        grey = np.asarray(image)
        return Image.fromarray((grey >> 8 if grey.max() > 255 else grey).astype(np.uint8))  # or 8 bits stored in 16
    if image.mode in ("I", "F"):
        raise HairlineError(
            f"{path}: holds 32-bit values (mode {image.mode}), of which no brightness is known; expected 8 or 16 bits "
            "a channel; convert the file"
        )
    return image


def _refuse_pages(path: Path, file: Image.Image) -> None:
    pages = getattr(file, "n_frames", 1)
    if file.format in ("TIFF", "GIF", "WEBP", "AVIF") and pages > 1:  # others carry previews beside the photo itself
        raise HairlineError(f"{path}: holds {pages} pages; expected one image a file; save each as its own")


def orientation(path: Path) -> int:
    """EXIF orientation of an image file, 1 (upright) to 8; 1 where it has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path) as file:
            return _orientation(file)


def upright_size(path: Path) -> tuple[int, int]:
    """Width and height of an image file in pixels as :func:`read_image` gives it: turned upright by its EXIF tag.

    Raises:
        HairlineError: If the file is missing or no decodable image.
    """
    refuse_no_file(path, "an image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as file:
                turned, (width, height) = _orientation(file), file.size
                tiff = file.format == "TIFF"
    except Exception:  # the decoder says what is wrong
        return _open(path).size
    if tiff:  # whose size Pillow tells turned or not, by version and by where the tag stands
        return _open(path).size
    return (height, width) if turned >= SIDEWAYS else (width, height)


def _orientation(file: Image.Image) -> int:
    try:
        found = file.getexif().get(EXIF_ORIENTATION)
        return int(found) if found in UPRIGHT else 1
    except Exception:  # Pillow's reader raises almost anything on damaged metadata, which are no harm to the picture
        return 1


def _turned(file: Image.Image) -> Image.Image:
    """The image upright; ImageOps.exif_transpose writes the other metadata anew, and fails where those are damaged."""
    file.load()  # which turns a TIFF file by itself, and then tells no orientation any more
    turn = UPRIGHT.get(_orientation(file))
    return file.copy() if turn is None else file.transpose(turn)


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read any image file, upright by its EXIF tag, as RGB uint8 of shape [height, width, 3].

    Raises:
        HairlineError: If the file is missing or no decodable image.
    """
    return np.asarray(_open(path, "RGB"))


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Read any image file as grey levels 0..255, uint8 [height, width]; bilevel files give 0 and 255."""
    return np.asarray(_open(path, "L"))


def read_levels(path: Path) -> NDArray[np.uint8]:
    """Read an image file as it numbers its colours: indices where it has a palette, else as :func:`read_grey`."""
    image = _open(path)
    return np.asarray(image if image.mode == "P" else image.convert("L"))


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read a canonical 0/255 mask as bool [height, width], True where there is crack."""
    return read_grey(path) > 127


def read_scores(path: Path) -> NDArray[np.uint8]:
    """Read a score map written by :func:`write_scores`: uint8 [height, width], 255 is a score of 1."""
    return read_grey(path)


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write grey [height, width] or RGB [height, width, 3] uint8 as a PNG file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    encoded, content = cv2.imencode(".png", pixels, PNG)
    if not encoded:
        raise ValueError(f"{path}: OpenCV cannot encode an image of shape {image.shape}, {image.dtype}")
    path.write_bytes(content.tobytes())  # not cv2.imwrite, which cannot write non-ASCII names everywhere


def write_mask(path: Path, mask: NDArray[np.bool_]) -> None:
    """Write a bool mask [height, width] as 0/255 PNG."""
    write_image(path, mask.astype(np.uint8) * np.uint8(255))


def quantise(scores: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Scores in [0, 1] as the nearest of 256 levels."""
    return np.asarray(np.rint(np.clip(scores, 0, 1) * 255), dtype=np.uint8)


def write_scores(path: Path, scores: NDArray[np.floating]) -> None:
    """Write scores in [0, 1], float [height, width], as an 8-bit grey PNG."""
    write_image(path, quantise(scores))
