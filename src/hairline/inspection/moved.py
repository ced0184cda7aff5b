"""Photos that lie elsewhere than when they were predicted: their rows, so that no photo is counted twice."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from hairline.errors import HairlineError
from hairline.inspection import photos as photo_files
from hairline.inspection.photos import Photo
from hairline.inspection.records import Record
from hairline.io.reading import there


def followed(known: Mapping[str, Record], listed: Sequence[Photo], digest: Callable[[Photo], str]) -> dict[str, Record]:
    """The rows of a table, those of photos that are not there any more under the places where these lie now.

    A photo is one that was moved where its file's name and its bytes are the same.

    Args:
        known: Path of a photo → its row.
        listed: Photos of this run.
        digest: Gives the hash of a photo.
    """
    rows, gone = dict(known), defaultdict[str, list[Record]](list)
    new = [photo for photo in listed if str(photo.path) not in known]
    names = {photo.path.name for photo in new}
    for path, row in known.items():
        if Path(path).name in names and not there(photo_files.recorded(path).file):
            gone[Path(path).name].append(row)
    for photo in new if gone else []:
        same = _same(photo, gone[photo.path.name], digest)
        if same is not None:
            gone[photo.path.name].remove(same)
            del rows[same.photo]
            rows[str(photo.path)] = replace(same, photo=str(photo.path))
    return rows


def _same(photo: Photo, rows: Sequence[Record], digest: Callable[[Photo], str]) -> Record | None:
    """The row with a photo's bytes, of several the one whose folders are most like its own."""
    if not rows:
        return None
    with suppress(HairlineError):  # which is told of when its turn comes
        found = digest(photo)
        return max((row for row in rows if row.photo_sha256 == found), key=lambda row: _alike(photo, row), default=None)
    return None


def _alike(photo: Photo, row: Record) -> int:
    """How many names at the end of both paths are the same."""
    both = zip(reversed(photo.path.parts), reversed(Path(row.photo).parts), strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], both)))
