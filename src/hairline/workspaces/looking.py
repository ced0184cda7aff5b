"""Looks at people's photos before anything is made of them: sizes, kinds, EXIF, copies, and what cannot be read."""

import hashlib
import os
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hairline.data.capture_times import taken
from hairline.data.layout_files import UNREAD
from hairline.data.root_survey import LITTER
from hairline.errors import HairlineError
from hairline.gates import near_duplicates
from hairline.imaging import heic, images
from hairline.imaging.exif_time import exif_time
from hairline.io.reading import refuse_no_file, unreadable
from hairline.io.threads import in_threads

SMALL = 256
"""Side in pixels that JPEG files are decoded down to for a fingerprint."""


@dataclass(frozen=True)
class Photo:
    """A photo that can be read.

    Attributes:
        path: The file.
        name: Its path below the folder of photos, with ``/``.
        width: In pixels, upright.
        height: In pixels, upright.
        orientation: By EXIF, 1 (upright) to 8.
        taken: When, by EXIF or else by the name; None where neither tells.
        timed_by: ``EXIF``, ``names`` or empty.
        digest: SHA-256 of the file.
        print: Fingerprint, uint8 [32, 32].
    """

    path: Path
    name: str
    width: int
    height: int
    orientation: int
    taken: datetime | None
    timed_by: str
    digest: str
    print: NDArray[np.uint8]


@dataclass(frozen=True)
class Look:
    """What lies in a folder of photos.

    Attributes:
        folder: The folder.
        photos: Those to work with, in the order of their names.
        left_out: Name → why it is left out, in a sentence.
        copies: Name → the photo whose file is the same, byte by byte; left out as well.
        alike: Pairs of names of photos that look alike.
    """

    folder: Path
    photos: tuple[Photo, ...]
    left_out: dict[str, str]
    copies: dict[str, str]
    alike: tuple[tuple[str, str], ...]


def files(folder: Path, skip: Collection[Path] = ()) -> list[Path]:
    """Files of pictures in a folder and below, by name; hidden ones and folders in ``skip`` are passed over.

    Raises:
        HairlineError: If a folder may not be read.
    """

    def refuse(error: OSError) -> None:
        raise unreadable(Path(error.filename), error)

    found, passed = list[Path](), {folder.resolve(), *(each.resolve() for each in skip)}
    for place, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        real = {name: Path(place, name).resolve() for name in folders if _shown(name)}
        folders[:] = [name for name, path in real.items() if path not in passed]
        passed |= {real[name] for name in folders}  # links lead to no folder twice
        found += [Path(place, name) for name in names if _shown(name) and _is_picture(name)]
    return sorted(found, key=lambda path: path.relative_to(folder).parts)


def _shown(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in LITTER


def _is_picture(name: str) -> bool:
    suffix = Path(name).suffix.lower()
    return suffix in images.IMAGE_SUFFIXES or suffix in UNREAD


def look(folder: Path, skip: Collection[Path] = ()) -> Look:
    """Look at every photo in a folder and below.

    Args:
        folder: The folder.
        skip: Folders in it that hold no photos.

    Raises:
        HairlineError: If there is no such folder, it holds no pictures, or none of them can be read.
    """
    if not folder.is_dir():
        raise HairlineError(f"{folder}: no such folder; expected one of photos; correct --photos")
    found = files(folder, skip)
    if not found:
        raise HairlineError(f"{folder}: no photos found in it or below; name their folder with --photos")
    with_heic = not any(map(heic.is_heic, found)) or heic.readable()
    names = [path.relative_to(folder).as_posix() for path in found]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # large photos are welcome
        seen = in_threads(lambda path: _attempt(folder, path, with_heic), found, "look at photos")
    left_out = {name: told for name, told in zip(names, seen, strict=True) if isinstance(told, str)}
    read = [photo for photo in seen if isinstance(photo, Photo)]
    if not read:
        name, told = next(iter(left_out.items()))
        raise HairlineError(f"{folder}: none of the {len(found)} pictures can be used, the first, {name}, since {told}")
    first = dict[str, str]()
    copies = {each.name: first[each.digest] for each in read if first.setdefault(each.digest, each.name) != each.name}
    photos = tuple(each for each in read if each.name not in copies)
    return Look(folder, photos, left_out, copies, _alike(photos))


def _alike(photos: Sequence[Photo]) -> tuple[tuple[str, str], ...]:
    if not photos:
        return ()
    pairs = near_duplicates.same(np.stack([photo.print for photo in photos]))
    return tuple((photos[i].name, photos[j].name) for i, j in pairs)


def _attempt(folder: Path, path: Path, with_heic: bool) -> Photo | str:
    """A photo, or why it is left out."""
    suffix = path.suffix.lower()
    if heic.is_heic(path) and not with_heic:
        return heic.MISSING
    if suffix in UNREAD and not heic.is_heic(path):
        return f"pictures in {suffix} are not read: {UNREAD[suffix]}"
    try:
        return _photo(folder, path)
    except HairlineError as error:
        return str(error).removeprefix(f"{path}: ")


def _photo(folder: Path, path: Path) -> Photo:
    refuse_no_file(path, "an image")
    width, height = images.upright_size(path)
    grey = _small(path)
    exif = exif_time(path)
    when = exif or taken(path.stem)
    by = "EXIF" if exif else "names" if when else ""
    name = path.relative_to(folder).as_posix()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Photo(
        path, name, width, height, images.orientation(path), when, by, digest, near_duplicates.fingerprint(grey)
    )


def _small(path: Path) -> NDArray[np.uint8]:
    """A photo in grey levels; a JPEG file decoded no larger than needed, which takes a tenth of the time."""
    if path.suffix.lower() not in (".jpg", ".jpeg", ".jpe", ".jfif"):
        return images.read_grey(path)
    try:
        with Image.open(path) as file:
            file.draft("L", (SMALL, SMALL))
            return np.asarray(file.convert("L"))
    except Exception:  # of damaged files, which the careful reader tells in words
        return images.read_grey(path)
