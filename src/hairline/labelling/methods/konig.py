"""The method of König et al. 2021: localization by the classifier times local thresholding (docs/method.md §2-§4)."""

import numpy as np
from numpy.typing import NDArray

from hairline.io.options import checked_dataclass
from hairline.labelling import fusion, localization, thresholding
from hairline.labelling.localization import Needs
from hairline.labelling.trace import Tell, silent


@checked_dataclass
class Options:
    """Every number of the method, a section a step."""

    localization: localization.Options
    thresholding: thresholding.Options
    fusion: fusion.Options

    def needs(self) -> Needs:
        """What the evidence must hold."""
        return Needs((self.localization.vote_window_px,), ())


PAPER = Options(localization=localization.PAPER, thresholding=thresholding.PAPER, fusion=fusion.PAPER)
"""The values of König et al. 2021, section IV-C, whose labels tables II and VII score."""


def label(
    image: NDArray[np.uint8], evidence: localization.Evidence, options: Options, tell: Tell = silent
) -> NDArray[np.float32]:
    """Pseudo-label of an image by the method of König et al. 2021 (section III; docs/method.md §2-§4).

    Localization by the classifier, times pixels that are in the darkest class of every window over them, smoothed and
    closed.

    Args:
        image: RGB uint8 [height, width, 3].
        evidence: What the classifier says about it.
        options: The method's numbers; :data:`PAPER` has those of section IV-C.
        tell: Hears of every map on the way and of the numbers of windows.

    Returns:
        Confidence of crack, float32 [height, width] in [0, 1], on 256 levels.

    Raises:
        HairlineError: If the evidence lacks the window size that is asked for.
    """
    located = localization.localize(evidence, options.localization, tell)
    tell("localization", located)
    dark = thresholding.dark_pixels(image, options.thresholding, tell)
    tell("dark", dark)
    return fusion.fuse(dark, located, options.fusion, tell)
