"""Photos below a folder, as clicks name them: the path with ``/`` between its parts."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from hairline.imaging.images import IMAGE_SUFFIXES
from hairline.io.file_names import printable
from hairline.io.reading import composed, entries

UNUSABLE = set('/\\:*?"<>|')


class Photos(NamedTuple):
    """Name → file, in the order of names; and image files whose names no row of a table can hold, as messages do."""

    files: Mapping[str, Path]
    passed_over: list[str]


def find(folder: Path, skip: Iterable[Path] = ()) -> Photos:
    """The image files in a folder and below; hidden ones are no photos. Empty where the folder is missing.

    Names with control characters, with bytes that are no text, or with white space in front are passed over, as is the
    second of two that differ only in how accents are written. Links to folders are followed where they lead elsewhere;
    those that lead nowhere are named like files, which whoever opens them is told.

    Args:
        folder: The folder.
        skip: Folders in it that hold no photos.

    Raises:
        HairlineError: If a folder may not be read.
    """
    files, strange = dict[str, Path](), list[str]()
    for path in _files(folder, [folder.resolve()], {each.resolve() for each in skip}) if folder.is_dir() else ():
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            continue
        name = composed(path.relative_to(folder).as_posix())
        if name.isprintable() and name == name.strip() and name not in files:
            files[name] = path
        else:
            strange.append(printable(name))
    return Photos(dict(sorted(files.items())), strange)


def _files(folder: Path, walked: list[Path], skip: Collection[Path]) -> Iterator[Path]:
    """Files in a folder and below; ``walked`` are real folders, into whose inside no link leads again."""
    for path in entries(folder):
        if not path.is_dir():
            yield path
            continue
        if path.resolve() in skip:
            continue
        if path.is_symlink():
            real = path.resolve()
            if any(real.is_relative_to(each) or each.is_relative_to(real) for each in walked):
                continue
            walked.append(real)
        yield from _files(path, walked, skip)


def id_of(name: str) -> str:
    """The id of a photo by its name: folders, ``_``, name without suffix; ``_`` for what no id can hold.

    >>> id_of("wall.jpg"), id_of("north/day 2/wall?.jpg")
    ('wall', 'north-day 2_wall_')
    """
    *folders, last = PurePosixPath(name).with_suffix("").parts
    whole = f"{'-'.join(folders)}_{last}" if folders else last
    return "".join("_" if letter in UNUSABLE else letter for letter in whole).strip()
