"""What a reader of the page must know of its numbers: how fine they can be, and of what area they are."""

from collections.abc import Sequence

from hairline.inspection.exports.photos import MeasuredPhoto, Provenance
from hairline.inspection.page.numbers import number

NETWORK = "Found and measured by a network: a person checks the photos before anything is decided on them."
GIVEN = "Measured in masks that were given: what they lack or mark by mistake, the numbers do, too."


def cautions(photos: Sequence[MeasuredPhoto], provenance: Provenance) -> list[str]:
    """Sentences below the totals."""
    fine = _fineness(photos, provenance)
    return [*_area(photos), *([fine] if fine else []), NETWORK if provenance.by_network else GIVEN]


def square_metres(photos: Sequence[MeasuredPhoto]) -> float | None:
    """The area that all photos show, overlaps as often as they are shown; None where a scale is not known."""
    areas = [photo.width * photo.height * photo.mm_per_px**2 / 1e6 for photo in photos if photo.mm_per_px]
    return sum(areas) if areas and len(areas) == len(photos) else None


def _area(photos: Sequence[MeasuredPhoto]) -> list[str]:
    square = square_metres(photos)
    if square is None:
        return []
    where = "The photo shows" if len(photos) == 1 else "The photos show"
    overlap = "" if len(photos) == 1 else "; what several of them show counts in each"
    return [f"{where} {number(square)} m² in all{overlap}."]


def _fineness(photos: Sequence[MeasuredPhoto], provenance: Provenance) -> str:
    """What a pixel is, and which width classes are too narrow for it; empty where no scale is known."""
    sides = [photo.mm_per_px for photo in photos if photo.mm_per_px]
    if not sides:
        return ""
    finest, coarsest = min(sides), max(sides)
    several = number(finest) != number(coarsest)
    told = f"{number(finest)} to {number(coarsest)} mm" if several else f"{number(finest)} mm"
    lost = [each.name for each in provenance.classes if each.up_to_mm is not None and each.up_to_mm <= coarsest]
    narrow = (
        f", so that {'in the coarsest photos ' if several else ''}{_classes(lost)} cannot be judged" if lost else ""
    )
    return (
        f"A pixel is {told}: a width may be off by about as much at any one place, and cracks narrower than a pixel "
        f"are missed or come out too wide{narrow}."
    )


def _classes(names: Sequence[str]) -> str:
    """Names of classes in words.

    >>> _classes(["A"]), _classes(["A", "B", "C"])
    ('class A', 'classes A, B and C')
    """
    if len(names) == 1:
        return f"class {names[0]}"
    return f"classes {', '.join(names[:-1])} and {names[-1]}"
