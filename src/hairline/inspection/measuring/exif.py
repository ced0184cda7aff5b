"""The scale of a photo by what its camera wrote of the lens, and the distance that it was taken from.

A lens of focal length f pictures a surface at distance d, square to the view, (d - f) / f times smaller. The side of a
pixel on the sensor is from FocalPlaneXResolution, or from FocalLengthIn35mmFilm, which by its definition (CIPA DC-008)
goes by the diagonal of 43.27 mm of film.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image

from hairline.errors import HairlineError
from hairline.imaging import heic
from hairline.inspection.measuring.scale import Scale
from hairline.io.reading import refuse_no_file

FILM_DIAGONAL_MM = math.hypot(36, 24)
UNITS_MM = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
"""FocalPlaneResolutionUnit → millimetres; inches where it is not stated."""
ALIKE = 0.1
"""The two ways may differ by this share before neither is trusted."""
SHAPE = 0.005


@dataclass(frozen=True)
class Lens:
    """What a camera wrote; None where it wrote nothing that can be used.

    Attributes:
        focal_mm: Focal length.
        film_mm: Focal length of the same view on 35 mm film.
        pitch_mm: Side of a pixel on the sensor, of the photo as it was taken.
        size: Width and height of the photo as it was taken, in pixels.
        zoom: Digital zoom.
    """

    focal_mm: float | None
    film_mm: float | None
    pitch_mm: float | None
    size: tuple[int, int] | None
    zoom: float | None


def lens(path: Path) -> tuple[Lens, tuple[int, int]]:
    """What the camera wrote into a photo, and its size as stored, in pixels.

    Raises:
        HairlineError: If the file is no image.
    """
    refuse_no_file(path, "a photo")
    if heic.is_heic(path) and not heic.readable():
        raise HairlineError(f"{path}: {heic.MISSING}")
    try:
        with Image.open(path) as image:
            tags, stored = image.getexif().get_ifd(ExifTags.IFD.Exif), image.size
    except Exception as error:  # damaged metadata make Pillow raise almost anything
        raise HairlineError(f"{path}: its EXIF cannot be read ({error}); state the scale with --mm-per-px") from None

    def number(tag: int) -> float | None:
        try:
            found = float(tags[tag])
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            return None
        return found if math.isfinite(found) and found > 0 else None

    across, down = number(ExifTags.Base.FocalPlaneXResolution), number(ExifTags.Base.FocalPlaneYResolution)
    unit = UNITS_MM.get(int(number(ExifTags.Base.FocalPlaneResolutionUnit) or 2))
    square = across and unit and (down is None or abs(down / across - 1) <= ALIKE)
    width, height = number(ExifTags.Base.ExifImageWidth), number(ExifTags.Base.ExifImageHeight)
    found = Lens(
        number(ExifTags.Base.FocalLength), number(ExifTags.Base.FocalLengthIn35mmFilm),
        unit / across if square and unit and across else None,
        (int(width), int(height)) if width and height else None, number(ExifTags.Base.DigitalZoomRatio),
    )  # fmt: skip
    return found, stored


def scale(path: Path, distance_m: float) -> Scale:
    """The scale of a photo that was taken square to its surface from a distance.

    Args:
        path: The photo.
        distance_m: From the lens to the surface, in metres.

    Raises:
        HairlineError: If its EXIF does not say enough, or the photo was cut since or taken with digital zoom.
    """
    found, stored = lens(path)
    return Scale(mm_per_px(found, stored, distance_m * 1000, str(path)), f"EXIF, {distance_m:g} m")


def mm_per_px(found: Lens, stored: tuple[int, int], distance_mm: float, place: str = "photo") -> float:
    """Millimetres a pixel.

    Args:
        found: What the camera wrote.
        stored: Width and height of the photo now, in pixels, turned or not.
        distance_mm: From the lens to the surface.
        place: The photo, for messages.

    Raises:
        HairlineError: As :func:`scale`.

    >>> lens = Lens(focal_mm=5.0, film_mm=None, pitch_mm=0.001, size=(4000, 3000), zoom=None)
    >>> mm_per_px(lens, (4000, 3000), 1005)
    0.2
    """
    why = _unusable(found, stored)
    if why:
        raise HairlineError(f"{place}: {why}; state its scale with --mm-per-px or --scale-csv")
    assert found.size is not None
    made = []
    if found.focal_mm and found.pitch_mm:
        resized = max(found.size) / max(stored)
        made.append(found.pitch_mm * resized * (distance_mm - found.focal_mm) / found.focal_mm)
    if found.film_mm:
        true = found.focal_mm or 0.0
        made.append(FILM_DIAGONAL_MM / math.hypot(*stored) * (distance_mm - true) / found.film_mm)
    if min(made) <= 0:
        raise HairlineError(f"{place}: {distance_mm:g} mm is within the focal length; expected metres; correct it")
    if max(made) / min(made) > 1 + ALIKE:
        raise HairlineError(
            f"{place}: its EXIF gives {made[0]:.4g} mm a pixel by the sensor and {made[1]:.4g} by the focal length on "
            "35 mm film; expected one; state its scale with --mm-per-px or --scale-csv"
        )
    return made[0]


def _unusable(found: Lens, stored: tuple[int, int]) -> str:
    """Why what a camera wrote gives no scale; empty where it does."""
    if not found.film_mm and not (found.focal_mm and found.pitch_mm):
        return "its EXIF has neither FocalLengthIn35mmFilm nor both FocalLength and FocalPlaneXResolution"
    if found.size is None:
        return "its EXIF does not say how large it was taken (PixelXDimension), so that it may have been cut since"
    if found.zoom and found.zoom > 1:
        return f"it was taken with digital zoom ({found.zoom:g}), of which cameras do not agree what it means"
    taken, now = (max(size) / min(size) for size in (found.size, stored))
    if abs(taken / now - 1) > SHAPE:
        return (
            f"it was taken as {found.size[0]} × {found.size[1]} and is {stored[0]} × {stored[1]} px: it was cut since"
        )
    return ""
