"""A finished segmenter, loaded and asked about photos of any size."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.imaging import tiles
from hairline.imaging.resized import asked_at
from hairline.imaging.rgb import refuse_image
from hairline.imaging.tiles import blended
from hairline.inspection import opened, photos, registered
from hairline.inspection.scores import Scores
from hairline.io import extras
from hairline.io.hashing import content_hash
from hairline.io.memory import keep_freed
from hairline.io.reading import read_text, there
from hairline.metrics import operating_point
from hairline.nn.runtime.model_files import INFO_FILE, WEIGHTS_FILE
from hairline.nn.segmenter import scale_rules, shipped

SHIPPED = "shipped"
"""The source of :func:`load_segmenter` that is the network inside the package."""

TILING = tiles.NETWORK
"""How photos are cut, in the pixels that the network sees."""

LARGEST_SCALE = 16.0
ONNX = ".onnx"
"""The suffix of exported networks."""


class Predictor:
    """A loaded segmenter.

    Attributes:
        info: What its model.json says: network, options, training.
        card: Its model card in Markdown; empty where its folder has none.
        sha256: Hash of its weights and its model.json, 64 hexadecimal digits.
    """

    def __init__(self, folder: Path) -> None:
        """Load what a training wrote, or the network that ships, onto the GPU where there is one.

        Raises:
            HairlineError: If the folder holds no segmenter.
        """
        from hairline.nn.runtime import device, serving  # torch, which an exported network does without
        from hairline.nn.segmenter import segmenter

        self._model, info = segmenter.load(folder)
        self.info: Mapping[str, object] = info
        self._placement = device.resolve(serving.RUNTIME)
        self.sha256 = of_folder(folder)
        self.card = card_of(folder)

    def __getstate__(self) -> dict[str, Any]:
        """What is sent to another process: the network on the processor, and not where it runs here."""
        self._model.to("cpu")
        return {name: value for name, value in self.__dict__.items() if name != "_placement"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Run where this process is, as a network does that is loaded here for ``hairline predict``."""
        from hairline.nn.runtime import device, serving

        self.__dict__.update(state)
        self._placement = device.resolve(serving.RUNTIME)
        keep_freed()

    def predict(self, image: NDArray[np.uint8] | str | Path, scale: float | Literal["auto"] = 1) -> Scores:
        """Score of crack of every pixel of an image.

        Args:
            image: RGB uint8 [height, width, 3] of any size, or the path of a photo as ``hairline predict`` takes it,
                upright and over white (VIDEO/frame_000123 is a frame of a video); what it does not show (nodata, wholly
                transparent pixels) is no crack. Sides above 1152 px at the scale pass in overlapping tiles.
            scale: What both sides are multiplied by before the network looks, in (0, 16]: above 1 for small images
                with thin cracks, below 1 for close-ups. ``auto`` is :meth:`find_scale` of this image alone; one for all
                images of a set is better. The scores have the size of the image.

        Returns:
            float32 [height, width] in [0, 1], an array that can also be measured: ``.measure(mm_per_px=0.2)``,
            ``.to_geojson()``, ``.mask()`` at the network's threshold.

        Raises:
            HairlineError: If the image is of another kind, the file cannot be read, or the scale is out of range.
        """
        if scale != "auto":
            refuse_scale(scale)
        pixels, shown = _read(image) if isinstance(image, str | Path) else (image, None)
        refuse_image(pixels)
        factor = self.find_scale([pixels])[0] if scale == "auto" else float(scale)

        def ask(tile: NDArray[np.uint8]) -> NDArray[np.float32]:
            return asked_at(tile, factor, self._scores)

        scores = blended(pixels, ask, TILING.resized(factor))
        np.clip(scores, 0, 1, out=scores)
        if shown is not None:
            scores[~shown] = 0
        source = Path(image).absolute() if isinstance(image, str | Path) else image
        return Scores.of(scores, operating_point.of(self.info), source)

    def _scores(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the network says of an image, or of a tile, at the scale it sees it at."""
        from hairline.nn.segmenter import segmenter

        return segmenter.predict(self._model, image, self._placement)

    def find_scale(
        self, images: Sequence[NDArray[np.uint8]], step: Callable[[], object] = lambda: None
    ) -> tuple[float, dict[str, float | None]]:
        """The scale that suits this network on a set of images, by :mod:`hairline.nn.segmenter.scale_rules`.

        Args:
            images: RGB uint8 [height, width, 3] each.
            step: Called after each image.

        Returns:
            One of the candidates, from 1/8 to 4, 1 where hardly anything is marked at any of them; and every candidate
            → how sure the network is of the images there, None where hardly anything was marked.
        """
        factors = scale_rules.candidates([(image.shape[0], image.shape[1]) for image in images])
        found = scale_rules.by_rule(images, factors, self.predict, step)
        return found.factor, found.candidates


def _read(path: str | Path) -> tuple[NDArray[np.uint8], NDArray[np.bool_] | None]:
    """A photo, and which of its pixels show anything; None where all do."""
    with opened.opened(photos.recorded(str(path))) as found:
        photo = found.photo
        return photo.part(0, photo.height, 0, photo.width), photo.shown(0, photo.height)


def load_segmenter(source: str | Path = SHIPPED) -> Predictor:
    """A segmenter that is ready to be asked.

    Args:
        source: ``shipped``, the network inside this package, taught by generated images alone, which runs on torch
            where that is installed (extra ``train``), else on onnxruntime, with scores within 1e-4; a folder that holds
            ``model.json`` and ``weights.safetensors``, as a training writes it under models/; a file that ``hairline
            export`` wrote, ``….onnx``, which needs no torch; or ``models:/NAME@champion`` or ``models:/NAME/VERSION``
            of MLflow's registry. A folder that is itself called ``shipped`` is named ``./shipped``.

    Returns:
        The network, on the GPU where there is one; ``.predict(image)`` asks it.

    Raises:
        HairlineError: If there is no segmenter, or it needs an extra of hairline that is not installed.

    Example:
        >>> import hairline
        >>> scores = hairline.load_segmenter().predict("wall.jpg")   # doctest: +SKIP
    """
    if str(source).lower().endswith(ONNX) and not Path(source).is_dir():
        from hairline.inspection.onnx_prediction import OnnxPredictor

        return OnnxPredictor(Path(source))
    if str(source) == SHIPPED and isinstance(source, str):
        return _shipped()
    with extras.needed(f"the network {source}, which is no {ONNX} file,"):
        return _of_torch(source)


def _shipped() -> Predictor:
    """The network that ships, on torch where that is installed, else on onnxruntime."""
    if extras.installed("torch"):
        return Predictor(shipped.folder())
    from hairline.inspection.onnx_prediction import ShippedPredictor

    return ShippedPredictor(shipped.folder())


def _of_torch(source: str | Path) -> Predictor:
    """A segmenter of MLflow's registry, or of a folder."""
    if registered.is_one(source):
        with registered.fetched(str(source)) as folder:
            return Predictor(folder)
    folder = Path(source)
    if not folder.is_dir():
        found = "is a file" if there(folder) else "no such folder"
        raise HairlineError(
            f"{source}: {found}; expected '{SHIPPED}', or a folder that holds {INFO_FILE} and "
            f"{WEIGHTS_FILE}, as training writes it under models/, or an exported {ONNX} file; correct it"
        )
    return Predictor(folder)


def of_folder(folder: Path) -> str:
    """What tells the network of a folder from others: a hash of its weights and its model.json, 64 digits."""
    hashes = [content_hash(folder / name) for name in (WEIGHTS_FILE, INFO_FILE)]
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def card_of(folder: Path) -> str:
    """The model card of a folder in Markdown; empty where it has none."""
    card = folder / shipped.CARD
    return read_text(card) if there(card) else ""


def refuse_scale(scale: float) -> None:
    """Raise HairlineError unless a scale is a number in (0, 16]."""
    if (
        isinstance(scale, bool)
        or not isinstance(scale, int | float | np.number)
        or not (math.isfinite(scale) and 0 < scale <= LARGEST_SCALE)
    ):
        raise HairlineError(
            f"scale {scale!r}: expected a number above 0 and at most {LARGEST_SCALE:g}, as 0.5 to halve both sides or "
            "2 to double them; correct it"
        )
