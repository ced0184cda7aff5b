"""Photos in HEIC, as iPhones take them: readable where the package pillow-heif is installed."""

from contextlib import suppress
from pathlib import Path

from PIL import Image

from hairline.imaging.images import read_image
from hairline.io import extras

SUFFIXES = (".heic", ".heif", ".hif")
MISSING = f"{extras.sentence('pillow_heif', 'HEIC')}, or convert the photos to JPEG"
QUALITY = 95


def readable() -> bool:
    """Whether HEIC can be read; Pillow can from then on."""
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
        return True
    return False


def is_heic(path: Path) -> bool:
    """Whether a file is one by its name."""
    return path.suffix.lower() in SUFFIXES


def convert(source: Path, target: Path) -> None:
    """Write a HEIC photo as an upright JPEG of quality 95 with full colours.

    Raises:
        HairlineError: If it cannot be read.
    """
    Image.fromarray(read_image(source)).save(target, "JPEG", quality=QUALITY, subsampling=0)
