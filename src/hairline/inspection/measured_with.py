"""With what masks were measured, in the words of the page: scales, photos, and what people changed in the masks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hairline.inspection import places, records
from hairline.inspection.records import Record
from hairline.io.reading import there

SOURCES = 3
"""Most scales that are told one by one."""


def settings(keys: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Name → value.

    Args:
        keys: Of each mask, what :func:`hairline.inspection.measuring.folder.known` says it was measured from.
    """
    told = {"masks": f"{len(keys)}", "millimetres a pixel": _scales(keys), "widths": _widths(keys)}
    areas = sorted({int(key["options"]["min_area_px"]) for key in keys})
    if areas:
        told["smallest crack"] = f"{' or '.join(map(str, areas))} pixels"
    changed = _changed(keys)
    return {**told, "masks changed by hand": f"{changed} of {len(keys)}"} if changed else told


def _scales(keys: Sequence[Mapping[str, Any]]) -> str:
    known = sorted({(float(key["mm_per_px"]), str(key["scale_from"])) for key in keys if "mm_per_px" in key})
    if not known:
        return "not known"
    told = [f"{value:.4g} ({source})" for value, source in known]
    if len(known) > SOURCES:
        told = [f"{known[0][0]:.4g} to {known[-1][0]:.4g} ({', '.join(sorted({source for _, source in known}))})"]
    unknown = sum("mm_per_px" not in key for key in keys)
    return ", ".join([*told, *([f"not known of {unknown}"] if unknown else [])])


def _widths(keys: Sequence[Mapping[str, Any]]) -> str:
    by_photo = sum(bool(key["photo"]) for key in keys)
    if by_photo == len(keys) and keys:
        return "of the masks, refined by the photos' grey levels"
    return f"of the masks; {by_photo} refined by the photos' grey levels" if by_photo else "of the masks"


def _changed(keys: Sequence[Mapping[str, Any]]) -> int:
    """Masks of 'hairline predict' that are not as it wrote them."""
    tables = dict[Path, Mapping[str, Record]]()
    changed = 0
    for key in keys:
        mask = Path(key["mask"])
        for folder in mask.parents:
            if folder.name == places.MASKS and there(folder.parent / records.FILE):
                if folder not in tables:
                    tables[folder] = {row.name: row for row in records.read(folder.parent).values()}
                row = tables[folder].get(mask.relative_to(folder).with_suffix("").as_posix())
                changed += row is not None and row.mask_sha256 not in ("", key["mask_sha256"])
    return changed
