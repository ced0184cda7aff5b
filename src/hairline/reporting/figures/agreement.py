"""What was called crack, to be laid over the photo, and whether the mask agrees."""

import numpy as np
from numpy.typing import NDArray

from hairline.imaging.downscale import shrunk_map

COLOURS = {"found": (0, 200, 140), "wrong": (255, 110, 20), "missed": (86, 180, 233)}
"""RGB that people who see few colours can tell apart, and that stand out on grey (after Okabe and Ito)."""
LEGEND = {
    f"rgb{COLOURS['found']}": "found",
    f"rgb{COLOURS['wrong']}": "wrong: not in the mask",
    f"rgb{COLOURS['missed']}": "missed",
}
"""Each colour as CSS writes it → what it means."""


def at_least(scores: NDArray[np.uint8], threshold: float) -> NDArray[np.bool_]:
    """Where a score map of 8 bits, 255 being 1, reaches a threshold of whole hundredths; ties are decided exactly."""
    return 100 * scores.astype(np.int64) >= 255 * round(100 * threshold)


def layer(
    mask: NDArray[np.bool_], called: NDArray[np.bool_], side_px: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The colours of :data:`COLOURS` to be laid over the photo, at most ``side_px`` on a side.

    Lone pixels are kept; where several fall together what was found goes before what is wrong, that before the missed.

    Args:
        mask: True at crack, [height, width].
        called: True where crack was called, [height, width].
        side_px: Longest side of the result.

    Returns:
        RGB uint8 [height, width, 3], and opacity uint8 [height, width], 255 at crack of either and 0 elsewhere.
    """
    opacity = np.where(shrunk_map(mask | called, side_px) > 0, 255, 0).astype(np.uint8)
    drawn = np.zeros((*opacity.shape, 3), dtype=np.uint8)
    for name, where in (("missed", mask & ~called), ("wrong", called & ~mask), ("found", called & mask)):
        drawn[shrunk_map(where, side_px) > 0] = COLOURS[name]
    return drawn, opacity
