"""What became of the files under a set's root: read, or passed over for a reason that a person is told."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hairline.errors import HairlineError
from hairline.io.atomic import write_json

NAMED = 3


@dataclass(frozen=True)
class Entry:
    """A file, or a folder that cannot be looked into, and why it is passed over.

    Attributes:
        file: Its path below the root.
        reason: Why, in a few words to stand behind a number.
        remedy: What a person can do; empty where it is passed over by design or by choice.
    """

    file: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class Survey:
    """What became of the files under a root.

    Attributes:
        read: Number of image files and files of masks that are read.
        passed_over: Pictures and what may be such that are not read.
        beside: Reason → number of files that are no pictures, or hidden.
        named: Some of those that are no pictures: tables and lists, read or not.
    """

    read: int
    passed_over: Sequence[Entry]
    beside: dict[str, int]
    named: Sequence[str] = ()

    @property
    def unexpected(self) -> list[Entry]:
        """Those passed over neither by design nor by choice."""
        return [entry for entry in self.passed_over if entry.remedy]


def told(found: Survey) -> str:
    """What was passed over, in one line: ``5 of 16 files passed over: 3 .heic (a.heic, …), 2 in sub-folders (…)``."""
    total = found.read + len(found.passed_over)
    line = f"{len(found.passed_over)} of {total} files passed over" if found.passed_over else "no file passed over"
    by = Counter(entry.reason for entry in found.passed_over)
    unexpected = {entry.reason for entry in found.unexpected}
    parts = []
    for reason, count in sorted(by.items(), key=lambda item: (item[0] not in unexpected, -item[1], item[0])):
        named = [entry.file for entry in found.passed_over if entry.reason == reason]
        names = f" ({', '.join(named[:NAMED])}{', …' if count > NAMED else ''})" if reason in unexpected else ""
        parts.append(f"{count} {reason}{names}")
    counts = sorted(found.beside.items())  # those that are no pictures last
    beside = [f"{count} {reason}" for reason, count in counts]
    if found.named:
        beside[-1] += f" ({', '.join(found.named)}{', …' if counts[-1][1] > len(found.named) else ''})"
    return line + (f": {', '.join(parts)}" if parts else "") + (f"; beside them {', '.join(beside)}" if beside else "")


def remedies(found: Survey) -> list[str]:
    """What to do about each reason that is neither design nor choice, a line each."""
    return [f"{reason}: {remedy}" for reason, remedy in dict.fromkeys((e.reason, e.remedy) for e in found.unexpected)]


def write(path: Path, found: Survey) -> None:
    """Write a survey as JSON."""
    write_json(path, asdict(found))


def read(path: Path) -> Survey | None:
    """A survey written by :func:`write`, or None where there is none.

    Raises:
        HairlineError: If the file is damaged.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Survey(
            content["read"], [Entry(**entry) for entry in content["passed_over"]], content["beside"], content["named"]
        )
    except FileNotFoundError:
        return None
    except (ValueError, LookupError, TypeError) as error:
        raise HairlineError(f"{path}: cannot be read ({error}); run the ingest stage of this data set again") from None
