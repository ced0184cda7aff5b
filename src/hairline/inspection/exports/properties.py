"""What is said of a crack beside its shape: the columns of the tables, for COCO, GeoJSON and GeoPackage alike."""

from hairline.inspection.exports.photos import MeasuredPhoto
from hairline.inspection.measuring.cracks import Branch, Crack
from hairline.inspection.measuring.table import turned

Value = str | int | float | None

DIGITS = 4
"""Decimals of pixels, millimetres and degrees."""


def of_crack(photo: MeasuredPhoto, crack: Crack) -> dict[str, Value]:
    """Name → value; what is in millimetres is there only where the scale of the photo is known."""
    lengths = {
        "length": crack.length_px,
        "width_mean": crack.width_mean_px,
        "width_p95": crack.width_p95_px,
        "width_max": crack.width_max_px,
    }
    scale = photo.mm_per_px
    return {
        "photo": photo.name,
        "crack": crack.number,
        **{f"{name}_px": _rounded(value) for name, value in lengths.items()},
        "area_px": crack.area_px,
        "orientation_deg": turned(crack.orientation_deg, DIGITS),
        "branches": len(crack.branches),
        "junctions": crack.junctions,
        **({} if scale is None else {f"{name}_mm": _rounded(value * scale) for name, value in lengths.items()}),
        **({} if scale is None else {"area_mm2": _rounded(crack.area_px * scale * scale)}),
        "width_class": photo.class_of(crack),
        "width_max_x": _rounded(crack.width_max_at[0]),
        "width_max_y": _rounded(crack.width_max_at[1]),
        "file": photo.file,
    }


def of_branch(photo: MeasuredPhoto, crack: Crack, number: int, branch: Branch) -> dict[str, Value]:
    """Name → value of one branch of a crack, ``number`` from 1."""
    widths = {"width_mean": float(branch.widths_px.mean()), "width_max": float(branch.widths_px.max())}
    lengths = {"length": branch.length_px, **widths}
    scale = photo.mm_per_px
    return {
        "photo": photo.name,
        "crack": crack.number,
        "branch": number,
        **{f"{name}_px": _rounded(value) for name, value in lengths.items()},
        **({} if scale is None else {f"{name}_mm": _rounded(value * scale) for name, value in lengths.items()}),
        "widths_px": ",".join(f"{width:.2f}" for width in branch.widths_px),
        "width_class": photo.class_of(crack),
    }


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)
