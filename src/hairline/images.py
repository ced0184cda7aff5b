"""Reading and writing images, masks and score maps: RGB uint8 and nothing else inside the house."""

import struct
import warnings
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from hairline.errors import HairlineError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")


PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]
"""A third faster than OpenCV's default and as small on photos (benchmarks/ingest_validate.py)."""

EXIF_ORIENTATION = 274  # the tag's number; 1 is upright


def _open(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # large photos are welcome up to the error
            with Image.open(path) as file:
                _refuse_pages(path, file)
                image = ImageOps.exif_transpose(file)
    except FileNotFoundError:
        raise HairlineError(f"{path}: no such file; expected an image") from None
    except Image.DecompressionBombError:
        raise HairlineError(
            f"{path}: claims more than {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels, which would fill the memory; cut "
            "it into smaller images or leave it out of the data set"
        ) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error) as error:
        raise HairlineError(
            f"{path}: cannot be decoded as an image ({error}); replace the file or leave it out of the data set"
        ) from None
    if image.mode.startswith("I;16"):  # Pillow would clip 16-bit grey at 255 rather than scale it
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise HairlineError(
            f"{path}: holds 32-bit values (mode {image.mode}), of which no brightness is known; expected 8 or 16 bits "
            "a channel; convert the file"
        )
    return image


def _refuse_pages(path: Path, file: Image.Image) -> None:
    pages = getattr(file, "n_frames", 1)
    if file.format in ("TIFF", "GIF") and pages > 1:  # other formats carry previews beside the photo itself
        raise HairlineError(f"{path}: holds {pages} pages; expected one image a file; save each as its own")


def orientation(path: Path) -> int:
    """EXIF orientation of an image file, 1 (upright) to 8; 1 where it has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path) as file:
            return int(file.getexif().get(EXIF_ORIENTATION, 1))


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read any image file, upright by its EXIF tag, as RGB uint8 of shape [height, width, 3].

    Raises:
        HairlineError: If the file is missing or no decodable image.
    """
    return np.asarray(_open(path).convert("RGB"))


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Read any image file as grey levels 0..255, uint8 [height, width]; bilevel files give 0 and 255."""
    return np.asarray(_open(path).convert("L"))


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
