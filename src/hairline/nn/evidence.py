"""What a classifier says about one image: voting windows and a class activation map, raw (METHOD §2)."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hairline.grid import PatchGrid
from hairline.localization import Evidence, Votes
from hairline.nn.backbones import CRACK, Classifier
from hairline.nn.cam import grad_cam_plus_plus
from hairline.nn.runtime import Placement, autocast


def collect(
    model: Classifier,
    image: NDArray[np.uint8],
    windows_px: Sequence[int],
    stride_px: int,
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
        cam, crack_probability = _full_image(model, image, placement)
    return Evidence(height, width, votes, cam, model.cell_px, crack_probability)


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


def _full_image(model: Classifier, image: NDArray[np.uint8], placement: Placement) -> tuple[NDArray[np.float32], float]:
    """Activation map [rows, cols] and crack probability of the image mirrored to whole cells."""
    height, width = image.shape[:2]
    whole = PatchGrid(height, width, model.cell_px, model.cell_px).pad(image)
    features = model.features(_batch(whole[None], placement))
    with torch.autocast(placement.device.type, enabled=False):
        cam = grad_cam_plus_plus(features, model.crack_weight)[0]
    return cam.float().cpu().numpy(), float(_crack_probability(model.head(features))[0])


def _batch(images: NDArray[np.uint8], placement: Placement) -> Tensor:
    """Images uint8 [N, H, W, 3] as a tensor [N, 3, H, W] on the device; channels-last memory as it comes."""
    return torch.from_numpy(images).to(placement.device).permute(0, 3, 1, 2)


def _crack_probability(logits: Tensor) -> NDArray[np.float32]:
    return logits.float().softmax(dim=1)[:, CRACK].cpu().numpy()
