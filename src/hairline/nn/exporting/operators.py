"""Operators of networks that ONNX or onnxruntime lack, made of those that they have; the same numbers up to rounding.

:class:`Exportable` puts them in the place of torch's while a network is exported, so that no architecture knows of it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

CUBIC = -0.5
"""The constant of Keys' cubic kernel that torch has for interpolation without aliases."""


class Exportable(TorchFunctionMode):
    """Context in which torch's functions that cannot be exported are those of this module."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """What torch calls in the place of a function."""
        return _OURS.get(func, func)(*args, **(kwargs or {}))


def mean_of_bins(x: Tensor, output_size: int | Sequence[int]) -> Tensor:
    """As torch's adaptive average pooling [N, C, H, W] → [N, C, rows, columns], for sides that do not divide, too."""
    rows, cols = (output_size, output_size) if isinstance(output_size, int) else output_size
    return _bins(x.shape[2], rows, x.dtype) @ x @ _bins(x.shape[3], cols, x.dtype).T


def _bins(length: int, count: int, dtype: torch.dtype) -> Tensor:
    """Matrix [count, length] that takes the means of bins along a side; neighbours may share a pixel."""
    number, at = torch.arange(count)[:, None], torch.arange(length)[None]
    start, stop = number * length // count, ((number + 1) * length + count - 1) // count
    return ((at >= start) & (at < stop)).to(dtype) / (stop - start).to(dtype)


def unpooled(x: Tensor, indices: Tensor, *_: object, **__: object) -> Tensor:
    """As torch's max_unpool2d of 2 × 2 windows without overlap: values where their maxima lay, 0 elsewhere."""
    height, width = x.shape[2:]
    flat = torch.arange(2 * height)[:, None] * (2 * width) + torch.arange(2 * width)[None]
    return torch.where(_doubled(indices) == flat, _doubled(x), torch.zeros((), dtype=x.dtype))


def _doubled(x: Tensor) -> Tensor:
    items, channels, height, width = x.shape
    wide = x[:, :, :, None, :, None].expand(items, channels, height, 2, width, 2)
    return wide.reshape(items, channels, 2 * height, 2 * width)


def mean_of_windows(
    x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """As torch's avg_pool2d; in float64, which onnxruntime lacks, the mean of the part of windows on the map alone."""
    plain = kernel_size == 2 * padding + 1 and stride == 1 and not count_include_pad
    if x.dtype != torch.float64 or not plain:
        return F.avg_pool2d(x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    along_columns = _mean_along(x.transpose(2, 3), padding).transpose(2, 3)
    return _mean_along(along_columns, padding)


def _mean_along(x: Tensor, radius: int) -> Tensor:
    """Mean over windows along the last axis, which end at the map's border, by sums from the start."""
    length = x.shape[3]
    at = torch.arange(length)
    start, stop = (at - radius).clamp(min=0), (at + radius + 1).clamp(max=length)
    summed = F.pad(x.cumsum(3), (1, 0))
    return (summed.index_select(3, stop) - summed.index_select(3, start)) / (stop - start).to(x.dtype)


def interpolated(
    x: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Tensor:  # fmt: skip
    """As torch's interpolate; by areas and by cubics without aliases, to a size, as products with matrices."""
    if mode == "area" and size is not None:
        return mean_of_bins(x, size)
    if mode == "bicubic" and antialias and not align_corners and size is not None:
        rows, cols = size
        return _cubics(x.shape[2], rows, x.dtype) @ x @ _cubics(x.shape[3], cols, x.dtype).T
    times = None if size is None or align_corners else _times(x, size)
    if times is not None:
        return F.interpolate(x, None, times, mode, align_corners)
    return F.interpolate(x, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias)


def _times(x: Tensor, size: int | Sequence[Any]) -> tuple[float, ...] | None:
    """How many times as large a size is as a map's, where that is a whole number along both sides.

    Sides of images are multiples of what the network needs, so what is whole for one image is for all; a Resize by
    constants costs onnxruntime no change of layout.
    """
    sizes = [size] * 2 if isinstance(size, int) else list(size)
    pairs = [(int(large), int(small)) for large, small in zip(sizes, x.shape[2:], strict=True)]
    return None if any(large % small for large, small in pairs) else tuple(large / small for large, small in pairs)


def padded(x: Tensor, pad: Sequence[Any], mode: str = "constant", value: float | None = None) -> Tensor:
    """As torch's pad, by constants: convolutions that pad by the size of their input always find the same, as above."""
    return F.pad(x, [int(each) for each in pad], mode, value)


def _cubics(length: int, count: int, dtype: torch.dtype) -> Tensor:
    """Matrix [count, length] of cubic interpolation along a side, its kernel stretched where the side gets shorter."""
    step = length / torch.as_tensor(count, dtype=torch.float64)
    stretch = step.clamp(min=1)
    centre, at = (torch.arange(count)[:, None] + 0.5) * step, torch.arange(length)[None]
    reach = ((at + 0.5 - centre) / stretch).abs()
    near = ((CUBIC + 2) * reach - (CUBIC + 3)) * reach * reach + 1
    far = ((CUBIC * reach - 5 * CUBIC) * reach + 8 * CUBIC) * reach - 4 * CUBIC
    weights = torch.where(reach < 1, near, torch.where(reach < 2, far, torch.zeros((), dtype=torch.float64)))
    return (weights / weights.sum(1, keepdim=True)).to(dtype)


_OURS: dict[Callable[..., Any], Callable[..., Any]] = {
    F.adaptive_avg_pool2d: mean_of_bins,
    F.avg_pool2d: mean_of_windows,
    F.interpolate: interpolated,
    F.pad: padded,
    torch._C._nn.max_unpool2d: unpooled,  # what F.max_unpool2d calls
}
"""Function of torch → what it is replaced by."""
