"""Makes a workspace: photos, stages, parameters, git and DVC, in an order in which an interruption can be mended."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hairline.data.layout_files import paired
from hairline.errors import HairlineError
from hairline.io.atomic import write_texts
from hairline.version import installed
from hairline.workspaces import (
    clicks_beside,
    found,
    looking,
    own_files,
    parameters,
    plan,
    record,
    shipped,
    taking,
    versioning,
)
from hairline.workspaces.found import Grid
from hairline.workspaces.looking import Look
from hairline.workspaces.record import Record
from hairline.workspaces.taking import How

ROOT = Path("data", "raw", parameters.PHOTOS)
CLICKS = ROOT / "clicks"
SPLIT = "split.csv"
TEST_SHARE = 0.3


@dataclass(frozen=True)
class Plan:
    """What becomes of a folder, before anything is written.

    Attributes:
        folder: The workspace.
        grid: How photos are cut.
        images: Name in the workspace → photo to take; empty where they lie there already.
        masks: Name in the workspace → mask to take.
        texts: Path in the workspace → text to write.
        record: What is kept of it.
        notes: What else there is to tell, a line each.
    """

    folder: Path
    grid: Grid
    images: dict[str, Path]
    masks: dict[str, Path]
    texts: dict[str, str]
    record: Record
    notes: list[str]


def default_photos(folder: Path) -> Path | None:
    """Where photos lie if nobody says: in the folder itself; None where it holds none."""
    return folder if folder.is_dir() and looking.files(folder, skipped(folder)) else None


def skipped(folder: Path) -> list[Path]:
    """The folder that an interrupted attempt put photos into; in any other every photo is somebody's."""
    return [folder / ROOT] if (folder / record.BEGUN).is_file() else []


def looked(folder: Path, photos: Path) -> Look:
    """Look at the photos for a workspace, whatever of it lies among them."""
    inside = photos.resolve().is_relative_to((folder / ROOT).resolve())
    below = folder.resolve() != photos.resolve() and folder.resolve().is_relative_to(photos.resolve())
    skip = [folder] if below else [] if inside else skipped(folder)
    return looking.look(photos, [*skip, *clicks_beside.sorted_folders(photos)])


def planned(folder: Path, look: Look, grid: Grid, masks: Path | None, name: str | None) -> Plan:
    """What making a workspace would do.

    Args:
        folder: The workspace.
        look: The photos.
        grid: How they are cut.
        masks: Folder of masks, named as their photos; None of none.
        name: Of the experiment; None for that of the folder.

    Raises:
        HairlineError: If the folder cannot become one, or no mask has the name of a photo.
    """
    plan.refuse_place(folder)
    begun = record.read(folder / record.BEGUN)
    in_place = _same(look.folder, folder / ROOT / "images")
    masks_in_place = masks is not None and _same(masks, folder / ROOT / "masks")
    if begun is None:
        _refuse_taken(folder / ROOT, [*([] if in_place else ["images"]), *([] if masks_in_place else ["masks"])])
    named = {photo.name: photo.name for photo in look.photos} if in_place else taking.names(p.name for p in look.photos)
    sources = {named[photo.name]: photo.path for photo in look.photos}
    of_masks, notes = _masks(masks, named) if masks is not None else ({}, [])
    experiment = name or parameters.experiment(folder.resolve().name)
    over = parameters.own(experiment, look.photos, grid, masks is not None)
    profile = parameters.CLICKED if masks is None else parameters.MASKED
    files = {**shipped.stages(), **own_files.texts(folder, experiment, masks is not None)}
    if of_masks:
        files[(ROOT / SPLIT).as_posix()] = _split(look, named, {Path(name).stem for name in of_masks})
    values = parameters.texts(profile, over)
    kept = Record(installed(), profile, over, values, record.digests(files))
    texts = plan.fitted(folder, {**values, **files}, begun)
    if masks is None:
        first = {copy: named[original] for copy, original in look.copies.items()}
        clicks = clicks_beside.taken(look.folder, named | first, folder / CLICKS, grid.window_px)
        texts |= {(CLICKS / table).as_posix(): text for table, text in clicks.texts.items()}
        notes = clicks.notes
    else:
        notes = [*notes, *clicks_beside.passed_over(look.folder)]
    taken = {} if in_place else sources
    if begun is not None:
        taking.refuse_others(folder / ROOT / "images", taken)
        taking.refuse_others(folder / ROOT / "masks", {} if masks_in_place else of_masks)
    notes = [*notes, *parameters.lacking_weights(values)]
    return Plan(folder, grid, taken, {} if masks_in_place else of_masks, texts, kept, notes)


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _refuse_taken(root: Path, names: Sequence[str]) -> None:
    """Raise HairlineError where photos or masks would be mixed with files that are there."""
    for name in names:
        if (root / name).is_dir() and any((root / name).iterdir()):
            raise HairlineError(
                f"{root / name}: holds files already, which others would be mixed with; name it by "
                f"--{'photos' if name == 'images' else 'masks'} if they are what you mean, or move them away"
            )


