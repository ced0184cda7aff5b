"""What the page says, in plain values that the template and the script show as they are."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hairline.inspection.exports.photos import MeasuredPhoto, Provenance, WidthClass
from hairline.inspection.measuring.cracks import Crack
from hairline.inspection.measuring.table import turned
from hairline.inspection.page import cautions, colours, severity
from hairline.inspection.page.numbers import area, length, millimetres, number, width
from hairline.io.file_names import printable

ROWS = 1000
"""Most cracks in the table of all; cracks.csv has the others."""

NUMBERED = 200
"""Most cracks of an opened photo that have a number and a row there."""

HEADS = (
    "Crack and photo", "Class", "Length", "Mean width", "95th percentile", "Greatest width", "Area", "Direction",
    "Branches", "Junctions",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """Of a table: what it says, and by what it is sorted."""

    text: str
    value: float | str


@dataclass(frozen=True)
class Chip:
    """Name of a width class on its colour."""

    name: str
    told: str
    back: str
    ink: str


@dataclass(frozen=True)
class Row:
    """A crack: number of its photo on the page, its own, its class, and cells of the columns after these."""

    place: int
    photo: str
    number: int
    chip: Chip | None
    rank: int
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Card:
    """A photo on the page; ``place`` counts from 1, the worst first."""

    place: int
    file: str
    cracks: int
    counted: str
    chip: Chip | None
    widest: str
    total: str
    total_length: float
    alt: str
    unread: str
    size: str


@dataclass(frozen=True)
class Share:
    """A width class among all cracks: how many, in how many photos, how long, and the length's share in percent."""

    chip: Chip
    cracks: int
    photos: int
    length: str
    percent: float


def chips(classes: Sequence[WidthClass]) -> Mapping[str, Chip]:
    """Name of a class → what it looks like."""
    ramp = colours.ramp(len(classes)) if classes else []
    return {
        each.name: Chip(each.name, each.told, colours.css(colour), colours.on(colour))
        for each, colour in zip(classes, ramp, strict=True)
    }


def cards(photos: Sequence[MeasuredPhoto], provenance: Provenance, unread: Sequence[str]) -> list[Card]:
    """Photos in the order they are given, which is that of the page."""
    shown = chips(provenance.classes)
    both = zip(photos, unread, strict=True)
    return [_card(place, photo, provenance, shown, why) for place, (photo, why) in enumerate(both, 1)]


def _card(place: int, photo: MeasuredPhoto, provenance: Provenance, shown: Mapping[str, Chip], unread: str) -> Card:
    worst = severity.worst(photo, provenance.classes)
    file, total = printable(photo.file), sum(crack.length_px for crack in photo.cracks)
    widest = max((crack.width_max_px for crack in photo.cracks), default=0)
    said = f"{file}: no crack found"
    if photo.cracks:
        said = f"{file}: {counted(len(photo.cracks), 'crack')}, the widest {width(widest, photo.mm_per_px)}"
    return Card(
        place=place,
        file=file,
        cracks=len(photo.cracks),
        counted=counted(len(photo.cracks), "crack"),
        chip=_chip(photo, worst, shown),
        widest=width(widest, photo.mm_per_px),
        total=length(total, photo.mm_per_px),
        total_length=total * (photo.mm_per_px or 1),
        alt=said,
        unread=printable(unread),
        size=f"{photo.width} × {photo.height} px"
        + (f", {number(photo.mm_per_px)} mm a pixel" if photo.mm_per_px else ""),
    )


def _chip(photo: MeasuredPhoto, crack: Crack | None, shown: Mapping[str, Chip]) -> Chip | None:
    return None if crack is None else shown.get(photo.class_of(crack) or "")


def rows(place: int, photo: MeasuredPhoto, provenance: Provenance) -> list[Row]:
    """The cracks of a photo, the worst first."""
    shown = chips(provenance.classes)
    order = sorted(photo.cracks, key=lambda crack: severity.of_crack(photo, crack, provenance.classes), reverse=True)
    return [
        Row(
            place, printable(photo.file), crack.number, _chip(photo, crack, shown),
            severity.of_crack(photo, crack, provenance.classes).rank, _cells(photo, crack),
        )
        for crack in order
    ]  # fmt: skip


def _cells(photo: MeasuredPhoto, crack: Crack) -> list[Cell]:
    scale, unit = photo.mm_per_px, photo.mm_per_px or 1
    angle = crack.orientation_deg
    return [
        Cell(length(crack.length_px, scale), crack.length_px * unit),
        *(
            Cell(width(value, scale), value * unit)
            for value in (crack.width_mean_px, crack.width_p95_px, crack.width_max_px)
        ),
        Cell(area(crack.area_px, scale), crack.area_px * unit * unit),
        Cell("–", -1) if angle is None else Cell(f"{turned(angle, 0):.0f}°", angle),
        Cell(str(len(crack.branches)), len(crack.branches)),
        Cell(str(crack.junctions), crack.junctions),
    ]


