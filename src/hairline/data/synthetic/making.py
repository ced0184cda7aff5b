"""One generated image and its mask."""

import numpy as np
from numpy.typing import NDArray

from hairline.data.splits import Split
from hairline.data.synthetic import easy, wide
from hairline.data.synthetic.options import Options


def make(options: Options, split: Split, index: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Image RGB uint8 [height, width, 3] and mask bool [height, width] of one index of a split, always the same.

    It depends on the seed, the split, the index and what an image is made of, not on how many there are.
    """
    made = wide.made if options.style == "wide" else easy.made
    return made(options, split, index, is_crack_free(options, index))


def is_crack_free(options: Options, index: int) -> bool:
    """Whether an index has no crack: of any n indices in a row, n * share have none, give or take one."""
    return int((index + 1) * options.crack_free + 1e-9) > int(index * options.crack_free + 1e-9)
