"""When a photo was taken, by its EXIF."""

from datetime import datetime
from pathlib import Path

from PIL import Image

EXIF, TAKEN, CHANGED = 0x8769, 36867, 306
"""The numbers of EXIF's own table, and of the times at which a photo was taken and last changed."""


def exif_time(path: Path) -> datetime | None:
    """When a photo was taken; None where its EXIF does not tell, or it cannot be opened."""
    try:
        with Image.open(path) as file:
            exif = file.getexif()
            written = exif.get_ifd(EXIF).get(TAKEN) or exif.get(CHANGED)
        return datetime.strptime(str(written).strip("\0 "), "%Y:%m:%d %H:%M:%S")
    except Exception:  # damaged metadata are no harm to the picture
        return None
