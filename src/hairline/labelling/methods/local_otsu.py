"""The paper's local thresholding alone, without localization (figure 3, "Patches-Ours"): no classifier is asked."""

import numpy as np
from numpy.typing import NDArray

from hairline.io.options import checked_dataclass
from hairline.labelling import thresholding
from hairline.labelling.localization import Evidence
from hairline.labelling.trace import Tell, silent


@checked_dataclass
class Options:
    """How dark pixels are found."""

    thresholding: thresholding.Options


PAPER = Options(thresholding=thresholding.PAPER)
"""König et al. 2021, figure 3, "Patches-Ours": the thresholding of section III-C with the values of section IV-C."""


def label(image: NDArray[np.uint8], evidence: Evidence, options: Options, tell: Tell = silent) -> NDArray[np.float32]:
    """Pseudo-label of an image.

    Args:
        image: RGB uint8 [height, width, 3].
        evidence: Not used.
        options: Filter, windows and classes.
        tell: Hears of the ``smoothed`` image and the numbers of ``windows`` and ``degenerate windows``.

    Returns:
        1 in the darkest class of every window over a pixel, else 0, float32 [height, width].
    """
    return thresholding.dark_pixels(image, options.thresholding, tell).astype(np.float32)
