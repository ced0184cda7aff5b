"""Takes photos into a workspace: linked or copied, never moved, under names that can be ids."""

import errno
import filecmp
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

from hairline.data.samples import LONGEST_ID
from hairline.errors import HairlineError
from hairline.imaging import heic
from hairline.io.atomic import whole_folder
from hairline.io.reading import composed

How = Literal["auto", "link", "copy"]
"""``auto``: a hard link where the disk allows it, which takes no space and stays when the original is moved, else a
copy; ``link``: a symbolic link; ``copy``: a copy."""

NOT_HERE = (errno.EXDEV, errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.EROFS)
"""Errors of hard links: on another disk, not allowed, unknown to the file system."""
UNUSABLE = set('/\\:*?"<>|')


def names(paths: Iterable[str]) -> dict[str, str]:
    """Paths of photos → a name without folders for each, whose stem can be an id and is nobody else's.

    >>> names(["wall.jpg", "day 2/wall.jpg", "wall.png"])
    {'wall.jpg': 'wall.jpg', 'day 2/wall.jpg': 'day 2_wall.jpg', 'wall.png': 'wall_2.png'}
    """
    given, found = set[str](), dict[str, str]()
    for path in paths:
        stem, suffix = plain(path), PurePosixPath(path).suffix.lower()
        free, number = stem, 2
        while free.casefold() in given:
            free, number = f"{stem}_{number}", number + 1
        given.add(free.casefold())
        found[path] = free + (".jpg" if heic.is_heic(Path(path)) else suffix)
    return found


def plain(path: str) -> str:
    """The id of a photo by its path: its folders joined by ``-``, ``_``, its name; ``_`` for what no id can hold."""
    *folders, last = PurePosixPath(composed(path)).with_suffix("").parts
    whole = f"{'-'.join(folders)}_{last}" if folders else last
    readable = "".join(letter if letter.isprintable() and letter not in UNUSABLE else "_" for letter in whole).strip()
    if readable.startswith(".") or not readable:
        readable = f"_{readable}"
    if len(readable.encode()) > LONGEST_ID - 20:
        digest = hashlib.sha256(readable.encode()).hexdigest()[:8]
        readable = readable.encode()[-(LONGEST_ID - 30) :].decode(errors="ignore").strip() + f"_{digest}"
    return readable


def refuse_others(folder: Path, sources: Mapping[str, Path]) -> None:
    """Refuse to fill a folder that holds a file which an interrupted attempt did not put there.

    Args:
        folder: The folder; it may be missing.
        sources: As for :func:`take`; where there are none, nothing is replaced, so nothing is refused.

    Raises:
        HairlineError: If a file is none of the sources, by name or by content.
    """
    for path in sorted(folder.iterdir()) if sources and folder.is_dir() else ():
        if path.name not in sources or not _is_from(path, sources[path.name]):
            raise HairlineError(
                f"{path}: was put there since an interrupted 'hairline init', or taken by that one from a file that "
                "has changed or is not taken now; move it away and run it again"
            )


def _is_from(path: Path, source: Path) -> bool:
    if not path.exists():
        return path.is_symlink()  # a link of an earlier attempt whose original has moved
    return path.is_file() and (heic.is_heic(source) or filecmp.cmp(path, source, shallow=False))


def take(sources: Mapping[str, Path], folder: Path, how: How) -> Counter[str]:
    """Fill a folder with photos; it appears whole or not at all.

    Args:
        sources: Name in the folder → file.
        folder: The folder; what it held is gone.
        how: See :data:`How`.

    Returns:
        How many were linked, copied and converted.
    """
    with whole_folder(folder) as partial:
        return Counter(_one(source, partial / name, how) for name, source in sources.items())


def _one(source: Path, target: Path, how: How) -> str:
    if heic.is_heic(source):
        heic.convert(source, target)
        return "converted to JPEG"
    if how == "link":
        target.symlink_to(source.absolute())
        return "linked (symbolic)"
    if how == "auto":
        try:
            os.link(source.resolve(), target)
        except OSError as error:
            if error.errno not in NOT_HERE:
                raise
        else:
            return "linked"
    shutil.copyfile(source, target)
    return "copied"
