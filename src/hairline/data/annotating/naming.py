"""Names of images that may become those of masks below a folder."""

from pathlib import PurePosixPath, PureWindowsPath

from hairline.errors import HairlineError
from hairline.io.file_names import printable
from hairline.io.reading import composed

LONGEST = 200
"""Most bytes of a part of a name."""


def stem(name: str) -> str:
    r"""The name of an image without suffix, with ``/`` between folders.

    >>> stem("north\\a.png")
    'north/a'
    """
    path = PurePosixPath(name.replace("\\", "/"))
    return composed((path.with_suffix("") if path.name else path).as_posix())


def safe(where: str, name: str, remedy: str) -> str:
    """The name of an image without suffix, which leads nowhere but below the folder that a mask is written into.

    Args:
        where: What names the image, to begin the message with.
        name: The name.
        remedy: What to do about one that does not do.

    Raises:
        HairlineError: If a part of it is hidden, too long, ``..``, ends with a space, or cannot be printed.
    """
    found = stem(name)
    if PureWindowsPath(name).anchor or not all(map(_usable, found.split("/"))):
        raise HairlineError(
            f"{where}: names the image '{printable(name)[:80]}'; expected a path below a folder, without '..', hidden "
            f"folders, spaces at the ends of a name and what cannot be printed, each name of {LONGEST} bytes at most; "
            f"{remedy}"
        )
    return found


def _usable(part: str) -> bool:
    return part.isprintable() and part == part.strip() and part[:1] not in ("", ".") and len(part.encode()) <= LONGEST
