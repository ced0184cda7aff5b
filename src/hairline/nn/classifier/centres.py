"""Where a network looks: the pixel in the middle of what a cell of its feature map, or a window's vote, depends on.

A convolution of 3 pixels with a stride of 2 and one pixel of padding looks around every second pixel, beginning with
the first; one of 2 pixels without padding looks between pixels. What comes of a whole network is found by its own
forward pass, with every layer made an average: convolutions weigh all that they see alike, normalisation and activation
change nothing, and what is pooled over the whole image is a constant. The gradient of a cell is then the share that
each pixel has in it, whatever the network has learned, and its centre of mass is where the cell looks.

What a network learns moves that: one that is to say of patches and of their mirror images the same must see as much of
one side as of the other, and its cells come to look near the middle of their squares (docs/labels.md).
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from hairline.labelling.localization import Place
from hairline.nn.classifier import backbones

CELLS = 32
"""Cells of the strip that a network is asked about, far more than one sees anything of."""

ACROSS = 2
"""Cells across the strip."""


@lru_cache(maxsize=64)
def of(backbone: str, windows_px: tuple[int, ...]) -> tuple[Place, tuple[Place, ...]]:
    """Where the cells of a classifier and its votes about windows look; known from the architecture alone, and kept.

    Args:
        backbone: A timm name that :func:`hairline.nn.classifier.backbones.build` takes.
        windows_px: Sides of windows in pixels.

    Returns:
        Where the first cell looks, in the image: row r, column c looks ``cell_px`` · (r, c) further. And where a vote
        looks, the mean of its window's cells, in each window. A small window has few cells, and what they see beyond
        its edges is padding: their middle is not always the window's.
    """
    with torch.inference_mode(False), torch.random.fork_rng(devices=[]):
        model = backbones.build(backbone, "none")[0].eval()
        cells = (_along(model, 0), _along(model, 1))
        shares = [_share(model, (side, side), lambda features: features.mean()) for side in windows_px]
        return cells, tuple((_centre(share, 0), _centre(share, 1)) for share in shares)


def _along(model: backbones.Classifier, axis: int) -> float:
    """Where the first cell looks along an axis, found at a cell in the middle of a strip."""
    cell, middle = model.cell_px, CELLS // 2
    size = (CELLS * cell, ACROSS * cell) if axis == 0 else (ACROSS * cell, CELLS * cell)
    share = _share(model, size, lambda features: features.select(2 + axis, middle).mean())
    return _centre(share, axis) - middle * cell


def _share(model: backbones.Classifier, size: tuple[int, int], asked: Callable[[Tensor], Tensor]) -> Tensor:
    """Share of every pixel in what is asked of the features of an image, float64 [height, width]."""
    image = torch.ones(1, 3, *size, dtype=torch.float64, requires_grad=True)
    with torch.enable_grad(), _Averages():
        features = cast(backbones.Body, model.body).forward_features(image)
    (gradient,) = torch.autograd.grad(asked(features), image)
    return gradient.sum((0, 1))


def _centre(share: Tensor, axis: int) -> float:
    """Centre of mass along an axis, to a thousandth of a pixel: what lies beyond the ends of a strip is less."""
    along = share.sum(1 - axis)
    return round(float((along * torch.arange(len(along))).sum() / along.sum()), 3)


class _Averages(TorchFunctionMode):
    """Within it every layer is an average of what it sees."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        replaced = _REPLACED.get(getattr(func, "__name__", ""))
        return func(*args, **(kwargs or {})) if replaced is None else replaced(func, *args, **(kwargs or {}))


def _same(func: Any, values: Tensor, *args: Any, **named: Any) -> Tensor:
    return values


def _convolution(
    func: Any, values: Tensor, weight: Tensor, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    even = values.new_full((1, 1, *weight.shape[2:]), 1 / weight[0, 0].numel())
    mean = func(values.mean(1, keepdim=True), even, None, stride, padding, dilation)
    return cast(Tensor, mean.repeat(1, len(weight), 1, 1))


def _linear(func: Any, values: Tensor, weight: Tensor, bias: Any = None) -> Tensor:
    return values.mean(-1, keepdim=True).repeat(*[1] * (values.ndim - 1), len(weight))


def _max_pool(
    func: Any, values: Tensor, kernel: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Tensor:  # fmt: skip
    return F.avg_pool2d(values, kernel, stride, padding, ceil_mode)


def _pad(func: Any, values: Tensor, pad: Any, mode: str = "constant", value: Any = None) -> Tensor:
    """Padding with minus infinity, which a maximum passes over, is padding with nothing."""
    return cast(Tensor, func(values, pad, mode, 0 if value == -float("inf") else value))


def _pooled(func: Any, values: Tensor, *args: Any, **named: Any) -> Any:
    """A mean or maximum over the whole image is a constant."""
    found = func(values, *args, **named)
    positions = values.shape[-2] * values.shape[-1] if values.ndim == 4 else 1
    return found.detach() if positions > 1 and found.numel() * positions == values.numel() else found


_REPLACED: Mapping[str, Callable[..., Any]] = {
    "conv2d": _convolution,
    "linear": _linear,
    "max_pool2d": _max_pool,
    "pad": _pad,
    **dict.fromkeys(("mean", "amax", "adaptive_avg_pool2d", "adaptive_max_pool2d"), _pooled),
    **dict.fromkeys(("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm"), _same),
    **dict.fromkeys(("relu", "relu_", "relu6", "hardtanh", "silu", "gelu", "hardswish", "mish", "leaky_relu", "elu",
                     "celu", "selu"), _same),
}  # fmt: skip
