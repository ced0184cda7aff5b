"""From pixels to the map, and from there to longitude and latitude."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.inspection.georeference import Georeference
from hairline.io import extras

Points = NDArray[np.float64]
"""[points, 2] of x and y; pixels are counted from the corner of the photo at the top left."""

WGS84 = "OGC:CRS84"
PIXELS = 'LOCAL_CS["pixels of the photo, y down"]'
"""What GDAL reads as a plane that lies nowhere on the globe; photos on no map are in it."""

DEGREE_M = 111_320.0
FINER = 200
"""How much finer than a pixel coordinates in degrees are written."""


def on_map(georeference: Georeference, points: NDArray[Any]) -> Points:
    """Points of a photo in the coordinates of its map."""
    a, b, c, d, e, f = georeference.transform
    x, y = np.asarray(points[:, 0], dtype=np.float64), np.asarray(points[:, 1], dtype=np.float64)
    return np.stack([a * x + b * y + c, d * x + e * y + f], axis=1)


def to_degrees(georeference: Georeference) -> Callable[[NDArray[Any]], Points]:
    """What makes longitudes and latitudes (WGS 84) of a photo's pixels.

    Raises:
        HairlineError: If the extra ``geo`` is missing, or its coordinate system cannot be brought onto the globe.
    """
    transformer = _transformer(georeference.crs)
    middle = float(transformer.transform(georeference.transform[2], georeference.transform[5])[0])

    def degrees(points: NDArray[Any]) -> Points:
        placed = on_map(georeference, points)
        found = np.stack(transformer.transform(placed[:, 0], placed[:, 1]), axis=1)
        if not np.isfinite(found).all():
            raise HairlineError(
                f"the place ({placed[0, 0]:g}, {placed[0, 1]:g}) of a photo has no longitude and latitude in "
                f"{georeference.crs[:80]}; expected coordinates of that system; correct the photo's georeference"
            )
        found[:, 0] += 360 * np.round((middle - found[:, 0]) / 360)  # one photo is not torn apart at 180 degrees
        return found

    return degrees


def decimals(georeference: Georeference) -> int:
    """Decimals of a degree that tell places within a pixel of a photo apart."""
    a, b, _, d, e, _ = georeference.transform
    pixel = min(math.hypot(a, d), math.hypot(b, e)) * (1 if georeference.metres is None else georeference.metres)
    degrees = pixel if georeference.metres is None else pixel / DEGREE_M
    return max(7, min(13, math.ceil(math.log10(FINER / degrees)))) if degrees > 0 else 13


def library(name: str) -> Any:
    """A library of the extra ``geo``.

    Raises:
        HairlineError: If it is not installed.
    """
    return extras.library(name, "a map")


@lru_cache(maxsize=64)
def _transformer(crs: str) -> Any:
    pyproj = library("pyproj")
    try:
        return pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)
    except pyproj.exceptions.ProjError as error:
        raise HairlineError(
            f"the coordinate system {crs[:80]} cannot be brought to longitude and latitude "
            f"({str(error).splitlines()[0][:160]}); expected one that lies on the globe; correct the georeference of "
            "its photos"
        ) from None
