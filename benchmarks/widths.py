r"""How far off lengths and widths of cracks are that are known, beside a plain skeleton with a distance transform.

    python benchmarks/widths.py widths.json
    python benchmarks/widths.py widths.json --each 4       # a try

Straight cracks and arcs with straight ends, at any place, angle and length, are drawn by counting which of 8 × 8
points of every pixel lie inside (no code of hairline draws them). From the share of crack in every pixel come the
photo, which is blurred and gets noise, and three masks: ``exact``, the pixels that are half crack; ``threshold``, those
of the photo (with noise: blurred by 1 px) that are darker than halfway between crack and background; ``fat``, the exact
mask one pixel larger all around, as networks and people draw them. ``photo`` is the threshold's mask with the photo,
``fat_photo`` the fat mask with it. ``plain`` is ``skimage.morphology.skeletonize`` on the threshold's mask, the length
along its pixels, and twice the distance transform on it.
"""

import argparse
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize
from tqdm import tqdm

from hairline.inspection.measuring.measure import Measured, measure
from hairline.io.atomic import write_json

WIDTHS = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0)
BLURS = (0.0, 0.7, 1.5, 3.0)
NOISES = (0.0, 8.0)
SHARP, THIN = 2.0, 2.0
FINE = 8
MARGIN_PX = 25
DARK, BRIGHT = 70.0, 170.0
WAYS = ("exact", "threshold", "photo", "fat", "fat_photo", "plain")


@dataclass(frozen=True)
class Shape:
    """A crack: an arc of a circle of ``radius`` pixels, or straight where that is infinite.

    Attributes:
        width: Across it.
        length: Along its middle.
        angle: Of its middle, in radians.
        radius: Of its middle line.
        shift: Of its centre against the middle of the image, x and y.
    """

    width: float
    length: float
    angle: float
    radius: float
    shift: tuple[float, float]


def shapes(each: int, seed: int) -> Iterator[Shape]:
    """So many of every width: half of them straight, half arcs."""
    rng = np.random.default_rng(seed)
    for width in WIDTHS:
        for number in range(each):
            length = rng.uniform(60, 160) + 2 * width
            radius = np.inf if number % 2 == 0 else rng.uniform(max(30, 3 * width, length / 4), 250)
            shift = rng.uniform(-0.5, 0.5, 2)
            yield Shape(width, length, rng.uniform(0, np.pi), radius, (float(shift[0]), float(shift[1])))


def cover(shape: Shape) -> NDArray[np.float64]:
    """Which share of every pixel is crack."""
    side = int(np.ceil(shape.length + shape.width)) + 2 * MARGIN_PX
    fine = (np.arange(side * FINE) + 0.5) / FINE - side / 2
    x, y = fine[None] - shape.shift[0], fine[:, None] - shape.shift[1]
    along = x * np.cos(shape.angle) + y * np.sin(shape.angle)
    across = y * np.cos(shape.angle) - x * np.sin(shape.angle)
    if np.isfinite(shape.radius):
        to_centre = across + shape.radius
        across = np.hypot(along, to_centre) - shape.radius
        along = np.arctan2(along, to_centre) * shape.radius
    inside = (np.abs(along) <= shape.length / 2) & (np.abs(across) <= shape.width / 2)
    return inside.reshape(side, FINE, side, FINE).mean(axis=(1, 3))


