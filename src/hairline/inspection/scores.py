"""Scores of one photo as they come from a network, which can be measured and put on a map at once."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.inspection import opened, photos
from hairline.inspection.georeference import Georeference
from hairline.inspection.measuring.cracks import Crack

if TYPE_CHECKING:
    import pandas as pd

    from hairline.config.width_bands import Bands
    from hairline.inspection.measuring.measure import Measured
    from hairline.inspection.measuring.options import Options

BANDS = "aci224r"
"""Classes of widths unless others are named, as ``hairline measure`` has them."""

Source = Path | NDArray[np.uint8]
"""What a network was asked about: the file of a photo, or RGB uint8 [height, width, 3]."""


class Scores(np.ndarray[tuple[int, int], np.dtype[np.float32]]):
    """Scores of crack, float32 [height, width] in [0, 1]: an array, which can also be measured.

    What is computed or cut from it is a plain array.

    Attributes:
        threshold: The score from which on a pixel is crack, as it is kept with the network.
        source: The photo: its path, or the array that was given.
    """

    threshold: float | None = None
    source: Source | None = None

    @classmethod
    def of(cls, scores: NDArray[np.float32], threshold: float, source: Source) -> "Scores":
        """Scores as an array of this kind, which shares their memory.

        Args:
            scores: float32 [height, width] in [0, 1].
            threshold: From which score on a pixel is crack, in [0, 1].
            source: The photo: its path, or RGB uint8 [height, width, 3].
        """
        made = scores.view(cls)
        made.threshold, made.source = threshold, source
        return made

    def __array_wrap__(self, made: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """What functions of NumPy make of it."""
        return made[()] if return_scalar else np.asarray(made)

    def __getitem__(self, key: Any) -> Any:
        """A part, as of any array."""
        return np.asarray(self)[key]

    def __reduce__(self) -> Any:
        """Pickled, it is a plain array."""
        return np.asarray(self).__reduce__()

    def mask(self, threshold: float | None = None) -> NDArray[np.bool_]:
        """Which pixels are crack: their score is at least a threshold.

        Args:
            threshold: In [0, 1]; None for the network's own, which was chosen on its validation images.

        Returns:
            A new array, bool [height, width].

        Raises:
            HairlineError: If the threshold is not in [0, 1], or none is known since the array was made from another.
        """
        used = self.threshold if threshold is None else threshold
        if used is None or not 0 <= used <= 1:
            found = "not known of an array that was made from one of a network's answers" if used is None else f"{used}"
            raise HairlineError(f"threshold: {found}; expected a score in [0, 1]; give one")
        return np.asarray(self) >= np.float32(used)

    def measure(
        self,
        mm_per_px: float | None = None,
        *,
        threshold: float | None = None,
        by_photo: bool = False,
        options: "Options | None" = None,
    ) -> "Inspection":
        """Measure the cracks: length, width, area and direction of each, as ``hairline measure`` does.

        Args:
            mm_per_px: Millimetres a pixel; None is what a GeoTIFF says of itself, else there are no millimetres.
            threshold: From which score on a pixel is crack; None is the network's.
            by_photo: Let widths follow the grey levels of the photo, as ``--photos`` does; its file is read again.
            options: What counts as a crack or a spur; None for the defaults.

        Raises:
            HairlineError: If the threshold is not in [0, 1], the scale no number above 0, or the photo can no longer be
                read.
        """
        from hairline.inspection.measuring import scale
        from hairline.inspection.measuring.measure import measure

        mask, place = self.mask(threshold), _place(self.source)
        if mm_per_px is not None:
            known: scale.Scale | None = scale.stated(mm_per_px, "mm_per_px")
        else:
            known = None if place is None else scale.of_georeference(place)
        measured = measure(mask, _pixels(self.source) if by_photo else None, options)
        name = self.source.name if isinstance(self.source, Path) else "photo"
        return Inspection(measured, mask, name, None if known is None else known.mm_per_px, place)

    def to_geojson(self, mm_per_px: float | None = None, *, threshold: float | None = None) -> dict[str, Any]:
        """The cracks as GeoJSON: ``measure(mm_per_px, threshold=threshold).to_geojson()``.

        Args:
            mm_per_px: As for :meth:`measure`.
            threshold: Likewise.

        Returns:
            A FeatureCollection of plain values, which ``json.dumps`` takes; see :meth:`Inspection.to_geojson`.

        Raises:
            HairlineError: As :meth:`measure`.
        """
        return self.measure(mm_per_px, threshold=threshold).to_geojson()


@dataclass(frozen=True)
class Inspection:
    """What was measured in one photo.

    Attributes:
        measured: All of it, in pixels.
        mask: Where there is crack, bool [height, width].
        name: What the photo is called.
        mm_per_px: Millimetres a pixel; None where that is not known.
        georeference: Where the photo lies on a map; None where that is not known.
    """

    measured: "Measured"
    mask: NDArray[np.bool_]
    name: str
    mm_per_px: float | None
    georeference: Georeference | None

    @property
    def cracks(self) -> tuple[Crack, ...]:
        """Its cracks, the longest first, in pixels."""
        return self.measured.cracks

    @property
    def length_mm(self) -> float | None:
        """Length of all cracks in millimetres; None where the scale is not known."""
        return None if self.mm_per_px is None else self.measured.length_px * self.mm_per_px

    def table(self, bands: "str | Path | Bands | None" = BANDS) -> "pd.DataFrame":
        """The cracks, a row each, with the columns of cracks.csv.

        Args:
            bands: Classes of widths, ``aci224r`` (ACI 224R-01, table 4.1), ``en1992`` (EN 1992-1-1) or a file of one's
                own; None for none. Without a scale no crack has one.

        Returns:
            The longest first; lengths and widths in pixels and, where the scale is known, in millimetres.

        Raises:
            HairlineError: If there are no such classes.
        """
        from hairline.inspection.measuring.table import table

        return table(self.name, self.measured, self.mm_per_px, _bands(bands))

    def to_geojson(self, bands: "str | Path | Bands | None" = BANDS) -> dict[str, Any]:
        """The cracks as a GeoJSON FeatureCollection (RFC 7946).

        Coordinates are longitude and latitude where the photo is a GeoTIFF, else pixels, which the collection says.

        Args:
            bands: Classes of widths, as for :meth:`table`.

        Returns:
            Plain values, which ``json.dumps`` takes: a feature a crack, with its outline and what the table says of it.

        Raises:
            HairlineError: If there are no such classes.
        """
        from hairline.inspection.exports.geojson import to_geojson
        from hairline.inspection.measuring.table import class_of

        used = _bands(bands)
        names = [class_of(crack, self.mm_per_px, used) for crack in self.cracks]
        return to_geojson(self.cracks, self.mask, self.name, self.georeference, self.mm_per_px, names)


def _bands(named: "str | Path | Bands | None") -> "Bands | None":
    from hairline.config import width_bands

    return width_bands.read(str(named)) if isinstance(named, str | Path) else named


def _place(source: Source | None) -> Georeference | None:
    """Where a photo lies on a map; None where that is not known, also for want of the extra ``geo``."""
    from hairline.inspection import geotiff

    if not isinstance(source, Path) or not geotiff.is_tiff(source) or not geotiff.readable():
        return None
    return geotiff.georeference(source)


def _pixels(source: Source | None) -> NDArray[np.uint8]:
    if source is None:
        raise HairlineError(
            "by_photo: no photo is known of an array that was made from a network's answer; expected the answer; "
            "call hairline.measure(mask, photo)"
        )
    return opened.read(photos.recorded(str(source))) if isinstance(source, Path) else source
