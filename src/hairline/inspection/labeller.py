"""A classifier and a labelling method as one: pseudo-labels of anybody's photos, without the stages."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.inspection.prediction import refuse_image, refuse_scale
from hairline.io import plugins
from hairline.io.hashing import content_hash
from hairline.io.reading import there
from hairline.labelling.localization import Evidence, Needs, scaled_size
from hairline.nn.classifier import backbones, evidence, folding
from hairline.nn.classifier.backbones import Classifier
from hairline.nn.runtime import device, serving, weights

METHODS = "hairline.labelling.methods"
SHIPPED_OPTIONS = ("EXAMPLE", "PAPER")
"""Names of the options that a method's module ships, the first that it has being used."""
STRIDE_PX, TILE_PX, BATCH = 16, 1024, 128
"""As in profiles/base."""


class Labeller:
    """Labels photos; in the place of a :class:`hairline.inspection.prediction.Predictor` where folders are written.

    Attributes:
        sha256: Hash of the classifier, the method and its options, 64 hexadecimal digits.
    """

    def __init__(self, model: Classifier, method: str, sha256: str) -> None:
        """Get ready, on the GPU where there is one; :func:`load` reads a classifier from its folder.

        Args:
            model: The classifier.
            method: Name of a module of :mod:`hairline.labelling.methods`, with the options that it ships.
            sha256: Hash of the classifier.

        Raises:
            HairlineError: If there is no such method.
        """
        self._method = plugins.resolve(METHODS, method)
        self._options = options(self._method)
        self._needs: Needs = self._options.needs() if hasattr(self._options, "needs") else Needs((), ())
        self._model, self._placement = folding.folded(model), device.resolve(serving.RUNTIME)
        told = json.dumps([sha256, method, asdict(self._options), STRIDE_PX])
        self.sha256 = hashlib.sha256(told.encode()).hexdigest()

    def evidence(self, image: NDArray[np.uint8]) -> Evidence:
        """What the classifier says about an image, as far as the method needs it."""
        return evidence.collect(self._model, image, self._needs.windows_px, STRIDE_PX, self._needs.scales, TILE_PX,
                                BATCH, self._placement)  # fmt: skip

    def predict(self, image: NDArray[np.uint8], scale: float = 1) -> NDArray[np.float32]:
        """Pseudo-label of an image.

        Args:
            image: RGB uint8 [height, width, 3] of any size.
            scale: What both sides are multiplied by before it is looked at, in (0, 16].

        Returns:
            Confidence of crack, float32 [height, width] in [0, 1], of the size of the image.

        Raises:
            HairlineError: If the image is of another kind or the scale is out of range.
        """
        refuse_image(image)
        refuse_scale(scale)
        height, width = image.shape[:2]
        seen = image
        if scale != 1:
            rows, cols = scaled_size(height, width, scale)
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            seen = np.asarray(cv2.resize(image, (cols, rows), interpolation=how), np.uint8)
        found: NDArray[np.float32] = self._method.label(seen, self.evidence(seen), self._options)
        if scale != 1:
            found = np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        return np.clip(found, 0, 1)


def options(method: ModuleType) -> Any:
    """The options that a labelling method ships."""
    name = next(name for name in SHIPPED_OPTIONS if hasattr(method, name))
    return getattr(method, name)


def load(classifier: Path, method: str) -> Labeller:
    """A labeller by the classifier in a folder with ``model.json`` and ``weights.safetensors``.

    Args:
        classifier: The folder that a training, or clicks, wrote.
        method: As for :class:`Labeller`.

    Raises:
        HairlineError: If there is no such classifier or method.
    """
    names = (weights.INFO_FILE, weights.WEIGHTS_FILE)
    lacking = [name for name in names if not there(classifier / name)]
    if lacking:
        found = f"has no {' and no '.join(lacking)}" if classifier.is_dir() else "no such folder"
        raise HairlineError(
            f"{classifier}: {found}; expected the folder of a classifier, as 'dvc repro train_classifier' and "
            "'hairline click' write one; name it"
        )
    model, _ = backbones.load(classifier)
    hashes = "".join(content_hash(classifier / name) for name in names)
    return Labeller(model, method, hashlib.sha256(hashes.encode()).hexdigest())
