"""predictions.csv: what was written of each photo, with which network and options, and from which bytes."""

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from hairline.errors import HairlineError
from hairline.io.atomic import whole_file
from hairline.io.reading import refuse_no_file, there

FILE = "predictions.csv"


@dataclass(frozen=True)
class Record:
    """A row: what was found in a photo.

    Attributes:
        photo: Its absolute path.
        name: What is written of it is called, below scores/, masks/ and overlays/, without suffix.
        width: In pixels, upright.
        height: In pixels, upright.
        scale: That the network saw it at.
        threshold: From which score on a pixel is crack.
        crack_share: Share of its pixels that are crack, in [0, 1].
        seconds: That reading, predicting and writing took.
        photo_sha256: Hash of the photo's file.
        model_sha256: Hash of the network's weights and description.
        average: Over which views scores were averaged, see :mod:`hairline.inspection.averaging`.
        crs: Coordinate system of the map that it lies on; empty where it lies on none.
        mask_sha256: Hash of the mask's file as it was written, which people may have painted over since.
    """

    photo: str
    name: str
    width: int
    height: int
    scale: float
    threshold: float
    crack_share: float
    seconds: float
    photo_sha256: str
    model_sha256: str
    average: str = "none"
    crs: str = ""
    mask_sha256: str = ""


COLUMNS = {field.name: field.type for field in fields(Record)}

ADDED = ("average", "crs", "mask_sha256")
"""Columns that tables of earlier versions lack: their defaults are what those did."""


def seen(scale: float) -> str:
    """How large the network saw photos, in words: scale is also what millimetres a pixel are called.

    Example:
        >>> seen(1), seen(0.5)
        ('at their own size', '0.5 times as large')
    """
    return "at their own size" if scale == 1 else f"{scale:.4g} times as large"


def read(folder: Path) -> dict[str, Record]:
    """Path of a photo → its row; none where nothing was written yet.

    Raises:
        HairlineError: If the file is not as it was written.
    """
    file = folder / FILE
    if not there(file):
        return {}
    refuse_no_file(file, "a table")
    try:
        with file.open(newline="", encoding="utf-8") as content:
            header, *rows = csv.reader(content, strict=True)
        if header not in [list(COLUMNS)[: len(COLUMNS) - lacking] for lacking in range(len(ADDED) + 1)]:
            raise ValueError(f"has the columns {', '.join(header)[:200]}")
        found = [_record(dict(zip(header, row, strict=True))) for row in rows]
    except (csv.Error, ValueError) as error:
        raise HairlineError(
            f"{file}: {error}; expected the table as hairline wrote it; move it away, and every photo is "
            "looked at again, or name another folder for --out"
        ) from None
    return {record.photo: record for record in found}


def write(folder: Path, records: Mapping[str, Record]) -> None:
    """Write all rows, sorted by photo, in the place of the earlier file; whole or not at all."""
    with (
        whole_file(folder / FILE) as partial,
        partial.open("w", newline="", encoding="utf-8") as file,
    ):
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(record) for _, record in sorted(records.items()))


def _record(row: Mapping[str, str]) -> Record:
    kinds = {"int": int, "float": float, "str": str}
    return Record(**{name: kinds[str(getattr(kind, "__name__", kind))](row[name]) for name, kind in COLUMNS.items()
                     if name in row})  # fmt: skip
