"""Widths from the grey levels across a crack, where they tell more than the mask.

Across a crack the photo gets darker and lighter again, or the other way round where a crack is filled or lit. The width
at half of that depth is the width of the crack, to parts of a pixel, as long as the crack is wide beside the blur of
the photo; below, the width of a blurred box of which half depth is that far apart. The blur is measured where cracks
are wide enough, once for a whole photo.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, map_coordinates, spline_filter
from scipy.special import ndtr

STEP_PX = 0.25
ALONG_PX = 2.0
"""Profiles are averaged along the crack by a Gaussian of this sigma."""
GAP_PX, FLANK_PX = 3.0, 4.0
"""Unless the photo is blurred, the background is what lies from the first on beside the crack's edge in the mask, as
wide as the second at least."""
BLURRED = 2.5
"""The gap, in standard deviations of the blur, where that is more."""
CLEAR = 3.0
"""A profile counts where its depth is so many times the standard deviation of the background."""
EDGE = 2.5
"""A branch shows the blur where it is so many times as wide as that."""
ENOUGH = 20
"""Profiles that must show the blur."""
LEAST = 1.5
"""Cracks of fewer standard deviations of the blur have the width that the mask gives them."""
WIDEST_PX = 64.0
"""Branches that are wider in the mask anywhere are left to it: to them, parts of a pixel are nothing."""
PIECE = 1024
"""Points of a branch that are looked at at one time."""
APART_PX, APART_SHARE = 2.0, 0.5
"""A photo that is off from the mask by more than either has shown something else."""


@dataclass(frozen=True)
class Profiles:
    """What the profiles across a branch show, an array of its points each.

    Attributes:
        half: Width at half depth, in pixels.
        edge: Width of its edges, from a quarter to three quarters of the depth, in pixels.
        clear: Whether the profile can be trusted.
    """

    half: NDArray[np.float64]
    edge: NDArray[np.float64]
    clear: NDArray[np.bool_]


def splines(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Coefficients of cubic splines through the levels of a photo, which blur it no further as straight lines would."""
    return np.asarray(spline_filter(grey, 3, np.float32, mode="mirror"))


def across(
    coefficients: NDArray[np.float32],
    points: NDArray[np.float64],
    normals: NDArray[np.float64],
    widths: NDArray[np.float64],
    gap_px: float = GAP_PX,
) -> Profiles:
    """Measure the profiles across a branch.

    Args:
        coefficients: Of the photo, from :func:`splines`.
        points: Of the branch, about a pixel apart, [points, 2].
        normals: Across it, [points, 2].
        widths: Of the mask there, [points].
        gap_px: From how far beside its edge the background is taken.
    """
    found = [_piece(coefficients, points, normals, widths, gap_px, *cut) for cut in _cuts(len(points))]
    return Profiles(*(np.concatenate([getattr(each, name) for each in found]) for name in ("half", "edge", "clear")))


def _cuts(count: int) -> Iterator[tuple[int, int, int, int]]:
    """Pieces of a branch: first and last point that are kept, and those that are looked at for their sake."""
    reach = int(4 * ALONG_PX) + 1
    for start in range(0, count, PIECE):
        end = min(start + PIECE, count)
        yield start, end, max(0, start - reach), min(count, end + reach)


def _piece(
    coefficients: NDArray[np.float32], points: NDArray[np.float64], normals: NDArray[np.float64],
    widths: NDArray[np.float64], gap_px: float, start: int, end: int, before: int, after: int,
) -> Profiles:  # fmt: skip
    points, normals, widths = points[before:after], normals[before:after], widths[before:after]
    flank = np.maximum(FLANK_PX, widths / 2)
    count = int(np.ceil((widths / 2 + gap_px + flank).max() / STEP_PX))
    offsets = np.arange(-count, count + 1, dtype=np.float64) * STEP_PX
    at = points[:, None] + normals[:, None] * offsets[None, :, None]
    read = map_coordinates(coefficients, (at[..., 1], at[..., 0]), np.float32, order=3, mode="mirror", prefilter=False)
    levels = np.asarray(gaussian_filter1d(read, ALONG_PX, axis=0, mode="nearest"), np.float64)
    beside = np.abs(offsets)[None] - widths[:, None] / 2 - gap_px
    flanks = (beside > 0) & (beside <= flank[:, None])
    depth, noise = _depth(levels, offsets, flanks)
    within = np.abs(offsets)[None] <= widths[:, None] / 2 + STEP_PX
    window = max(1, round(float(np.median(widths)) / 8 / STEP_PX))
    bright = _bright(depth, within, noise)
    depth = np.where(bright[:, None], -depth, depth)
    inner = np.where(within, _means(depth, window), -np.inf)
    middle = inner.argmax(axis=1)
    peak = inner.max(axis=1)
    crossings = {share: _crossings(depth, middle, peak * share) for share in (0.25, 0.5, 0.75)}
    ends = np.stack([crossings[share] for share in (0.25, 0.5, 0.75)])  # [shares, sides, points]
    half = ends[1].sum(axis=0) * STEP_PX
    edge = (ends[0] - ends[2]).mean(axis=0) * STEP_PX
    clear = (peak > CLEAR * noise) & np.isfinite(ends).all(axis=(0, 1)) & (peak > 1)
    kept = slice(start - before, end - before)
    return Profiles(half[kept], edge[kept], clear[kept])


