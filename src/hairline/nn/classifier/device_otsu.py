"""Local multi-Otsu of many images on the device: thresholds equal to those of :mod:`hairline.labelling.thresholding`.

Histograms are counts of whole numbers, and a class adds moment² / mass in float64 here as there, so that the result is
the same. What is searched there over occupied levels is searched here over all 256 at once: classes without a pixel
are no classes.
"""

from typing import Any

import torch
from torch import Tensor

from hairline.imaging.windows import PatchGrid
from hairline.labelling.thresholding import LEVELS, NO_CRACK, TIE, Options
from hairline.nn.classifier.device_windows import mirrored

WINDOWS_AT_ONCE = 4
"""Windows whose splits are searched at once without a kernel of their own: tables of 2 MB, which stay in the cache."""


def dark_pixels(levels: Tensor, options: Options) -> Tensor:
    """Pixels in the darkest class of every window over them.

    They are those of :func:`hairline.labelling.thresholding.dark_pixels`.

    Args:
        levels: Filtered grey levels, uint8 [N, height, width], on any device.
        options: Windows and classes; the filter and the weights of colours have been at work.

    Returns:
        bool [N, height, width] on the same device.
    """
    grid = PatchGrid(levels.shape[1], levels.shape[2], options.window_px, options.stride_px)
    thresholds = window_thresholds(levels, grid, options.classes, options.includes_k1)
    lowest = _minimum(thresholds, grid)
    pixels = lowest.repeat_interleave(grid.cell_px, 1).repeat_interleave(grid.cell_px, 2)
    return levels.short() <= pixels[:, : grid.height, : grid.width]


def window_thresholds(levels: Tensor, grid: PatchGrid, classes: int, includes_k1: bool = True) -> Tensor:
    """Threshold of every window over grey levels uint8 [N, height, width]: int16 [N, rows, cols] on their device."""
    histograms = _histograms(levels, grid).view(-1, LEVELS)
    return _thresholds(histograms, classes, includes_k1).view(len(levels), grid.rows, grid.cols)


def _histograms(levels: Tensor, grid: PatchGrid) -> Tensor:
    """Pixels of every grey level in every window, int32 [N, rows, cols, 256]: sums of those of its cells."""
    cell, images = grid.cell_px, len(levels)
    across = grid.padded_width // cell
    padded = mirrored(levels, grid).contiguous()
    table = _kernels().histograms(padded, cell) if levels.device.type == "cuda" else _counted(padded, cell)
    size, step = grid.window_px // cell, grid.stride_px // cell
    rows = torch.zeros(images, grid.rows, across, LEVELS, dtype=torch.int32, device=levels.device)
    for offset in range(size):
        rows += table[:, offset : offset + (grid.rows - 1) * step + 1 : step]
    found = torch.zeros(images, grid.rows, grid.cols, LEVELS, dtype=torch.int32, device=levels.device)
    for offset in range(size):
        found += rows[:, :, offset : offset + (grid.cols - 1) * step + 1 : step]
    return found


def _counted(levels: Tensor, cell: int) -> Tensor:
    """Pixels of every grey level in every cell of uint8 [N, rows · cell, cols · cell]: int32 [N, rows, cols, 256]."""
    images, down, across = len(levels), levels.shape[1] // cell, levels.shape[2] // cell
    cells = torch.arange(images * down * across, device=levels.device).view(images, down, 1, across, 1)
    places = (levels.view(images, down, cell, across, cell).long() + LEVELS * cells).flatten()
    return torch.bincount(places, minlength=images * down * across * LEVELS).int().view(images, down, across, LEVELS)


def _thresholds(histograms: Tensor, classes: int, includes_k1: bool) -> Tensor:
    """:func:`hairline.labelling.thresholding.window_threshold` of histograms int32 [W, 256]: int16 [W]."""
    occupied = histograms > 0
    numbers = torch.arange(LEVELS, device=histograms.device, dtype=torch.int32)
    low = torch.where(occupied, numbers, LEVELS).amin(1, keepdim=True)
    high = torch.where(occupied, numbers, -1).amax(1, keepdim=True)
    span = (high - low).clamp_min(1)
    bins = (LEVELS * (numbers - low).clamp_min(0) // span).clamp_max(LEVELS - 1)
    mass, moment = (_prefix(values) for values in (histograms, histograms * bins))
    rest = _last_class(mass, moment)
    for _ in range(2, classes):
        rest = _split_once_more(mass, moment, rest, low[:, 0], high[:, 0])
    darkest = moment[:, 1:] * moment[:, 1:] / mass[:, 1:]
    values = torch.where(occupied, darkest + rest[:, 1:], -torch.inf)
    enough = values.amax(1, keepdim=True) * (1 - TIE)
    first = torch.where(values >= enough, numbers, LEVELS).amin(1, keepdim=True).clamp_max(LEVELS - 1)
    if not includes_k1:
        chosen = bins.gather(1, first.long())
        first = low + (2 * chosen + 1) * span // (2 * LEVELS)
    few = occupied.sum(1, keepdim=True) < classes
    return torch.where(few, NO_CRACK, first)[:, 0].short()


def _prefix(values: Tensor) -> Tensor:
    """Sums of the first 0..256 columns of int32 [W, 256], float64 [W, 257]."""
    sums = values.cumsum(1, dtype=torch.int32).double()
    return torch.cat([torch.zeros_like(sums[:, :1]), sums], dim=1)


def _last_class(mass: Tensor, moment: Tensor) -> Tensor:
    """What a class of the levels i.. adds, -∞ where it has no pixel: float64 [W, 257]."""
    heavier, part = mass[:, -1:] - mass, moment[:, -1:] - moment
    return torch.where(heavier > 0, part * part / heavier, -torch.inf)


def _split_once_more(mass: Tensor, moment: Tensor, rest: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """From the best variance of the levels i.. in some number of classes to that in one more: float64 [W, 257]."""
    if mass.device.type == "cuda":
        return torch.as_tensor(_kernels().split_once_more(mass, moment, rest, low.contiguous(), high.contiguous()))
    parts = range(0, len(mass), WINDOWS_AT_ONCE)
    return torch.cat(
        [_searched(*(table[start : start + WINDOWS_AT_ONCE] for table in (mass, moment, rest))) for start in parts]
    )


def _kernels() -> Any:
    from hairline.nn.classifier import otsu_kernel  # Triton is there where CUDA is

    return otsu_kernel


def _searched(mass: Tensor, moment: Tensor, rest: Tensor) -> Tensor:
    """The same by trying all pairs at once, in memory."""
    heavier = mass[:, None, :] - mass[:, :, None]
    part = moment[:, None, :] - moment[:, :, None]
    return torch.where(heavier > 0, part * part / heavier + rest[:, None, :], -torch.inf).amax(2)


def _minimum(thresholds: Tensor, grid: PatchGrid) -> Tensor:
    """Least threshold of all windows over each cell: int16 [N, padded height / cell, padded width / cell]."""
    cell, step = grid.cell_px, grid.stride_px // grid.cell_px
    size = grid.window_px // cell
    down, across = grid.padded_height // cell, grid.padded_width // cell
    shape = (len(thresholds), down, across)
    cells = torch.full(shape, LEVELS, dtype=torch.int16, device=thresholds.device)
    for dy in range(size):
        for dx in range(size):
            under = cells[:, dy : dy + (grid.rows - 1) * step + 1 : step, dx : dx + (grid.cols - 1) * step + 1 : step]
            torch.minimum(under, thresholds, out=under)
    return cells
