"""Where the pictures of a page are: inside it while they are few, else in a folder beside it.

Files in the folder are called by their content, so that a page that is there stays whole while the next is made, and
what was written before is not written again.
"""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

from hairline.io.atomic import whole_file


def whole(path: Path, data: bytes) -> None:
    """Write a picture, whole or not at all."""
    with whole_file(path) as partial:
        partial.write_bytes(data)


def new(path: Path, data: bytes) -> None:
    """Write a picture into a folder that nobody reads yet, as those of :func:`hairline.io.atomic.whole_folder`."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


class Store:
    """Pictures of one sort, by number; ask :meth:`addresses` once all are in."""

    def __init__(self, folder: Path, budget_bytes: int, write: Callable[[Path, bytes], None] = whole) -> None:
        """Keep up to so many bytes for inside the page; from there on, all are files of the folder."""
        self._folder, self._budget, self._to = folder, budget_bytes, write
        self._kept: list[bytes] = []
        self._bytes = 0
        self._written: list[str] = []
        self.beside = False

    def add(self, data: bytes) -> int:
        """Take a picture, a WebP file, in; its number."""
        if self.beside:
            self._write(data)
            return len(self._written) - 1
        self._kept.append(data)
        self._bytes += len(data)
        if self._bytes * 4 // 3 > self._budget:
            self.beside = True
            for each in self._kept:
                self._write(each)
            self._kept.clear()
            return len(self._written) - 1
        return len(self._kept) - 1

    def addresses(self) -> list[str]:
        """Address of each picture as the page writes it."""
        if self.beside:
            return [f"{self._folder.name}/{name}" for name in self._written]
        return [f"data:image/webp;base64,{base64.b64encode(data).decode('ascii')}" for data in self._kept]

    @property
    def files(self) -> set[str]:
        """Names of its files in the folder."""
        return set(self._written)

    def _write(self, data: bytes) -> None:
        name = hashlib.sha256(data).hexdigest()[:24] + ".webp"
        if not (self._folder / name).is_file():
            self._to(self._folder / name, data)
        self._written.append(name)
