"""Many photos into one folder or store: scores, masks, overlays and a table; done once, gone on with if interrupted."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hairline.engine.engine import Engine, Terms
from hairline.engine.local import Local
from hairline.errors import HairlineError
from hairline.inspection import one_photo, opened, places
from hairline.inspection.averaging import Asked
from hairline.inspection.book import Book
from hairline.inspection.opened import Opening
from hairline.inspection.options import Done, Options
from hairline.inspection.photos import Photo
from hairline.inspection.records import Record
from hairline.inspection.shelves import Shelf
from hairline.inspection.turns import alone
from hairline.io.atomic import whole_file
from hairline.io.file_names import refuse_no_text
from hairline.io.reading import refuse_no_file
from hairline.io.store_errors import StoreError

__all__ = ["LOCK", "Asked", "Done", "Options", "keep_card", "predict_all"]

LOCK = ".predict.lock"
BETWEEN_S = 5.0
"""Seconds between two writings of the table, besides the last."""
PHOTOS_AHEAD = 2
"""Photos that are opened for every thread."""


def predict_all(
    photos: Iterable[Photo],
    predictor: Asked,
    out: Path | Shelf,
    options: Options,
    tell: Callable[[HairlineError], None],
    step: Callable[[], object] = lambda: None,
    engine: Engine | None = None,
) -> Done:
    """Predict photos and write what was found of each.

    OUT/scores/NAME.png (8-bit grey, 255 is a score of 1), OUT/masks/NAME.png (0 or 255), both as GeoTIFF (.tif) where
    the photo is one, with ``overlay`` OUT/overlays/NAME.jpg, and predictions.csv, which is written every few seconds
    and whenever this ends.

    Args:
        photos: Of :func:`hairline.inspection.photos.find`.
        predictor: The network, or what labels.
        out: Folder to write to, or a shelf of :func:`hairline.inspection.shelves.opened`.
        options: What to write.
        tell: Called with what is wrong with a photo; the others go on.
        step: Called after each photo.
        engine: Where they are predicted; None is ``options.workers`` threads of this process.

    Raises:
        HairlineError: If the table of an earlier run cannot be read, or another process writes to the folder.
        StoreError: If a store does not answer any more; what it has is kept.
    """
    shelf = out if isinstance(out, Shelf) else Shelf(out)
    with alone(shelf.folder, LOCK, "'hairline predict' or 'hairline label'"):
        here = engine or Local(options.workers, PHOTOS_AHEAD)
        return _predict_all(list(photos), predictor, shelf, options, tell, step, here)


def keep_card(out: Path | Shelf, card: str) -> None:
    """Keep the model card of what was asked beside what it said; none of another that was asked before.

    Args:
        out: Folder or shelf that was written to.
        card: Markdown; empty where there is none.
    """
    shelf = out if isinstance(out, Shelf) else Shelf(out)
    if card:
        with whole_file(shelf.folder / places.CARD) as partial:
            partial.write_text(card, encoding="utf-8")
    else:
        (shelf.folder / places.CARD).unlink(missing_ok=True)
    shelf.keep(places.CARD)


@dataclass(frozen=True)
class _Job:
    """A photo that is worked on: what it is called, the hash of its file, and what opens it."""

    photo: Photo
    name: str
    digest: str
    opening: Opening


def _predict_all(
    listed: Sequence[Photo], predictor: Asked, shelf: Shelf, options: Options,
    tell: Callable[[HairlineError], None], step: Callable[[], object], engine: Engine,
) -> Done:  # fmt: skip
    book = Book(shelf, listed, predictor.sha256, options)
    begun = deque[Photo]()

    def fail(photo: Photo, error: HairlineError) -> None:
        book.fail(photo, error)
        tell(error)

    def jobs() -> Iterator[_Job]:
        """Photos that are left; those that are done, or cannot be looked at, are counted as they are come to."""
        for photo in listed:
            try:
                job = _job(book, photo)
            except StoreError:
                raise
            except HairlineError as error:
                fail(photo, error)
                job = None
            if job is None:
                step()
            else:
                begun.append(photo)
                yield job

    ask = partial(_predicted, predictor, shelf, options)
    terms = Terms(named=lambda job: str(job.photo.path), into=shelf.shared)
    try:
        with closing(engine.map(ask, jobs(), terms)) as results:
            for found in results:
                photo = begun.popleft()
                book.add(photo, found) if isinstance(found, Record) else fail(photo, found)
                step()
                book.save(BETWEEN_S)
    except StoreError:
        raise  # a table that cannot be written either
    except BaseException:
        book.save(0)
        raise
    book.save(0)
    return Done(**book.counts)


def _job(book: Book, photo: Photo) -> _Job | None:
    """What is to be done with a photo; None where it was done before."""
    refuse_no_text(photo.path.parent, str(photo.path))
    refuse_no_file(photo.file, "a photo")
    if book.is_done(photo):
        book.counts["skipped"] += 1
        return None
    book.refuse_painted(photo)
    job = _Job(photo, book.names[photo.path], book.digest(photo), opened.prepare(photo))
    book.forget(photo)
    return job


def _predicted(predictor: Asked, shelf: Shelf, options: Options, job: _Job) -> Record | HairlineError:
    """The row of a photo, or what is wrong with it."""
    try:
        found = one_photo.predict(job.photo, job.name, job.digest, job.opening, predictor, shelf.folder, options)
        shelf.take(job.name)
    except StoreError:
        raise
    except HairlineError as error:
        return error
    return found
