"""What the values of prediction files mean: read as they are, judged over the whole set, then turned into scores.

Files of 8 bits hold 255ths, files of 16 bits 65,535ths, files of 0 and 1 alone are masks, arrays in floating point hold
scores in [0, 1]. What fits none of these is refused rather than guessed, with what would state it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hairline.errors import HairlineError
from hairline.imaging import limits
from hairline.imaging.images import IMAGE_SUFFIXES, as_array, decode, header, is_transparent
from hairline.io.file_names import printable
from hairline.io.reading import refuse_no_file

SUFFIXES = (*IMAGE_SUFFIXES, ".npy")
WEAK = 8
"""Integers whose largest is below this part of their range may have another range, and are not guessed at."""
RANGES = (255, 1023, 4095, 16383, 65535)
"""Values that are usually a score of 1 in whole numbers."""
SLACK = 1e-6
"""How far above 1 rounding may put a score in floating point."""

Scores = NDArray[np.uint8] | NDArray[np.floating]


@dataclass(frozen=True)
class Look:
    """What a prediction holds.

    Attributes:
        path: Its file.
        dtype: Type of its numbers, as NumPy calls it.
        low: The smallest.
        high: The largest.
        levels: All of them where these are few: any of 8 bits, else two at most; None where they are more.
        lossy: Whether its format blurs, as JPEG.
    """

    path: Path
    dtype: str
    low: float
    high: float
    levels: frozenset[float] | None
    lossy: bool


@dataclass(frozen=True)
class Meaning:
    """How the predictions of a set are read.

    Attributes:
        unit: Type of numbers → the value that is a score of 1.
        logits: Whether numbers in floating point are logits.
        binary: Whether all predictions together hold two values at most, so that there is one threshold.
        told: The same for people.
        remarks: What is odd.
    """

    unit: dict[str, float]
    logits: bool
    binary: bool
    told: str
    remarks: tuple[str, ...] = ()


def read(path: Path) -> NDArray[np.generic]:
    """The numbers of a prediction file, [height, width], as they stand there.

    Raises:
        HairlineError: If it cannot be read, is no map of one channel, or too large.
    """
    return _array(path) if path.suffix.lower() == ".npy" else _picture(path)


def _picture(path: Path) -> NDArray[np.generic]:
    found = decode(path).pixels
    if not isinstance(found, Image.Image):
        colours = found[..., None] if found.ndim == 2 else found
        if colours.shape[2] == 4 and (colours[..., 3] < colours[..., 3].max()).any():
            raise _refused(path, "has transparent pixels")
        colours = colours[..., :3]
        if (colours != colours[..., :1]).any():
            raise _refused(path, "has colours")
        return np.ascontiguousarray(colours[..., 0])
    if found.mode in ("1", "L"):
        return as_array(found, "L")
    if is_transparent(found) and np.asarray(found.convert("RGBA"))[..., 3].min() < 255:
        raise _refused(path, "has transparent pixels")
    rgb = as_array(found, "RGB")
    if (rgb != rgb[..., :1]).any():
        raise _refused(path, "has colours")
    return np.ascontiguousarray(rgb[..., 0])


def _refused(path: Path, found: str) -> HairlineError:
    return HairlineError(
        f"{printable(str(path))}: {found}; expected a map of scores in one channel of grey; save the scores of crack "
        "alone, without a colour map"
    )


def _array(path: Path) -> NDArray[np.generic]:
    refuse_no_file(path, "an array of NumPy")
    again = "write it again with numpy.save(path, scores)"
    try:
        found = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, OSError, EOFError, SyntaxError, TypeError, MemoryError, OverflowError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        if "Python objects" in told:
            told = "it holds Python objects, which are never loaded"
        raise HairlineError(
            f"{printable(str(path))}: cannot be read as an array of NumPy ({told}); expected a whole .npy file of "
            f"numbers; {again}"
        ) from None
    if found.dtype.kind not in "buif":
        raise HairlineError(f"{printable(str(path))}: holds {found.dtype}; expected numbers; {again}")
    shape = found.shape
    sides = [side for side in shape if side != 1] if len(shape) > 2 else shape
    if len(sides) != 2 or not found.size:
        raise HairlineError(
            f"{printable(str(path))}: has the shape {shape}; expected (height, width); save the scores of crack of one "
            "image alone"
        )
    if found.size > limits.PIXELS:
        raise HairlineError(
            f"{printable(str(path))}: claims {found.size:,} pixels, more than {limits.PIXELS:,}, which would fill the "
            "memory; cut it and its mask into smaller ones"
        )
    native = found.dtype.newbyteorder("=") if found.dtype.itemsize < 16 else np.dtype(np.float64)
    return np.array(found.reshape(sides), dtype=native, order="C")


def look(path: Path) -> Look:
    """What a prediction file holds.

    Raises:
        HairlineError: As :func:`read`, or if it holds numbers that are not finite.
    """
    numbers = read(path)
    lossy = path.suffix.lower() != ".npy" and header(path).lossy
    return look_at(path, numbers, lossy)


def look_at(path: Path, numbers: NDArray[np.generic], lossy: bool = False) -> Look:
    """What an array of a file holds, [height, width]."""
    found = np.asarray(numbers, dtype=np.uint8) if numbers.dtype == np.bool_ else numbers
    low, high = float(found.min()), float(found.max())
    if not np.isfinite([low, high]).all():
        odd = found.size - int(np.isfinite(found.astype(np.float64)).sum())
        raise HairlineError(
            f"{printable(str(path))}: {odd} of its {found.size} values are no finite numbers (NaN or infinite); "
            "expected scores in [0, 1]; find out where the network diverged, or which division by 0 made them"
        )
    levels: frozenset[float] | None = frozenset((low, high))
    if found.dtype == np.uint8:
        levels = frozenset(map(float, np.flatnonzero(np.bincount(found.ravel(), minlength=256))))
    elif ((found != found.dtype.type(low)) & (found != found.dtype.type(high))).any():
        levels = None
    return Look(path, str(numbers.dtype), low, high, levels, lossy)


def decide(looks: Sequence[Look], scale: float | None = None, logits: bool = False) -> Meaning:
    """How a set of predictions is read.

    Args:
        looks: What each of its files holds.
        scale: The value that is a score of 1, as stated; None: found out.
        logits: Whether numbers in floating point are stated to be logits.

    Raises:
        HairlineError: If the values do not say what a score of 1 is, or contradict what is stated.
    """
    by_type: dict[str, list[Look]] = {}
    for each in looks:
        by_type.setdefault(each.dtype, []).append(each)
    unit = {dtype: _unit(dtype, found, scale, logits) for dtype, found in by_type.items()}
    levels = [{level / unit[each.dtype] for level in each.levels} if each.levels is not None else None
              for each in looks]  # fmt: skip
    union = {round(level, 9) for each in levels for level in each or ()}
    binary = len(union) <= 2 and None not in levels
    told = "; ".join(_told(dtype, unit[dtype], logits) for dtype in unit)
    if binary:
        told += "; two values in all, so that ODS = OIS but for empty ones: there is one threshold"
    return Meaning(unit, logits, binary, told, tuple(_remarks(looks, unit, logits)))


def _unit(dtype: str, found: Sequence[Look], scale: float | None, logits: bool) -> float:
    low, high = min(each.low for each in found), max(each.high for each in found)
    first = next(each for each in found if each.high == high)
    whole = np.dtype(dtype).kind in "bui"
    if logits and not whole:
        if low >= 0 and high <= 1:
            raise _mistaken(first, low, high, "with --logits, logits below 0 and above 1", "leave --logits out")
        return 1.0
    if scale is not None and dtype != "bool":
        if low < 0 or high > scale * (1 + SLACK):
            raise _mistaken(first, low, high, f"0 to {scale:g}, as --scale states", "correct --scale")
        return scale
    return _whole(dtype, found, first, low, high) if whole else _floating(found, first, low, high)


def _floating(found: Sequence[Look], first: Look, low: float, high: float) -> float:
    if low < 0:
        lowest = next(each for each in found if each.low == low)
        raise _mistaken(
            lowest, low, high, "scores in [0, 1]", "state --logits where these are logits, to take their sigmoid"
        )
    if high > 1 + SLACK:
        raise _mistaken(
            first,
            low,
            high,
            "scores in [0, 1]",
            f"state the value of a score of 1, as --scale {_round(high, (100, *RANGES)):g}",
        )
    return 1.0


def _whole(dtype: str, found: Sequence[Look], first: Look, low: float, high: float) -> float:
    levels = {level for each in found for level in each.levels or (each.low, each.high)}
    if levels <= {0.0, 1.0} and all(each.levels is not None for each in found):
        return 1.0
    full = float(np.iinfo(dtype).max) if dtype in ("uint8", "uint16") else None
    if low < 0:
        raise _mistaken(next(each for each in found if each.low == low), low, high, "whole numbers from 0",
                        "save scores as uint8, or as floating point in [0, 1]")  # fmt: skip
    expected = f"0 to {full:g}, or 0 and 1 alone" if full else "0 and 1 alone in whole numbers of this type"
    if full is None or high * WEAK < full:
        raise _mistaken(
            first, low, high, expected,
            f"state the value of a score of 1, as --scale {_round(high, RANGES):g}, or save the scores of crack where "
            "these are numbers of classes",
        )  # fmt: skip
    if levels == {0.0, 1.0, full}:
        raise _mistaken(
            first, low, high, f"either 0 and 1 or 0 and {full:g}, not all three (a class 1 beside a void region?)",
            f"save the void region as 0, or state --scale {full:g} where they are scores",
        )  # fmt: skip
    return full


def _round(high: float, ranges: Sequence[float]) -> float:
    """The smallest range that holds a value; the value itself where none does."""
    return next((each for each in ranges if high <= each), high)


def _mistaken(look: Look, low: float, high: float, expected: str, remedy: str) -> HairlineError:
    return HairlineError(
        f"{printable(str(look.path))}: the predictions hold values from {low:.6g} to {high:.6g} ({look.dtype}); "
        f"expected {expected}; {remedy}"
    )


def _told(dtype: str, unit: float, logits: bool) -> str:
    if np.dtype(dtype).kind == "f":
        return f"{dtype} logits, of which the sigmoid is taken" if logits else f"{dtype}, {unit:g} is a score of 1"
    return f"{dtype}, {unit:g} is a score of 1" if dtype != "bool" else "true is a score of 1"


def _remarks(looks: Sequence[Look], unit: dict[str, float], logits: bool) -> list[str]:
    highest = 1.0 if logits else max(each.high / unit[each.dtype] for each in looks)
    lossy = [each for each in looks if each.lossy]
    return [
        *(["no prediction has a score above 0: nothing was predicted"] if highest == 0 else []),
        *([f"no score reaches 0.5 (the largest is {highest:.3g}): state --scale where another value is a score of 1"]
          if 0 < highest < 0.5 else []),
        *([f"{len(lossy)} of {len(looks)} predictions are of a format that changes values (JPEG), "
           f"e.g. {printable(lossy[0].path.name)}: these are not the scores of the network; save them as PNG"]
          if lossy else []),
    ]  # fmt: skip


def scores(numbers: NDArray[np.generic], meaning: Meaning) -> Scores:
    """Scores of an array as :func:`read` gives it: uint8 (255 is 1) or float in [0, 1], [height, width]."""
    unit = meaning.unit[str(numbers.dtype)]
    if numbers.dtype == np.bool_ or (numbers.dtype.kind in "ui" and unit == 1):
        return np.asarray(numbers.astype(np.uint8) * np.uint8(255))
    if numbers.dtype == np.uint8 and unit == 255:
        return np.asarray(numbers, dtype=np.uint8)
    if numbers.dtype.kind == "f":
        values = numbers if numbers.dtype.itemsize > 2 else numbers.astype(np.float32)
        if meaning.logits:
            return np.asarray(0.5 * (1 + np.tanh(0.5 * values.astype(np.float64))))
        return np.asarray(np.minimum(values if unit == 1 else values.astype(np.float64) / unit, 1.0))
    return np.asarray(numbers.astype(np.float64) / unit)


def empty(shape: tuple[int, int]) -> NDArray[np.uint8]:
    """The scores of a prediction that is not there: 0 everywhere."""
    return np.zeros(shape, np.uint8)
