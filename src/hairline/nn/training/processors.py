"""Training on processors without two costs that libraries bring there; what is learned stays the same up to rounding.

Measured on two cores of an AMD EPYC with AVX512-BF16, U-Net on EfficientNet-Lite0, 8 crops of 256 px a step:
``python benchmarks/processor_steps.py``.
"""

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
"""Numbers of options of glibc's ``mallopt`` (malloc.h)."""
PAD_BYTES = 2**28


def keep_memory() -> bool:
    """Let this process keep the memory that it frees, for the next step takes as much again.

    glibc gives large blocks back to the system, which clears every page of them before the next use: some 90,000 page
    faults a step. Held for the rest of the process; whether the C library can do it is returned.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return False
    return all([mallopt(MMAP_MAX, 0), mallopt(TRIM_THRESHOLD, 2**31 - 1), mallopt(TOP_PAD, PAD_BYTES)])


@contextmanager
def depthwise_in_float32(network: nn.Module) -> Iterator[None]:
    """Run depthwise convolutions that are large or strided in 32 bit under autocast to bfloat16, within the block.

    On processors the gradients of these take oneDNN two to ten times as long in bfloat16, and they are few enough of
    the arithmetic that 32 bit costs nothing.
    """
    slow = [each for each in network.modules() if isinstance(each, nn.Conv2d) and _slow_in_bfloat16(each)]
    for each in slow:
        each.forward = _in_float32(each.forward)  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        for each in slow:
            del each.forward  # the class's own again


def _slow_in_bfloat16(convolution: nn.Conv2d) -> bool:
    depthwise = convolution.groups == convolution.in_channels > 1
    return depthwise and (convolution.kernel_size[0] > 3 or convolution.stride[0] > 1)


def _in_float32(forward: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def run(images: Tensor) -> Tensor:
        if not torch.is_autocast_enabled("cpu"):
            return forward(images)
        with torch.autocast("cpu", enabled=False):
            return forward(images.float()).to(torch.get_autocast_dtype("cpu"))

    return run
