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


Constant = tuple[float, ...]
"""What a call is told of sizes: by how much a map is enlarged, or padded at its sides."""


class Exportable(TorchFunctionMode):
    """Context in which torch's functions that cannot be exported are those of this module.

    Sizes that a network computes of its input become constants of the file where they were the same for an input of
    another size, as where a map is doubled: onnxruntime then changes no layouts, and is a third faster.

    Attributes:
        constants: What each call was told of sizes, in their order; None where they are no constant.
    """

    def __init__(self, elsewhere: Sequence[Constant | None] = ()) -> None:
        """Take what :attr:`constants` were when the network was exported with an input of another size."""
        super().__init__()
        self.constants: list[Constant | None] = []
        self._elsewhere = elsewhere

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """What torch calls in the place of a function."""
        with_constants: dict[Callable[..., Any], Callable[..., Any]] = {
            F.interpolate: self._interpolated,
            F.pad: self._padded,
        }
        return (with_constants | _OURS).get(func, func)(*args, **(kwargs or {}))

    def _same(self, constant: Constant | None) -> Constant | None:
        """A constant of the call that comes now, where it was the same elsewhere."""
        place = len(self.constants)
        self.constants.append(constant)
        return constant if place < len(self._elsewhere) and self._elsewhere[place] == constant else None

    def _interpolated(
        self, x: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
        align_corners: bool | None = None, recompute_scale_factor: bool | None = None, antialias: bool = False,
    ) -> Tensor:  # fmt: skip
        """As torch's interpolate; by areas and by cubics without aliases, to a size, as products with matrices."""
        if mode == "area" and size is not None:
            return mean_of_bins(x, size)
        if mode == "bicubic" and antialias and not align_corners and size is not None:
            return cubics(x, size)
        times = None if size is None or align_corners else self._same(_times(x, size))
        if times is not None:
            return F.interpolate(x, None, times, mode, align_corners)
        return F.interpolate(x, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias)

    def _padded(self, x: Tensor, pad: Sequence[Any], mode: str = "constant", value: float | None = None) -> Tensor:
        """As torch's pad."""
        constant = self._same(tuple(float(each) for each in pad))
        return F.pad(x, pad if constant is None else [int(each) for each in constant], mode, value)


def _times(x: Tensor, size: int | Sequence[Any]) -> Constant | None:
    """How many times as large a size is as a map's, where that is a whole number along both sides."""
    sizes = [size] * 2 if isinstance(size, int) else list(size)
    pairs = [(int(large), int(small)) for large, small in zip(sizes, x.shape[2:], strict=True)]
    return None if any(large % small for large, small in pairs) else tuple(large / small for large, small in pairs)


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


def cubics(x: Tensor, size: Sequence[Any]) -> Tensor:
    """As torch's bicubic interpolation without aliases [N, C, H, W] → [N, C, rows, columns]."""
    rows, cols = size
    return _cubics(x.shape[2], rows, x.dtype) @ x @ _cubics(x.shape[3], cols, x.dtype).T


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
    F.max_unpool2d: unpooled,
}
"""Function of torch → what it is replaced by."""
