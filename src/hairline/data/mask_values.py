"""What the pixels of a mask file say, whatever its mode: brought to one channel of levels, and counted.

Grey files are their own levels. Of a palette and of colours it is what is bright; where nothing is, the one colour
beside black. Of a file with transparency it is what is painted, where all that is painted has one colour.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hairline.imaging.images import as_array, decode, decoding, header, in_8_bits, is_transparent

HALF = 127
BLACK = 32  # a brightest channel up to here is black, and channels that differ no more are grey
BLOCK_PX = 1 << 20
FEW = 32  # values: drawn classes have few, blurred edges and photos have more
NEAR_END = 16
FLAT = 0.5
SAME_TINT = 0.25  # of the brightest channel
MIXED = 0.1

Levels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class Channel:
    """A mask file as one channel.

    Attributes:
        levels: [height, width]; uint16 where the file has 16 bits, else uint8.
        source: Where they come from, for people: ``grey``, ``palette``, ``colours`` or ``alpha channel``.
        tint: The colour of what is marked where it is not grey, as ``#rrggbb``.
        doubt: Why the file cannot be understood, empty where it can.
        names: What stands in the file, where these are not the levels: numbers of a palette, colours as ``#rrggbb``.
    """

    levels: Levels
    source: str
    tint: str = ""
    doubt: str = ""
    names: tuple[int | str, ...] | None = None


@dataclass(frozen=True)
class Values:
    """What a mask file holds, as far as the rule of its set needs to know.

    Attributes:
        path: The file.
        counts: Level → pixels.
        deep: Whether the levels have 16 bits.
        lossy: Whether its format blurs, as JPEG.
        areas: Whether levels between the lowest and the highest fill areas or lines, as drawn classes do, and are no
            soft edges.
        source: See :class:`Channel`.
        tint: See :class:`Channel`.
        doubt: See :class:`Channel`.
        names: What stands in the file: levels, numbers of a palette, or colours; empty where these are too many.
    """

    path: Path
    counts: dict[int, int]
    deep: bool
    lossy: bool
    areas: bool
    source: str
    tint: str
    doubt: str
    names: tuple[int | str, ...]


def values(path: Path) -> Values:
    """Look at a mask file.

    Raises:
        HairlineError: If it cannot be decoded.
    """
    head = header(path)
    with decoding(head):
        found = channel(path)
        counts = counted(found.levels)
        deep = found.levels.dtype == np.uint16 and max(counts) > np.iinfo(np.uint8).max
        areas = not head.lossy and _areas(found.levels, counts)
        names = tuple(counts) if found.names is None else found.names
        return Values(path, counts, deep, head.lossy, areas, found.source, found.tint, found.doubt, names)


def counted(levels: Levels) -> dict[int, int]:
    """Level → number of its pixels, in order; counted in blocks, since NumPy counts in 64 bits a pixel."""
    flat = levels.reshape(-1)
    total = np.zeros(int(np.iinfo(levels.dtype).max) + 1, np.int64)
    for start in range(0, flat.size, BLOCK_PX):
        total += np.bincount(flat[start : start + BLOCK_PX], minlength=total.size)
    return {int(level): int(total[level]) for level in np.flatnonzero(total)}


def channel(path: Path) -> Channel:
    """The levels of a mask file.

    Raises:
        HairlineError: If it cannot be decoded.
    """
    found = decode(path).pixels
    if not isinstance(found, Image.Image):
        if found.ndim == 2:
            return Channel(found, "grey")
        found = Image.fromarray(in_8_bits(found))
    if is_transparent(found):
        return _of_transparent(found)
    if found.mode == "P":
        return _of_palette(found)
    if found.mode in ("1", "L"):
        return Channel(as_array(found, "L"), "grey")
    return _of_colours(as_array(found, "RGB"))


def _of_transparent(image: Image.Image) -> Channel:
    """What is painted, where that has one colour; else the colours."""
    rgba = np.asarray(image.convert("RGBA"))
    alpha = rgba[..., 3]
    painted = rgba[alpha > 0][:, :3]
    if alpha.min() < alpha.max() and (painted == painted[0]).all():
        return Channel(np.ascontiguousarray(alpha), "alpha channel", names=())
    return _of_colours(flattened(image))


def flattened(image: Image.Image) -> NDArray[np.uint8]:
    """Colours of an image, uint8 [height, width, 3]; on black where it is transparent in parts."""
    if not is_transparent(image):
        return as_array(image, "RGB")
    rgba = np.asarray(image.convert("RGBA"))
    colours, alpha = rgba[..., :3], rgba[..., 3:]
    if alpha.min() == alpha.max():
        return np.ascontiguousarray(colours)
    return np.rint(colours * (alpha / np.float32(255))).astype(np.uint8)


def _of_palette(image: Image.Image) -> Channel:
    """The colours of the palette; its numbers where it has no other colours than the same, or 0 and 1 both dark."""
    indices = np.asarray(image)
    used = np.unique(indices)
    colours = palette(image)[used]
    shown = _of_colours(colours[None])
    ones = used.max() <= 1 and (shown.doubt or shown.levels.max() <= HALF)
    if ones or len(np.unique(colours, axis=0)) < len(used):
        return Channel(indices, "palette")
    table = np.zeros(256, np.uint8)
    table[used] = shown.levels[0]
    return Channel(table[indices], "palette", shown.tint, shown.doubt, tuple(used.tolist()))


def palette(image: Image.Image) -> NDArray[np.uint8]:
    """The colours of an image of mode P, uint8 [256, 3]; black where it names none."""
    flat = np.zeros(256 * 3, np.uint8)
    given = image.getpalette("RGB") or []
    flat[: len(given)] = given
    return flat.reshape(256, 3)


def _of_colours(rgb: NDArray[np.uint8]) -> Channel:
    if _is_grey(rgb):
        return Channel(as_array(Image.fromarray(rgb), "L"), "grey")
    found = _distinct(rgb)
    made = _of_two(rgb, found) if len(found) <= 2 else _of_many(rgb, found)
    return replace(made, names=tuple(map(_told, sorted(found))) if len(found) <= FEW else ())


def _of_two(rgb: NDArray[np.uint8], found: list[int]) -> Channel:
    """One colour alone, or two: crack is the bright one, or else the one that is not black."""
    lumas = {colour: _luma(colour) for colour in found}
    bright = [colour for colour in found if lumas[colour] > HALF]
    painted = [colour for colour in found if max(_parts(colour)) > BLACK]
    marks = bright if 0 < len(bright) < len(found) else painted
    doubt = ""
    if len(found) == 2 and len(marks) == 2:
        doubt = f"two colours, {_told(found[0])} and {_told(found[1])}, of which neither is black"
    levels = np.zeros(rgb.shape[:2], np.uint8)
    for colour in marks:
        levels[(rgb == _parts(colour)).all(axis=2)] = 255 if len(found) == 2 else max(_parts(colour))
    return Channel(levels, "colours", _tint(marks[0]) if marks else "", doubt)


def _of_many(rgb: NDArray[np.uint8], found: list[int]) -> Channel:
    """Soft edges of one colour on black have its hue; other hues are other classes, or a photo."""
    levels = rgb.max(axis=2)
    bright = rgb[levels > HALF].astype(np.float32)
    if not len(bright):
        return Channel(levels, "colours", "", f"dark colours ({_few(found)})")
    hues = bright / bright.max(axis=1, keepdims=True)
    middle = np.median(hues, axis=0)
    apart = np.abs(hues - middle).max(axis=1)
    mixed = np.ptp(hues, axis=0).max() > SAME_TINT if len(found) <= FEW else (apart > 2 * SAME_TINT).mean() > MIXED
    doubt = f"several colours ({_few(found)})" if mixed else ""
    tint = np.rint(middle / middle.max() * 255).astype(int)
    return Channel(levels, "colours", _tint(int(tint[0]) << 16 | int(tint[1]) << 8 | int(tint[2])), doubt)


def _is_grey(rgb: NDArray[np.uint8]) -> bool:
    return all((block.max(axis=-1) - block.min(axis=-1)).max() <= BLACK for block in _blocks(rgb.reshape(-1, 3)))


def _blocks(pixels: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    return (pixels[start : start + BLOCK_PX] for start in range(0, len(pixels), BLOCK_PX))


def _distinct(rgb: NDArray[np.uint8]) -> list[int]:
    """Colours as 0xRRGGBB, the most frequent first."""
    counts: dict[int, int] = {}
    for block in _blocks(rgb.reshape(-1, 3)):
        packed = block.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
        for colour, pixels in zip(*np.unique(packed, return_counts=True), strict=True):
            counts[int(colour)] = counts.get(int(colour), 0) + int(pixels)
    return sorted(counts, key=lambda colour: -counts[colour])


def _areas(levels: Levels, counts: dict[int, int]) -> bool:
    """Whether most pixels of levels in between belong to areas or lines of one level, and not to the ramp of an edge.

    Levels close to both ends are what is left of JPEG's blur, and are passed over.
    """
    low, *between, high = [*counts, *([0] if len(counts) == 1 else [])]
    middle_levels = [level for level in between if low + NEAR_END <= level <= high - NEAR_END]
    blurred = any(level < low + NEAR_END for level in between) and any(level > high - NEAR_END for level in between)
    between = middle_levels if blurred or len(counts) > FEW else between
    if not between or high <= HALF:
        return False
    middle = np.isin(levels, between)
    square = np.ones((3, 3), np.uint8)
    ramp = (cv2.erode(levels, square) < levels) & (levels < cv2.dilate(levels, square))
    drawn = middle & ~ramp & (_equal_around(levels) > 1)
    return bool(drawn.sum() > FLAT * middle.sum())


def _equal_around(levels: Levels) -> NDArray[np.uint8]:
    """How many of the eight pixels around each have its level."""
    equal = np.zeros(levels.shape, np.uint8)
    for one, other in (
        (np.s_[1:], np.s_[:-1]),
        (np.s_[:, 1:], np.s_[:, :-1]),
        (np.s_[1:, 1:], np.s_[:-1, :-1]),
        (np.s_[1:, :-1], np.s_[:-1, 1:]),
    ):
        same = levels[one] == levels[other]
        equal[one] += same
        equal[other] += same
    return equal


def _parts(colour: int) -> tuple[int, int, int]:
    return colour >> 16, colour >> 8 & 255, colour & 255


def _luma(colour: int) -> int:
    """Grey of a colour, as Pillow weights its channels."""
    red, green, blue = _parts(colour)
    return (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16


def _told(colour: int) -> str:
    return f"#{colour:06x}"


def _tint(colour: int) -> str:
    """The colour, or nothing where it is a grey."""
    parts = _parts(colour)
    return _told(colour) if max(parts) - min(parts) > BLACK else ""


def same_tint(one: str, other: str) -> bool:
    """Whether two colours, as ``#rrggbb``, are of one hue and saturation."""
    hues = [np.asarray(_parts(int(tint[1:], 16))) / max(_parts(int(tint[1:], 16))) for tint in (one, other)]
    return bool(np.abs(hues[0] - hues[1]).max() <= SAME_TINT)


def _few(colours: list[int]) -> str:
    return ", ".join(map(_told, colours[:4])) + (f" and {len(colours) - 4} more" if len(colours) > 4 else "")
