"""The scale of photos that lie on a map, from their files."""

import importlib.util
import warnings
from pathlib import Path

from hairline.inspection.georeference import Georeference
from hairline.inspection.measuring.scale import Scale, of_georeference

SUFFIXES = (".tif", ".tiff")


def scale(path: Path) -> Scale | None:
    """The scale of a GeoTIFF; None of other files, of coordinates in degrees, and where rasterio is not installed.

    Raises:
        HairlineError: If its pixels are not square.
    """
    found = georeference(path)
    return of_georeference(found) if found else None


def georeference(path: Path) -> Georeference | None:
    """Where a GeoTIFF lies; None where it does not say."""
    if path.suffix.lower() not in SUFFIXES or importlib.util.find_spec("rasterio") is None:
        return None
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(path) as dataset:
                crs, transform = dataset.crs, dataset.transform
        except RasterioIOError:
            return None
    if not crs or transform.is_identity:
        return None
    metres = float(crs.linear_units_factor[1]) if crs.is_projected else None
    return Georeference(crs.to_string(), tuple(transform)[:6], metres)
