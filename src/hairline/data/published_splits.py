"""Published splits as lists of names and hashes, without a pixel: what stands in which split, and how to know it again.

A manifest is a table of comma-separated values, plain or compressed by gzip, with a row an image and
:data:`COLUMNS`; those of :data:`PUBLISHED` lie in ``hairline/splits``. A manifest never changes under its name: a
change is a new number at its end, and each is held against its SHA-256 when it is read.
"""

import csv
import gzip
import hashlib
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path, PurePosixPath

from hairline.data.splits import ORDER
from hairline.errors import HairlineError
from hairline.io.options import close
from hairline.io.reading import refuse_no_file

HASHES = ("image_sha256", "pixels_sha256", "look", "mask_sha256", "crack_sha256")
COLUMNS = ("id", "split", "image", "mask", *HASHES)
"""``image`` and ``mask`` are paths below the root of the set; ``mask`` may be empty. The hashes are of both files, of
the decoded image and its crack mask (:func:`hairline.data.samples.digest`), and of how the image looks
(:func:`hairline.gates.split_verification.look`)."""
HEX = {name: 32 if name == "look" else 64 for name in HASHES}
MEGABYTES = 64


@dataclass(frozen=True)
class Published:
    """A split that ships with hairline.

    Attributes:
        file: Its manifest in ``hairline/splits``.
        sha256: Of the manifest's text, uncompressed.
        about: What it is, in a sentence or two.
        hashes_of: The split whose images these are, where the manifest has the columns ``id`` and ``split`` alone.
    """

    file: str
    sha256: str
    about: str
    hashes_of: str = ""


PUBLISHED: Mapping[str, Published] = {
    "crack500-1": Published(
        "crack500-1.csv.gz",
        "6c4bb96fb93f3a1464bbb34d88b419fb48755dc42b8c09a29dcb7932aa7140ac",
        "CRACK500 as published (Yang et al. 2019): 591 of its 1,896 training crops and all 348 validation crops, which "
        "were at hand; these images had been saved as JPEG once more, so that those of the authors' archive are "
        "expected to count as saved again",
    ),
    "crack500-disjoint-1": Published(
        "crack500-disjoint-1.csv",
        "1d191fd7181e1220932ac4814f18a1a8c23868efa6ed0ab425f21906f023563d",
        "The crops of crack500-1, parted anew, so that photos taken within 60 s of each other (single linkage) are in "
        "one split; the rule stands in tools/make_splits.py",
        hashes_of="crack500-1",
    ),
    "cfd-1": Published(
        "cfd-1.csv.gz",
        "9a2cd87d1ce01f8f65e7fbf06fd4971f3e5e7ba982fca4f2c20efd563206b743",
        "CFD (Shi et al. 2016) without 042, whose mask belongs to another image; the split published with an earlier "
        "version of König et al.'s method: test 073 to 118, validation 004, 009, 019, 039, 053, 062, 068",
    ),
    "deepcrack-train-1": Published(
        "deepcrack-train-1.csv.gz",
        "76ea2773713443d5e041ad07167751bb82c762e3473f446a80cc89df3da6ad3b",
        "The published training half of DeepCrack (Liu et al. 2019)",
    ),
}


@dataclass(frozen=True)
class Entry:
    """An image of a split: a row of its manifest; see :data:`COLUMNS`."""

    id: str
    split: str
    image: str
    mask: str
    image_sha256: str
    pixels_sha256: str
    look: str
    mask_sha256: str
    crack_sha256: str


