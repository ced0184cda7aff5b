"""Mask files whose values are stated: levels, numbers of a palette, or colours, told apart by all names they have."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray
from PIL import Image

from hairline.data.mask_values import counted, flattened, palette
from hairline.imaging.images import decode, decoding, header, in_8_bits
from hairline.io.options import matching

Value = Annotated[int, Ge(0), Le(65535)] | Annotated[str, matching(r"#[0-9a-f]{6}", "a colour, as '#ff0000'")]
"""A level or number of a palette, or a colour as ``#rrggbb``."""

Names = tuple[Value, ...]
NAMED = 5


@dataclass(frozen=True)
class Named:
    """What a mask file holds: all names of a value → pixels; the number comes first where it has one."""

    path: Path
    counts: Mapping[Names, int]


def named(path: Path) -> Named:
    """Look at a mask file.

    Raises:
        HairlineError: If it cannot be decoded.
    """
    with decoding(header(path)):
        codes, names = _coded(path)
        if codes.dtype == np.uint32:
            found, pixels = np.unique(codes, return_counts=True)
            return Named(path, {_of_colour(int(code)): int(n) for code, n in zip(found, pixels, strict=True)})
        return Named(path, {names[code]: pixels for code, pixels in counted(codes).items()})


def by_name(path: Path, wanted: Collection[Value]) -> NDArray[np.bool_]:
    """Where a mask file has one of some values, bool [height, width]."""
    codes, names = _coded(path)
    if codes.dtype == np.uint32:
        return np.isin(codes, [code for code in np.unique(codes) if set(_of_colour(int(code))) & set(wanted)])
    return np.isin(codes, [code for code in counted(codes) if set(names[code]) & set(wanted)])


def told(values: Sequence[Value]) -> str:
    """Values in words: ``0, 1 and 255``."""
    *first, last = [str(value) for value in values] or ["none"]
    return f"{', '.join(first)} and {last}" if first else last


def told_some(values: Sequence[Value]) -> str:
    """The first values in words, and how many more there are."""
    return (
        told(values)
        if len(values) <= NAMED
        else f"{', '.join(map(str, values[:NAMED]))} and {len(values) - NAMED} more"
    )


class _Numbers(dict[int, Names]):
    def __missing__(self, code: int) -> Names:
        return (code,)


def _coded(path: Path) -> tuple[NDArray[Any], Mapping[int, Names]]:
    """A number for each pixel, uint8 or uint16, or uint32 for colours as 0xRRGGBB, and the names of each number."""
    found = decode(path).pixels
    if not isinstance(found, Image.Image):
        if found.ndim == 2:
            return found, _Numbers()
        found = Image.fromarray(in_8_bits(found))
    if found.mode == "P" and "transparency" not in found.info:
        return np.asarray(found), {code: (code, _colour(*parts)) for code, parts in enumerate(palette(found).tolist())}
    if found.mode in ("1", "L") and "transparency" not in found.info:
        return np.asarray(found.convert("L")), {code: (code, _colour(code, code, code)) for code in range(256)}
    rgb = flattened(found).astype(np.uint32)
    return rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2], {}


def _colour(red: int, green: int, blue: int) -> str:
    return f"#{red:02x}{green:02x}{blue:02x}"


def _of_colour(code: int) -> Names:
    red, green, blue = code >> 16, code >> 8 & 255, code & 255
    name = _colour(red, green, blue)
    return (red, name) if red == green == blue else (name,)