def _depth(
    levels: NDArray[np.float64], offsets: NDArray[np.float64], flanks: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much darker than the background, whose levels on both sides are joined by a line; and its deviation."""
    sides = []
    for side in (offsets < 0, offsets > 0):
        chosen = flanks & side[None]
        share = chosen / np.maximum(chosen.sum(axis=1, keepdims=True), 1)
        sides.append(((share * levels).sum(axis=1), (share * offsets).sum(axis=1)))
    (left, from_), (right, to) = sides
    slope = (right - left) / np.maximum(to - from_, STEP_PX)
    depth = left[:, None] + slope[:, None] * (offsets[None] - from_[:, None]) - levels
    count = np.maximum(flanks.sum(axis=1), 1)
    return depth, np.sqrt((np.where(flanks, depth, 0) ** 2).sum(axis=1) / count)


def _bright(depth: NDArray[np.float64], within: NDArray[np.bool_], noise: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a crack is clearly brighter than the background, and nothing in it clearly darker, [points]."""
    mean = (depth * within).sum(axis=1) / within.sum(axis=1)
    darkest = np.where(within, depth, -np.inf).max(axis=1)
    return np.asarray((-mean > CLEAR * noise) & (darkest <= np.maximum(CLEAR * noise, 1)))


def _means(depth: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Running means over ``2 · (window // 2) + 1`` samples."""
    reach = window // 2
    if not reach:
        return depth
    sums = np.pad(np.cumsum(np.pad(depth, ((0, 0), (reach, reach)), mode="edge"), axis=1), ((0, 0), (1, 0)))
    return np.asarray((sums[:, 2 * reach + 1 :] - sums[:, : -2 * reach - 1]) / (2 * reach + 1))


def _crossings(
    depth: NDArray[np.float64], middle: NDArray[np.int64], level: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Samples from the middle to where the depth falls below a level, to both sides; NaN where it does not."""
    rows, last = np.arange(len(depth)), depth.shape[1] - 1
    found = []
    for direction in (-1, 1):
        steps = np.arange(depth.shape[1])
        places = middle[:, None] + direction * steps[None]
        values = np.take_along_axis(depth, np.clip(places, 0, last), axis=1)
        below = (values < level[:, None]) & (places >= 0) & (places <= last) & (steps > 0)
        first = below.argmax(axis=1)
        before, after = values[rows, np.maximum(first - 1, 0)], values[rows, first]
        part = (before - level) / np.where(before > after, before - after, 1)
        found.append(np.where(below.any(axis=1), first - 1 + np.clip(part, 0, 1), np.nan))
    return np.stack(found)


def blur(found: Sequence[Profiles]) -> float | None:
    """Standard deviation of the blur of a photo, in pixels; None where no branch is wide enough to show it."""
    shown = [np.empty(0)]
    for each in found:
        ratio = _ratio(each)[each.clear]
        if len(ratio) and np.median(ratio) > EDGE:  # of all, or those that look wide by chance would be chosen
            shown.append(each.half[each.clear] / _half_of(ratio))
    every = np.concatenate(shown)
    return float(np.median(every)) if len(every) >= ENOUGH else None


def widths(found: Profiles, mask: NDArray[np.float64], sigma: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Widths of a branch from its profiles, and where these stood back behind the mask.

    Args:
        found: Its profiles.
        mask: Widths of the mask at the same points.
        sigma: The blur of the photo, as :func:`blur` finds it.

    Returns:
        Widths in pixels, [points], and whether they are from the photo, bool [points].
    """
    with np.errstate(invalid="ignore"):
        ratio = np.interp(found.half / sigma, _HALVES, _RATIOS, left=0)
        width = ratio * sigma
        near = np.abs(width - mask) <= np.maximum(APART_PX, APART_SHARE * mask)
    used = found.clear & (ratio >= LEAST) & near
    return np.where(used, width, mask), used


def _ratio(found: Profiles) -> NDArray[np.float64]:
    """Width over standard deviation of the blur, from the shape of each profile alone."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.interp(found.half / found.edge, _SHAPES, _RATIOS, left=0)


def _half_of(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.interp(ratio, _RATIOS, _HALVES)


def _place(width: float, share: float) -> float:
    """Where a box of ``width``, blurred by a Gaussian of standard deviation 1, has a share of its depth."""

    def value(place: float) -> float:
        return float(ndtr(place + width / 2) - ndtr(place - width / 2))

    low, high, level = 0.0, width / 2 + 3, value(0) * share
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if value(middle) > level else (low, middle)
    return low


def _tables() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Width, width at half depth, and that over the width of edges, of blurred boxes in units of the blur."""
    ratios = np.linspace(0.1, 8, 80)
    halves = np.array([2 * _place(ratio, 0.5) for ratio in ratios.tolist()])
    edges = np.array([_place(ratio, 0.25) - _place(ratio, 0.75) for ratio in ratios.tolist()])
    far = 1e6
    return np.append(ratios, far), np.append(halves, far), np.append(halves / edges, far / edges[-1])


_RATIOS, _HALVES, _SHAPES = _tables()
