"""Scores averaged over views of a photo: mirrored, and at other scales."""

from collections.abc import Callable
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError

Average = Literal["none", "flips", "scales", "both"]
CHOICES: tuple[Average, ...] = get_args(Average)

MIRRORED: tuple[tuple[int, int], ...] = ((1, 1), (1, -1), (-1, 1), (-1, -1))
"""Steps through rows and columns of every view."""
LARGEST_SCALE = 16.0
FACTORS = (0.75, 1.0, 1.5)
"""Of the scale that photos are seen at."""


class Asked(Protocol):
    """What gives scores: a :class:`hairline.inspection.prediction.Predictor`, one on ONNX, or a labeller."""

    sha256: str

    def predict(self, image: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
        """Scores of the pixels of an image uint8 [height, width, 3] at a scale, float32 [height, width] in [0, 1]."""
        ...


def views(average: Average) -> list[tuple[int, int, float]]:
    """Steps through rows and columns, and factor of the scale, of every view."""
    mirrored = MIRRORED if average in ("flips", "both") else MIRRORED[:1]
    factors = FACTORS if average in ("scales", "both") else (1.0,)
    return [(rows, columns, factor) for factor in factors for rows, columns in mirrored]


def averaged(asked: Asked, scale: float, average: Average) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """What gives the mean score over the views of an image.

    Args:
        asked: What gives the scores of one.
        scale: That it sees photos at.
        average: ``flips``: 4 views; ``scales``: 3 views, at 0.75, 1 and 1.5 times the scale (at most 16); ``both``: 12
            views.

    Returns:
        From RGB uint8 [height, width, 3] to float32 [height, width] in [0, 1].
    """
    seen = views(average)
    if len(seen) == 1:
        return lambda image: asked.predict(image, scale)

    def mean(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        summed = np.zeros(image.shape[:2], np.float32)
        for rows, columns, factor in seen:
            view = np.ascontiguousarray(image[::rows, ::columns])
            summed += asked.predict(view, min(scale * factor, LARGEST_SCALE))[::rows, ::columns]
        return summed / np.float32(len(seen))

    return mean


def refuse(average: str) -> Average:
    """The way of averaging of a name.

    Raises:
        HairlineError: If there is none.
    """
    for choice in CHOICES:
        if average == choice:
            return choice
    raise HairlineError(f"--average {average}: expected one of {', '.join(CHOICES)}; correct it")
