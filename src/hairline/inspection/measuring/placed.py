"""The scale of photos that lie on a map, from their files."""

from pathlib import Path

from hairline.inspection import geotiff, ground
from hairline.inspection.measuring.scale import Scale, of_georeference


def scale(path: Path) -> Scale | None:
    """The scale of a GeoTIFF; None of other files, and of coordinates in degrees.

    Raises:
        HairlineError: If its pixels are not square, or rasterio is not installed.
    """
    found = geotiff.georeference(path)
    return of_georeference(found, ground.metres(found)) if found else None
