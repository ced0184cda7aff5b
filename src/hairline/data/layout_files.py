"""What published layouts have in common: image files by name, what lies in a folder, limits."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from hairline.data.samples import RawSample, evenly
from hairline.data.splits import Split
from hairline.errors import HairlineError
from hairline.imaging.images import IMAGE_SUFFIXES
from hairline.io.reading import entries, id_of

NAMED = 8


def contents(folder: Path) -> str:
    """What lies in a folder, for messages: its first names, ``nothing``, or ``no such folder``."""
    if not folder.is_dir():
        return "no such folder"
    found = sorted(path.name for path in folder.iterdir())
    return (", ".join(found[:NAMED]) + (", …" if len(found) > NAMED else "")) or "nothing"


def image_files(folder: Path, exclude: Collection[str]) -> dict[str, Path]:
    """Image files directly in a folder: name without suffix → path, in order; empty where there is no folder.

    Hidden files are passed over, as are the names in ``exclude``; names are composed
    (:func:`hairline.io.reading.id_of`).

    Raises:
        HairlineError: If the folder cannot be read, or two files differ in their suffix only.
    """
    files: dict[str, Path] = {}
    for path in entries(folder):
        name = id_of(path)
        if path.suffix.lower() not in IMAGE_SUFFIXES or name in exclude:
            continue
        if name in files:
            raise HairlineError(f"{path}: {files[name].name} has the same name; rename or remove one of them")
        files[name] = path
    return files


def limited(samples: Sequence[RawSample], split: Split, limit: Mapping[Split, int]) -> list[RawSample]:
    """The samples of one split, evenly spaced where its limit is lower than their number; 0 or no limit keeps all."""
    chosen = [sample for sample in samples if sample.split == split]
    return [chosen[index] for index in evenly(len(chosen), limit.get(split, 0) or len(chosen))]
