"""Clicks that were made on a plain folder of photos, taken into a workspace under the names that photos have there."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from hairline.data import clicked, sorted_patches
from hairline.data.clicks import COLUMNS, Click, read_rows
from hairline.errors import HairlineError
from hairline.io.reading import composed, entries

IMAGES, CLICKS = "images", "clicks"


class Taken(NamedTuple):
    """Name of a table → its text, and what to tell, a line each."""

    texts: dict[str, str]
    notes: list[str]


def taken(photos: Path, named: Mapping[str, str], target: Path, window_px: int) -> Taken:
    """The tables that ``hairline click`` left beside photos, as a workspace has them.

    Args:
        photos: The folder of photos.
        named: Name of a photo below that folder → its name in the workspace; photos that are not here are left out.
        target: The folder of clicks of the workspace; a table that it has already stays.
        window_px: Side of a patch of the workspace, in pixels.
    """
    texts, notes, sizes = dict[str, str](), list[str](), Counter[int]()
    for folder, below in _places(photos):
        if folder.resolve() == target.resolve():
            continue
        names = {composed(name).removeprefix(below): given for name, given in named.items() if name.startswith(below)}
        for path in entries(folder):
            if path.suffix.lower() == ".csv":
                note = _take(path, names, target, texts, sizes)
                notes += [note] if note else []
        notes += [
            f"clicks not taken: {path}, which is no table; if it is to count, copy it to {target / path.name}"
            for path in clicked.files(folder)
            if path.suffix.lower() != ".csv"
        ]
    other = sizes.most_common(1)[0][0] if sizes else window_px
    if other != window_px:
        notes.append(
            f"clicks: most are of patches of {other} px, those of the workspace have {window_px}; --window {other} "
            "makes them alike"
        )
    return Taken(texts, notes)


def sorted_folders(photos: Path) -> list[Path]:
    """Folders of sorted patches among photos, which are none themselves."""
    return sorted_patches.labelled(photos / CLICKS, {}) if (photos / CLICKS).is_dir() else []


def passed_over(photos: Path) -> list[str]:
    """What to tell of tables beside photos where masks teach, a line each."""
    tables = [path for folder, _ in _places(photos) for path in entries(folder) if path.suffix.lower() == ".csv"]
    return [f"clicks not taken: {path}, as masks teach the classifier here" for path in tables]


def _places(photos: Path) -> list[tuple[Path, str]]:
    """Folders of clicks, and what their names of photos lack in front: where ``hairline click`` puts them."""
    inside = f"{IMAGES}/" if (photos / IMAGES).is_dir() else ""
    above = [(photos.resolve().parent / CLICKS, "")] if photos.resolve().name == IMAGES and not inside else []
    return [(place, below) for place, below in [(photos / CLICKS, inside), *above] if place.is_dir()]


def _take(path: Path, names: Mapping[str, str], target: Path, texts: dict[str, str], sizes: Counter[int]) -> str:
    """Add a table to ``texts``, its sizes of patches to ``sizes``; what to tell."""
    try:
        rows = read_rows(path, {}).rows
    except HairlineError as error:
        return f"clicks not taken: {error}"
    mine = [click for click in rows if composed(click.place.photo) in names]
    left = f"; {len(rows) - len(mine)} rows left out, of photos that are not taken" if len(mine) < len(rows) else ""
    text = _table(mine, names)
    place = target / path.name
    if path.name in texts or (place.exists() and place.read_bytes() != text.encode()):
        return (
            f"clicks not taken: {path}, as {place} is there already; put it there under another name if it is to count"
        )
    if not mine:
        return f"clicks not taken: {path}, none of whose {len(rows)} rows is of a photo that is taken" if rows else ""
    texts[path.name] = text
    sizes.update(click.place.size for click in mine)
    return f"clicks: {len(mine)} rows of {path} are taken{left}"


def _table(rows: Iterable[Click], names: Mapping[str, str]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for (photo, *place), label, who, when in ((click.place, click.label, click.who, click.when) for click in rows):
        table.writerow((names[composed(photo)], *place, label, who, when))
    return text.getvalue()