def photo(covered: NDArray[np.float64], blur: float, noise: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A photo of a dark crack."""
    levels = BRIGHT + (DARK - BRIGHT) * ndimage.gaussian_filter(covered, blur)
    return np.rint(np.clip(levels + rng.normal(0, noise, levels.shape), 0, 255)).astype(np.uint8)


def plain(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Length and mean width by a skeleton and twice the distance transform."""
    skeleton = skeletonize(mask)
    right, down = (skeleton[:, 1:] & skeleton[:, :-1]).sum(), (skeleton[1:] & skeleton[:-1]).sum()
    corner = skeleton[1:, 1:] & skeleton[:-1, :-1] & ~skeleton[1:, :-1] & ~skeleton[:-1, 1:]
    other = skeleton[1:, :-1] & skeleton[:-1, 1:] & ~skeleton[1:, 1:] & ~skeleton[:-1, :-1]
    length = right + down + np.sqrt(2) * (corner.sum() + other.sum())
    return float(length), float(2 * ndimage.distance_transform_edt(mask)[skeleton].mean()) if mask.any() else 0.0


def largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest connected component, for specks of noise are no part of this comparison."""
    numbers, count = ndimage.label(mask, np.ones((3, 3)))
    return numbers == 1 + np.bincount(numbers[mask] - 1).argmax() if count else mask


def row(
    shape: Shape, covered: NDArray[np.float64], blur: float, noise: float, rng: np.random.Generator
) -> dict[str, Any]:
    """Errors of all ways on one picture of a crack."""
    grey = photo(covered, blur, noise, rng)
    exact = covered >= 0.5
    level = (DARK + BRIGHT) / 2
    mask = largest(ndimage.gaussian_filter(grey.astype(float), 1.0 if noise else 0) < level)
    fat = ndimage.binary_dilation(exact, ndimage.generate_binary_structure(2, 1))
    found = {
        "exact": _of(measure(exact)),
        "threshold": _of(measure(mask)),
        "photo": _of(measure(mask, grey)),
        "fat": _of(measure(fat)),
        "fat_photo": _of(measure(fat, grey)),
        "plain": plain(mask),
    }
    told: dict[str, Any] = {
        "width": shape.width,
        "blur": blur,
        "noise": noise,
        "arc": bool(np.isfinite(shape.radius)),
        "length": shape.length,
    }
    for way, (length, width) in found.items():
        told |= {f"{way}_width": width - shape.width if length else np.nan, f"{way}_length": length / shape.length - 1}
    return told


def _of(found: Measured) -> tuple[float, float]:
    """Length of all that was found, and its mean width."""
    length = found.length_px
    mean = sum(crack.width_mean_px * crack.length_px for crack in found.cracks) / length if length else 0.0
    return length, mean


def tables(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What to look at, by title: widths in pixels, lengths in per cent."""
    sharp, wide, thin = table[table["blur"] < SHARP], table[table["width"] > THIN], table[table["width"] <= 3]
    return {
        f"width, median error without sign, blur below {SHARP:g} px": _of_errors(sharp, ["width"], "width", _median),
        "the same, 9 of 10 are below": _of_errors(sharp, ["width"], "width", _most),
        "the same, median error with sign": _of_errors(sharp, ["width"], "width", pd.Series.median),
        f"length, median error without sign, blur below {SHARP:g} px": _of_errors(sharp, ["width"], "length", _median),
        "the same, 9 of 10 are below ": _of_errors(sharp, ["width"], "length", _most),
        f"width above {THIN:g} px by blur and noise": _of_errors(wide, ["blur", "noise"], "width", _median),
        f"length above {THIN:g} px by blur and noise": _of_errors(wide, ["blur", "noise"], "length", _median),
        f"length above {THIN:g} px, straight or arc": _of_errors(wide, ["arc"], "length", _median),
        "width up to 3 px by blur": _of_errors(thin, ["width", "blur"], "width", _median),
        "cracks up to 3 px of which nothing is found": _of_errors(thin, ["width", "blur"], "width", _lost),
    }


def _of_errors(
    table: pd.DataFrame, by: Sequence[str], number: str, told: Callable[["pd.Series[float]"], float]
) -> pd.DataFrame:
    columns = [f"{way}_{number}" for way in WAYS]
    made = table.groupby(list(by))[columns].agg(told).set_axis(list(WAYS), axis=1)
    return (made if number == "width" else 100 * made).round(2)


def _median(errors: "pd.Series[float]") -> float:
    return float(errors.abs().median())


def _most(errors: "pd.Series[float]") -> float:
    return float(errors.abs().quantile(0.9))


def _lost(errors: "pd.Series[float]") -> float:
    return float(errors.isna().mean())


def main() -> None:
    """Draw, measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--each", type=int, default=24, help="cracks of every width")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    rows = []
    for shape in tqdm(list(shapes(args.each, args.seed)), "cracks"):
        covered = cover(shape)
        rows += [row(shape, covered, blur, noise, rng) for blur, noise in itertools.product(BLURS, NOISES)]
    table = pd.DataFrame(rows)
    for title, each in tables(table).items():
        print(f"\n{title}\n{each.to_string()}")
    write_json(args.out, {"rows": table.replace({np.nan: None}).to_dict("records")})


if __name__ == "__main__":
    main()
