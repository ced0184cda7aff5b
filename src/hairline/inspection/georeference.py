"""Where a photo lies on a map."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Georeference:
    """A coordinate system and the affine map from pixels into it.

    Attributes:
        crs: The coordinate reference system, as an authority's code (``EPSG:32633``) where it has one, else as WKT.
        transform: a, b, c, d, e, f: the corner at the top left of column x and row y lies at (a x + b y + c,
            d x + e y + f), so that the middle of that pixel is at x + 0.5, y + 0.5.
        metres: Metres that a unit of the coordinate system is long; None where it is in degrees.
    """

    crs: str
    transform: tuple[float, float, float, float, float, float]
    metres: float | None
