"""Many photos into one folder: scores, masks, overlays and a table; done once, gone on with after an interruption."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.imaging.images import read_image, write_mask, write_scores
from hairline.inspection import photos as photo_files
from hairline.inspection import records
from hairline.inspection.photos import Photo
from hairline.inspection.pictures import jpeg, overlay
from hairline.inspection.records import Record
from hairline.io.atomic import whole_file
from hairline.io.file_names import refuse_no_text

SCORES, MASKS, OVERLAYS = "scores", "masks", "overlays"
LOCK = ".predict.lock"
BETWEEN_S = 5.0
"""Seconds between two writings of the table, besides the last."""


class Asked(Protocol):
    """What gives scores: a :class:`hairline.inspection.prediction.Predictor`, or a labeller."""

    sha256: str

    def predict(self, image: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
        """Scores of the pixels of an image uint8 [height, width, 3] at a scale, float32 [height, width] in [0, 1]."""
        ...


@dataclass(frozen=True)
class Options:
    """What is written.

    Attributes:
        scale: That the network sees photos at.
        threshold: From which score on a pixel is crack.
        overlay: Whether a picture of photo and mask is drawn too.
        again: Whether photos are predicted that have been before.
    """

    scale: float
    threshold: float
    overlay: bool
    again: bool


@dataclass(frozen=True)
class Done:
    """What came of it.

    Attributes:
        predicted: Photos that were predicted now.
        skipped: Photos that had been before, from the same bytes, with the same network and options.
        failed: Photos that could not be, each told of.
    """

    predicted: int
    skipped: int
    failed: int


def predict_all(
    photos: Iterable[Photo],
    predictor: Asked,
    out: Path,
    options: Options,
    tell: Callable[[HairlineError], None],
    step: Callable[[], object] = lambda: None,
) -> Done:
    """Predict photos and write what was found of each.

    OUT/scores/NAME.png (8-bit grey, 255 is a score of 1), OUT/masks/NAME.png (0 or 255), with ``overlay``
    OUT/overlays/NAME.jpg, and predictions.csv, which is written every few seconds and whenever this ends.

    Args:
        photos: Of :func:`hairline.inspection.photos.find`.
        predictor: The network, or what labels.
        out: Folder to write to.
        options: What to write.
        tell: Called with what is wrong with a photo; the others go on.
        step: Called after each photo.

    Raises:
        HairlineError: If the table of an earlier run cannot be read, or another process writes to the folder.
    """
    with _alone(out):
        return _predict_all(list(photos), predictor, out, options, tell, step)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Keep other processes from writing to the same folder."""
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise HairlineError(
            f"{out}: another 'hairline predict' or 'hairline label' writes to it; expected one at a time; wait for "
            "it, or name another folder for --out"
        ) from None
    try:
        yield
    finally:
        (out / LOCK).unlink(missing_ok=True)
        lock.release()


def _predict_all(
    listed: Sequence[Photo], predictor: Asked, out: Path, options: Options,
    tell: Callable[[HairlineError], None], step: Callable[[], object],
) -> Done:  # fmt: skip
    known, counts, written = records.read(out), {"predicted": 0, "skipped": 0, "failed": 0}, time.monotonic()
    names = photo_files.name_all(listed, {path: record.name for path, record in known.items()})
    try:
        for photo in listed:
            name, before = names[photo.path], known.get(str(photo.path))
            try:
                refuse_no_text(photo.path.parent, str(photo.path))
                digest = photo_files.digest(photo)
                if before and not options.again and _is_done(before, digest, predictor, out, options):
                    counts["skipped"] += 1
                else:
                    _forget(photo, name, known, out)
                    known[str(photo.path)] = _predict(photo, name, digest, predictor, out, options)
                    counts["predicted"] += 1
            except HairlineError as error:
                counts["failed"] += 1
                _forget(photo, name, known, out)
                tell(error)
            step()
            if time.monotonic() - written > BETWEEN_S:
                records.write(out, known)
                written = time.monotonic()
    finally:
        records.write(out, known)
    return Done(**counts)


def _is_done(before: Record, digest: str, predictor: Asked, out: Path, options: Options) -> bool:
    same = (before.photo_sha256, before.model_sha256) == (digest, predictor.sha256)
    alike = (before.scale, before.threshold) == (options.scale, options.threshold)
    return same and alike and all(path.is_file() for path in _files(out, before.name, options.overlay))


def _files(out: Path, name: str, drawn: bool) -> list[Path]:
    suffixes = {SCORES: "png", MASKS: "png", **({OVERLAYS: "jpg"} if drawn else {})}
    return [out / kind / f"{name}.{suffix}" for kind, suffix in suffixes.items()]


def _forget(photo: Photo, name: str, known: dict[str, Record], out: Path) -> None:
    """Take away what an earlier run wrote of a photo, which what follows may not replace."""
    if known.pop(str(photo.path), None):
        for path in _files(out, name, drawn=True):
            path.unlink(missing_ok=True)


def _predict(photo: Photo, name: str, digest: str, predictor: Asked, out: Path, options: Options) -> Record:
    start = time.perf_counter()
    image = read_image(photo.path)
    scores = predictor.predict(image, options.scale)
    mask = scores >= options.threshold
    to_scores, to_mask, to_overlay = _files(out, name, drawn=True)
    with whole_file(to_scores) as partial:
        write_scores(partial, scores)
    with whole_file(to_mask) as partial:
        write_mask(partial, mask)
    if options.overlay:
        with whole_file(to_overlay) as partial:
            partial.write_bytes(jpeg(overlay(image, mask)))
    height, width = mask.shape
    return Record(
        str(photo.path), name, width, height, float(options.scale), float(options.threshold), float(mask.mean()),
        round(time.perf_counter() - start, 3), digest, predictor.sha256,
    )  # fmt: skip
