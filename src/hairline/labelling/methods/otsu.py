"""Plain global Otsu on the grey image, for contrast: no classifier, no windows; the darker class is crack."""

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.io.options import checked_dataclass
from hairline.labelling.localization import Evidence
from hairline.labelling.thresholding import grey
from hairline.labelling.trace import Tell, silent


@checked_dataclass
class Options:
    """Plain Otsu has no options."""


PAPER = Options()
"""König et al. 2021, figure 3, Otsu on the whole image."""


def label(image: NDArray[np.uint8], evidence: Evidence, options: Options, tell: Tell = silent) -> NDArray[np.float32]:
    """Pseudo-label of an RGB uint8 image [height, width, 3]: 1 up to Otsu's threshold, else 0, float32.

    The evidence is not used, and there is no step to tell of. An image of one grey level has no darker class and gets
    an empty label.
    """
    levels = grey(image)
    if levels.min() == levels.max():
        return np.zeros(levels.shape, dtype=np.float32)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return (levels <= threshold).astype(np.float32)
