"""All that was said of the patches of a set of photos: tables, exports and sorted folders, by the photos' names."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from hairline.data import clicks, label_studio, sorted_patches
from hairline.data.clicks import Click, Label, Place
from hairline.errors import HairlineError
from hairline.io.file_names import Names, printable
from hairline.io.reading import entries

log = logging.getLogger(__name__)


class Said(NamedTuple):
    """What a file says of the photos there are.

    Attributes:
        people: What counts of each person.
        torn: What was left out of its end, in one sentence; empty where nothing was.
        lost: Photo that is not there → number of its rows.
    """

    people: list[dict[Place, Click]]
    torn: str
    lost: Counter[str]


def files(folder: Path) -> list[Path]:
    """The tables and exports in a folder of clicks, and the folders of sorted patches."""
    tables = [path for path in entries(folder) if path.suffix.lower() in (".csv", ".json") and not path.is_dir()]
    return [*tables, *sorted_patches.folders(folder)]


def said(path: Path, photos: Mapping[str, Path], meanings: Mapping[str, Label]) -> Said:
    """What one file says.

    Args:
        path: A table (:func:`hairline.data.clicks.read_rows`), an export (:mod:`hairline.data.label_studio`), or a
            folder of patches (:mod:`hairline.data.sorted_patches`).
        photos: Name → file of the photos there are.
        meanings: What other names of labels mean.

    Raises:
        HairlineError: If it can be read as none of them.
    """
    if path.is_dir():
        label = sorted_patches.label_of(path, meanings)
        found_cuts, without = sorted_patches.cuts(path, photos)
        return Said(clicks.by_person(sorted_patches.clicks(path, label, found_cuts, photos)), "", Counter(without))
    if path.suffix.lower() == ".json":
        return Said(clicks.by_person(label_studio.read(path, photos, meanings)), "", Counter())
    found = clicks.read_rows(path, meanings)
    torn = clicks.told(path, found.torn) if found.torn else ""
    kept, lost = _named(found.rows, Names(photos))
    return Said(clicks.by_person(kept), torn, lost)


def labels(
    folder: Path, images: Path, photos: Mapping[str, Path], meanings: Mapping[str, Label]
) -> dict[Place, Label]:  # fmt: skip
    """One label a patch of what all files in a folder say; what is torn is logged.

    Args:
        folder: The folder of clicks.
        images: The folder of photos, for messages.
        photos: See :func:`said`.
        meanings: See :func:`said`.

    Raises:
        HairlineError: If a file cannot be read, or says something of a photo that is not there.
    """
    people = list[dict[Place, Click]]()
    for path in files(folder):
        found = said(path, photos, meanings)
        if found.torn:
            log.warning(found.torn)
        if found.lost:
            name, times = found.lost.most_common(1)[0]
            raise HairlineError(
                f"{images / printable(name)}: no such photo, but {path} has {times} "
                f"{'patches' if path.is_dir() else 'rows about it'} ({len(found.lost)} such photos); expected every "
                f"photo that was clicked on; put it back, or take these {'patches' if path.is_dir() else 'rows'} out"
            )
        people += found.people
    return clicks.merged(people)


def _named(rows: Iterable[Click], names: Names) -> tuple[list[Click], Counter[str]]:
    """The rows with the names that the photos have, and how many rows name a photo that is not there."""
    kept, lost = list[Click](), Counter[str]()
    for click in rows:
        name = names.find(click.place.photo)
        if name is not None:
            kept.append(Click(click.place._replace(photo=name), click.label, click.who, click.when))
        elif click.label != clicks.UNDO:
            lost[click.place.photo] += 1
    return kept, lost
