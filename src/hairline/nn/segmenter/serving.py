"""A segmenter as MLflow's pyfunc flavour loads it: images of any size in, scores of crack out; no pickle."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.imaging import tiles
from hairline.metrics import operating_point
from hairline.nn.runtime import device
from hairline.nn.runtime.serving import RUNTIME
from hairline.nn.segmenter import segmenter

PARAMS: Mapping[str, bool | float] = {"masks": False, "threshold": 0.0}
"""What may be asked besides, and what it is where nobody does; a threshold of 0 is the one of the network."""


class Served:
    """A loaded segmenter."""

    def __init__(self, folder: Path) -> None:
        """Load what :func:`hairline.nn.segmenter.segmenter.save` wrote."""
        self._model, self.info = segmenter.load(folder)
        self._placement = device.resolve(RUNTIME)

    def predict(self, images: NDArray[np.uint8], params: dict[str, Any] | None = None) -> NDArray[np.float32]:
        """Scores float32 [N, height, width] in [0, 1] of images RGB uint8 [N, height, width, 3].

        Large images pass in tiles, as in ``hairline predict``.

        Args:
            images: The images.
            params: ``masks``: True for 1 where the score reaches the threshold, 0 elsewhere; ``threshold``: in (0, 1],
                0 for the one that the network was found best at (one half where none is known).

        Raises:
            HairlineError: If the threshold is out of range.
        """
        asked = {**PARAMS, **(params or {})}
        threshold = float(asked["threshold"]) or operating_point.of(self.info)
        if not 0 < threshold <= 1:
            raise HairlineError(f"threshold {threshold:g}: expected a score above 0 and at most 1, or 0; correct it")
        ask = partial(segmenter.predict, self._model, placement=self._placement)
        scores = np.stack([tiles.blended(image, ask, tiles.NETWORK) for image in np.asarray(images)])
        return (scores >= threshold).astype(np.float32) if asked["masks"] else scores


def _load_pyfunc(path: str) -> Served:
    """What MLflow calls."""
    return Served(Path(path))
