"""What 'hairline measure' keeps, as the files that people and other programs open: page, COCO, GeoJSON, GeoPackage."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from hairline.config.width_bands import Bands
from hairline.imaging.images import read_grey
from hairline.imaging.regions import PIXELS
from hairline.inspection import geotiff, measured_with, opened, outputs, photos, places, records
from hairline.inspection.exports.photos import MeasuredPhoto, Provenance, width_classes
from hairline.inspection.measuring import folder, mask_files, table
from hairline.inspection.measuring.measure import Measured
from hairline.inspection.outputs import Wanted
from hairline.inspection.page import pictures
from hairline.inspection.records import Record
from hairline.io.reading import read_text, there
from hairline.version import installed

WIDTHS = {
    "mean": "its mean width",
    "p95": "the 95th percentile of its width (19 of 20 places along it are narrower)",
    "max": "its largest width",
}


def write(
    out: Path,
    bands: Bands | None,
    wanted: Wanted,
    step: Callable[[], object] = lambda: None,
    failed: Sequence[str] = (),
) -> list[Path]:
    """Write what is wanted of all masks that were measured into a folder, in the place of what was there.

    Args:
        out: Folder that :func:`hairline.inspection.measuring.folder.measure_all` wrote to.
        bands: Classes of widths; None for none.
        wanted: What to write.
        step: Called after each photo.
        failed: What could not be measured, and why: the page names it.

    Returns:
        The files that were written.

    Raises:
        HairlineError: If a mask is not the one that was measured any more, or the extra ``geo`` is missing.
    """
    kept = list(folder.known(out))
    found = _by_files([_measured(path.relative_to(out / folder.STATE), each, key, bands) for path, each, key in kept])
    keys, made_by = [key for _, _, key in kept], _predicted(found)
    classes = width_classes(bands.bands) if bands else []
    settings = {**measured_with.settings(keys), **_settings(made_by), "hairline": installed()}
    if bands:
        settings["width classes"] = bands.source
    measure_of = WIDTHS[bands.width] if bands else ""
    provenance = Provenance(settings, classes, measure_of, _card(made_by), bool(made_by), failed)
    readers = pictures.Readers(_picture, mask_files.read, partial(read_grey, most=PIXELS))
    return outputs.write_outputs(out, found, provenance, wanted, readers=readers, step=step)


def _measured(file: Path, measured: Measured, key: Mapping[str, Any], bands: Bands | None) -> MeasuredPhoto:
    mask, photo, scale = Path(key["mask"]), str(key.get("photo", "")), key.get("mm_per_px")
    name = file.with_suffix("").as_posix()
    classes = [table.class_of(crack, scale, bands) for crack in measured.cracks]
    return MeasuredPhoto(
        Path(photo) if photo else None, f"{name}{Path(photo).suffix if photo else mask.suffix}", name, measured.width,
        measured.height, mask, measured.cracks, classes, _scores(mask), geotiff.georeference(mask), scale,
    )  # fmt: skip


def _by_files(found: list[MeasuredPhoto]) -> list[MeasuredPhoto]:
    """The same, photos of longer names called by their files' names where those are no other photo's."""
    plain = [
        PurePosixPath(each.name).with_name(each.path.name).as_posix() if each.path else each.file for each in found
    ]
    counts = Counter(plain)
    return [replace(each, file=file) if counts[file] == 1 else each for each, file in zip(found, plain, strict=True)]


def _scores(mask: Path) -> Path | None:
    """The score map that 'hairline predict' wrote beside a mask; None where there is none."""
    for folder_of_masks in mask.parents:
        if folder_of_masks.name == places.MASKS:
            scores = folder_of_masks.with_name(places.SCORES) / mask.relative_to(folder_of_masks)
            return scores if scores.is_file() else None
    return None


def _predicted(found: list[MeasuredPhoto]) -> list[Path]:
    """The folders that 'hairline predict' wrote, of these masks."""
    above = {parent.parent for each in found for parent in each.mask.parents if parent.name == places.MASKS}
    return sorted(path for path in above if there(path / records.FILE))


def _settings(made_by: list[Path]) -> dict[str, str]:
    """Network, scale and threshold of the masks, by the tables beside them."""
    rows = [row for path in made_by for row in records.read(path).values()]
    told: Mapping[str, Callable[[Record], str]] = {
        "network (SHA-256)": lambda row: row.model_sha256,
        "photos as the network saw them": lambda row: records.seen(row.scale),
        "threshold": lambda row: f"{row.threshold:g}",
        "averaged over": lambda row: row.average,
    }
    return {name: ", ".join(sorted(set(map(of, rows)))) for name, of in told.items() if rows}


def _card(made_by: list[Path]) -> str:
    """The card of the one network that found all of it; none where there were several."""
    if len({row.model_sha256 for path in made_by for row in records.read(path).values()}) > 1:
        return ""
    cards = {read_text(path / places.CARD) for path in made_by if there(path / places.CARD)}
    return cards.pop() if len(cards) == 1 else ""


def _picture(path: Path, side_px: int) -> Any:
    """A photo of any kind, of which larger ones are read by rows."""
    with opened.opened(photos.recorded(str(path))) as found:
        part = partial(_rows, found.photo, found.photo.width)
        return pictures.of_rows(found.photo.height, found.photo.width, part, side_px)


def _rows(photo: opened.Parts, width: int, top: int, bottom: int) -> Any:
    return photo.part(top, bottom, 0, width)
