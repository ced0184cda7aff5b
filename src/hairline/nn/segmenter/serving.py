"""A segmenter as MLflow's pyfunc flavour loads it: images of any size in, scores of crack out; no pickle."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.nn.runtime import device
from hairline.nn.runtime.serving import RUNTIME
from hairline.nn.segmenter import segmenter


class Served:
    """A loaded segmenter."""

    def __init__(self, folder: Path) -> None:
        """Load what :func:`hairline.nn.segmenter.segmenter.save` wrote."""
        self._model, self.info = segmenter.load(folder)
        self._placement = device.resolve(RUNTIME)

    def predict(self, images: NDArray[np.uint8], params: dict[str, Any] | None = None) -> NDArray[np.float32]:
        """Scores float32 [N, height, width] in [0, 1] of images RGB uint8 [N, height, width, 3]."""
        return np.stack([segmenter.predict(self._model, image, self._placement) for image in np.asarray(images)])


def _load_pyfunc(path: str) -> Served:
    """What MLflow calls."""
    return Served(Path(path))
