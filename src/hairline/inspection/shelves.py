"""Where what is found of photos goes: a folder of this machine, or a store to which it is sent photo by photo."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hairline.inspection import places, records, tags
from hairline.inspection.records import Record
from hairline.io.hashing import content_hash
from hairline.io.scratch import scratch
from hairline.io.stores import Store

SMALL = (records.FILE, places.CARD, "scale.json")
"""What lies beside scores, masks and overlays."""
SURE = timedelta(minutes=1)
"""An object so much older than the table was written by the run that its row tells of."""
HEAD_BYTES = 4096
"""Of a PNG, what holds all that it tells of itself."""


class Shelf:
    """A folder of this machine.

    Attributes:
        folder: What is found is written to it.
        shared: Folder that all machines must see which write; None where each has its own.
    """

    def __init__(self, folder: Path) -> None:
        """Use a folder; nothing is done yet."""
        self.folder = folder
        self.shared: Path | None = folder

    def told(self, name: str) -> str:
        """Where a file lies, for people."""
        return str(self.folder / name)

    def rows(self) -> dict[str, Record]:
        """The table as it was written last: path of a photo → its row."""
        return records.read(self.folder)

    def save(self, rows: Mapping[str, Record]) -> None:
        """Write the table."""
        records.write(self.folder, rows)

    def complete(self, name: str, drawn: bool) -> bool:
        """Whether all that is written of a photo is there."""
        return places.complete(self.folder, name, drawn)

    def is_other(self, row: Record) -> bool:
        """Whether files are not those of their row: of a run that was killed before it wrote the table."""
        told = tags.of(row, row.model_sha256, row.photo_sha256)
        return tags.contradict(places.found_scores(self.folder, row.name), told)

    def repainted(self, row: Record) -> str | None:
        """Where the mask of a row lies that is not as it was written; None where it is, or is not there."""
        mask = places.found_mask(self.folder, row.name)
        return str(mask) if mask.is_file() and content_hash(mask) != row.mask_sha256 else None

    def clear(self, name: str) -> None:
        """Take away all that was written of a photo."""
        places.clear(self.folder, name)

    def take(self, name: str) -> None:
        """Take in what was now written of a photo into the folder."""

    def keep(self, name: str) -> None:
        """Take in a small file, or that it is gone from the folder."""


class Remote(Shelf):
    """A store; its folder holds what is on its way to it, and the small files.

    Two that write to one store are told apart by the table, which is replaced only where it is as it was last seen. One
    that is sent to another process has a folder of its own there, and takes photos in; the table stays with who asks.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        """Look at what is there, and fetch the small files.

        Raises:
            StoreError: If the store does not answer.
        """
        super().__init__(folder)
        self.shared = None
        self.store, found = store, store.known()
        self._etag = found[records.FILE].etag if records.FILE in found else None
        self._sure = found[records.FILE].changed - SURE if records.FILE in found else None
        self._known = {name: each.changed for name, each in found.items()}
        self._kept = {name: store.read(name) for name in SMALL if name in found}
        for name, content in self._kept.items():
            (folder / name).write_bytes(content)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Sent, (self.store, dict(self._known))

    def told(self, name: str) -> str:
        """Where an object lies, for people."""
        return f"{self.store.url}/{name}"

    def save(self, rows: Mapping[str, Record]) -> None:
        """Write the table.

        Raises:
            StoreError: If another process has written it meanwhile, or the store does not answer.
        """
        super().save(rows)
        content = (self.folder / records.FILE).read_bytes()
        if content != self._kept.get(records.FILE):
            self._etag = self.store.write_if(records.FILE, content, self._etag)
            self._kept[records.FILE] = content

    def complete(self, name: str, drawn: bool) -> bool:
        """Whether all that is written of a photo is there."""
        scores, mask = self._found(places.scores, name), self._found(places.mask, name)
        return bool(scores and mask) and (not drawn or _overlay(name) in self._known)

    def is_other(self, row: Record) -> bool:
        """Whether files are not those of their row; asked of the store alone where it was written near the table."""
        scores = self._found(places.scores, row.name)
        if scores is None or (self._sure is not None and self._known[scores] < self._sure):
            return False
        told = tags.of(row, row.model_sha256, row.photo_sha256)
        with self._fetched(scores, HEAD_BYTES if scores.endswith(places.PLAIN) else None) as file:
            return tags.contradict(file, told)

    def repainted(self, row: Record) -> str | None:
        """Where the mask of a row lies that is not as it was written."""
        mask = self._found(places.mask, row.name)
        if mask is None:
            return None
        with self._fetched(mask) as file:
            return self.told(mask) if content_hash(file) != row.mask_sha256 else None

    def clear(self, name: str) -> None:
        """Take away all that was written of a photo."""
        for each in (*_names(places.scores, name), *_names(places.mask, name), _overlay(name)):
            self._remove(each)

    def take(self, name: str) -> None:
        """Send what was written of a photo, each file by one put, and take it out of the folder."""
        for each in (*_names(places.scores, name), *_names(places.mask, name)):
            if not self._send(each):
                self._remove(each)  # of another photo of this name, before
        self._send(_overlay(name))

    def keep(self, name: str) -> None:
        """Send a small file where it is another than before, or take it away where it is gone from the folder."""
        file = self.folder / name
        content = file.read_bytes() if file.exists() else None
        if content is None:
            self._remove(name)
        elif content != self._kept.get(name):
            self.store.write(name, content)
            self._kept[name] = content

    def _found(self, kind: Callable[[Path, str, bool], Path], name: str) -> str | None:
        return next((each for each in _names(kind, name) if each in self._known), None)

    def _send(self, name: str) -> bool:
        file = self.folder / name
        if not file.exists():
            return False
        self.store.write(name, file.read_bytes())
        self._known[name] = datetime.now(UTC)
        file.unlink()
        return True

    def _remove(self, name: str) -> None:
        if self._known.pop(name, None):
            self.store.remove([name])

    @contextmanager
    def _fetched(self, name: str, most: int | None = None) -> Iterator[Path]:
        file = self.folder / f"fetched{Path(name).suffix}"
        file.write_bytes(self.store.read(name, most))
        try:
            yield file
        finally:
            file.unlink()


class _Sent(Remote):
    """In another process: takes photos in, as long as it is used."""

    def __init__(self, store: Store, known: dict[str, datetime]) -> None:
        self._home = TemporaryDirectory()
        Shelf.__init__(self, Path(self._home.name))
        self.store, self._known = store, known


def _names(kind: Callable[[Path, str, bool], Path], name: str) -> list[str]:
    """A score map's or mask's names below the URL, as found first: on a map, and not."""
    return [kind(Path(), name, on_map).as_posix() for on_map in (True, False)]


def _overlay(name: str) -> str:
    return places.overlay(Path(), name).as_posix()


@contextmanager
def opened(out: Path | Store) -> Iterator[Shelf]:
    """A folder as it is, or a store with a folder for what is on its way, which is gone after the block.

    Raises:
        StoreError: If the store does not answer.
    """
    if isinstance(out, Path):
        yield Shelf(out)
        return
    with scratch() as home:
        yield Remote(out, home)
