"""A photo with what was called crack on it, and whether the mask agrees."""

import numpy as np
from numpy.typing import NDArray

from hairline.imaging.downscale import shrunk_image, shrunk_map

COLOURS = {"found": (0, 158, 115), "wrong": (213, 94, 0), "missed": (86, 180, 233)}
"""RGB that people who see few colours can tell apart (Okabe and Ito)."""
LEGEND = "green: crack that was found; orange: called crack, and is not in the mask; blue: crack that was missed"


def at_least(scores: NDArray[np.uint8], threshold: float) -> NDArray[np.bool_]:
    """Where a score map of 8 bits, 255 being 1, reaches a threshold of whole hundredths; ties are decided exactly."""
    return 100 * scores.astype(np.int64) >= 255 * round(100 * threshold)


def overlay(
    image: NDArray[np.uint8], mask: NDArray[np.bool_], called: NDArray[np.bool_], side_px: int
) -> NDArray[np.uint8]:
    """The photo in pale grey under the colours of :data:`COLOURS`, RGB uint8, at most ``side_px`` on a side.

    Lone pixels are kept; where several fall together what was found goes before what is wrong, that before the missed.

    Args:
        image: RGB uint8 [height, width, 3].
        mask: True at crack, [height, width].
        called: True where crack was called, [height, width].
        side_px: Longest side of the result.
    """
    grey = shrunk_image(image, side_px).mean(axis=2, keepdims=True)
    drawn = np.repeat(np.round(128 + grey / 2).astype(np.uint8), 3, axis=2)
    for name, where in (("missed", mask & ~called), ("wrong", called & ~mask), ("found", called & mask)):
        drawn[shrunk_map(where, side_px) > 0] = COLOURS[name]
    return drawn
