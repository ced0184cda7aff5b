"""Many masks into one folder: what was measured in each, and tables; done once, gone on with when interrupted."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from hairline.config.width_bands import Bands
from hairline.engine.engine import Engine, Terms
from hairline.engine.local import Processes
from hairline.errors import HairlineError
from hairline.inspection import opened
from hairline.inspection import photos as photo_files
from hairline.inspection.measuring import mask_files, stored, table
from hairline.inspection.measuring.measure import Measured, measure
from hairline.inspection.measuring.options import Options
from hairline.inspection.measuring.scale import Scale
from hairline.inspection.photos import Photo
from hairline.io import system_errors
from hairline.io.atomic import whole_file
from hairline.io.file_names import printable, refuse_no_text
from hairline.io.hashing import content_hash
from hairline.io.reading import refuse_no_file, walk

STATE = "measured"
CRACKS, PHOTOS = "cracks", "photos"
LOCK = ".measure.lock"
RULES = 2
"""Raised when measuring changes, so that photos are measured again."""


@dataclass(frozen=True)
class Job:
    """A mask to be measured.

    Attributes:
        mask: The file.
        name: What it is called in tables and below OUT/measured.
        photo: The photo it is of; None for none.
        scale: Of the photo; None where it is not known.
    """

    mask: Path
    name: str
    photo: Path | None
    scale: Scale | None


@dataclass(frozen=True)
class Done:
    """What came of it.

    Attributes:
        measured: Masks that were measured now.
        skipped: Masks that had been before, from the same bytes and with the same options.
        failed: Masks that could not be, each told of.
        cracks: Cracks in the table.
    """

    measured: int
    skipped: int
    failed: int
    cracks: int


def names(masks: Sequence[Photo], out: Path) -> dict[Path, str]:
    """A name for each mask, that of an earlier run where it had one."""
    earlier = {key["mask"]: _name(path, out) for path, _, key in known(out)}
    return photo_files.name_all(masks, earlier)


def measure_all(
    jobs: Sequence[Job],
    out: Path,
    options: Options,
    bands: Bands | None,
    workers: int,
    tell: Callable[[HairlineError], None],
    step: Callable[[], object] = lambda: None,
    engine: Engine | None = None,
) -> Done:
    """Measure masks, each into OUT/measured/NAME.npz, and write the tables of all that were ever measured into OUT.

    OUT/cracks.csv and cracks.parquet have a row a crack, OUT/photos.csv a row a photo.

    Args:
        jobs: The masks.
        out: Folder to write to.
        options: What counts as a crack or a spur.
        bands: Classes of widths, of those whose scale is known.
        workers: Processes.
        tell: Called with what is wrong with a mask; the others go on.
        step: Called after each mask.
        engine: Where they are measured; None is ``workers`` processes of this machine.

    Raises:
        HairlineError: If a process was killed, or a file of an earlier run cannot be read.
    """
    counts = {"measured": 0, "skipped": 0, "failed": 0}
    try:
        here = engine or Processes(max(min(workers, len(jobs)), 1))
        for job, outcome in _outcomes(jobs, out, options, here):
            if isinstance(outcome, HairlineError):
                counts["failed"] += 1
                forget(out, job.name)
                tell(outcome)
            else:
                counts[outcome] += 1
            step()
    finally:
        cracks = write_tables(out, bands)
    return Done(**counts, cracks=cracks)


def _outcomes(
    jobs: Sequence[Job], out: Path, options: Options, engine: Engine
) -> Iterator[tuple[Job, str | HairlineError]]:
    """What came of each mask, in their order."""
    ask = partial(_outcome, out=out, options=options)
    try:
        with closing(engine.map(ask, jobs, Terms(named=lambda job: job.name, into=out))) as outcomes:
            yield from zip(jobs, outcomes, strict=True)
    except BrokenProcessPool:
        raise HairlineError(
            "a process that measures was killed, as the system does where memory is short; what was measured "
            "before is kept; lower --workers and run it again"
        ) from None


def _outcome(job: Job, out: Path, options: Options) -> str | HairlineError:
    try:
        with system_errors.of_no_stage():
            return _measured(job, out, options)
    except HairlineError as error:
        return error


def _measured(job: Job, out: Path, options: Options) -> str:
    """Measure a mask unless that was done; ``measured`` or ``skipped``."""
    refuse_no_text(job.mask.parent, str(job.mask))
    of = {
        "rules": RULES,
        "mask": str(job.mask),
        "mask_sha256": _hash(job.mask, "a mask"),
        "photo_sha256": _hash(photo_files.recorded(str(job.photo)).file, "a photo") if job.photo else "",
        "options": asdict(options),
    }
    scale = {"mm_per_px": job.scale.mm_per_px, "scale_from": job.scale.source} if job.scale else {}
    file, key = _file(out, job.name), of | scale | {"photo": str(job.photo or "")}
    before = _read(file)
    if before is not None and before[1] == key:
        return "skipped"
    if before is not None and {name: before[1].get(name) for name in of} == of:
        stored.write(file, before[0], json.dumps(key))
        return "skipped"
    mask = mask_files.read(job.mask)
    photo = opened.read(photo_files.recorded(str(job.photo))) if job.photo else None
    if photo is not None and photo.shape[:2] != mask.shape:
        raise HairlineError(
            f"{printable(str(job.mask))}: has {mask.shape[1]} × {mask.shape[0]} pixels, its photo "
            f"{printable(str(job.photo))} {photo.shape[1]} × {photo.shape[0]}; expected as many; name the folder of "
            "the photos that the masks are of"
        )
    stored.write(file, measure(mask, photo, options), json.dumps(key))
    return "measured"


def _hash(path: Path, kind: str) -> str:
    refuse_no_file(path, kind)
    return content_hash(path)


def forget(out: Path, name: str) -> None:
    """Take away what an earlier run kept of a mask that cannot be measured any more."""
    _file(out, name).unlink(missing_ok=True)


def _file(out: Path, name: str) -> Path:
    return out / STATE / f"{name}.npz"


def _read(file: Path) -> tuple[Measured, Mapping[str, Any]] | None:
    """What an earlier run kept; None where there is nothing that can be read, which is then made again."""
    if not file.is_file():
        return None
    try:
        measured, key = stored.read(file)
        return measured, json.loads(key)
    except (HairlineError, ValueError):
        return None


def known(out: Path) -> Iterator[tuple[Path, Measured, Mapping[str, Any]]]:
    """Files below OUT/measured, what was measured in each mask that is still there, and what that was made of."""
    return ((path, measured, key) for path, measured, key in _kept(out) if _is_there(key))


def sizes(out: Path) -> dict[str, tuple[int, int]]:
    """Name → width and height of the masks that are still there."""
    return {_name(path, out): (measured.width, measured.height) for path, measured, _ in known(out)}


def gone(out: Path) -> list[str]:
    """Names of masks that were measured and are not there any more: no output tells of them."""
    return [_name(path, out) for path, _, key in _kept(out) if not _is_there(key)]


def _kept(out: Path) -> Iterator[tuple[Path, Measured, Mapping[str, Any]]]:
    if (out / STATE).is_dir():
        for path in walk(out / STATE):
            found = _read(path) if path.suffix == ".npz" else None
            if found is not None:
                yield path, *found


def _is_there(key: Mapping[str, Any]) -> bool:
    return Path(str(key.get("mask"))).is_file()


def _name(path: Path, out: Path) -> str:
    return path.relative_to(out / STATE).with_suffix("").as_posix()


def write_tables(out: Path, bands: Bands | None) -> int:
    """Write the tables of all masks that were measured and are still there; the number of cracks in them."""
    cracks: list[dict[str, Any]] = []
    photos: list[dict[str, Any]] = []
    for path, measured, key in known(out):
        name, scale = _name(path, out), key.get("mm_per_px")
        cracks += table.rows(name, measured, scale, bands)
        photos.append(table.photo_row(name, measured, scale, key.get("scale_from", "")))
    for kind, found_rows, columns in ((CRACKS, cracks, table.COLUMNS), (PHOTOS, photos, table.PHOTO_COLUMNS)):
        made = table.frame(found_rows, columns)
        with whole_file(out / f"{kind}.csv") as partial:
            made.to_csv(partial, index=False, lineterminator="\n", encoding="utf-8")
        if kind == CRACKS:
            with whole_file(out / f"{kind}.parquet") as partial:
                made.to_parquet(partial, index=False)
    return len(cracks)
