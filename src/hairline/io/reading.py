"""Files as people leave them: folders listed, text and tables decoded, or one readable line that says why not."""

import csv
import errno
import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hairline.errors import HairlineError

REMEDIES = {
    errno.EACCES: "let this user read it (ls -ld tells who may)",
    errno.ELOOP: "its links lead in a circle; put the file or folder itself there",
    errno.ENAMETOOLONG: "no file can have such a long name; correct what names it",
    errno.ENOTDIR: "expected a folder there, found a file",
}


def entries(directory: Path) -> list[Path]:
    """What lies in a folder, sorted, without hidden files (``.DS_Store``, ``._a.jpg``); nothing where it is missing.

    Raises:
        HairlineError: If it is no folder, a link that leads nowhere, or may not be read (``glob`` finds nothing there).
    """
    try:
        return sorted(path for path in directory.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        if directory.is_symlink():
            raise _absent(directory, "a folder") from None
        return []
    except OSError as error:
        raise unreadable(directory, error) from None


def walk(folder: Path, circles: list[Path] | None = None) -> Iterator[Path]:
    """Files in a folder and below, each folder's in the order of names, hidden files and folders passed over.

    Args:
        folder: The folder.
        circles: Gets the links that lead in a circle, which are passed over then.

    Raises:
        HairlineError: If links lead in a circle and nobody takes them, or as :func:`entries`.
    """
    return _walk(folder, (), circles)


def _walk(folder: Path, above: tuple[tuple[int, int], ...], circles: list[Path] | None) -> Iterator[Path]:
    told = folder.stat()
    place = told.st_dev, told.st_ino
    if place in above and circles is not None:
        circles.append(folder)
        return
    if place in above:
        raise HairlineError(f"{folder}: its links lead in a circle; expected folders that end; remove the link")
    for path in entries(folder):
        if path.is_dir():
            yield from _walk(path, (*above, place), circles)
        else:
            yield path


def there(path: Path) -> bool:
    """Whether anything has this name, also a link that leads nowhere, which must not pass for a file left out."""
    return os.path.lexists(path)


def id_of(path: Path) -> str:
    """A file's name without suffix, composed (NFC): macOS writes ü as u and two dots, other systems as one letter."""
    return composed(path.stem)


def composed(name: str) -> str:
    """A name in Unicode's composed form, in which the same letters are the same text."""
    return unicodedata.normalize("NFC", name)


def refuse_no_file(path: Path, expected: str) -> None:
    """Raise HairlineError unless a file can be opened that is no folder, and no pipe, which would be waited on forever.

    Args:
        path: What is about to be opened.
        expected: What it should be, e.g. ``an image``.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            path.open("rb").close()
    except FileNotFoundError:
        raise _absent(path, expected) from None
    except OSError as error:
        raise unreadable(path, error) from None
    if not stat.S_ISREG(mode):
        found = "a folder" if stat.S_ISDIR(mode) else "a pipe or device"
        raise HairlineError(f"{path}: is {found}; expected {expected}; rename it or move it away")


def read_text(path: Path) -> str:
    """Text of a UTF-8 file, with or without a byte order mark.

    Raises:
        HairlineError: If there is no such file, it may not be read, or it is encoded otherwise.
    """
    refuse_no_file(path, "a text file")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if "\0" in text:
            raise HairlineError(
                f"{path}: is no text in UTF-8 (a zero byte at {text.index(chr(0))}); save it as UTF-8 (in a "
                "spreadsheet: 'CSV UTF-8')"
            )
        return text
    except UnicodeDecodeError as error:
        raise HairlineError(
            f"{path}: is not encoded in UTF-8 (byte {error.start}); save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')"
        ) from None


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Column names and rows of a table of values between commas, semicolons or tabs, with line ends of any system.

    White space around names and values is dropped.

    Raises:
        HairlineError: If it cannot be read as text or as a table, a column is named twice, or a row has not as many
            values as there are columns.
    """
    return table_of(path, read_text(path))


def table_of(path: Path, text: str) -> tuple[list[str], list[dict[str, str]]]:
    """Column names and rows of the text of a table, as :func:`read_table` reads them; ``path`` is for messages."""
    lines = text.splitlines()
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=_delimiter(lines), strict=True)]
    except csv.Error as error:
        raise HairlineError(f"{path}: is no readable table ({error}); expected comma-separated values") from None
    header, *rows = rows or [[]]
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise HairlineError(f"{path}: names the column '{twice[0]}' {header.count(twice[0])} times; keep one of them")
    found = []
    for number, row in enumerate(rows, 2):
        values, more = row[: len(header)], row[len(header) :]
        if row and (len(values) < len(header) or any(more)):
            raise HairlineError(
                f"{path}: line {number} has {len(row)} of {len(header)} values ({', '.join(row)[:60]}); expected "
                f"{', '.join(header)}; complete the row, or put quotes around a value that has a comma in it"
            )
        if row:
            found.append(dict(zip(header, values, strict=True)))
    return header, found


def _delimiter(lines: list[str]) -> str:
    """What stands between the columns' names: a comma, unless there is none and a semicolon or a tab is."""
    header = lines[0] if lines else ""
    return next((each for each in (",", ";", "\t") if each in header), ",")


@contextmanager
def readable() -> Iterator[None]:
    """Tell what the file system refuses to give inside the block as a HairlineError that names the file."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            raise
        raise unreadable(Path(error.filename), error) from None


def unreadable(path: Path, error: OSError) -> HairlineError:
    """The error of the file system on reading a path, with what to do about it."""
    remedy = REMEDIES.get(error.errno or 0, "see whether it and the disk it lies on are in order")
    return HairlineError(f"{path}: cannot be read ({error.strerror}); {remedy}")


def _absent(path: Path, expected: str) -> HairlineError:
    if path.is_symlink():
        return HairlineError(
            f"{path}: is a link to {path.readlink()}, which is not there; put {expected} there or remove the link"
        )
    return HairlineError(f"{path}: no such file; expected {expected}")
