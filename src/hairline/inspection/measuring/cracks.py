"""What is known of a crack once it is measured: the one form that tables, maps and pages are made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Branch:
    """A piece of a crack's skeleton between two of its ends or junctions.

    Attributes:
        line: Its points in order, float64 [points, 2], x and y in pixels; the middle of the pixel at the top left is
            (0, 0).
        widths_px: Width of the crack at each of these points, float64 [points], in pixels.
        length_px: Length along the line, in pixels.
    """

    line: NDArray[np.float64]
    widths_px: NDArray[np.float64]
    length_px: float


@dataclass(frozen=True)
class Crack:
    """A connected crack of one photo, measured in its pixels.

    Attributes:
        number: Its number in the photo, from 1, the longest first.
        branches: The pieces of its skeleton.
        junctions: Number of places where three or more branches meet.
        length_px: Length along the skeleton, all branches together.
        width_mean_px: Mean width along the skeleton.
        width_p95_px: 95th percentile of the width along the skeleton.
        width_max_px: Largest width.
        width_max_at: Where that is, x and y in pixels.
        area_px: Number of crack pixels.
        orientation_deg: Direction of the whole crack, in [0, 180): 0 along the rows, 90 upright, anticlockwise as
            seen in the photo; None where it has none, as a dot.
        box: Left, top, right and bottom, in whole pixels, right and bottom exclusive.
    """

    number: int
    branches: tuple[Branch, ...]
    junctions: int
    length_px: float
    width_mean_px: float
    width_p95_px: float
    width_max_px: float
    width_max_at: tuple[float, float]
    area_px: int
    orientation_deg: float | None
    box: tuple[int, int, int, int]
