"""A finished patch classifier, loaded and asked where an image shows cracks."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.imaging.rgb import refuse_image
from hairline.inspection import registered
from hairline.io import bounds, extras
from hairline.io.hashing import content_hash
from hairline.io.reading import there
from hairline.labelling import labels, sizes
from hairline.labelling.localization import Evidence, Needs
from hairline.labelling.methods import konig, multiscale
from hairline.nn.runtime.model_files import INFO_FILE, WEIGHTS_FILE

if TYPE_CHECKING:
    from hairline.labelling.labels import MethodOptions

T = TypeVar("T")
FILES = (INFO_FILE, WEIGHTS_FILE)
STRIDE_PX, TILE_PX, BATCH = 16, 1024, 128
"""As in profiles/base."""
LEAST_PX = 16
"""Side of the smallest patches that can be clicked on."""


class PatchClassifier:
    """A loaded classifier of patches: crack or no crack, taught by a training or by clicks.

    :func:`load_classifier` makes one. It runs on the GPU where there is one, and is asked by one thread at a time.

    Attributes:
        info: What its model.json says: backbone, training, size of the patches.
        window_px: Side in pixels of the patches that it learned from, at least 16; None where its model.json does not
            tell.
        hashes: Of its model.json and of its weights, SHA-256, 64 hexadecimal digits each.
    """

    def __init__(self, folder: Path) -> None:
        """Load a classifier, onto the GPU where there is one.

        Raises:
            HairlineError: If the folder holds no classifier.
        """
        refuse_none(folder)
        from hairline.nn.classifier import backbones, folding  # torch, which takes seconds to load
        from hairline.nn.runtime import device, serving

        model, info = backbones.load(folder)
        self.info: Mapping[str, object] = info
        self.window_px = _window(info)
        self.hashes = tuple(content_hash(folder / name) for name in FILES)
        self._model, self._placement = folding.folded(model), device.resolve(serving.RUNTIME)

    def __getstate__(self) -> dict[str, Any]:
        """What is sent to another process: the network on the processor, and not where it runs here."""
        self._model.to("cpu")
        return {name: value for name, value in self.__dict__.items() if name != "_placement"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Run where this process is, as a network does that is loaded here."""
        from hairline.nn.runtime import device, serving

        self.__dict__.update(state)
        self._placement = device.resolve(serving.RUNTIME)

    @property
    def sha256(self) -> str:
        """Hash of its weights and its model.json, 64 hexadecimal digits."""
        return hashlib.sha256("".join(reversed(self.hashes)).encode()).hexdigest()

    def fitted(self, options: T) -> T:
        """Options of a labelling method for photos such as this classifier learned from.

        Sizes inside a method are in pixels, and the options that ship were chosen with patches of 128 px. Where this
        classifier learned from larger ones, cracks are as much wider, and all sizes grow by that factor
        (:mod:`hairline.labelling.sizes`). ``hairline label`` does the same.

        Args:
            options: Of any method, such as ``hairline.konig.PAPER``.

        Returns:
            The same options, all of ``…_px`` times ``window_px`` / 128; as they were with patches of up to 128 px, or
            where the side is not known.
        """
        return sizes.resized(options, self.window_px or sizes.PATCH_PX)

    def localize(self, image: NDArray[np.uint8], options: "MethodOptions | None" = None) -> Evidence:
        """What the classifier says about an image: where it sees cracks, raw (König et al. 2021, section III-B).

        Sliding windows give probabilities, Grad-CAM++ gives a class activation map on the network's cells. Nothing is
        normalised, enlarged or cut yet: every number of a labelling method acts afterwards, so that one localization
        serves many labels. Images above 1024 px a side pass in tiles; the result does not depend on them.

        Args:
            image: RGB uint8 [height, width, 3] of any size.
            options: Those of the method that is to label, whose windows and scales are looked at. None looks at what
                ``konig.PAPER`` and ``multiscale.EXAMPLE`` ask for, and the same fitted to its patches.

        Returns:
            Votes of windows float32 [rows, cols] in [0, 1] every 16 px, activation maps ≥ 0, and the probability of
            crack of the whole image: some kilobytes, which ``.save(path)`` keeps.

        Raises:
            HairlineError: If the image is of another kind, the options are of no method, or their windows are smaller
                than the 16 px from one window to the next.

        Example:
            >>> import hairline
            >>> classifier = hairline.load_classifier("models/crack500/lite0")       # doctest: +SKIP
            >>> evidence = classifier.localize(photo)                                # doctest: +SKIP
            >>> label = hairline.label(photo, evidence, hairline.konig.PAPER)        # doctest: +SKIP
        """
        from hairline.nn.classifier import evidence

        refuse_image(image)
        needs = self._usual() if options is None else needed(options)
        return evidence.collect(self._model, image, needs.windows_px, STRIDE_PX, needs.scales, TILE_PX, BATCH,
                                self._placement)  # fmt: skip

    def _usual(self) -> Needs:
        known: tuple[MethodOptions, ...] = (konig.PAPER, multiscale.EXAMPLE)
        asked = [needed(each) for each in (*known, *map(self.fitted, known))]
        windows = dict.fromkeys(window for each in asked for window in each.windows_px)
        return Needs(tuple(windows), tuple(dict.fromkeys(scale for each in asked for scale in each.scales)))


def needed(options: object) -> Needs:
    """What a method's options ask of the evidence, nothing where the method does not look at it.

    Raises:
        HairlineError: If they are of no method.
    """
    labels.method_of(options)
    return labels.needs_of(options) or Needs((), ())


def load_classifier(source: str | Path) -> PatchClassifier:
    """A patch classifier that is ready to be asked where an image shows cracks.

    Args:
        source: A folder that holds ``model.json`` and ``weights.safetensors``, as ``dvc repro train_classifier`` writes
            one under models/ and ``hairline click`` beside the clicks (``classifier``); or ``models:/NAME@champion`` or
            ``models:/NAME/VERSION`` of MLflow's registry, in the store of the workspace that this is called in or the
            one that MLFLOW_TRACKING_URI names.

    Returns:
        The classifier, on the GPU where there is one.

    Raises:
        HairlineError: If there is no such folder, store or model, it is no classifier (a segmenter is none), its two
            files do not belong together, or a library of the extra ``train`` is missing.

    Example:
        >>> import hairline
        >>> hairline.load_classifier("nowhere")
        Traceback (most recent call last):
        hairline.errors.HairlineError: nowhere: no such folder; expected the folder of a classifier, ...
    """
    with extras.needed(f"the classifier {source}"):
        if registered.is_one(source):
            with registered.fetched(str(source), "classifier") as folder:
                return PatchClassifier(folder)
        return PatchClassifier(Path(source))


def _window(info: Mapping[str, object]) -> int | None:
    told = info.get("window_px")
    if not isinstance(told, int) or isinstance(told, bool) or not LEAST_PX <= told <= bounds.WINDOW_PX:
        return None
    return told


def refuse_none(classifier: Path) -> None:
    """Refuse a folder that lacks a file of a classifier.

    Raises:
        HairlineError: If so.
    """
    lacking = [name for name in FILES if not there(classifier / name)]
    if lacking:
        found = f"has no {' and no '.join(lacking)}" if classifier.is_dir() else "no such folder"
        raise HairlineError(
            f"{classifier}: {found}; expected the folder of a classifier, as 'dvc repro train_classifier' and "
            "'hairline click' write one; name it"
        )
