"""Thins masks to skeletons, in time that grows with borders and not with the size of the image.

The rule is that of Guo and Hall 1989 (Parallel thinning with two-subiteration algorithms, CACM 32, algorithm A1), which
keeps the topology and makes diagonals one pixel wide. ``skimage.morphology.skeletonize`` looks at the whole image once
for every pixel of the half width, which takes minutes for a mask of 12 megapixels that is all crack.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def _deletable(even: bool) -> NDArray[np.bool_]:
    """Which of the 256 neighbourhoods lose their middle pixel; bits are E, NE, N, NW, W, SW, S, SE."""
    codes = np.arange(256)
    east, ne, north, nw, west, sw, south, se = ((codes >> bit & 1).astype(bool) for bit in range(8))
    crossings = sum((~a & (b | c)).astype(int) for a, b, c in
                    ((east, ne, north), (north, nw, west), (west, sw, south), (south, se, east)))  # fmt: skip
    one = sum((a | b).astype(int) for a, b in ((east, se), (south, sw), (west, nw), (north, ne)))
    other = sum((a | b).astype(int) for a, b in ((ne, east), (nw, north), (sw, west), (se, south)))
    fewest = np.minimum(one, other)
    side = (sw | south | ~nw) & west if even else (ne | north | ~se) & east
    return np.asarray((crossings == 1) & (fewest >= 2) & (fewest <= 3) & ~side)


ODD, EVEN = _deletable(False), _deletable(True)
EITHER = ODD | EVEN


def thinned(framed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The skeleton of a mask.

    Args:
        framed: 0 and 1, [height, width], C-contiguous, with a frame of zeros one pixel wide.

    Returns:
        The same with only the pixels of the skeleton left; every connected component keeps one at least.
    """
    left = framed.copy()
    flat, width = left.reshape(-1), left.shape[1]
    around = np.array([1, 1 - width, -width, -width - 1, -1, width - 1, width, width + 1])
    inner = np.asarray(cv2.erode(left, CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0), np.uint8)
    active = np.flatnonzero(left > inner)
    while len(active):
        for rule in (ODD, EVEN):
            codes = np.packbits(flat[active[:, None] + around], axis=1, bitorder="little")[:, 0]
            goes = rule[codes]
            gone, stays = active[goes], active[~goes & EITHER[codes]]
            flat[gone] = 0
            touched = (gone[:, None] + around).reshape(-1)
            active = _distinct(np.concatenate([stays, touched[flat[touched] > 0]]))
    return left


def _distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same sorted, each once; ``np.unique`` takes ten times as long."""
    numbers.sort()
    return numbers[np.insert(np.diff(numbers) > 0, 0, True)] if len(numbers) else numbers
