"""How far a mask reaches from points, in pixels and parts of them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

STEP_PX = 0.5
NONE = 0.05
"""Share of crack below which a chord has left the crack."""
GAP = 0.25
"""Share that samples half a pixel apart have at most in the middle of a gap of one pixel."""
SAMPLES = 1 << 21
"""That are taken at one time."""


def reaches(
    framed: NDArray[np.uint8], points: NDArray[np.float64], directions: NDArray[np.float64], limits: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """How far the mask goes on from points in directions.

    The mask is read between its pixels and summed up to where it ends: over all places that an edge may have between
    pixels, the mean is the distance to the edge.

    Args:
        framed: The mask, 0 and 1, with a frame of zeros one pixel wide.
        points: x and y in pixels of the mask without frame, float64 [points, 2].
        directions: Of length 1, [points, 2].
        limits: How far to look, [points], in pixels.

    Returns:
        Distances in pixels, float64 [points], and whether the mask ended within the limit, bool [points].
    """
    found, ended = np.zeros(len(points)), np.zeros(len(points), bool)
    for chosen, count in _alike(limits):
        offsets = np.arange(count) * STEP_PX
        at = points[chosen, None] + directions[chosen, None] * offsets[None, :, None] + 1
        shares = map_coordinates(framed, (at[..., 1], at[..., 0]), np.float32, order=1, mode="constant")
        inside = np.logical_and.accumulate((shares > NONE) & ~_beyond(shares), axis=1)
        shares[~inside] = 0
        shares[:, 0] /= 2
        found[chosen] = shares.sum(axis=1) * STEP_PX
        ended[chosen] = ~inside[:, -1]
    return found, ended


def _beyond(shares: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where the mask begins again behind a gap of a pixel, in which no sample may have been: there another one is."""
    found = np.zeros(shares.shape, bool)
    found[:, 1:] = (shares[:, :-1] <= GAP) & (shares[:, 1:] >= shares[:, :-1])
    return found


def _alike(limits: NDArray[np.float64]) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Points that are to be followed about equally far, and by how many steps."""
    kinds = np.ceil(2 * np.log2(np.maximum(limits, 2)))
    for kind in np.unique(kinds):
        chosen = np.flatnonzero(kinds == kind)
        count = int(np.ceil(2 ** (kind / 2) / STEP_PX)) + 1
        size = max(1, SAMPLES // count)
        for start in range(0, len(chosen), size):
            yield chosen[start : start + size], count