def viewer(photo: MeasuredPhoto, card: Card, found: Sequence[Row]) -> dict[str, Any]:
    """What the script needs of a photo: its size, and box, widest place and measures of its worst cracks."""
    by_number = {crack.number: crack for crack in photo.cracks}
    return {
        "file": card.file,
        "told": card.alt.removeprefix(f"{card.file}: ") + f" · {card.size}",
        "unread": card.unread,
        "size": [photo.width, photo.height],
        "cracks": [
            {
                "number": row.number,
                "box": list(by_number[row.number].box),
                "at": [round(value + 0.5, 1) for value in by_number[row.number].width_max_at],
                "class": None if row.chip is None else [row.chip.name, row.chip.back, row.chip.ink],
                "cells": [row.cells[0].text, row.cells[2].text, row.cells[3].text],
            }
            for row in found[:NUMBERED]
        ],
        "others": max(0, len(found) - NUMBERED),
    }


def headline(photos: Sequence[MeasuredPhoto], provenance: Provenance) -> str:
    """The result in a sentence."""
    with_cracks = [photo for photo in photos if photo.cracks]
    if not with_cracks:
        return f"No crack was found in {counted(len(photos), 'photo')}."
    cracks = sum(len(photo.cracks) for photo in photos)
    scaled = [photo for photo in with_cracks if photo.mm_per_px] or with_cracks  # pixels compare with no millimetres
    both = ((photo, crack) for photo in scaled for crack in photo.cracks)
    worst, widest = max(both, key=lambda pair: pair[1].width_max_px * (pair[0].mm_per_px or 1))
    return (
        f"{_of(len(with_cracks), len(photos))}: {counted(cracks, 'crack')}, {_total(photos)} in all. The widest "
        f"{'measures' if worst.mm_per_px else 'is'} {width(widest.width_max_px, worst.mm_per_px)} "
        f"({printable(worst.file)}, crack {widest.number})."
    )


def _of(some: int, every: int) -> str:
    if every == 1:
        return "The photo shows cracks"
    return (
        f"All {every} photos show cracks"
        if some == every
        else f"{some} of {every} photos " + ("shows cracks" if some == 1 else "show cracks")
    )


def _total(photos: Sequence[MeasuredPhoto]) -> str:
    """Length of all cracks, in millimetres where the scale is known and in pixels where it is not."""
    known = [photo for photo in photos if photo.mm_per_px is not None and photo.cracks]
    other = [photo for photo in photos if photo.mm_per_px is None and photo.cracks]
    told = []
    if known:
        told.append(
            millimetres(sum(crack.length_px * (photo.mm_per_px or 0) for photo in known for crack in photo.cracks))
        )
    if other:
        told.append(length(sum(crack.length_px for photo in other for crack in photo.cracks), None))
    return " and ".join(told) or "0"


def totals(photos: Sequence[MeasuredPhoto], provenance: Provenance) -> dict[str, str]:
    """Name → value of what is counted over all photos."""
    pixels = sum(photo.width * photo.height for photo in photos)
    found = sum(crack.area_px for photo in photos for crack in photo.cracks)
    told = {
        "Photos with cracks": f"{sum(bool(photo.cracks) for photo in photos):,} of {len(photos):,}",
        "Cracks": f"{sum(len(photo.cracks) for photo in photos):,}",
        "Length of all": _total(photos),
        "Greatest width": _widest(photos),
        "Share of crack pixels": f"{number(100 * found / pixels if pixels else 0, 2)} %",
    }
    square = cautions.square_metres(photos)
    if square is not None:
        metres = sum(crack.length_px * (photo.mm_per_px or 0) for photo in photos for crack in photo.cracks) / 1000
        told["Length by area"] = f"{number(metres / square)} m/m²"
    return told


def _widest(photos: Sequence[MeasuredPhoto]) -> str:
    by_unit = defaultdict[bool, list[tuple[float, str]]](list)
    for photo in photos:
        for crack in photo.cracks:
            value = crack.width_max_px * (photo.mm_per_px or 1)
            by_unit[photo.mm_per_px is not None].append((value, width(crack.width_max_px, photo.mm_per_px)))
    return " · ".join(max(by_unit[known])[1] for known in (True, False) if by_unit[known]) or "–"


def shares(photos: Sequence[MeasuredPhoto], provenance: Provenance) -> list[Share]:
    """What belongs to each width class, from wide to thin; empty where no crack has one."""
    count, lengths, places = Counter[str](), defaultdict[str, float](float), defaultdict[str, set[int]](set)
    for place, photo in enumerate(photos):
        for crack in photo.cracks:
            if name := photo.class_of(crack):
                count[name] += 1
                lengths[name] += crack.length_px * (photo.mm_per_px or 0)
                places[name].add(place)
    whole = sum(lengths.values())
    if not count:
        return []
    return [
        Share(
            chip, count[name], len(places[name]), millimetres(lengths[name]),
            100 * lengths[name] / whole if whole else 0,
        )
        for name, chip in reversed(list(chips(provenance.classes).items()))
    ]  # fmt: skip


def counted(count: int, word: str) -> str:
    """A number and its word.

    >>> counted(1, "crack"), counted(1200, "photo")
    ('1 crack', '1,200 photos')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"