def _masks(folder: Path, named: Mapping[str, str]) -> tuple[dict[str, Path], list[str]]:
    """Name in the workspace → mask, and what to tell of those left out."""
    if not folder.is_dir():
        raise HairlineError(f"{folder}: no such folder; expected one of masks; correct --masks")
    files = {taking.plain(path.relative_to(folder).as_posix()): path for path in looking.files(folder)}
    photos = {Path(name).stem: Path(name) for name in named.values()}
    found_masks, orphans = paired(photos, files)
    if not found_masks:
        first = next(iter(files), None)
        told = (
            f"none of its {len(files)} files, such as {first}, has the name of a photo" if files else "no masks in it"
        )
        raise HairlineError(
            f"{folder}: {told}; a mask has the name of its photo, only the suffix may differ: rename them"
        )
    lone = f"masks left out: {len(orphans)} without a photo, such as {orphans[0]}" if orphans else ""
    told = f"masks: {len(found_masks)} of {len(photos)} photos have one"
    taken = {f"{name}{path.suffix.lower()}": path for name, path in found_masks.items()}
    return taken, [told, *([lone] if lone else [])]


def _split(look: Look, named: Mapping[str, str], masked: set[str]) -> str:
    """Table of photos: groups by capture time, and of those with masks about three in ten for testing."""
    group = found.groups(look.photos)
    with_masks = {group[name] for name, given in named.items() if Path(given).stem in masked}
    order = sorted(with_masks, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    test = set(order[: max(1, round(TEST_SHARE * len(order)))]) if len(order) > 1 else set[str]()
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("id", "split", "group"))
    for name, given in named.items():
        first = group[name]
        rows.writerow((Path(given).stem, "test" if first in test else "train", Path(named[first]).stem))
    return text.getvalue()


def make(made: Plan, how: How) -> list[str]:
    """Do it; after an interruption the same once more goes on.

    Returns:
        What was done, a line each.
    """
    folder = made.folder
    folder.mkdir(parents=True, exist_ok=True)
    write_texts({folder / record.BEGUN: made.record.text()})
    ways = Counter[str]()
    for name, sources in (("images", made.images), ("masks", made.masks)):
        if sources:
            ways += taking.take(sources, folder / ROOT / name, how)
    what = "photos and masks" if made.masks else "photos"
    told = [f"{what}: {', '.join(f'{count} {way}' for way, count in ways.items())}"] if ways else []
    told += versioning.initialise(folder)
    texts = {**made.texts, record.FILE: made.record.text()}
    write_texts({folder / name: text for name, text in texts.items()})
    (folder / record.BEGUN).unlink()
    return [*told, f"written: {len(texts)} files", *_unversioned(folder)]


def _unversioned(folder: Path) -> list[str]:
    """What to tell where clicks would silently be no part of the repository."""
    rule = versioning.ignored(folder, (CLICKS / "x.csv").as_posix())
    told = (
        f"git: ignores {CLICKS.as_posix()} by a rule of yours ({rule}), so clicks are not versioned; take that rule out"
    )
    return [told] if rule else []
