"""Multi-Otsu on the whole image, for contrast (figure 3): no classifier, one window; the darkest class is crack."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hairline.io.options import checked_dataclass
from hairline.labelling.localization import Evidence
from hairline.labelling.thresholding import LEVELS, NO_CRACK, PAPER_BILATERAL, Bilateral, grey, smooth, window_threshold
from hairline.labelling.trace import Tell, silent


@checked_dataclass
class Options:
    """What is thresholded, and into how many classes.

    Attributes:
        bilateral: Filter on the colour image before it turns grey.
        classes: Classes of multi-Otsu, 2 to 4; the darkest is taken. 3 in the paper's figure 3.
    """

    bilateral: Bilateral
    classes: Literal[2, 3, 4]


PAPER = Options(bilateral=PAPER_BILATERAL, classes=3)
"""König et al. 2021, figure 3, three classes on the whole image, behind the filter of section IV-C."""


def label(image: NDArray[np.uint8], evidence: Evidence, options: Options, tell: Tell = silent) -> NDArray[np.float32]:
    """Pseudo-label of an image.

    Args:
        image: RGB uint8 [height, width, 3].
        evidence: Not used.
        options: Filter and classes.
        tell: Hears of the ``smoothed`` image, and of the one ``windows`` there is and whether it is one of the
            ``degenerate windows``, those with fewer grey levels than classes.

    Returns:
        1 in the darkest class, else 0, float32 [height, width]; all 0 with fewer grey levels than classes.
    """
    smoothed = smooth(image, options.bilateral)
    tell("smoothed", smoothed)
    levels = grey(smoothed)
    threshold = window_threshold(np.bincount(levels.ravel(), minlength=LEVELS).astype(np.int64), options.classes)
    tell("windows", 1)
    tell("degenerate windows", int(threshold == NO_CRACK))
    return np.asarray(levels <= threshold, dtype=np.float32)
