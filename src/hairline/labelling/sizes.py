"""Sizes inside labelling methods, which are in pixels, for photos that show a surface larger.

The methods' options were chosen with patches of 128 px. Where a patch of 256 px shows as much of a surface, cracks and
stains are twice as many pixels wide, and so have to be the windows, lines and lengths that are held against them. Sizes
end in ``_px``; scales of activation maps are shares of the photo and stay. With smaller patches all stay as they are:
smaller sizes made labels no better (docs/own_photos.md, ``benchmarks/label_sizes.py``).
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

T = TypeVar("T")
PATCH_PX = 128
"""Side of the patches that the options which ship were chosen with."""
SUFFIX = "_px"


def resized(options: T, patch_px: int) -> T:
    """Options of a method with all sizes times ``patch_px`` / :data:`PATCH_PX`, but never smaller.

    Whole numbers stay whole, odd ones odd, and what is above 0 stays so.

    Args:
        options: Of any method; parts of it likewise.
        patch_px: Side of the patches that the classifier learned from.
    """
    return times(options, max(patch_px / PATCH_PX, 1.0))


def times(options: T, factor: float) -> T:
    """The same by any factor."""
    return cast(T, _resized("", options, factor))


def _resized(name: str, value: Any, factor: float) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _resized(each.name, getattr(value, each.name), factor)
                                 for each in fields(value)})  # fmt: skip
    if isinstance(value, Mapping):
        return {key: _resized(str(key), each, factor) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_resized(name, each, factor) for each in value)
    if not name.endswith(SUFFIX) or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return _length(value, factor)


def _length(value: float, factor: float) -> float:
    if not isinstance(value, int):
        return value * factor
    if value % 2:
        return 2 * max(round((value * factor - 1) / 2), 0) + 1
    return max(round(value * factor), 1 if value else 0)
