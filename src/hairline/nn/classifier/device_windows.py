"""Windows of images that lie on the device: views of the mirrored tensor, so that no window passes through the host."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from hairline.imaging.windows import PatchGrid

MOST_WINDOWS = 16384
"""Windows a forward pass at most: more gain nothing."""

MEMORY_SHARE = 0.25
"""Share of the device's free memory that a batch of windows may take."""

PASSES = 4
"""A layer's input and output, and what its library works on, in multiples of the largest input and output."""


def mirrored(images: Tensor, grid: PatchGrid) -> Tensor:
    """Mirror images [N, height, width, ...] at their bottom and right edge, as a grid of patches pads one.

    Returns:
        [N, padded height, padded width, ...] on the same device.
    """
    if grid.padded_height > grid.height:
        images = images.index_select(1, _reflected(grid.height, grid.padded_height, images.device))
    if grid.padded_width > grid.width:
        images = images.index_select(2, _reflected(grid.width, grid.padded_width, images.device))
    return images


def windows(images: Tensor, grid: PatchGrid) -> Tensor:
    """Windows of images [N, height, width, C]: a view [N, rows, cols, window, window, C] of the mirrored images."""
    views = mirrored(images, grid).unfold(1, grid.window_px, grid.stride_px).unfold(2, grid.window_px, grid.stride_px)
    return views.permute(0, 1, 2, 4, 5, 3)


def picked(views: Tensor, start: int, end: int) -> Tensor:
    """Windows number ``start`` to ``end`` of :func:`windows`, image by image and row by row.

    Returns:
        [n, C, window, window] in channels-last memory.
    """
    rows, cols = views.shape[1:3]
    chosen = torch.arange(start, end, device=views.device)
    cells = rows * cols
    taken = views[chosen // cells, chosen % cells // cols, chosen % cols]
    return taken.permute(0, 3, 1, 2)


def fitting(model: nn.Module, window_px: int, device: torch.device) -> int:
    """How many windows a forward pass may take on a device: :data:`MEMORY_SHARE` of what is free there.

    Args:
        model: Takes uint8 [N, 3, H, W]; on the device.
        window_px: Side of the windows in pixels.
        device: Where it runs; on processors :data:`MOST_WINDOWS` is the answer.

    Returns:
        At least 1, at most :data:`MOST_WINDOWS`.
    """
    if device.type != "cuda":
        return MOST_WINDOWS
    free, _ = torch.cuda.mem_get_info(device)
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    budget = MEMORY_SHARE * (free + unused)
    return int(min(max(budget // bytes_a_window(model, window_px), 1), MOST_WINDOWS))


def bytes_a_window(model: nn.Module, window_px: int) -> int:
    """Bytes that asking about one window takes at its worst layer, in 32 bit; an upper bound, found by asking once."""
    largest = [1]

    def look(module: nn.Module, taken: tuple[object, ...], given: object) -> None:
        tensors = [value for value in (*taken, given) if isinstance(value, Tensor)]
        largest.append(sum(4 * value.numel() for value in tensors))

    leaves = [layer for layer in model.modules() if not any(True for _ in layer.children())]
    hooks = [layer.register_forward_hook(look) for layer in leaves]
    place = next(model.parameters()).device
    try:
        with torch.inference_mode():
            model(torch.zeros(1, 3, window_px, window_px, dtype=torch.uint8, device=place))
    finally:
        for hook in hooks:
            hook.remove()
    return PASSES * max(largest)


@lru_cache(maxsize=64)
def _reflected(length: int, padded: int, device: torch.device) -> Tensor:
    """Places that a line of some length is read at to mirror it; kept, since sending them waits for the device."""
    with torch.inference_mode(False):
        return torch.from_numpy(np.pad(np.arange(length), (0, padded - length), mode="reflect")).to(device)


Ask = Callable[[Tensor], Tensor]
"""Images uint8 [N, 3, H, W] on the device → their crack probability float32 [N], there too."""


def votes(ask: Ask, images: Tensor, grid: PatchGrid, batch: int) -> Tensor:
    """Crack probability of every window of images [N, height, width, 3]: float32 [N, rows, cols] on their device."""
    views = windows(images, grid)
    count = len(images) * grid.rows * grid.cols
    parts = [ask(picked(views, start, min(start + batch, count))) for start in range(0, count, batch)]
    return torch.cat(parts).view(len(images), grid.rows, grid.cols)
