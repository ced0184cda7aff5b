"""What people said of patches, a click each: files of rows, how they are written, read and merged.

    FOLDER/NAME.csv    photo,x,y,size,label,who,when        one file a person; each click is a row at its end

``photo`` is the path below the folder of photos, ``x`` and ``y`` the patch's upper left pixel in the upright photo,
``size`` its side in pixels, ``label`` one of ``crack``, ``no_crack``, ``unsure`` and ``undo``, ``when`` UTC.

A row is on the disk before :func:`append` returns. A last row that a killed process left half-written was never
confirmed: it is left out, and told. Of one person the last row about a patch counts, and an ``undo`` leaves none. Of
several people those who are sure must agree: where one says crack and another no crack, the patch is ``unsure``. A
person is a name within a file, so that tables made elsewhere count beside files of the page.
"""

import csv
import fcntl
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from hairline.errors import HairlineError
from hairline.io.file_names import printable
from hairline.io.reading import composed, entries, refuse_no_file, table_of

Label = Literal["crack", "no_crack", "unsure"]
LABELS: tuple[Label, ...] = get_args(Label)
CRACK, NO_CRACK, UNSURE = LABELS
UNDO = "undo"
COLUMNS = ("photo", "x", "y", "size", "label", "who", "when")
NEEDED = COLUMNS[:5]
OWN = ",".join(COLUMNS).encode()
"""First line of a person's file."""
LONGEST_NAME = 40
_NAME = re.compile(r"[^\W_](?:[\w .-]*[^\W_])?")
_WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Place(NamedTuple):
    """Where a patch lies: ``size`` × ``size`` pixels of a photo from column ``x`` and row ``y`` on."""

    photo: str
    x: int
    y: int
    size: int


@dataclass(frozen=True)
class Click:
    """A row: what somebody said of a patch.

    Attributes:
        place: The patch.
        label: One of :data:`LABELS`, or :data:`UNDO`.
        who: Who said it.
        when: When, in UTC; empty where nobody knows.
    """

    place: Place
    label: str
    who: str
    when: str


class Read(NamedTuple):
    """The rows of a file in their order, and what was left out of its end (empty where nothing was)."""

    rows: list[Click]
    torn: str


def now() -> str:
    """The time as rows have it.

    >>> len(now())
    24
    """
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def person(written: str) -> str:
    """A person's name, which is also that of a file, as it is kept.

    >>> person("  Ann Lee ")
    'Ann Lee'

    Raises:
        HairlineError: If it cannot be one.
    """
    name = composed(written).strip()
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise HairlineError(
            f"{printable(name)[:60]!r} cannot be a person's name here; expected 1 to {LONGEST_NAME} letters and "
            "digits, with spaces, dots, - or _ between them; choose another"
        )
    return name


def file_of(folder: Path, who: str) -> Path:
    """The file of a person; names that differ in upper and lower case are one."""
    there = (path for path in entries(folder) if path.suffix == ".csv")
    same = (path for path in there if composed(path.stem).casefold() == who.casefold())
    return next(same, folder / f"{who}.csv")


