"""Tables of measured cracks: a row a crack, and a row a photo; pixels always, millimetres where the scale is known."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hairline.config.width_bands import Bands
from hairline.inspection.measuring.cracks import Crack
from hairline.inspection.measuring.measure import Measured

if TYPE_CHECKING:
    import pandas as pd

LENGTHS = ("length", "width_mean", "width_p95", "width_max")
TEXTS = ("photo", "width_class", "scale_from")
WHOLE = ("crack", "area_px", "branches", "junctions", "box_left", "box_top", "box_right", "box_bottom", "width",
         "height", "cracks", "left_out", "left_out_px")  # fmt: skip
COLUMNS = (
    "photo", "crack", *(f"{name}_px" for name in LENGTHS), "area_px", "orientation_deg", "branches", "junctions",
    *(f"{name}_mm" for name in LENGTHS), "area_mm2", "width_class", "width_max_x", "width_max_y", "box_left", "box_top",
    "box_right", "box_bottom",
)  # fmt: skip
"""Of the table of cracks."""
PHOTO_COLUMNS = (
    "photo", "width", "height", "mm_per_px", "scale_from", "cracks", "length_px", "area_px", "area_share",
    "length_px_per_megapixel", "length_m", "area_m2", "length_m_per_m2", "cracks_per_m2", "width_max_px",
    "width_max_mm", "left_out", "left_out_px", "width_from_photo",
)  # fmt: skip
"""Of the table of photos."""


def rows(photo: str, measured: Measured, mm_per_px: float | None, bands: Bands | None) -> list[dict[str, Any]]:
    """What :data:`COLUMNS` say of every crack of a photo; None where something is not known.

    Args:
        photo: What it is called.
        measured: What was measured in it.
        mm_per_px: Millimetres a pixel; None where that is not known.
        bands: Classes of widths; None for none.
    """
    return [_row(photo, crack, mm_per_px, bands) for crack in measured.cracks]


def _row(photo: str, crack: Crack, mm_per_px: float | None, bands: Bands | None) -> dict[str, Any]:
    px = {name: getattr(crack, f"{name}_px") for name in LENGTHS}
    mm = {name: None if mm_per_px is None else value * mm_per_px for name, value in px.items()}
    told: dict[str, Any] = {"photo": photo, "crack": crack.number}
    told |= {f"{name}_px": round(value, 3) for name, value in px.items()}
    told |= {"area_px": crack.area_px, "orientation_deg": turned(crack.orientation_deg, 1)}
    told |= {"branches": len(crack.branches), "junctions": crack.junctions}
    told |= {f"{name}_mm": _rounded(value, 4) for name, value in mm.items()}
    told["area_mm2"] = None if mm_per_px is None else _rounded(crack.area_px * mm_per_px**2, 4)
    told["width_class"] = class_of(crack, mm_per_px, bands) or ""
    told["width_max_x"], told["width_max_y"] = (round(value, 1) for value in crack.width_max_at)
    return told | dict(zip(("box_left", "box_top", "box_right", "box_bottom"), crack.box, strict=True))


def class_of(crack: Crack, mm_per_px: float | None, bands: Bands | None) -> str | None:
    """The class of a crack's width; None where the scale is not known, or there are no classes."""
    if mm_per_px is None or bands is None:
        return None
    width: float = getattr(crack, f"width_{bands.width}_px")
    return bands.name_of(width * mm_per_px)


def photo_row(photo: str, measured: Measured, mm_per_px: float | None, scale_from: str) -> dict[str, Any]:
    """What :data:`PHOTO_COLUMNS` say of a photo: sums over its cracks, and the density of cracks."""
    pixels = measured.width * measured.height
    widest = max((crack.width_max_px for crack in measured.cracks), default=None)
    metres = None if mm_per_px is None else mm_per_px / 1000
    square = None if metres is None else pixels * metres**2
    return {
        "photo": photo,
        "width": measured.width,
        "height": measured.height,
        "mm_per_px": mm_per_px,
        "scale_from": scale_from,
        "cracks": len(measured.cracks),
        "length_px": round(measured.length_px, 3),
        "area_px": measured.area_px,
        "area_share": _rounded(measured.area_px / pixels, 8),
        "length_px_per_megapixel": round(measured.length_px / pixels * 1e6, 3),
        "length_m": None if metres is None else _rounded(measured.length_px * metres, 6),
        "area_m2": None if metres is None else _rounded(measured.area_px * metres**2, 9),
        "length_m_per_m2": None if metres is None or not square else _rounded(measured.length_px * metres / square, 6),
        "cracks_per_m2": None if not square else _rounded(len(measured.cracks) / square, 6),
        "width_max_px": _rounded(widest, 3),
        "width_max_mm": None if mm_per_px is None or widest is None else _rounded(widest * mm_per_px, 4),
        "left_out": measured.left_out,
        "left_out_px": measured.left_out_px,
        "width_from_photo": round(measured.photo_share, 4),
    }


def turned(degrees: float | None, digits: int) -> float | None:
    """A direction in [0, 180) rounded; what would be 180 is 0.

    >>> turned(179.96, 1), turned(None, 1)
    (0.0, None)
    """
    return None if degrees is None else round(degrees, digits) % 180


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def frame(found: Iterable[Mapping[str, Any]], columns: Sequence[str] = COLUMNS) -> "pd.DataFrame":
    """Rows as a table whose columns have the same kinds whatever is in it; what is not known is NaN."""
    import pandas as pd

    made = pd.DataFrame(list(found), columns=list(columns))
    kinds = {name: "str" if name in TEXTS else "int64" if name in WHOLE else "float64" for name in columns}
    return made.astype(kinds)


def table(photo: str, measured: Measured, mm_per_px: float | None = None, bands: Bands | None = None) -> "pd.DataFrame":
    """The cracks of a photo as a table, a row a crack.

    Args:
        photo: What it is called.
        measured: What was measured in it.
        mm_per_px: Millimetres a pixel; None where that is not known, and then there are no millimetres.
        bands: Classes of widths, as of :func:`hairline.config.width_bands.read`.

    Example:
        >>> import numpy as np
        >>> from hairline.inspection.measuring.measure import measure
        >>> mask = np.zeros((60, 200), bool)
        >>> mask[28:34, 40:140] = True
        >>> found = table("wall.jpg", measure(mask), mm_per_px=0.5)
        >>> float(found.loc[0, "length_mm"]), float(found.loc[0, "width_mean_mm"])
        (50.0, 3.0)
    """
    return frame(rows(photo, measured, mm_per_px, bands))
