"""A classifier and a labelling method as one: pseudo-labels of anybody's photos, without the stages."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.imaging.rgb import refuse_image
from hairline.inspection.patch_classifier import STRIDE_PX, PatchClassifier
from hairline.inspection.prediction import refuse_scale
from hairline.io import plugins
from hairline.labelling import labels
from hairline.labelling.localization import Evidence, scaled_size


class Labeller:
    """Labels photos; in the place of a :class:`hairline.inspection.prediction.Predictor` where folders are written.

    Attributes:
        sha256: Hash of the classifier, the method and its options, 64 hexadecimal digits.
        window_px: Side of the patches that the classifier learned from, with which sizes of the options grow
            (:mod:`hairline.labelling.sizes`); None where its model.json does not tell, and the options stay as they
            ship.
    """

    def __init__(self, classifier: Path, method: str) -> None:
        """Load a classifier, onto the GPU where there is one.

        Args:
            classifier: A folder with ``model.json`` and ``weights.safetensors``, of a training or of clicks.
            method: Name of a module of :mod:`hairline.labelling.methods`, with the options that it ships.

        Raises:
            HairlineError: If there is no such classifier or method.
        """
        shipped: Any = labels.shipped(plugins.resolve(labels.METHODS, method))
        self._classifier = PatchClassifier(classifier)
        self.window_px = self._classifier.window_px
        self._options = self._classifier.fitted(shipped)
        told = json.dumps([*self._classifier.hashes, method, asdict(self._options), STRIDE_PX])
        self.sha256 = hashlib.sha256(told.encode()).hexdigest()

    def evidence(self, image: NDArray[np.uint8]) -> Evidence:
        """What the classifier says about an image, as far as the method needs it."""
        return self._classifier.localize(image, self._options)

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
        found = labels.label(seen, self.evidence(seen), self._options)
        if scale != 1:
            found = np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        return np.clip(found, 0, 1)
