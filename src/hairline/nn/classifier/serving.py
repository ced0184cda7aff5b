"""A patch classifier as MLflow's pyfunc flavour loads it: patches in, probability of crack out; no pickle."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hairline.nn.classifier import backbones
from hairline.nn.classifier.training import asked
from hairline.nn.runtime import device
from hairline.nn.runtime.serving import RUNTIME


class Served:
    """A loaded classifier."""

    def __init__(self, folder: Path) -> None:
        """Load what :func:`hairline.nn.classifier.backbones.save` wrote."""
        self._model, self.info = backbones.load(folder)
        self._placement = device.resolve(RUNTIME)
        self._model.eval().to(self._placement.device)

    def predict(self, images: NDArray[np.uint8], params: dict[str, Any] | None = None) -> NDArray[np.float32]:
        """Probability of crack float32 [N] in [0, 1] of patches RGB uint8 [N, height, width, 3], of any one size.

        The classifier learned from patches of ``window_px``, which stands in its model.json. One that sees patches amid
        their photo (:mod:`hairline.nn.classifier.amid`) is asked about each as if it were a photo, and knows less of
        it than ``hairline label`` does, which is given photos.
        """
        pixels = torch.from_numpy(np.ascontiguousarray(images, dtype=np.uint8)).permute(0, 3, 1, 2)
        return asked(self._model, pixels.to(self._placement.device), self._placement)


def _load_pyfunc(path: str) -> Served:
    """What MLflow calls."""
    return Served(Path(path))
