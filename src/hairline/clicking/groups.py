"""Photos that show one place, so that they are no independent witnesses of how good a classifier is elsewhere."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from hairline.data import capture_times
from hairline.data.layouts.clicks import no_mask
from hairline.data.parents import with_parents
from hairline.data.photo_files import id_of
from hairline.data.samples import RawSample
from hairline.imaging.exif_time import exif_time
from hairline.io.hashing import content_hash

SECONDS = 10.0
"""Photos taken at most so many seconds apart show one place (docs/data.md)."""


def of_photos(files: Mapping[str, Path], parent: str = "", seconds: float = SECONDS) -> dict[str, str]:
    """Photo → the first of its group.

    A group are photos taken within some seconds of each other, by EXIF or else by the time in their names; files that
    are the same byte by byte; and what names tell to be copies or crops of one photo (:mod:`hairline.data.parents`).

    Args:
        files: Photo → its file.
        parent: Regular expression of the photo in an id, in place of what names of copies look like.
        seconds: 0 joins none by time.

    Raises:
        HairlineError: If ``parent`` matches no id.
    """
    times = {name: exif_time(path) or capture_times.taken(path.stem) for name, path in files.items()}
    known = {name: time for name, time in times.items() if time is not None}
    parts = [_by_name(files, parent), capture_times.chained(known, seconds), _by_content(files)]
    return _together(files, parts)


def _by_name(files: Mapping[str, Path], parent: str) -> dict[str, str]:
    samples = [RawSample(id_of(name), "train", id_of(name), path, None, no_mask) for name, path in files.items()]
    return {name: sample.group for name, sample in zip(files, with_parents(samples, parent), strict=True)}


def _by_content(files: Mapping[str, Path]) -> dict[str, str]:
    """Files of one size, those that are alone in it left out → a hash of their content."""
    sizes = defaultdict[int, list[str]](list)
    for name, path in files.items():
        with suppress(OSError):  # who opens it is told
            sizes[path.stat().st_size].append(name)
    return {name: content_hash(files[name]) for names in sizes.values() if len(names) > 1 for name in names}


def _together(names: Iterable[str], parts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Name → the first name that any of the parts joins it with, directly or through others."""
    above = {name: name for name in names}

    def first(name: str) -> str:
        while above[name] != name:
            name = above[name]
        return name

    for part in parts:
        found = dict[str, str]()
        for name in above:
            if name in part:
                one, other = sorted((first(found.setdefault(part[name], name)), first(name)))
                above[other] = one
    return {name: first(name) for name in above}
