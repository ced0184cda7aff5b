"""Many photos into one folder or store: scores, masks, overlays and a table; done once, gone on with if interrupted."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

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

Begun = Future[Record] | None
"""A photo that is worked on; None where it was done before."""
Start = Callable[[Callable[[], Record]], Future[Record]]


def predict_all(
    photos: Iterable[Photo],
    predictor: Asked,
    out: Path | Shelf,
    options: Options,
    tell: Callable[[HairlineError], None],
    step: Callable[[], object] = lambda: None,
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

    Raises:
        HairlineError: If the table of an earlier run cannot be read, or another process writes to the folder.
        StoreError: If a store does not answer any more; what it has is kept.
    """
    shelf = out if isinstance(out, Shelf) else Shelf(out)
    with alone(shelf.folder, LOCK, "'hairline predict' or 'hairline label'"):
        return _predict_all(list(photos), predictor, shelf, options, tell, step)


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


def _predict_all(
    listed: Sequence[Photo], predictor: Asked, shelf: Shelf, options: Options,
    tell: Callable[[HairlineError], None], step: Callable[[], object],
) -> Done:  # fmt: skip
    book = Book(shelf, listed, predictor.sha256, options)
    waiting = deque[tuple[Photo, Begun]]()

    def attempt(photo: Photo, work: Callable[[], Begun]) -> Begun:
        try:
            return work()
        except StoreError:
            raise
        except HairlineError as error:
            book.fail(photo, error)
            tell(error)
            return None

    def finish(most: int) -> None:
        while len(waiting) > most:
            photo, begun = waiting.popleft()
            if begun:
                attempt(photo, partial(_add, book, photo, begun))
            step()
            book.save(BETWEEN_S)

    with _threads(options.workers) as start:
        try:
            for photo in listed:
                work = partial(_begin, book, photo, predictor, shelf, options, start)
                waiting.append((photo, attempt(photo, work)))
                finish(0 if options.workers == 1 else 2 * options.workers)
            finish(0)
        except StoreError:
            raise  # a table that cannot be written either
        except BaseException:
            book.save(0)
            raise
        book.save(0)
    return Done(**book.counts)


def _begin(book: Book, photo: Photo, predictor: Asked, shelf: Shelf, options: Options, start: Start) -> Begun:
    refuse_no_text(photo.path.parent, str(photo.path))
    refuse_no_file(photo.file, "a photo")
    if book.is_done(photo):
        book.counts["skipped"] += 1
        return None
    book.refuse_painted(photo)
    digest, name, opening = book.digest(photo), book.names[photo.path], opened.prepare(photo)
    book.forget(photo)
    return start(partial(_predicted, shelf, photo, name, digest, opening, predictor, options))


def _predicted(
    shelf: Shelf, photo: Photo, name: str, digest: str, opening: Opening, predictor: Asked, options: Options
) -> Record:
    found = one_photo.predict(photo, name, digest, opening, predictor, shelf.folder, options)
    shelf.take(name)
    return found


def _add(book: Book, photo: Photo, begun: Future[Record]) -> None:
    book.add(photo, begun.result())


@contextmanager
def _threads(workers: int) -> Iterator[Start]:
    """What starts work on one of so many threads; with one, on this thread, which an interruption stops at once."""
    if workers == 1:
        yield _at_once
        return
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool.submit
    finally:
        pool.shutdown(cancel_futures=True)


def _at_once(work: Callable[[], Record]) -> Future[Record]:
    future = Future[Record]()
    future.set_result(work())
    return future
