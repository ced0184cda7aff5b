"""What a classifier says about one image: voting windows and a class activation map, raw (METHOD §2)."""

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hairline.grid import PatchGrid
from hairline.localization import Evidence, ScaledCam, Votes, scaled_size
from hairline.nn.backbones import CRACK, Classifier
from hairline.nn.cam import grad_cam_plus_plus
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


def _full_image(
    model: Classifier, image: NDArray[np.uint8], tile_px: int, placement: Placement
) -> tuple[NDArray[np.float32], float]:
    """Activation map [rows, cols] and crack probability of the image mirrored to whole cells.

    The map is local and the probability depends on the mean of the features alone, so tiles give what the whole image
    gives, up to rounding, as long as the halo is as wide as the network sees.
    """
    cell = model.cell_px
    whole = PatchGrid(image.shape[0], image.shape[1], cell, cell).pad(image)
    rows, cols = whole.shape[0] // cell, whole.shape[1] // cell
    cam, total = np.empty((rows, cols), np.float32), torch.zeros(len(model.crack_weight), dtype=torch.float64)
    step, halo = max(tile_px // cell, 1), -(-HALO_PX // cell)
    for top, left in itertools.product(range(0, rows, step), range(0, cols, step)):
        bottom, right = min(top + step, rows), min(left + step, cols)
        above, before = max(top - halo, 0), max(left - halo, 0)
        seen = whole[above * cell : (bottom + halo) * cell, before * cell : (right + halo) * cell]
        features = model.features(_batch(seen[None], placement))
        features = features[:, :, top - above : bottom - above, left - before : right - before]
        with torch.autocast(placement.device.type, enabled=False):
            cam[top:bottom, left:right] = grad_cam_plus_plus(features, model.crack_weight)[0].float().cpu().numpy()
            total += features.double().sum(dim=(0, 2, 3)).cpu()
    mean = (total / (rows * cols)).to(placement.device, model.linear.weight.dtype)
    with torch.autocast(placement.device.type, enabled=False):
        logits = model.linear(mean[None])
    return cam, float(_crack_probability(logits)[0])


def _batch(images: NDArray[np.uint8], placement: Placement) -> Tensor:
    """Images uint8 [N, H, W, 3] as a tensor [N, 3, H, W] on the device; channels-last memory as it comes."""
    return torch.from_numpy(images).to(placement.device).permute(0, 3, 1, 2)


def _crack_probability(logits: Tensor) -> NDArray[np.float32]:
    return logits.float().softmax(dim=1)[:, CRACK].cpu().numpy()
