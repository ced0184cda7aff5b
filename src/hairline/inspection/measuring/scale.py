"""How many millimetres a pixel is: as stated, or nothing at all."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.inspection.georeference import Georeference
from hairline.inspection.photos import SUFFIXES
from hairline.io import bounds
from hairline.io.file_names import printable
from hairline.io.reading import composed, read_table

SQUARE = 0.01
"""Sides of pixels that differ by a larger share are not square, and have no one scale."""
POINTS = ("x1", "y1", "x2", "y2", "distance_mm")
NAME, MM_PER_PX = "photo", "mm_per_px"


@dataclass(frozen=True)
class Scale:
    """A known scale.

    Attributes:
        mm_per_px: Millimetres that a pixel's side is long on the surface of the photo.
        source: What said so.
        points: x1, y1, x2, y2 of the points that it comes from, in pixels; None where none do.
    """

    mm_per_px: float
    source: str
    points: tuple[float, float, float, float] | None = None


def stated(mm_per_px: float, source: str = "stated") -> Scale:
    """A scale as somebody states it.

    Raises:
        HairlineError: If it is no number from a millionth to a million.
    """
    if not 1 / bounds.FACTOR <= mm_per_px <= bounds.FACTOR:
        raise HairlineError(
            f"{source}: {mm_per_px:g} mm a pixel; expected a number above 0, from {1 / bounds.FACTOR:g} to "
            f"{bounds.FACTOR:,}; correct it"
        )
    return Scale(float(mm_per_px), source)


def of_points(x1: float, y1: float, x2: float, y2: float, distance_mm: float, source: str = "points") -> Scale:
    """The scale by two points in a photo whose distance on its surface is known.

    Args:
        x1: Of the first point, in pixels from the left.
        y1: In pixels from the top.
        x2: Of the second point.
        y2: Of the second point.
        distance_mm: Between them, in millimetres.
        source: Where they are from.

    Raises:
        HairlineError: If both are one point, or the distance is no number above 0.

    >>> of_points(0, 0, 30, 40, 100).mm_per_px
    2.0
    """
    apart = math.hypot(x2 - x1, y2 - y1)
    if not (math.isfinite(apart) and apart > 0 and math.isfinite(distance_mm) and distance_mm > 0):
        raise HairlineError(
            f"{source}: points ({x1:g}, {y1:g}) and ({x2:g}, {y2:g}), {distance_mm:g} mm apart; expected two points "
            "and a distance above 0; correct it"
        )
    return replace(stated(distance_mm / apart, source), points=(x1, y1, x2, y2))


def of_georeference(found: Georeference, ground: NDArray[np.float64] | None = None) -> Scale | None:
    """The scale of a photo on a map; None where its coordinates are in degrees.

    Args:
        found: Where it lies.
        ground: Of :func:`hairline.inspection.ground.metres`; None where the units of the map are those of the ground.

    Raises:
        HairlineError: If its pixels are not square.
    """
    if found.metres is None:
        return None
    a, b, _, d, e, _ = found.transform
    sides = (np.eye(2) * found.metres if ground is None else ground) @ np.array([[a, b], [d, e]])
    longer, shorter = np.linalg.svd(sides, compute_uv=False).tolist() if np.isfinite(sides).all() else (math.inf, 1.0)
    if not 0 < shorter <= longer < math.inf or longer / shorter - 1 > SQUARE:
        width, height = np.hypot(*sides).tolist()
        raise HairlineError(
            f"{found.crs[:80]}: pixels of {width:.6g} by {height:.6g} m; expected square ones; resample the photo, or "
            "state the scale with --mm-per-px"
        )
    return Scale(math.sqrt(longer * shorter) * 1000, found.crs)


class Table:
    """Scales of photos, from a table of ``photo`` and ``mm_per_px``, or of ``photo`` and two points."""

    def __init__(self, path: Path) -> None:
        """Read the table.

        Raises:
            HairlineError: If it cannot be read, lacks columns, names a photo twice or holds no number.
        """
        self._path = path
        header, rows = read_table(path)
        points = set(POINTS) <= set(header)
        if NAME not in header or not (points or MM_PER_PX in header):
            raise HairlineError(
                f"{path}: has the columns {', '.join(header)[:200] or 'none'}; expected {NAME} and {MM_PER_PX}, or "
                f"{NAME}, {', '.join(POINTS)}; correct its first line"
            )
        self._scales: dict[str, Scale] = {}
        for number, row in enumerate(rows, 2):
            name = _plain(row[NAME])
            if name in self._scales:
                raise HairlineError(f"{path}: line {number} names {printable(row[NAME])} again; keep one of them")
            self._scales[name] = self._read(row, number, MM_PER_PX not in header)
        self._used: dict[str, str] = {}
        self._typed: dict[str, list[str]] = defaultdict(list)
        for name in self._scales:
            if PurePosixPath(name).suffix.lower() in SUFFIXES:
                self._typed[str(PurePosixPath(name).with_suffix(""))].append(name)

    def _read(self, row: Mapping[str, str], number: int, points: bool) -> Scale:
        source = self._path.name
        try:
            if points:
                x1, y1, x2, y2, apart = (float(row[name]) for name in POINTS)
                return of_points(x1, y1, x2, y2, apart, source)
            return stated(float(row[MM_PER_PX]), source)
        except (ValueError, HairlineError):
            wanted = ", ".join(POINTS) if points else MM_PER_PX
            found = ", ".join(row.values())
            raise HairlineError(
                f"{self._path}: line {number} holds {printable(found)[:80]}; expected numbers above 0 for {wanted}, "
                "with a point for decimals; correct it"
            ) from None

    def of(self, name: str, *files: str) -> Scale | None:
        """The scale of a photo; None where there is none.

        Args:
            name: What it is called below its folder, without suffix; or what is written of it.
            files: Its file's names, with suffix, where that is known: rows of other suffixes are of other photos then.

        Raises:
            HairlineError: If a row without folder may be of this photo or of one that was asked for before, or rows of
                several suffixes may be of it.
        """
        found = self._found(PurePosixPath(_plain(name)), [PurePosixPath(_plain(file)) for file in files])
        if found is None:
            return None
        if self._used.setdefault(found, name) != name:
            raise HairlineError(
                f"{self._path}: {printable(found)} may be {printable(self._used[found])} or {printable(name)}; "
                "expected names with folders where two photos share one; write them so"
            )
        return self._scales[found]

    def _found(self, name: PurePosixPath, files: Sequence[PurePosixPath]) -> str | None:
        """The row of a photo: the one of its whole name first, of its name alone last."""
        stems = [file.with_suffix("") for file in files]
        keys = [str(path) for path in (*files, name, *stems)] + [path.name for path in (*files, name, *stems)]
        found = next((key for key in keys if key in self._scales), None)
        if found is not None or files:
            return found
        for key in (str(name), name.name):
            rows = self._typed.get(key, [])
            if len(rows) > 1:
                raise HairlineError(
                    f"{self._path}: {' and '.join(map(printable, rows))} may both be {printable(str(name))}; expected "
                    "one; name the folder of the photos with --photos, or leave out the others"
                )
            if rows:
                return rows[0]
        return None

    def unused(self) -> list[str]:
        """Names of photos that nobody asked for."""
        return sorted(set(self._scales) - set(self._used))


def _plain(name: str) -> str:
    return composed(name.replace("\\", "/")).removeprefix("./")
