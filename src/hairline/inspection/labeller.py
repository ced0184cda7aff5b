"""A classifier and a labelling method as one: pseudo-labels of anybody's photos, without the stages."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.inspection.prediction import refuse_image, refuse_scale
from hairline.io import bounds, plugins
from hairline.io.hashing import content_hash
from hairline.io.reading import there
from hairline.labelling import sizes
from hairline.labelling.localization import Evidence, Needs, scaled_size
from hairline.nn.classifier import backbones, evidence, folding
from hairline.nn.runtime import device, serving, weights

FILES = (weights.INFO_FILE, weights.WEIGHTS_FILE)
METHODS = "hairline.labelling.methods"
SHIPPED_OPTIONS = ("EXAMPLE", "PAPER")
"""Names of the options that a method's module ships, the first that it has being used."""
STRIDE_PX, TILE_PX, BATCH = 16, 1024, 128
"""As in profiles/base."""
LEAST_PX = 16
"""Side of the smallest patches that can be clicked on."""


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
        self._method = plugins.resolve(METHODS, method)
        _refuse_none(classifier)
        model, info = backbones.load(classifier)
        self.window_px = _window(info)
        self._options = sizes.resized(options(self._method), self.window_px or sizes.PATCH_PX)
        self._needs: Needs = self._options.needs() if hasattr(self._options, "needs") else Needs((), ())
        self._model, self._placement = folding.folded(model), device.resolve(serving.RUNTIME)
        hashes = [content_hash(classifier / name) for name in FILES]
        told = json.dumps([*hashes, method, asdict(self._options), STRIDE_PX])
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


def _window(info: Mapping[str, object]) -> int | None:
    told = info.get("window_px")
    if not isinstance(told, int) or isinstance(told, bool) or not LEAST_PX <= told <= bounds.WINDOW_PX:
        return None
    return told


def _refuse_none(classifier: Path) -> None:
    lacking = [name for name in FILES if not there(classifier / name)]
    if lacking:
        found = f"has no {' and no '.join(lacking)}" if classifier.is_dir() else "no such folder"
        raise HairlineError(
            f"{classifier}: {found}; expected the folder of a classifier, as 'dvc repro train_classifier' and "
            "'hairline click' write one; name it"
        )
