"""Smooth lines along chains of pixels, which alone are too long wherever they are not upright, level or diagonal."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Points = NDArray[np.float64]

SIGMA_PX = 1.5
SIGMA_SHARE = 0.5
"""Of the half width: what is shorter along a crack than it is wide is its edge and not its line."""
SPACING_PX = 1.0


def sigma_of(radii: NDArray[np.float64]) -> float:
    """How far the points of a line are averaged along it, in pixels, from the half widths there."""
    return max(SIGMA_PX, SIGMA_SHARE * float(np.median(radii)))


def smoothed(points: Points, sigma: float, ring: bool = False) -> Points:
    """Points averaged along their line, so that steps of pixels vanish and bends stay; free ends stay where they are.

    A Gaussian flattens bends; what it took off is averaged again and given back (Tukey's twicing), which halves what
    winding lines lose of their length. Beyond a free end the line is continued by itself, turned about that end.

    Args:
        points: About one pixel apart, float64 [points, 2]; of a ring the last is the first.
        sigma: Of the Gaussian, in points.
        ring: Whether the line is closed.
    """
    if len(points) < 3:
        return points
    once = _averaged(points, sigma, ring)
    return once + _averaged(points - once, sigma, ring)


def _averaged(points: Points, sigma: float, ring: bool) -> Points:
    if ring:  # of which a wider Gaussian would leave a smaller one
        around = gaussian_filter1d(points[:-1], min(sigma, len(points) / 40), axis=0, mode="wrap")
        return np.concatenate([around, around[:1]])
    pad = int(4 * sigma) + 1
    longer = np.pad(points, ((pad, pad), (0, 0)), mode="reflect", reflect_type="odd")
    return np.asarray(gaussian_filter1d(longer, sigma, axis=0)[pad:-pad])


def along(points: Points) -> NDArray[np.float64]:
    """How far along their line points lie, from 0, float64 [points]."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])


def resampled(points: Points, spacing: float = SPACING_PX) -> Points:
    """The same line by points at equal distances of about ``spacing``, two at least."""
    far = along(points)
    count = max(2, round(far[-1] / spacing) + 1)
    places = np.linspace(0, far[-1], count)
    return np.stack([np.interp(places, far, points[:, axis]) for axis in (0, 1)], axis=1)


def tangents(points: Points, ring: bool = False) -> Points:
    """Directions of a line at its points, of length 1."""
    if ring:
        steps = np.roll(points[:-1], -1, axis=0) - np.roll(points[:-1], 1, axis=0)
        steps = np.concatenate([steps, steps[:1]])
    else:
        steps = np.gradient(points, axis=0)
    lengths = np.hypot(*steps.T)
    steps[lengths == 0] = (1.0, 0.0)
    return steps / np.where(lengths == 0, 1.0, lengths)[:, None]


def normals(points: Points, ring: bool = False) -> Points:
    """Directions across a line: its tangents turned by 90°."""
    return tangents(points, ring)[:, ::-1] * (1.0, -1.0)


def trimmed(points: Points, radii: NDArray[np.float64]) -> int:
    """How many points to take off the start of a line, where its skeleton may lead into a corner of the crack's end.

    Those within the last disc, √2 times as large as fits into the crack and 1 px, that reaches to the end; what is
    taken off is given back by going straight on to the edge.
    """
    near = np.hypot(*(points - points[0]).T) <= np.sqrt(2) * radii + 1
    return int(np.argmin(near)) - 1 if not near.all() else len(points) - 1


def outward(points: Points, reach: float) -> Points:
    """Direction in which a line leaves at its start, from the point ``reach`` along it, of length 1."""
    place = min(int(np.searchsorted(along(points), reach)), len(points) - 1)
    step = points[0] - points[place]
    length = float(np.hypot(*step))
    return step / length if length else np.array([1.0, 0.0])
