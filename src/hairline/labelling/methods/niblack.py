"""Niblack's local threshold, for contrast (figure 3): no classifier; darker than its surroundings is crack."""

from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from hairline.io import bounds
from hairline.io.options import checked_dataclass
from hairline.labelling.localization import Evidence
from hairline.labelling.thresholding import PAPER_BILATERAL, Bilateral, grey, smooth
from hairline.labelling.trace import Tell, silent


@checked_dataclass
class Options:
    """The threshold m - k · s, with the mean m and the standard deviation s of the grey levels around a pixel.

    Attributes:
        bilateral: Filter on the colour image before it turns grey.
        window_px: Side of the window around a pixel, odd; 33 in the paper's figure 3.
        k: Standard deviations below the mean, ≥ 0. The paper does not tell it; scikit-image's default is 0.2.
    """

    bilateral: Bilateral
    window_px: Annotated[int, Gt(0), Le(bounds.WINDOW_PX)]
    k: Annotated[float, Ge(0), Le(bounds.FACTOR)]

    def __post_init__(self) -> None:
        if self.window_px % 2 == 0:
            raise ValueError(f"window_px must be odd, found {self.window_px}")


EXAMPLE = Options(bilateral=PAPER_BILATERAL, window_px=33, k=0.2)
"""The window of König et al. 2021, figure 3, behind the filter of section IV-C; k is scikit-image's, since the paper
does not tell it."""


def label(image: NDArray[np.uint8], evidence: Evidence, options: Options, tell: Tell = silent) -> NDArray[np.float32]:
    """Pseudo-label of an image.

    Args:
        image: RGB uint8 [height, width, 3]; mirrored at its borders.
        evidence: Not used.
        options: Filter, window and k.
        tell: Hears of the ``smoothed`` image and of the ``threshold`` as a share of white.

    Returns:
        1 below the threshold, else 0, float32 [height, width]; a pixel in a window of one grey level gets 0.
    """
    from skimage.filters import threshold_niblack  # brings much of SciPy: not for those who only read options

    smoothed = smooth(image, options.bilateral)
    tell("smoothed", smoothed)
    levels = grey(smoothed)
    threshold = threshold_niblack(levels, options.window_px, options.k)  # type: ignore[no-untyped-call]
    tell("threshold", np.clip(threshold / 255, 0, 1))
    return np.asarray(levels < threshold, dtype=np.float32)
