"""GeoPackage: cracks as polygons, their branches as lines with widths, in the coordinates of the photos' own map.

A layer has one coordinate system. Where photos lie in several, each has layers of its own, named after it; photos on
no map are in ``cracks_px`` and ``branches_px``, in pixels with y down.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.inspection.exports import places, properties, rings
from hairline.inspection.exports.photos import MeasuredPhoto
from hairline.inspection.exports.shapes import Shape

TOGETHER = 20_000
"""Rows of a layer that are kept in memory before they are written."""

COLUMNS: Mapping[str, type] = {
    **dict.fromkeys(("photo", "width_class", "widths_px", "file"), str),
    **dict.fromkeys(("crack", "branch", "branches", "junctions", "area_px"), int),
}
"""Of which type a column is, where it is no number with decimals."""


@dataclass
class _Layer:
    crs: str
    kind: str
    written: bool = False
    rows: list[dict[str, properties.Value]] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)


class Writer:
    """A GeoPackage that grows by a photo at a time.

    Args:
        path: File to write, which is not there.
        photos: All photos that will come, which tells the layers and their columns.
    """

    def __init__(self, path: Path, photos: Sequence[MeasuredPhoto]) -> None:
        """See that the libraries are there, and which layers there will be.

        Raises:
            HairlineError: If the extra ``geo`` is missing, or a coordinate system is not known.
        """
        self._path = path
        self._scaled = any(photo.mm_per_px is not None for photo in photos)
        self._pyogrio, self._shapely = places.library("pyogrio.raw"), places.library("shapely")
        systems = list(dict.fromkeys(map(_crs, photos))) or [places.PIXELS]
        self._endings = {crs: _ending(crs, systems) for crs in systems}
        for crs in systems:
            _refuse_unknown(crs)
        self._layers: dict[str, _Layer] = {}
        for crs, ending in self._endings.items():
            for kind in ("cracks", "branches"):
                self._layers[kind + ending] = _Layer(crs, kind)

    def add(self, photo: MeasuredPhoto, found: Sequence[Shape]) -> None:
        """Take a photo's cracks in."""
        ending, placed = self._endings[_crs(photo)], _placed(photo)
        cracks, branches = self._layers["cracks" + ending], self._layers["branches" + ending]
        for shape in found:
            cracks.rows.append(properties.of_crack(photo, shape.crack))
            cracks.shapes.append(self._outline(shape, placed))
            for number, branch in enumerate(shape.crack.branches, 1):
                branches.rows.append(properties.of_branch(photo, shape.crack, number, branch))
                branches.shapes.append(self._shapely.LineString(placed(_line(branch.line))))
        for name in ("cracks" + ending, "branches" + ending):
            if len(self._layers[name].rows) >= TOGETHER:
                self._write(name)

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write what is left; layers without a row are there, too."""
        if kind is None:
            for name in self._layers:
                self._write(name)

    def _outline(self, shape: Shape, placed: Callable[[NDArray[Any]], NDArray[Any]]) -> Any:
        parts = [[placed(ring + shape.crack.box[:2]) for ring in polygon] for polygon in rings.polygons(shape.pixels)]
        return self._shapely.MultiPolygon([self._shapely.Polygon(outer, holes) for outer, *holes in parts])

    def _write(self, name: str) -> None:
        layer = self._layers[name]
        if layer.written and not layer.rows:
            return
        columns = _columns(layer.kind, self._scaled)
        self._pyogrio.write(
            self._path,
            np.array(self._shapely.to_wkb(layer.shapes), dtype=object),
            [_column(column, layer.rows) for column in columns],
            columns,
            layer=name,
            driver="GPKG",
            geometry_type="MultiPolygon" if layer.kind == "cracks" else "LineString",
            crs=layer.crs,
            append=layer.written,
        )
        layer.rows.clear()
        layer.shapes.clear()
        layer.written = True


def _columns(kind: str, scaled: bool) -> list[str]:
    lengths = ["length", "width_mean", *(["width_p95"] if kind == "cracks" else []), "width_max"]
    pixels, millimetres = [f"{name}_px" for name in lengths], [f"{name}_mm" for name in lengths] if scaled else []
    if kind == "cracks":
        return [
            "photo", "crack", *pixels, "area_px", "orientation_deg", "branches", "junctions", *millimetres,
            *(["area_mm2"] if scaled else []), "width_class", "width_max_x", "width_max_y", "file",
        ]  # fmt: skip
    return ["photo", "crack", "branch", *pixels, *millimetres, "widths_px", "width_class"]


def _column(name: str, rows: Sequence[Mapping[str, properties.Value]]) -> NDArray[Any]:
    values = [row.get(name) for row in rows]
    kind = COLUMNS.get(name, float)
    if kind is float:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return np.array(values, dtype=np.int64 if kind is int else object)


def _crs(photo: MeasuredPhoto) -> str:
    return places.PIXELS if photo.georeference is None else photo.georeference.crs


def _ending(crs: str, systems: Sequence[str]) -> str:
    """What follows the names of the layers of a coordinate system."""
    maps = [each for each in systems if each != places.PIXELS]
    if crs == places.PIXELS:
        return "_px"
    if len(maps) == 1:
        return ""
    code = crs.replace(":", "_")
    return f"_{code}" if code.replace("_", "").isalnum() and len(code) < 30 else f"_{maps.index(crs) + 1}"


def _placed(photo: MeasuredPhoto) -> Callable[[NDArray[Any]], NDArray[Any]]:
    georeference = photo.georeference
    if georeference is None:
        return lambda points: points
    return lambda points: places.on_map(georeference, points)


def _line(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points of a branch from the corner at the top left; a dot as a line that goes nowhere."""
    return (line if len(line) > 1 else np.repeat(line, 2, axis=0)) + 0.5


def _refuse_unknown(crs: str) -> None:
    pyproj = places.library("pyproj")
    try:
        pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise HairlineError(
            f"the coordinate system {crs[:80]} is not known to PROJ ({str(error).splitlines()[0][:160]}); expected an "
            "authority's code or WKT; correct the georeference of its photos"
        ) from None
