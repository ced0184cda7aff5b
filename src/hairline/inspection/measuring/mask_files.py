"""Masks as files: 0 and one other level, or a sentence that says why not."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.imaging.images import read_grey
from hairline.imaging.regions import PIXELS
from hairline.io.file_names import printable

SOFT = 32
"""Levels so near to 0 or 255 are those, as JPEG leaves them."""
ROWS = 256
"""That are counted at one time, since counting takes 8 bytes a pixel."""


def read(path: Path) -> NDArray[np.bool_]:
    """Read a mask, True where there is crack, bool [height, width].

    It may have as many pixels as photos that are decoded whole. Masks hold 0 and one other level, which is crack: 255,
    1 or any other. Levels near 0 and 255 are told apart at 127.

    Raises:
        HairlineError: If the file cannot be read, or its levels do not say what is crack.
    """
    levels = read_grey(path, PIXELS)
    counts = np.zeros(256, np.int64)
    for top in range(0, len(levels), ROWS):
        counts += np.bincount(levels[top : top + ROWS].reshape(-1), minlength=256)
    found = np.flatnonzero(counts)
    if len(found) <= 2 and (found[0] == 0 or found.tolist() == [255]):
        return levels > 0
    if not counts[SOFT : 256 - SOFT].any():
        return levels > 127
    held = ", ".join(map(str, found[:4])) + (" …" if len(found) > 4 else "")
    raise HairlineError(
        f"{printable(str(path))}: holds {len(found)} grey levels ({held}); expected a mask, 0 and one other level; of "
        "a photo or a score map 'hairline predict' makes one, below masks/"
    )
