"""What a classifier says about one image: voting windows and a class activation map, raw (METHOD §2)."""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hairline.grid import PatchGrid
from hairline.localization import Evidence, ScaledCam, Votes, scaled_size
from hairline.nn.backbones import CRACK, Classifier
from hairline.nn.cam import by_gradient, grad_cam_plus_plus
from hairline.nn.runtime import Placement, autocast

HALO_PX = 256
"""Margin around a tile, wider than half of what a cell of ResNet-18 (435 px) or ResNet-50 (483 px) sees."""


def collect(
    model: Classifier,
    image: NDArray[np.uint8],
    windows_px: Sequence[int],
    stride_px: int,
    cam_scales: Sequence[float],
    tile_px: int,
    batch: int,
    placement: Placement,
) -> Evidence:
    """Ask a classifier about every window of an image and about the image as a whole.

    Windows keep their native size. They are cut from the mirrored image ``batch`` at a time, so that memory does not
    grow with their number.

    Args:
        model: The classifier; it is moved to the placement's device and set to evaluation mode.
        image: RGB uint8 [height, width, 3] of any size.
        windows_px: Sides of the voting windows in pixels, one vote map each, in this order.
        stride_px: Distance between windows in pixels.
        cam_scales: Scales on which the activation map is taken besides 1, in this order.
        tile_px: Longest side seen at once: larger images pass in tiles of that size with :data:`HALO_PX` around each.
        batch: Windows a forward pass; it changes memory and time, not the result.
        placement: Device and precision.

    Returns:
        Evidence whose ``cam_cell_px`` is the classifier's stride.

    Raises:
        HairlineError: If a stride exceeds a window (see :class:`hairline.grid.PatchGrid`).
    """
    height, width = image.shape[:2]
    grids = [PatchGrid(height, width, window_px, stride_px) for window_px in windows_px]
    model.eval().to(placement.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    with torch.inference_mode(), autocast(placement):
        votes = tuple(_votes(model, image, grid, batch, placement) for grid in grids)
        cam, crack_probability = _full_image(model, image, tile_px, placement)
        scaled = tuple(
            ScaledCam(scale, _full_image(model, _resized(image, scale), tile_px, placement)[0]) for scale in cam_scales
        )
    return Evidence(height, width, votes, cam, model.cell_px, crack_probability, scaled)


def _resized(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    height, width = scaled_size(image.shape[0], image.shape[1], scale)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), dtype=np.uint8)


def _votes(model: Classifier, image: NDArray[np.uint8], grid: PatchGrid, batch: int, placement: Placement) -> Votes:
    """Crack probability of every window of a grid."""
    windows = grid.split(image)
    count = grid.rows * grid.cols
    probabilities = np.empty(count, np.float32)
    for start in range(0, count, batch):
        rows, cols = np.divmod(np.arange(start, min(start + batch, count)), grid.cols)
        logits = model(_batch(windows[rows, cols], placement))
        probabilities[start : start + batch] = _crack_probability(logits)
    return Votes(grid.window_px, grid.stride_px, probabilities.reshape(grid.rows, grid.cols))


class _Tile(NamedTuple):
    """Features of a part of the image: rows and columns of cells, and float [1, K, rows, columns]."""

    rows: slice
    cols: slice
    features: Tensor


def _full_image(
    model: Classifier, image: NDArray[np.uint8], tile_px: int, placement: Placement
) -> tuple[NDArray[np.float32], float]:
    """Activation map [rows, cols] and crack probability of the image mirrored to whole cells."""
    cell = model.cell_px
    whole = PatchGrid(image.shape[0], image.shape[1], cell, cell).pad(image)
    rows, cols = whole.shape[0] // cell, whole.shape[1] // cell
    tiles = _tiles(model, whole, max(tile_px // cell, 1), placement)
    if model.crack_weight is None:
        return _by_gradient(model, tiles, rows, cols)
    return _closed_form(model, model.crack_weight, tiles, rows, cols)


def _tiles(model: Classifier, whole: NDArray[np.uint8], step: int, placement: Placement) -> Iterator[_Tile]:
    """Features of an image of whole cells in tiles of ``step`` cells, as if it were seen at once."""
    cell = model.cell_px
    rows, cols, halo = whole.shape[0] // cell, whole.shape[1] // cell, -(-HALO_PX // cell)
    for top, left in itertools.product(range(0, rows, step), range(0, cols, step)):
        bottom, right = min(top + step, rows), min(left + step, cols)
        above, before = max(top - halo, 0), max(left - halo, 0)
        seen = whole[above * cell : (bottom + halo) * cell, before * cell : (right + halo) * cell]
        features = model.features(_batch(seen[None], placement))
        features = features[:, :, top - above : bottom - above, left - before : right - before]
        yield _Tile(slice(top, bottom), slice(left, right), features)


def _closed_form(
    model: Classifier, crack_weight: Tensor, tiles: Iterator[_Tile], rows: int, cols: int
) -> tuple[NDArray[np.float32], float]:
    """The map is local and the probability depends on the mean of the features alone: no tile is kept."""
    cam, total = np.empty((rows, cols), np.float32), torch.zeros(len(crack_weight), dtype=torch.float64)
    for tile in tiles:
        with torch.autocast(crack_weight.device.type, enabled=False):
            cam[tile.rows, tile.cols] = grad_cam_plus_plus(tile.features, crack_weight)[0].float().cpu().numpy()
            total += tile.features.double().sum(dim=(0, 2, 3)).cpu()
    mean = (total / (rows * cols)).to(crack_weight.device, crack_weight.dtype)
    return cam, float(_crack_probability(model.head(mean[None, :, None, None]))[0])


def _by_gradient(model: Classifier, tiles: Iterator[_Tile], rows: int, cols: int) -> tuple[NDArray[np.float32], float]:
    """The features of all tiles are kept, 4·K bytes a cell, and the head and its gradient see the whole map.

    For 64 megapixels and ConvNeXt-tiny (K = 768, 62,500 cells) that is 192 MB, and about four times that for a moment.
    """
    gathered = torch.empty(0)
    for tile in tiles:
        if not len(gathered):
            with torch.inference_mode(False):  # a tensor that gradients can be taken of
                exact, device = model.normalise.mean.dtype, tile.features.device
                gathered = torch.empty(1, tile.features.shape[1], rows, cols, dtype=exact, device=device)
        gathered[:, :, tile.rows, tile.cols] = tile.features
    cam, logits = by_gradient(gathered, model.head)
    return cam[0].float().cpu().numpy(), float(_crack_probability(logits)[0])


def _batch(images: NDArray[np.uint8], placement: Placement) -> Tensor:
    """Images uint8 [N, H, W, 3] as a tensor [N, 3, H, W] on the device; channels-last memory as it comes."""
    return torch.from_numpy(images).to(placement.device).permute(0, 3, 1, 2)


def _crack_probability(logits: Tensor) -> NDArray[np.float32]:
    return logits.float().softmax(dim=1)[:, CRACK].cpu().numpy()
