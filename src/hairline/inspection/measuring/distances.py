"""How far points of a mask are from its edge, without a map of all distances of a large one."""

import cv2
import numpy as np
from numpy.typing import NDArray

ROWS = 1024
AROUND = 128
"""Rows above and below a band that are looked at first; points that are further from the edge need more."""


def distances(framed: NDArray[np.uint8], rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Distances of points to the nearest pixel that is no crack, in pixels, as ``cv2.distanceTransform`` has them.

    Args:
        framed: 0 and 1, [height, width].
        rows: Of the points, in ascending order, [points].
        columns: Of the points, [points].
    """
    found = np.empty(len(rows))
    for top in range(0, len(framed), ROWS):
        first, last = np.searchsorted(rows, (top, top + ROWS))
        if first < last:
            found[first:last] = _of_band(framed, rows[first:last], columns[first:last], top)
    return found


def _of_band(
    framed: NDArray[np.uint8], rows: NDArray[np.int64], columns: NDArray[np.int64], top: int
) -> NDArray[np.float64]:
    around = AROUND
    while True:
        above, below = max(top - around, 0), min(top + ROWS + around, len(framed))
        far = cv2.distanceTransform(framed[above:below], cv2.DIST_L2, 5)[rows - above, columns].astype(float)
        if far.max() <= around or below - above == len(framed):
            return np.asarray(far)
        around *= 4
