"""The heavy parts of :mod:`hairline.nn.classifier.device_otsu` as Triton kernels."""

import torch
import triton
import triton.language as tl
from torch import Tensor

STARTS = 32
ENDS = 32
SPLITS = 257
LEVELS = 256
PIXELS = 32
"""Pixels of a cell that are counted at once."""


def histograms(levels: Tensor, cell_px: int) -> Tensor:
    """Pixels of every grey level in every cell.

    Args:
        levels: uint8 [N, rows · cell, cols · cell], contiguous, on a CUDA device.
        cell_px: Side of a cell.

    Returns:
        int32 [N, rows, cols, 256].
    """
    images, height, width = levels.shape
    rows, cols = height // cell_px, width // cell_px
    counted = torch.empty(images, rows, cols, LEVELS, dtype=torch.int32, device=levels.device)
    _count[(images * rows * cols,)](levels, counted, rows, cols, cell_px, PIXELS, LEVELS)
    return counted


def split_once_more(mass: Tensor, moment: Tensor, rest: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Largest moment² / mass of a class of the levels i..j-1 plus ``rest[j]``, over j.

    Args:
        mass: Pixels in the first 0..256 levels, float64 [W, 257], contiguous, on a CUDA device.
        moment: Sums of their bins, likewise.
        rest: Best variance of the levels j.. in fewer classes, likewise; -∞ where there is none.
        low: Lowest level with a pixel, int32 [W].
        high: Highest level with a pixel, int32 [W].

    Returns:
        float64 [W, 257]; -∞ where no j is left, and where i is up to ``low``, which nobody asks about.
    """
    more = torch.full_like(rest, -torch.inf)
    _search[(len(mass), triton.cdiv(SPLITS, STARTS))](mass, moment, rest, low, high, more, STARTS, ENDS, SPLITS)
    return more


@triton.jit  # type: ignore[untyped-decorator]
def _count(  # type: ignore[no-untyped-def]
    levels, counted, rows, cols, cell: tl.constexpr, pixels: tl.constexpr, bins: tl.constexpr
):
    number = tl.program_id(0)
    col, row, image = number % cols, number // cols % rows, number // (cols * rows)
    corner = levels + (image.to(tl.int64) * rows + row) * cell * cols * cell + col * cell
    level = tl.arange(0, bins)
    total = tl.zeros((bins,), tl.int32)
    for first in range(0, cell * cell, pixels):
        place = first + tl.arange(0, pixels)
        inside = place < cell * cell
        found = tl.load(corner + place // cell * (cols * cell) + place % cell, mask=inside, other=0).to(tl.int32)
        found = tl.where(inside, found, -1)
        total += tl.sum((found[:, None] == level[None, :]).to(tl.int32), axis=0)
    tl.store(counted + number.to(tl.int64) * bins + level, total)


@triton.jit  # type: ignore[untyped-decorator]
def _search(  # type: ignore[no-untyped-def]
    mass, moment, rest, low, high, more, starts: tl.constexpr, ends: tl.constexpr, splits: tl.constexpr
):
    window = tl.program_id(0)
    row = window.to(tl.int64) * splits
    least = tl.program_id(1) * starts
    start = least + tl.arange(0, starts)
    there = start < splits
    # Behind the highest level there is no pixel for another class, up to the lowest none for the darkest.
    stop = tl.minimum(tl.load(high + window) + 1, splits)
    stop = tl.where(least + starts <= tl.load(low + window), least, stop)
    lighter = tl.load(mass + row + start, mask=there, other=0.0)
    before = tl.load(moment + row + start, mask=there, other=0.0)
    best = tl.full((starts,), float("-inf"), tl.float64)
    for first in range(least, stop, ends):
        end = first + tl.arange(0, ends)
        inside = end < splits
        heavier = tl.load(mass + row + end, mask=inside, other=0.0)
        after = tl.load(moment + row + end, mask=inside, other=0.0)
        behind = tl.load(rest + row + end, mask=inside, other=float("-inf"))
        pixels = heavier[None, :] - lighter[:, None]
        part = after[None, :] - before[:, None]
        value = part * part / tl.where(pixels > 0, pixels, 1.0) + behind[None, :]
        value = tl.where(pixels > 0, value, float("-inf"))
        best = tl.maximum(best, tl.max(value, axis=1))
    tl.store(more + row + start, best, mask=there)
