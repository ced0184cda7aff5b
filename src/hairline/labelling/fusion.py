"""From dark pixels and localization to a pseudo-label: multiply, smooth, close; the 100-pixel rule.

König et al. 2021, end of section III-C and section III-D; what they leave open: docs/method.md §4.
"""

from typing import Annotated

import cv2
import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from hairline.imaging.images import quantise
from hairline.io import bounds
from hairline.io.options import checked_dataclass
from hairline.labelling.thresholding import PAPER_BILATERAL, Bilateral, smooth
from hairline.labelling.trace import Tell, silent


@checked_dataclass
class Options:
    """How the two maps become a label.

    Attributes:
        bilateral: Filter on the fused scores as 8-bit levels, as on the image in the paper.
        closing_px: Side of the square of the grey closing, odd; 3 in the paper.
        closing_iterations: How often it is closed; 1 in the paper.
    """

    bilateral: Bilateral
    closing_px: Annotated[int, Gt(0), Le(bounds.KERNEL_PX)]
    closing_iterations: Annotated[int, Ge(0), Le(bounds.REPEATS)]

    def __post_init__(self) -> None:
        if self.closing_px % 2 == 0:
            raise ValueError(f"closing_px must be odd, found {self.closing_px}")


PAPER = Options(bilateral=PAPER_BILATERAL, closing_px=3, closing_iterations=1)
"""The second filter and the closing of König et al. 2021, sections III-C and IV-C: docs/method.md §4."""


@checked_dataclass
class TrainableRule:
    """Which labels are worth training on.

    Attributes:
        min_crack_pixels: An image is used if at least so many pixels are labelled crack; 100 in the paper.
        crack_score: A pixel is labelled crack from this confidence on, in [0, 1]; 0 stands for any confidence above
            0. The paper does not tell which it counts.
    """

    min_crack_pixels: Annotated[int, Ge(0), Le(bounds.NUMBER)]
    crack_score: Annotated[float, Ge(0), Le(1)]


PAPER_RULE = TrainableRule(min_crack_pixels=100, crack_score=0.5)
"""The 100 pixels of König et al. 2021, section III-D; from which score one of them is crack is our choice:
docs/method.md §4."""


def fuse(
    dark: NDArray[np.bool_], localization: NDArray[np.floating], options: Options, tell: Tell = silent
) -> NDArray[np.float32]:
    """Confidence that each pixel is crack.

    Args:
        dark: Outcome of local thresholding, bool [height, width].
        localization: Where the classifier sees cracks, float [height, width] in [0, 1].
        options: Smoothing and closing.
        tell: Hears of the ``product`` and of the ``smoothed product``.

    Returns:
        float32 [height, width] in [0, 1], on 256 levels.
    """
    product = quantise(dark * localization)
    tell("product", product)
    scores = smooth(product, options.bilateral)
    tell("smoothed product", scores)
    kernel = np.ones((options.closing_px, options.closing_px), dtype=np.uint8)
    if options.closing_iterations:
        closed = cv2.morphologyEx(scores, cv2.MORPH_CLOSE, kernel, iterations=options.closing_iterations)
        scores = np.asarray(closed, dtype=np.uint8)
    return scores.astype(np.float32) / np.float32(255)


def crack(scores: NDArray[np.floating], rule: TrainableRule) -> NDArray[np.bool_]:
    """Pixels that a label calls crack.

    Args:
        scores: Confidences in [0, 1], floating point of any shape.
        rule: From which confidence on; 0 stands for any above 0.

    Returns:
        bool of the same shape.

    Example:
        >>> crack(np.array([0.0, 0.4, 0.5]), PAPER_RULE).tolist(), crack_pixels(np.array([0.0, 0.4, 0.5]), PAPER_RULE)
        ([False, False, True], 1)
    """
    return np.asarray(scores >= rule.crack_score if rule.crack_score else scores > 0, dtype=np.bool_)


def crack_pixels(scores: NDArray[np.floating], rule: TrainableRule) -> int:
    """Number of pixels that a label calls crack: an image is worth training on from ``min_crack_pixels`` on.

    Args:
        scores: Confidences in [0, 1], floating point [height, width].
        rule: From which confidence on a pixel is crack. The paper asks for 100 pixels (König et al. 2021, section
            III-D) and does not tell from which confidence.

    Returns:
        A whole number, at most the number of pixels.
    """
    return int(crack(scores, rule).sum())
