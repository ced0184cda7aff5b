"""What score maps and masks tell of how they came about, which holds where a table that was written later does not."""

from collections.abc import Mapping
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from hairline.inspection import geotiff
from hairline.inspection.options import Options
from hairline.inspection.records import Record
from hairline.version import installed

USED, PHOTO = "hairline", "photo_sha256"


def of(used: Options | Record, model_sha256: str, photo_sha256: str) -> dict[str, str]:
    """Name → text, as it is written into files.

    Args:
        used: What was asked for, or the row that says so.
        model_sha256: Hash of the network.
        photo_sha256: Hash of the photo's file.
    """
    return {
        "Software": f"hairline {installed()}",
        USED: f"threshold={used.threshold:g} scale={used.scale:g} average={used.average} model_sha256={model_sha256}",
        PHOTO: photo_sha256,
    }


def contradict(path: Path, expected: Mapping[str, str]) -> bool:
    """Whether a file tells of another photo, network or option, or cannot be read; what tells nothing does not."""
    try:
        found = geotiff.texts(path) if geotiff.is_tiff(path) else _of_png(path)
    except (OSError, UnidentifiedImageError):
        return True
    return any(name in found and found[name] != expected[name] for name in (USED, PHOTO))


def _of_png(path: Path) -> Mapping[str, str]:
    with Image.open(path) as file:
        return {name: str(text) for name, text in file.info.items() if isinstance(name, str)}
