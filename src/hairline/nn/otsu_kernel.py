"""The search of :mod:`hairline.nn.device_otsu` as a Triton kernel: all pairs of splits of a window without memory."""

import torch
import triton
import triton.language as tl
from torch import Tensor

STARTS = 32
ENDS = 32
SPLITS = 257


def split_once_more(mass: Tensor, moment: Tensor, rest: Tensor) -> Tensor:
    """Largest moment² / mass of a class of the levels i..j-1 plus ``rest[j]``, over j.

    Args:
        mass: Pixels in the first 0..256 levels, float64 [W, 257], contiguous, on a CUDA device.
        moment: Sums of their bins, likewise.
        rest: Best variance of the levels j.. in fewer classes, likewise; -∞ where there is none.

    Returns:
        float64 [W, 257]; -∞ where no j is left.
    """
    more = torch.full_like(rest, -torch.inf)
    _search[(len(mass), triton.cdiv(SPLITS, STARTS))](mass, moment, rest, more, STARTS, ENDS, SPLITS)
    return more


@triton.jit
def _search(  # type: ignore[no-untyped-def]
    mass, moment, rest, more, starts: tl.constexpr, ends: tl.constexpr, splits: tl.constexpr
):
    row = tl.program_id(0) * splits
    start = tl.program_id(1) * starts + tl.arange(0, starts)
    there = start < splits
    lighter = tl.load(mass + row + start, mask=there, other=0.0)
    before = tl.load(moment + row + start, mask=there, other=0.0)
    best = tl.full((starts,), float("-inf"), tl.float64)
    for first in range(tl.program_id(1) * starts, splits, ends):
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