@dataclass(frozen=True)
class Manifest:
    """A split.

    Attributes:
        name: What to call it.
        about: What it is; empty where nothing is known.
        sha256: Of its text.
        entries: Its images.
    """

    name: str
    about: str
    sha256: str
    entries: tuple[Entry, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Split → number of its images, without splits that have none."""
        found = Counter(entry.split for entry in self.entries)
        return {split: found[split] for split in ORDER if found[split]}


def published(name: str) -> str:
    """The name of a split that ships with hairline, or an empty text for none.

    Raises:
        ValueError: If there is no such split.
    """
    if name and name not in PUBLISHED:
        meant = close(name, PUBLISHED)
        raise ValueError(f"no split '{name}'{f'; did you mean {meant!r}?' if meant else ''}; there are {_known()}")
    return name


def read(name: str) -> Manifest:
    """A split by its name, or by the path of a manifest.

    Raises:
        HairlineError: If there is no such split or file, or the file is no manifest.
    """
    if name in PUBLISHED:
        return _shipped(name)
    if not name.endswith((".csv", ".csv.gz")):
        try:
            published(name)
        except ValueError as error:
            raise HairlineError(f"{error}; or give the path of a manifest, a .csv or .csv.gz") from None
    path = Path(name)
    refuse_no_file(path, "a manifest of a split")
    content = _content(path.read_bytes(), path)
    return Manifest(path.name.partition(".csv")[0], "", _sha256(content), _entries(content, path))


def text(entries: Iterable[Entry], columns: Sequence[str] = COLUMNS) -> str:
    """A manifest as its file has it."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([getattr(entry, column) for column in columns] for entry in entries)
    return lines.getvalue()


def _shipped(name: str) -> Manifest:
    told = PUBLISHED[name]
    place = files("hairline").joinpath("splits", told.file)
    content = _content(place.read_bytes(), Path(str(place)))
    if _sha256(content) != told.sha256:
        raise HairlineError(f"{place}: is not the manifest of {name} that was published; install hairline again")
    if not told.hashes_of:
        return Manifest(name, told.about, told.sha256, _entries(content, Path(str(place))))
    split_of = {row["id"]: row["split"] for row in csv.DictReader(io.StringIO(content.decode()))}
    entries = [
        replace(entry, split=split_of[entry.id]) for entry in read(told.hashes_of).entries if entry.id in split_of
    ]
    return Manifest(name, told.about, told.sha256, tuple(entries))


def _content(stored: bytes, path: Path) -> bytes:
    """What a file holds, unpacked where it is packed, of at most :data:`MEGABYTES`."""
    most = MEGABYTES * 10**6
    try:
        if stored[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(stored)) as packed:
                stored = packed.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise HairlineError(f"{path}: cannot be unpacked ({error}); expected a whole manifest .csv.gz") from None
    if len(stored) > most:
        raise HairlineError(f"{path}: holds more than {MEGABYTES} MB; expected a manifest, a table of names and hashes")
    return stored


def _entries(content: bytes, path: Path) -> tuple[Entry, ...]:
    try:
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True)
        rows, columns = list(table), table.fieldnames or ()
    except (UnicodeDecodeError, csv.Error) as error:
        raise HairlineError(f"{path}: is no table in UTF-8 ({error}); expected {_expected()}") from None
    if not rows or sorted(columns) != sorted(COLUMNS):
        found = ", ".join(columns) if rows else "no row"
        raise HairlineError(f"{path}: found {found[:200]}; expected {_expected()}, a row an image")
    seen = set[str]()
    for number, row in enumerate(rows, 2):
        wrong = _fault(row) or ("an id of a line before" if row["id"] in seen else "")
        if wrong:
            raise HairlineError(f"{path}: line {number} has {wrong}; expected {_expected()}, each id once")
        seen.add(row["id"])
    return tuple(Entry(**{column: row[column] for column in COLUMNS}) for row in rows)


def _fault(row: Mapping[str, str]) -> str:
    """What is wrong with a row of a manifest; empty where nothing is."""
    if None in row or None in row.values():
        return f"not {len(COLUMNS)} values"
    if not row["id"].strip():
        return "no id"
    if row["split"] not in ORDER:
        return f"the split {row['split']!r}, none of {', '.join(ORDER)}"
    for column in ("image", "mask"):
        path = PurePosixPath(row[column])
        if path.is_absolute() or ".." in path.parts or "\0" in row[column] or (column == "image" and not row[column]):
            return f"the {column} {row[column]!r}, no path below the root of a set"
    for column, digits in HEX.items():
        asked = row["mask"] or not column.startswith(("mask", "crack"))
        if not re.fullmatch(rf"[0-9a-f]{{{digits}}}" if asked else "", row[column]):
            return (
                f"the {column} {row[column][:80]!r}, not {digits if asked else 'empty, as mask is,'} hexadecimal digits"
            )
    return ""


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _expected() -> str:
    return f"the columns {', '.join(COLUMNS)}"


def _known() -> str:
    return ", ".join(PUBLISHED)
