"""The scale of photos that lie on a map, from their files."""

import importlib.util
import warnings
from pathlib import Path

from hairline.errors import HairlineError
from hairline.inspection.georeference import Georeference
from hairline.inspection.measuring.scale import Scale, of_georeference

SUFFIXES = (".tif", ".tiff")


def scale(path: Path) -> Scale | None:
    """The scale of a GeoTIFF; None of other files, and of coordinates in degrees.

    Raises:
        HairlineError: If its pixels are not square, or rasterio is not installed.
    """
    found = georeference(path)
    return of_georeference(found) if found else None


def georeference(path: Path) -> Georeference | None:
    """Where a GeoTIFF lies; None where it does not say.

    Raises:
        HairlineError: If rasterio is not installed and the file is a TIFF.
    """
    if path.suffix.lower() not in SUFFIXES:
        return None
    if importlib.util.find_spec("rasterio") is None:
        raise HairlineError("the scale of a GeoTIFF needs the package rasterio: pip install 'hairline[geo]'")
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
