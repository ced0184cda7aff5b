"""What runs told while their server was gone: kept under state/unsent/RUN/ until `hairline sync` sends it."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from hairline.errors import HairlineError
from hairline.tracking.entries import Entry

ENTRIES, FILES, SERVER, SENT, LOCK = "entries.jsonl", "files", "server.txt", "sent.txt", ".lock"
FOLDER = Path("state", "unsent")


class Unsent:
    """Entries of one run that have not reached its server, in order."""

    def __init__(self, folder: Path, server: str = "") -> None:
        """Open the folder of a run, which need not exist yet; the next entry goes behind those in it.

        Args:
            folder: The folder.
            server: Where its entries belong, without password; an existing folder knows.
        """
        self.folder, self._server = folder, server
        self._lock = FileLock(folder / LOCK, thread_local=False)
        self._count = sum(1 for _ in self) if (folder / ENTRIES).is_file() else 0

    def __len__(self) -> int:
        return self._count

    def add(self, entry: Entry) -> None:
        """Keep an entry and a copy of its file or folder; it is on disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._lock.is_locked:  # held as long as the run is open
            self._lock.acquire()
        if not self._count:
            (self.folder / SERVER).write_text(self._server, encoding="utf-8")
        place = None
        if entry.path is not None:
            place = f"{FILES}/{self._count}/{entry.path.name}"
            _copy(entry.path, self.folder / place)
        with (self.folder / ENTRIES).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": entry.kind, "values": entry.values, "path": place}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._count += 1

    def busy(self) -> bool:
        """Whether its run is still open, so that more may come."""
        try:
            with FileLock(self.folder / LOCK).acquire(blocking=False):
                return False
        except Timeout:
            return True

    @property
    def server(self) -> str:
        """Where the entries belong."""
        return (self.folder / SERVER).read_text(encoding="utf-8")

    def remaining(self) -> Iterator[Entry]:
        """Entries that have not been sent, in order; each counts as sent once the next is asked for."""
        path = self.folder / SENT
        before = int(path.read_text()) if path.is_file() else 0
        for count, entry in enumerate(self, 1):
            if count > before:
                yield entry
                path.write_text(str(count))

    def __iter__(self) -> Iterator[Entry]:
        """Entries in order; a last line that a crash cut off is left out.

        Raises:
            HairlineError: If another line cannot be read.
        """
        lines = (self.folder / ENTRIES).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            try:
                told = json.loads(line)
            except ValueError as error:
                if number == len(lines):
                    return
                raise HairlineError(
                    f"{self.folder / ENTRIES}, line {number}: cannot be read ({error}); take the line out, then "
                    "'hairline sync' again"
                ) from error
            path = None if told["path"] is None else self.folder / told["path"]
            yield Entry(told["kind"], told["values"], path)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def waiting(root: Path) -> list[Path]:
    """Folders of the runs of a workspace that have something to send, by run id."""
    return sorted(path.parent for path in (root / FOLDER).glob(f"*/{ENTRIES}"))
