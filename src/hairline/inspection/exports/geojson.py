"""GeoJSON: a feature a crack, its outline along the edges of its pixels.

Photos on a map come in longitude and latitude (WGS 84), as RFC 7946 has it and every reader expects; other photos in
their pixels, x to the right and y down from the corner at the top left, in a file that says so in the only way that
GDAL and QGIS heed: by the member ``crs`` of the 2008 draft, without which they would take pixels for degrees.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from hairline.inspection.exports import places, properties, rings
from hairline.inspection.exports.photos import MeasuredPhoto, Provenance
from hairline.inspection.exports.rings import Ring
from hairline.inspection.exports.shapes import Shape, shapes
from hairline.inspection.georeference import Georeference
from hairline.inspection.measuring.cracks import Crack

Placed = Callable[[NDArray[Any]], NDArray[Any]]


def to_geojson(
    cracks: Sequence[Crack],
    mask: NDArray[np.bool_],
    name: str = "photo",
    georeference: Georeference | None = None,
    mm_per_px: float | None = None,
    classes: Sequence[str | None] = (),
) -> dict[str, Any]:
    """The cracks of one mask as a FeatureCollection, plain values that ``json.dumps`` takes.

    Args:
        cracks: What was measured.
        mask: The mask it was measured in, bool [height, width].
        name: What the photo is called in properties and ids.
        georeference: Where the photo lies on a map: coordinates are longitude and latitude; None: they are pixels.
        mm_per_px: Millimetres a pixel; None where that is not known.
        classes: Width class of each crack.

    Raises:
        HairlineError: If the mask is another one, or a map is asked for without the extra ``geo``.

    Example:
        >>> to_geojson([], np.zeros((4, 4), dtype=bool))["features"]
        []
    """
    height, width = mask.shape
    photo = MeasuredPhoto(
        None, name, name, width, height, Path(name), cracks, classes, georeference=georeference, mm_per_px=mm_per_px
    )
    return collection(photo, mask)


def collection(photo: MeasuredPhoto, mask: NDArray[np.bool_]) -> dict[str, Any]:
    """The cracks of one photo as a FeatureCollection, plain values that ``json.dumps`` takes.

    Args:
        photo: A photo and its cracks.
        mask: The mask they were measured in, bool [height, width].

    Raises:
        HairlineError: If the mask is another one, or a map is asked for without the extra ``geo``.
    """
    on_map = photo.georeference is not None
    return {**_head(on_map, Provenance()), "features": features(photo, shapes(photo, mask))}


def features(photo: MeasuredPhoto, found: Iterable[Shape]) -> list[dict[str, Any]]:
    """A feature a crack: in degrees where the photo lies on a map, else in pixels."""
    placed = _placed(photo)
    return [
        {
            "type": "Feature",
            "id": f"{photo.name}#{shape.crack.number}",
            "properties": properties.of_crack(photo, shape.crack),
            "geometry": geometry(shape, placed),
        }
        for shape in found
    ]


def _placed(photo: MeasuredPhoto) -> Placed:
    if photo.georeference is None:
        return lambda points: points
    degrees, digits = places.to_degrees(photo.georeference), places.decimals(photo.georeference)
    return lambda points: np.round(degrees(points), digits)


def geometry(shape: Shape, placed: Placed) -> dict[str, Any]:
    """The outline of a crack as a Polygon, or as a MultiPolygon where its pixels touch at corners alone.

    Args:
        shape: A crack and its pixels.
        placed: What makes the points that are written of corners of pixels, [points, 2].
    """
    parts = [
        [_closed(placed(ring + shape.crack.box[:2]), outer=not number) for number, ring in enumerate(polygon)]
        for polygon in rings.polygons(shape.pixels)
    ]
    if len(parts) == 1:
        return {"type": "Polygon", "coordinates": parts[0]}
    return {"type": "MultiPolygon", "coordinates": parts}


def _closed(ring: NDArray[Any], outer: bool) -> list[list[float]]:
    """A ring that ends where it begins, anticlockwise where it is the outer one, else clockwise."""
    turned = ring if _anticlockwise(ring) is outer else ring[::-1]
    points: list[list[float]] = np.concatenate([turned, turned[:1]]).tolist()
    return points


def _anticlockwise(ring: Ring | NDArray[Any]) -> bool:
    x, y = (ring - ring[0]).T  # differences first: degrees differ in their last digits alone
    return bool((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() > 0)


def _head(on_map: bool, provenance: Provenance) -> dict[str, Any]:
    told = "longitude and latitude, WGS 84" if on_map else "pixels from the corner of the photo at the top left, y down"
    return {
        "type": "FeatureCollection",
        "name": "cracks",
        **({} if on_map else {"crs": {"type": "name", "properties": {"name": places.PIXELS}}}),
        "hairline": {"coordinates": told, **provenance.settings},
    }


class Writer:
    """A GeoJSON file of photos that all lie on maps, or all do not; it grows by a photo at a time."""

    def __init__(self, path: Path, provenance: Provenance, on_map: bool) -> None:
        """Begin the file."""
        self._file: IO[str] = path.open("w", encoding="utf-8", newline="\n")
        self._separator = "\n"
        head = json.dumps(_head(on_map, provenance), allow_nan=False)
        self._file.write(f'{head[:-1]}, "features": [')

    def add(self, photo: MeasuredPhoto, found: Sequence[Shape]) -> None:
        """Write a photo's cracks."""
        for feature in features(photo, found):
            self._file.write(self._separator + _text(feature))
            self._separator = ",\n"

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the file; what a block that fails leaves is nothing anybody keeps."""
        with self._file:
            if kind is None:
                self._file.write("\n]}\n")


def _text(feature: Mapping[str, Any]) -> str:
    return json.dumps(feature, allow_nan=False, separators=(",", ":"))
