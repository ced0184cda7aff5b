"""Masks as files: 0 and one other level, or a sentence that says why not."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.data.annotating import bringing
from hairline.data.annotating.images import CRACK, IGNORED
from hairline.data.mask_values import channel
from hairline.errors import HairlineError
from hairline.imaging.images import header, read_grey
from hairline.imaging.regions import PIXELS
from hairline.io.file_names import printable

SOFT = 32
"""Levels so near to 0 or 255 are those, as JPEG leaves them."""
CLASSES = 4
"""Levels beside which 255 may be what nobody judged: 0, 1 and 255, say."""
ROWS = 256
"""That are counted at one time, since counting takes 8 bytes a pixel."""


def read(path: Path) -> NDArray[np.bool_]:
    """Read a mask, True where there is crack, bool [height, width].

    Masks hold 0 and one other level, which is crack: 255, 1 or any other; or crack is painted on transparent ground.
    Levels near 0 and 255 are told apart at 127, unless they may be numbers of classes, as 0, 1 and 2, or 1 beside 255.
    It may have as many pixels as photos that are decoded whole. In masks that 'hairline annotate import' wrote, 255 is
    crack, and 127, which is ignored, is none.

    Raises:
        HairlineError: If the file cannot be read, or its levels do not say what is crack.
    """
    head = header(path, PIXELS)
    levels = read_grey(path, PIXELS) if not head.transparent else _painted(path)
    counts = np.zeros(256, np.int64)
    for top in range(0, len(levels), ROWS):
        counts += np.bincount(levels[top : top + ROWS].reshape(-1), minlength=256)
    found = np.flatnonzero(counts)
    if set(found.tolist()) <= {0, IGNORED, CRACK} and _is_corrected(path):
        return np.asarray(levels == CRACK)
    alone = found.tolist() in ([1], [255])
    if alone or (len(found) <= 2 and found[0] == 0):
        return levels > 0
    if _is_soft(counts, found, head.lossy):
        return levels > 127
    held = ", ".join(map(str, found[:4])) + (" …" if len(found) > 4 else "")
    raise HairlineError(
        f"{printable(str(path))}: holds {len(found)} grey levels ({held}); expected a mask, 0 and one other level; of "
        "a photo or a score map 'hairline predict' makes one, below masks/"
    )


def _is_corrected(path: Path) -> bool:
    """Whether a mask lies where 'hairline annotate import' writes it, below masks/ beside its table."""
    return any(
        folder.name == bringing.MASKS and folder.with_name(bringing.TABLE).is_file()
        for folder in path.absolute().parents
    )


def _is_soft(counts: NDArray[np.int64], found: NDArray[np.int64], lossy: bool) -> bool:
    """Whether all levels are near 0 or 255 for JPEG's sake, and none stands for a class or for what is void."""
    if counts[SOFT : 256 - SOFT].any():
        return False
    if lossy:
        return True
    bright = found[found >= SOFT].tolist()
    classes = bright == [255] and 1 < len(found) <= CLASSES
    return bool(bright) and not classes


def _painted(path: Path) -> NDArray[np.uint8]:
    """The levels of a mask that is transparent in parts: of what is painted on it."""
    found = channel(path)
    if found.doubt or found.levels.dtype != np.uint8:
        raise HairlineError(
            f"{printable(str(path))}: is transparent in parts, and {found.doubt or 'deep'}; expected a mask, 0 and one "
            "other level; save it without transparency"
        )
    return np.asarray(found.levels, np.uint8)
