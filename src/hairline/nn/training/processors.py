"""Training on processors without what oneDNN is slow at there; what is learned stays the same up to rounding.

A step of U-Net on EfficientNet-Lite0 takes 0.69 of the time on two cores of an AMD EPYC with AVX512-BF16
(``python benchmarks/processor_steps.py``).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


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
