"""All outputs of an inspection but its tables: COCO, GeoJSON, GeoPackage and the page, written together in the end.

Each is written under a temporary name and takes its place when it is whole, so that an interruption leaves what was
there before; nothing but each photo's own files is read, so a second call makes the same again.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hairline.imaging.limits import Budget
from hairline.inspection.exports import coco, geojson, geopackage, places
from hairline.inspection.exports.photos import MeasuredPhoto, Provenance
from hairline.inspection.exports.shapes import Shape, shapes
from hairline.inspection.page import pictures, writing
from hairline.inspection.page.pictures import Pictures, Readers
from hairline.io.atomic import whole_file

HELD_BYTES, BYTES_PER_PIXEL = 1 << 30, 5
"""What photos being looked at may take over all threads, a larger one alone, and what a pixel takes."""

COCO, ON_MAP, IN_PIXELS, GEOPACKAGE = "coco.json", "cracks.geojson", "cracks_px.geojson", "cracks.gpkg"


@dataclass(frozen=True)
class Wanted:
    """What is written.

    Attributes:
        page: index.html.
        coco: coco.json.
        geojson: cracks.geojson for photos on a map, cracks_px.geojson for others.
        geopackage: cracks.gpkg; needs the extra ``geo``, as photos on a map do for GeoJSON.
    """

    page: bool = True
    coco: bool = False
    geojson: bool = False
    geopackage: bool = False


class Takes(Protocol):
    """A file that grows by a photo at a time."""

    def add(self, photo: MeasuredPhoto, found: Sequence[Shape]) -> None:
        """Take a photo's cracks in."""
        ...


def write_outputs(
    folder: Path,
    photos: Sequence[MeasuredPhoto],
    provenance: Provenance,
    wanted: Wanted,
    title: str = "Cracks",
    readers: Readers = pictures.OWN,
    step: Callable[[], object] = lambda: None,
) -> list[Path]:
    """Write what is wanted of measured photos into a folder, in the place of what was there.

    Args:
        folder: Folder to write to.
        photos: Photos whose masks and scores are written.
        provenance: How all of it came about.
        wanted: What to write.
        title: Heading of the page.
        readers: How photos, masks and scores are read.
        step: Called after each photo.

    Returns:
        The files that were written.

    Raises:
        HairlineError: If a mask is not the one that was measured, the extra ``geo`` is missing or a coordinate system
            is not known. A photo that cannot be read is no error: the page says so in its place.
    """
    page = writing.Writer(folder, provenance, title) if wanted.page else None
    files = _files(photos, wanted)
    _refuse_no_maps(photos, wanted)
    with ExitStack() as stack:
        writers = [stack.enter_context(_opened(stack, folder / name, photos, provenance)) for name in files]
        for photo, found, drawn in _looked_at(photos, provenance, readers, page is not None):
            for name, writer in zip(files, writers, strict=True):
                if name not in (ON_MAP, IN_PIXELS) or (photo.georeference is not None) is (name == ON_MAP):
                    writer.add(photo, found)
            if page is not None and drawn is not None:
                page.add(photo, drawn)
            step()
    if wanted.geojson:
        for name in {ON_MAP, IN_PIXELS} - set(files):  # of an earlier run with other photos
            (folder / name).unlink(missing_ok=True)
    return [*(folder / name for name in files), *([page.write()] if page is not None else [])]


def _files(photos: Sequence[MeasuredPhoto], wanted: Wanted) -> list[str]:
    on_map = {photo.georeference is not None for photo in photos} or {False}
    return [
        *([COCO] if wanted.coco else []),
        *([ON_MAP] if wanted.geojson and True in on_map else []),
        *([IN_PIXELS] if wanted.geojson and False in on_map else []),
        *([GEOPACKAGE] if wanted.geopackage else []),
    ]


def _refuse_no_maps(photos: Sequence[MeasuredPhoto], wanted: Wanted) -> None:
    """Tell what is missing, or not known, before anything is written."""
    if wanted.geojson:
        for photo in photos:
            if photo.georeference is not None:
                places.to_degrees(photo.georeference)


def _opened(
    stack: ExitStack, path: Path, photos: Sequence[MeasuredPhoto], provenance: Provenance
) -> AbstractContextManager[Takes]:
    partial = stack.enter_context(whole_file(path))
    if path.name == COCO:
        return coco.Writer(partial, provenance)
    if path.name == GEOPACKAGE:
        return geopackage.Writer(partial, photos)
    return geojson.Writer(partial, provenance, on_map=path.name == ON_MAP)


def _looked_at(
    photos: Sequence[MeasuredPhoto], provenance: Provenance, readers: Readers, draw: bool
) -> Iterator[tuple[MeasuredPhoto, list[Shape], Pictures | None]]:
    """Photos in their order with cracks and pictures, a few at a time in threads: what decodes leaves Python's lock."""
    held = Budget(HELD_BYTES)

    def look(photo: MeasuredPhoto) -> tuple[MeasuredPhoto, list[Shape], Pictures | None]:
        with held.share(photo.width * photo.height * BYTES_PER_PIXEL):
            found = shapes(photo, readers.mask(photo.mask))
            return photo, found, pictures.draw(photo, found, provenance.classes, readers) if draw else None

    threads = os.cpu_count() or 1
    waiting: deque[Future[tuple[MeasuredPhoto, list[Shape], Pictures | None]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for photo in photos:
            waiting.append(pool.submit(look, photo))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
