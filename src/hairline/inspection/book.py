"""The book of a run: which photos are done, by the table of what was written, and how many came to what."""

import time
from collections.abc import Sequence
from pathlib import Path

from hairline.errors import HairlineError
from hairline.inspection import moved
from hairline.inspection import photos as photo_files
from hairline.inspection.options import Options
from hairline.inspection.photos import Photo
from hairline.inspection.records import Record
from hairline.inspection.shelves import Shelf
from hairline.io.file_names import printable

SHARE = 20
"""Between two writings of the table passes so many times what the last of them took."""


class PaintedError(HairlineError):
    """A mask was changed since it was written."""


class Book:
    """What is known of the photos of a run.

    Attributes:
        counts: Photos that were ``predicted`` now, ``skipped``, ``failed``.
        names: Path of a photo → what is written of it is called.
    """

    def __init__(self, shelf: Shelf, listed: Sequence[Photo], model_sha256: str, options: Options) -> None:
        """Open the book of a folder or a store.

        Raises:
            HairlineError: If the table of an earlier run cannot be read.
        """
        self._shelf, self._model, self._options = shelf, model_sha256, options
        self._saved, self._took, self._hashed = time.monotonic(), 0.0, dict[Path, str]()
        self._known = moved.followed(shelf.rows(), listed, self.digest)
        self.counts = {"predicted": 0, "skipped": 0, "failed": 0}
        self.names = photo_files.name_all(listed, {path: record.name for path, record in self._known.items()})

    def digest(self, photo: Photo) -> str:
        """Hash of the file of a photo; of a video once for all of its frames."""
        if photo.frame is None or photo.file not in self._hashed:
            self._hashed = {photo.file: photo_files.digest(photo)}
        return self._hashed[photo.file]

    def is_done(self, photo: Photo) -> bool:
        """Whether it was predicted before, from the same bytes, with the same network and options."""
        before, asked = self._known.get(str(photo.path)), self._options
        if before is None or asked.again:
            return False
        same = (before.photo_sha256, before.model_sha256) == (self.digest(photo), self._model)
        alike = (before.scale, before.threshold, before.average) == (asked.scale, asked.threshold, asked.average)
        shelf = self._shelf
        return same and alike and shelf.complete(before.name, asked.overlay) and not shelf.is_other(before)

    def refuse_painted(self, photo: Photo) -> None:
        """Keep a mask that somebody painted over from being replaced by another, unless that is asked for.

        Raises:
            PaintedError: If it is not as it was written.
        """
        before = self._known.get(str(photo.path))
        if before is None or not before.mask_sha256 or self._options.again:
            return
        mask = self._shelf.repainted(before)
        if mask is not None and not self._shelf.is_other(before):
            raise PaintedError(
                f"{printable(str(photo.path))}: its mask {printable(mask)} was changed since it was found; "
                "expected it as it was, or it would be lost; move it away, call with --again, or name another folder "
                "for --out"
            )

    def forget(self, photo: Photo) -> None:
        """Take away what an earlier run wrote of a photo, which what follows may not replace."""
        if self._known.pop(str(photo.path), None):
            self._shelf.clear(self.names[photo.path])

    def add(self, photo: Photo, found: Record) -> None:
        """Note what was written of a photo."""
        self._known[str(photo.path)] = found
        self.counts["predicted"] += 1

    def fail(self, photo: Photo, error: HairlineError) -> None:
        """Note that a photo could not be predicted."""
        self.counts["failed"] += 1
        if not isinstance(error, PaintedError):
            self.forget(photo)

    def save(self, between_s: float) -> None:
        """Write the table unless it was written less than so many seconds ago; one that takes long, less often."""
        begun = time.monotonic()
        if begun - self._saved >= (max(between_s, SHARE * self._took) if between_s else 0):
            self._shelf.save(self._known)
            self._saved = time.monotonic()
            self._took = self._saved - begun
