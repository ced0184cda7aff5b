"""How long the units of a map are on the ground: a metre of Web Mercator at 60 degrees is half a metre."""

import math

import numpy as np
from numpy.typing import NDArray

from hairline.inspection.georeference import Georeference

DEGREES = "OGC:CRS84"
AXIS_M, SQUARED_ECCENTRICITY = 6_378_137.0, 0.006_694_38
"""Of the ellipsoid of WGS 84: its longer half axis, and what it is flattened by."""
APART_M = 50.0
"""How far from a photo's corner the map is looked at."""


def metres(found: Georeference) -> NDArray[np.float64] | None:
    """Metres to the east and to the north that a unit to the right and a unit up are, at a photo's corner.

    Args:
        found: Where the photo lies.

    Returns:
        float64 [2, 2], a column a unit; None where the coordinate system is in degrees, or not tied to the globe.
    """
    if found.metres is None:
        return None
    from rasterio.errors import RasterioError
    from rasterio.warp import transform

    x, y, step = found.transform[2], found.transform[5], APART_M / found.metres
    try:
        east, north = transform(found.crs, DEGREES, [x, x + step, x - step, x, x], [y, y, y, y + step, y - step])
    except RasterioError:
        return None
    if not np.isfinite([east, north]).all():
        return None
    along, up = _of_degrees(north[0])
    turns = [(one - other + 180) % 360 - 180 for one, other in ((east[1], east[2]), (east[3], east[4]))]
    climbs = [north[1] - north[2], north[3] - north[4]]
    return np.array([[turn * along for turn in turns], [climb * up for climb in climbs]]) / (2 * step)


def _of_degrees(latitude: float) -> tuple[float, float]:
    """Metres that a degree of longitude and one of latitude are at a latitude."""
    sine = math.sin(math.radians(latitude))
    flat = 1 - SQUARED_ECCENTRICITY * sine**2
    along = AXIS_M / math.sqrt(flat) * math.cos(math.radians(latitude))
    up = AXIS_M * (1 - SQUARED_ECCENTRICITY) / flat**1.5
    return math.radians(along), math.radians(up)
