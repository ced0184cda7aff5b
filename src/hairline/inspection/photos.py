"""Photos as people name them: files, folders, patterns, videos; in a stable order, each with a name for its results."""

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePosixPath

from hairline.errors import HairlineError
from hairline.imaging import heic
from hairline.imaging.images import IMAGE_SUFFIXES
from hairline.inspection import places, records, videos
from hairline.io.file_names import printable
from hairline.io.hashing import content_hash
from hairline.io.reading import composed, refuse_no_file, there, unreadable, walk

SUFFIXES = (*IMAGE_SUFFIXES, ".mpo", *heic.SUFFIXES, *videos.SUFFIXES)
"""Of files in folders that are photos or videos, in lower case; upper case means the same."""

MAGIC = frozenset("*?[")
"""Letters that make a pattern of a name that no file has."""

WRITTEN = (".png", ".tif", ".jpg", ".npz")
"""Suffixes of what is written of photos under their names."""
FORMULA = ("=", "+", "-", "@")
"""What spreadsheets take a cell for a formula by."""


BESIDE = {**dict.fromkeys((places.SCORES, places.MASKS, places.OVERLAYS), records.FILE), "index_pictures": "index.html"}
"""Folders of what is written of photos → the file that lies beside them."""


@dataclass(frozen=True)
class Photo:
    """A photo, or a frame of a video.

    Attributes:
        path: Where it lies, absolute; of a frame, VIDEO/frame_000123, which is no file.
        name: What it is called below the folder that was named, with suffix; of a file that was named, its own name.
        frame: Number of the frame, from 0; None of a photo.
    """

    path: Path
    name: PurePosixPath
    frame: int | None = None

    @property
    def file(self) -> Path:
        """The file that it is in."""
        return self.path if self.frame is None else self.path.parent


def find(
    given: Sequence[Path], out: Path, every_s: float = videos.EVERY_S, found_too: bool = True
) -> tuple[list[Photo], list[Path]]:
    """The photos among files and below folders, each once, and the other files of folders, which are passed over.

    Args:
        given: Files in any format, patterns as ``**/*.jpg`` where no file has this name, and folders. Of what patterns
            and folders have, files with the suffixes of images and videos count; hidden ones do not.
        out: Folder that is written to; what lies in it is no photo.
        every_s: Seconds between two frames of a video.
        found_too: Whether masks, scores and pictures count that were written below a folder, into others than ``out``.

    Returns:
        Photos in the order of ``given``, those of a folder sorted by name; and what was passed over, links that lead in
        a circle among it.

    Raises:
        HairlineError: If one of them is not there, a folder or a pattern has no photo, or it lies in the one that is
            written to.
    """
    photos, other = dict[Path, Photo](), list[Path]()
    for path in given:
        found, passed = _below(path, out)
        for file, name in found:
            if not found_too and _is_written(file, name):
                continue
            for photo in _photos(absolute(file), name, every_s):
                photos.setdefault(photo.path, photo)
        other += passed
    if not photos:
        raise HairlineError(
            f"{', '.join(printable(str(path)) for path in given)}: has no photo but what hairline wrote itself; "
            "expected the photos; name their folder"
        )
    return list(photos.values()), other


def _is_written(file: Path, name: PurePosixPath) -> bool:
    """Whether a file of a folder that was named is what hairline wrote into a folder below."""
    below = zip(file.parents, name.parents[:-1], strict=False)
    return any(folder.name in BESIDE and (folder.parent / BESIDE[folder.name]).is_file() for folder, _ in below)


def recorded(path: str) -> Photo:
    """The photo or the frame that a table names by its absolute path."""
    found = Path(path)
    number = found.name.removeprefix(videos.FRAME)
    if number != found.name and number.isdecimal() and videos.is_video(found.parent) and found.parent.is_file():
        return Photo(found, PurePosixPath(*found.parts[-2:]), int(number))
    return Photo(found, PurePosixPath(found.name))


def _photos(path: Path, name: PurePosixPath, every_s: float) -> list[Photo]:
    """A photo, or the frames of a video; a video that has none, as it is, whose turn to be told of comes."""
    if videos.is_video(path):
        with suppress(HairlineError):
            names = [(number, videos.frame_name(number)) for number in videos.frames(path, every_s)]
            return [Photo(path / frame, name / frame, number) for number, frame in names]
    return [Photo(path, name)]


