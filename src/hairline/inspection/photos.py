"""Photos as people name them: files and folders, in a stable order, each with a name of its own for what is written."""

import os
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hairline.errors import HairlineError
from hairline.imaging.images import IMAGE_SUFFIXES
from hairline.io.file_names import printable
from hairline.io.hashing import content_hash
from hairline.io.reading import composed, refuse_no_file, there, unreadable, walk


@dataclass(frozen=True)
class Photo:
    """A photo.

    Attributes:
        path: Where it lies, absolute.
        name: What it is called below the folder that was named, with suffix; of a file that was named, its own name.
    """

    path: Path
    name: PurePosixPath


def find(given: Sequence[Path], out: Path) -> tuple[list[Photo], list[Path]]:
    """The photos among files and below folders, each once, and the other files of folders, which are passed over.

    Args:
        given: Files in any format, and folders, whose files with the suffixes of images count; hidden ones do not.
        out: Folder that is written to; what lies in it is no photo.

    Returns:
        Photos in the order of ``given``, those of a folder sorted by name; and what was passed over.

    Raises:
        HairlineError: If one of them is not there, a folder has no photo, or it lies in the one that is written to.
    """
    photos, other = dict[Path, Photo](), list[Path]()
    for path in given:
        if not there(path):
            raise HairlineError(
                f"{printable(str(path))}: not found; expected a photo or a folder of photos; correct it"
            )
        if not path.is_dir():
            photo = Photo(_absolute(path), PurePosixPath(path.name))
            photos.setdefault(photo.path, photo)
            continue
        if path.resolve().is_relative_to(out.resolve()):
            raise HairlineError(
                f"{printable(str(path))}: is the folder that --out names, or lies in it; expected photos elsewhere, "
                "or what was written would be taken for them; name another folder for --out"
            )
        files = [file for file in walk(path) if not file.resolve().is_relative_to(out.resolve())]
        found = [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]
        if not found:
            raise HairlineError(
                f"{printable(str(path))}: has no photo; expected files with the suffixes {', '.join(IMAGE_SUFFIXES)}; "
                "name the folder they lie in, or convert them"
            )
        for file in found:
            photo = Photo(_absolute(file), PurePosixPath(file.relative_to(path).as_posix()))
            photos.setdefault(photo.path, photo)
        other += [file for file in files if file not in set(found)]
    return list(photos.values()), other


def _absolute(path: Path) -> Path:
    """Without ``..``, links as they are: files of one content may be links to one place."""
    return Path(os.path.normpath(path.absolute()))


def digest(photo: Photo) -> str:
    """SHA-256 of a photo's file, as 64 hexadecimal digits.

    Raises:
        HairlineError: If it cannot be read.
    """
    refuse_no_file(photo.path, "a photo")
    try:
        return content_hash(photo.path)
    except OSError as error:
        raise unreadable(photo.path, error) from None


def name_all(photos: Iterable[Photo], known: Mapping[str, str]) -> dict[Path, str]:
    """A name for what is written of each photo: its own without suffix, made longer where another has that already.

    Longer is: with the suffix, with the folders above it, with a number. Names that differ in letter case alone, or in
    how accents are written, are one name to some systems, and so here.

    Args:
        photos: Photos.
        known: Path of a photo → its name in an earlier run, which it keeps; others keep off those names.

    Returns:
        Path of a photo → its name, with ``/`` between folders.
    """
    taken = {_alike(name) for name in known.values()}
    names = {}
    for photo in photos:
        name = known.get(str(photo.path)) or next(each for each in _candidates(photo) if _free(each, taken))
        taken.add(_alike(name))
        names[photo.path] = name
    return names


def _candidates(photo: Photo) -> Iterator[str]:
    plain, suffix = photo.name.with_suffix(""), photo.name.suffix.lower().removeprefix(".")
    yield composed(plain.as_posix())
    typed = plain.with_name(f"{plain.name}_{suffix}")
    if suffix:
        yield composed(typed.as_posix())
    above = [part for part in photo.path.parts[1 : -len(photo.name.parts)] if part.strip(".")]
    for count in range(1, len(above) + 1):
        yield composed(PurePosixPath(*above[-count:], plain).as_posix())
    number = 2
    while True:
        yield composed(plain.with_name(f"{typed.name}_{number}").as_posix())
        number += 1


def _free(name: str, taken: Collection[str]) -> bool:
    return _alike(name) not in taken


def _alike(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
