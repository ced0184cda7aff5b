"""Widths along lines: chords across the mask, by the photo's grey levels where there is one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from hairline.inspection.measuring import lines, profiles
from hairline.inspection.measuring.branches import Line
from hairline.inspection.measuring.chords import reaches

LIMIT_SHARE, LIMIT_PX = 1.6, 2.0
"""A chord that is longer than this many half widths and pixels to one side has gone astray into another branch."""
INSET_PX = 0.5
"""Ends are measured so far inside."""
ALONG_PX = 2.0
"""Widths are averaged along the line by a Gaussian of this sigma, which evens out the steps of pixels."""

Widths = NDArray[np.float64]


def of_mask(framed: NDArray[np.uint8], drawn: Sequence[Line]) -> list[Widths]:
    """Widths of lines at their points, from the mask alone.

    Chords do not count that go astray, that start within the half width of a junction, or that end at the border of the
    photo, where more of the crack may lie outside; there the width is that of the nearest chords that do. Where none
    of a line counts, all do, as far as they were followed.
    """
    if not drawn:
        return []
    points = np.concatenate([_inset(line) for line in drawn])
    across = np.concatenate([lines.normals(line.points, line.ring) for line in drawn])
    limits = np.concatenate([line.radii for line in drawn]) * LIMIT_SHARE + LIMIT_PX
    total, good = np.zeros(len(points)), np.ones(len(points), bool)
    last = np.array(framed.shape[::-1]) - 3.0  # the middle of the last pixel of the mask
    for side in (1, -1):
        far, ended = reaches(framed, points, across * side, limits)
        stops = points + across * side * far[:, None]
        total += far
        good &= ended & (far > 0) & (stops > 0).all(axis=1) & (stops < last).all(axis=1)
    cuts = np.cumsum([len(line.points) for line in drawn])[:-1]
    pieces = zip(drawn, np.split(total, cuts), np.split(good, cuts), strict=True)
    return [_filled(width, chosen & ~_at_junction(line)) for line, width, chosen in pieces]


def _inset(line: Line) -> NDArray[np.float64]:
    """The points of a line, free ends half a pixel further inside."""
    points = line.points.copy()
    directions = lines.tangents(line.points, line.ring)
    if not line.ring and not line.starts:
        points[0] += directions[0] * INSET_PX
    if not line.ring and not line.ends:
        points[-1] -= directions[-1] * INSET_PX
    return points


def _at_junction(line: Line) -> NDArray[np.bool_]:
    far = lines.along(line.points)
    return np.asarray((far < line.starts) | (far[-1] - far < line.ends))


def _filled(width: Widths, good: NDArray[np.bool_]) -> Widths:
    if not good.any():
        return width
    places = np.arange(len(width))
    return np.interp(places, places[good], width[good])


def smoothed(width: Widths, ring: bool) -> Widths:
    """Widths averaged along a line, without the unevenness of pixels."""
    if ring:
        around = gaussian_filter1d(width[:-1], ALONG_PX, mode="wrap")
        return np.concatenate([around, around[:1]])
    return np.asarray(gaussian_filter1d(width, ALONG_PX, mode="nearest"))


def of_photo(grey: NDArray[np.uint8], drawn: Sequence[Line], from_mask: Sequence[Widths]) -> tuple[list[Widths], float]:
    """Widths of lines by the photo where it is clear, else by the mask; and the share of points where it is."""
    if not drawn:
        return [], 0.0
    fit = [number for number, width in enumerate(from_mask) if width.max() <= profiles.WIDEST_PX]
    if not fit:
        return list(from_mask), 0.0
    some, narrow = [drawn[number] for number in fit], [from_mask[number] for number in fit]
    levels = profiles.splines(grey)
    found = _profiles(levels, some, narrow, profiles.GAP_PX)
    sigma = profiles.blur(found)
    if sigma is not None and sigma * profiles.BLURRED > profiles.GAP_PX:
        found = _profiles(levels, some, narrow, sigma * profiles.BLURRED)
        sigma = profiles.blur(found)
    if sigma is None:
        return list(from_mask), 0.0
    made, told = list(from_mask), 0
    for number, each in zip(fit, found, strict=True):
        made[number], used = profiles.widths(each, from_mask[number], sigma)
        told += int(used.sum())
    return made, told / sum(map(len, made))


def _profiles(
    levels: NDArray[np.float32], drawn: Sequence[Line], from_mask: Sequence[Widths], gap_px: float
) -> list[profiles.Profiles]:
    return [
        profiles.across(levels, line.points, lines.normals(line.points, line.ring), width, gap_px)
        for line, width in zip(drawn, from_mask, strict=True)
    ]
