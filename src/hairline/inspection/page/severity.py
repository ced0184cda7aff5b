"""What comes first on the page: the photo whose widest crack is of the widest class, then the one with most of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from hairline.inspection.exports.photos import MeasuredPhoto, WidthClass
from hairline.inspection.measuring.cracks import Crack


@dataclass(frozen=True, order=True)
class Severity:
    """How bad a crack, or the worst of a photo, is; larger is worse.

    Attributes:
        rank: Place of its width class, from 1; without classes 1 where the scale is known; 0 where it is not.
        width: Its greatest width: in millimetres where the scale is known, else in pixels.
        length: In the same unit; of a photo, of all its cracks.
    """

    rank: int
    width: float
    length: float


NONE = Severity(-1, 0, 0)
"""Of a photo without a crack."""


def of_crack(photo: MeasuredPhoto, crack: Crack, classes: Sequence[WidthClass]) -> Severity:
    """How bad a crack is."""
    names = [each.name for each in classes]
    name, unit = photo.class_of(crack), photo.mm_per_px or 1
    rank = names.index(name) + 1 if name in names else int(not names and photo.mm_per_px is not None)
    return Severity(rank, crack.width_max_px * unit, crack.length_px * unit)


def of_photo(photo: MeasuredPhoto, classes: Sequence[WidthClass]) -> Severity:
    """How bad a photo is: its widest class, then the greatest width, then the length of all cracks."""
    found = [of_crack(photo, crack, classes) for crack in photo.cracks]
    if not found:
        return NONE
    return Severity(
        max(each.rank for each in found), max(each.width for each in found), sum(each.length for each in found)
    )


def worst(photo: MeasuredPhoto, classes: Sequence[WidthClass]) -> Crack | None:
    """The crack that makes a photo as bad as it is."""
    return max(photo.cracks, key=lambda crack: of_crack(photo, crack, classes), default=None)