@contextmanager
def only_writer(folder: Path, who: str) -> Iterator[Path]:
    """Be the one process that writes the clicks of a person inside the block; the lock ends with the process.

    What a killed process left half-written at the end of the file is removed.

    Raises:
        HairlineError: If another process writes them, the folder cannot be written to, or the file is no such table.
    """
    path = file_of(folder, who)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        raise HairlineError(
            f"{path}: cannot be written ({error.strerror}); expected a folder for clicks that this user may write to; "
            "change its permissions, or name another workspace"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # of the file itself: a lock file would change the set
        except OSError:
            raise HairlineError(
                f"{path}: another process writes the clicks of '{who}'; expected one a name; end that one, or choose "
                "another name"
            ) from None
        _mend(path)
        yield path


def append(path: Path, click: Click) -> None:
    """Add a row to the end of a person's file; it is on the disk when this returns.

    Args:
        path: As :func:`only_writer` gives it.
        click: The row.

    Raises:
        HairlineError: If it could not be written, or the file was taken away; it is as it was before then.
    """
    descriptor = _to_append(path)
    try:
        before = os.fstat(descriptor).st_size
        head = "" if before else _line(COLUMNS)
        try:
            _write(descriptor, (head + _line((*click.place, click.label, click.who, click.when))).encode())
            os.fsync(descriptor)
        except OSError as error:
            os.ftruncate(descriptor, before)
            raise HairlineError(
                f"{path}: the click was not saved ({error.strerror}); free space on this disk and click again"
            ) from None
    finally:
        os.close(descriptor)
    if not before:
        _sync_folder(path.parent)


def _to_append(path: Path) -> int:
    """A descriptor of a file that is there: one made anew would lack the lock, and what was said before."""
    try:
        return os.open(path, os.O_WRONLY | os.O_APPEND)
    except FileNotFoundError:
        raise HairlineError(
            f"{path}: was taken away while it was written to; expected the file of clicks where it was; put it back if "
            "it is still wanted, and start 'hairline click' again"
        ) from None
    except OSError as error:
        raise HairlineError(
            f"{path}: the click was not saved ({error.strerror}); expected a file that this user may write to; change "
            "its permissions and click again"
        ) from None


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _line(values: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


def _mend(path: Path) -> None:
    """Make the end of a person's file one that rows can follow."""
    content = path.read_bytes()
    kept, _ = _whole(content)
    if kept.partition(b"\n")[0] not in (b"", OWN):
        raise HairlineError(
            f"{path}: is not a file of clicks that rows can be added to; expected the columns {','.join(COLUMNS)}; "
            "rename it, and it is still read"
        )
    ending = b"" if not kept or kept.endswith(b"\n") else b"\n"
    if kept + ending != content:
        with path.open("r+b") as file:
            file.truncate(len(kept))
            file.seek(0, os.SEEK_END)
            file.write(ending)
            file.flush()
            os.fsync(file.fileno())


def _whole(content: bytes) -> tuple[bytes, str]:
    """The bytes of a file without a last row that was half-written, and that row."""
    body = content.rstrip(b"\0")  # what some file systems leave of a file that was being written when the power went
    head, newline, last = body.rpartition(b"\n")
    if not newline and OWN.startswith(last):
        return b"", ""
    if not last:
        return body, ""
    cells = next(csv.reader([last.decode(errors="replace")]), [])
    complete = len(cells) == len(COLUMNS) and _WHEN.fullmatch(cells[-1])
    if head.partition(b"\n")[0] != OWN or complete:
        return body, ""
    return head + newline, printable(last.decode(errors="replace"))


def read_rows(path: Path, meanings: Mapping[str, Label]) -> Read:
    """The rows of a table of clicks: a file of this module, or any with its columns; the last two may be missing.

    Args:
        path: The file.
        meanings: What other names of labels mean.

    Raises:
        HairlineError: If it is no such table, or a row is none; the message names the line.
    """
    refuse_no_file(path, "a table of clicks")
    whole, torn = _whole(path.read_bytes())
    try:
        text = whole.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HairlineError(
            f"{path}: is not encoded in UTF-8 (byte {error.start}); save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')"
        ) from None
    header, rows = table_of(path, text)
    missing = [name for name in NEEDED if name not in header]
    if missing and text.strip():
        raise HairlineError(
            f"{path}: has the columns {', '.join(header) or '(none)'}; expected {', '.join(NEEDED)}, and may have who "
            f"and when; name the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}, or move it out of the "
            "folder of clicks"
        )
    return Read([_click(path, number, row, meanings) for number, row in enumerate(rows, 2)], torn)


def _click(path: Path, number: int, row: Mapping[str, str], meanings: Mapping[str, Label]) -> Click:
    where = f"{path}: line {number}"
    x, y, size = (_whole_number(where, name, row[name], least) for name, least in (("x", 0), ("y", 0), ("size", 1)))
    label = UNDO if row["label"] == UNDO else meaning(where, row["label"], meanings)
    return Click(Place(row["photo"], x, y, size), label, row.get("who") or path.stem, row.get("when", ""))


def _whole_number(where: str, name: str, written: str, least: int) -> int:
    if re.fullmatch(r"\d{1,9}(\.0*)?", written, re.ASCII):
        value = int(written.partition(".")[0])
        if value >= least:
            return value
    raise HairlineError(
        f"{where} has the {name} '{printable(written)[:40]}'; expected a whole number of pixels, {least} or more; "
        "correct the row or take it out"
    )


def meaning(where: str, written: str, meanings: Mapping[str, Label]) -> Label:
    """What the name of a label means; ``No crack`` and ``no-crack`` are ``no_crack``.

    Args:
        where: What to begin a message with.
        written: The name.
        meanings: Other names → label.

    Raises:
        HairlineError: If nobody said what it means.
    """
    if written in meanings:
        return meanings[written]
    plain = re.sub(r"[\s_-]+", "_", written.strip().casefold())
    for label in LABELS:
        if plain == label:
            return label
    raise HairlineError(
        f"{where} has the label '{printable(written)[:40]}'; expected {', '.join(LABELS)}; correct it, or say what it "
        "means in options.labels of this data set"
    )


def standing(rows: Iterable[Click]) -> dict[Place, Click]:
    """What counts of the rows of one person: the last about each patch, those undone left out, oldest first."""
    found = dict[Place, Click]()
    for click in rows:
        found.pop(click.place, None)
        if click.label != UNDO:
            found[click.place] = click
    return found


def merged(people: Iterable[Mapping[Place, Click]]) -> dict[Place, Label]:
    """One label a patch of what several people said.

    Args:
        people: What counts of each, as :func:`standing` gives it.

    Returns:
        ``crack`` or ``no_crack`` where all who are sure say so, else ``unsure``; in the order of the first click.
    """
    said = dict[Place, set[str]]()
    for one in people:
        for place, click in one.items():
            said.setdefault(place, set()).add(click.label)
    return {place: _together(labels) for place, labels in said.items()}


def _together(labels: set[str]) -> Label:
    if CRACK in labels and NO_CRACK in labels:
        return UNSURE
    return CRACK if CRACK in labels else NO_CRACK if NO_CRACK in labels else UNSURE


def by_person(rows: Sequence[Click]) -> list[dict[Place, Click]]:
    """What counts of each person among the rows of one file."""
    names = dict.fromkeys(click.who for click in rows)
    return [standing(click for click in rows if click.who == name) for name in names]


def read(folder: Path, meanings: Mapping[str, Label] | None = None) -> tuple[dict[Place, Label], list[str]]:
    """The clicks of all tables in a folder, merged, and what was left out of them, a line each.

    Args:
        folder: With ``*.csv``; it may be missing.
        meanings: What other names of labels mean.

    Raises:
        HairlineError: If a file is no table of clicks.
    """
    people, torn = list[dict[Place, Click]](), list[str]()
    for path in entries(folder):
        if path.suffix.lower() == ".csv":
            found = read_rows(path, meanings or {})
            people += by_person(found.rows)
            torn += [told(path, found.torn)] if found.torn else []
    return merged(people), torn


def told(path: Path, torn: str) -> str:
    """A half-written row in one sentence."""
    return (
        f"{path}: its last row was half-written when a process ended ('{torn[:60]}'), so it was never confirmed and is "
        "left out; click that patch again"
    )