def _below(path: Path, out: Path) -> tuple[list[tuple[Path, PurePosixPath]], list[Path]]:
    """The files that count of what was named, each with what it is called below it, and the others."""
    if not there(path):
        return _matching(path, out)
    if not path.is_dir():
        return [(path, PurePosixPath(path.name))], []
    if path.resolve().is_relative_to(out.resolve()):
        raise HairlineError(
            f"{printable(str(path))}: is the folder that --out names, or lies in it; expected photos elsewhere, "
            "or what was written would be taken for them; name another folder for --out"
        )
    circles = list[Path]()
    found, other = _counted(path, path, list(walk(path, circles)), out)
    return found, other + circles


def _matching(pattern: Path, out: Path) -> tuple[list[tuple[Path, PurePosixPath]], list[Path]]:
    """As :func:`_below` of a pattern, with what it matches called by what lies below its fixed beginning."""
    fixed = list(takewhile(lambda part: not MAGIC.intersection(part), pattern.parts))
    root, varied = Path(*fixed), PurePosixPath(*pattern.parts[len(fixed) :])
    if not varied.parts:
        raise HairlineError(
            f"{printable(str(pattern))}: not found; expected a photo, a video, a folder of them, or a pattern in "
            "quotation marks as 'photos/**/*.jpg'; correct it"
        )
    try:
        found = sorted(path for path in root.glob(str(varied)) if not _is_hidden(path.relative_to(root)))
    except ValueError as error:
        raise HairlineError(
            f"{printable(str(pattern))}: is no pattern ({error}); expected one as 'photos/**/*.jpg'; correct it"
        ) from None
    files = (file for each in found for file in (walk(each) if each.is_dir() else [each]))
    return _counted(pattern, root, dict.fromkeys(files), out)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _counted(
    named: Path, root: Path, files: Iterable[Path], out: Path
) -> tuple[list[tuple[Path, PurePosixPath]], list[Path]]:
    written = os.path.realpath(out)
    outside = [file for file in files if not Path(os.path.realpath(file)).is_relative_to(written)]  # also of loops
    found = [file for file in outside if file.suffix.lower() in SUFFIXES]
    if not found:
        raise HairlineError(
            f"{printable(str(named))}: has no photo; expected files with the suffixes {', '.join(SUFFIXES)}; "
            "name the folder they lie in, or convert them"
        )
    named_below = [(file, PurePosixPath(file.relative_to(root).as_posix())) for file in found]
    return named_below, [file for file in outside if file.suffix.lower() not in SUFFIXES]


def absolute(path: Path) -> Path:
    """Without ``..``, links as they are: files of one content may be links to one place."""
    return Path(os.path.normpath(path.absolute()))


def digest(photo: Photo) -> str:
    """SHA-256 of a photo's file, as 64 hexadecimal digits.

    Raises:
        HairlineError: If it cannot be read.
    """
    refuse_no_file(photo.file, "a photo")
    try:
        return content_hash(photo.file)
    except OSError as error:
        raise unreadable(photo.file, error) from None


def name_all(photos: Iterable[Photo], known: Mapping[str, str]) -> dict[Path, str]:
    """A name for what is written of each photo: its own without suffix, made longer where another has that already.

    Longer is: with the suffix, with the folders above it, with a number. Names that differ in letter case alone, or in
    how accents are written, are one name to some systems, and so here; and no file is called as a folder is. A name
    that a spreadsheet would take for a formula gets a line before it.

    Args:
        photos: Photos.
        known: Path of a photo → its name in an earlier run, which it keeps; others keep off those names.

    Returns:
        Path of a photo → its name, with ``/`` between folders.
    """
    taken = _Taken()
    for name in known.values():
        taken.add(name)
    names = {}
    for photo in photos:
        name = known.get(str(photo.path)) or next(each for each in _candidates(photo) if taken.leaves(each))
        taken.add(name)
        names[photo.path] = name
    return names


class _Taken:
    """Names that are taken, and the folders that these make."""

    def __init__(self) -> None:
        self._names, self._folders = set[str](), set[str]()

    def add(self, name: str) -> None:
        self._names.add(_alike(name))
        self._folders.update(_above(name))

    def leaves(self, name: str) -> bool:
        """Whether a name is free: neither it nor a file of it is another's name or folder, nor its folders files."""
        files = {_alike(f"{name}{suffix}") for suffix in WRITTEN}
        written = {each.removesuffix(suffix) for each in _above(name) for suffix in WRITTEN if each.endswith(suffix)}
        return _alike(name) not in self._names and not files & self._folders and not written & self._names


def _above(name: str) -> set[str]:
    return {_alike(folder.as_posix()) for folder in PurePosixPath(name).parents}


def _candidates(photo: Photo) -> Iterator[str]:
    plain, suffix = photo.name.with_suffix(""), photo.name.suffix.lower().removeprefix(".")
    if plain.as_posix().startswith(FORMULA):
        plain = PurePosixPath(f"_{plain.as_posix()}")
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


def _alike(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
