"""Layers that look at a whole batch, or draw for it, do so for the batch of all processes.

torch's own ``SyncBatchNorm`` refuses processors; there the same sums go over gloo. Neither it nor Lightning's
``sync_batchnorm`` keeps the activation that timm's normalisations have inside, so that layers are not replaced here.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from lightning.pytorch.plugins import LayerSync
from timm.layers.drop import DropPath
from torch import Tensor, nn
from torch.nn.modules._functions import SyncBatchNorm
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from hairline.nn.training.gathering import rank, ranks

MORE = "Expected more than 1 value per channel when training"


class WholeBatch(LayerSync):
    """Batch normalisation over the items of all processes, and the same dropout in any number of processes."""

    def __init__(self) -> None:
        """Start without a batch."""
        self.items = 0
        """Items of the batch under way in all processes; to be set before each step."""

    def apply(self, model: nn.Module) -> nn.Module:
        """Let the layers of a network look beyond their process."""
        for layer in model.modules():
            if isinstance(layer, _BatchNorm):
                layer.forward = partial(_normalised, layer)  # type: ignore[method-assign]
            elif isinstance(layer, _DropoutNd | DropPath):
                layer.forward = partial(self._dropped, layer)  # type: ignore[method-assign]
        return model

    def revert(self, model: nn.Module) -> nn.Module:
        """Give the layers the forward pass of their class again."""
        for layer in model.modules():
            if isinstance(layer, _BatchNorm | _DropoutNd | DropPath):
                vars(layer).pop("forward", None)
        return model

    def _dropped(self, layer: nn.Module, values: Tensor) -> Tensor:
        """What one process would drop of these items; every process draws for all of them."""
        forward, mine = type(layer).forward, len(range(rank(), self.items, ranks()))
        if not layer.training or ranks() == 1 or not mine:
            plain: Tensor = forward(layer, values)
            return plain
        each = len(values) // mine
        ones = torch.ones_like(values[:1]).expand(self.items * each, *values.shape[1:])
        factors = forward(layer, ones.contiguous(memory_format=_format(values)))
        own = factors.unflatten(0, (self.items, each))[rank() :: ranks()].flatten(0, 1)
        dropped: Tensor = values * own
        return dropped


def _format(values: Tensor) -> torch.memory_format:
    """In which order numbers are drawn: that of the memory."""
    last = values.ndim == 4 and values.is_contiguous(memory_format=torch.channels_last)
    return torch.channels_last if last and not values.is_contiguous() else torch.contiguous_format


def _normalised(layer: _BatchNorm, values: Tensor) -> Tensor:
    """The forward pass of a batch normalisation; with statistics of all processes in training."""
    if not layer.training or ranks() == 1:
        return type(layer).forward(layer, values)
    layer._check_input_dim(values)  # type: ignore[no-untyped-call]
    momentum = layer.momentum
    if layer.num_batches_tracked is not None:
        layer.num_batches_tracked.add_(1)
        momentum = 1 / float(layer.num_batches_tracked) if momentum is None else momentum
    normalise: Callable[..., Tensor] = _OnProcessors.apply if values.device.type == "cpu" else SyncBatchNorm.apply
    found = normalise(
        values, layer.weight, layer.bias, layer.running_mean, layer.running_var, layer.eps, momentum or 0.0,
        dist.group.WORLD, ranks(),
    )  # fmt: skip
    for name in ("drop", "act"):  # of timm's normalisations, which end with these
        found = getattr(layer, name)(found) if hasattr(layer, name) else found
    return found


class _OnProcessors(torch.autograd.Function):
    """What ``torch.nn.modules._functions.SyncBatchNorm`` is on CUDA, with the same arguments."""

    @staticmethod
    def forward(
        ctx: Any, values: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None,
        running_var: Tensor | None, eps: float, momentum: float, group: Any, processes: int,
    ) -> Tensor:  # fmt: skip
        mean, variance, total = _moments(values, group, processes)
        if total <= 1:
            raise ValueError(f"{MORE}, got input size {tuple(values.shape)}")
        if running_mean is not None and running_var is not None:
            running_mean.lerp_(mean.to(running_mean), momentum)
            running_var.lerp_((variance * (total / (total - 1))).to(running_var), momentum)
        exact = torch.float64 if values.dtype == torch.float64 else torch.float32
        mean, deviation = mean.to(exact), (variance + eps).rsqrt().to(exact)
        ctx.save_for_backward(values, weight, mean, deviation)
        ctx.total, ctx.group = total, group
        return torch.batch_norm(values, weight, bias, mean, variance.to(exact), False, 0.0, eps, False)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        values, weight, mean, deviation = ctx.saved_tensors
        around = (1, -1, *[1] * (values.ndim - 2))
        over = [axis for axis in range(values.ndim) if axis != 1]
        gradient, centred = gradients[0].to(mean.dtype), values.to(mean.dtype) - mean.view(around)
        own = torch.stack([gradient.sum(over), (gradient * centred).sum(over)])
        sums = own.to(torch.float64, copy=True)
        dist.all_reduce(sums, group=ctx.group)
        plain, along = (sums / ctx.total).to(mean.dtype)
        inner = gradient - plain.view(around) - centred * (along * deviation.square()).view(around)
        scale = deviation if weight is None else deviation * weight
        of_weight, of_bias = (None, None) if weight is None else (own[1] * deviation, own[0])
        return (inner * scale.view(around)).to(values.dtype), of_weight, of_bias, *[None] * 6


def _moments(values: Tensor, group: Any, processes: int) -> tuple[Tensor, Tensor, float]:
    """Mean and variance of each channel over all processes, float64 [C], and how many numbers these are of.

    Those of the parts are joined as Chan, Golub and LeVeque (1979) do, so that nothing cancels.
    """
    over, count = [axis for axis in range(values.ndim) if axis != 1], values.numel() // values.shape[1]
    exact = values if values.dtype == torch.float64 else values.float()
    variance, mean = torch.var_mean(exact, over, correction=0) if count else exact.new_zeros(2, values.shape[1])
    mine = torch.cat([mean, variance, mean.new_tensor([count])]).double()
    every = [torch.empty_like(mine) for _ in range(processes)]
    dist.all_gather(every, mine, group=group)
    table = torch.stack(every)
    means, variances, counts = table[:, : len(mean)], table[:, len(mean) : -1], table[:, -1:]
    total = counts.sum()
    mean = (counts * means).sum(0) / total
    variance = (counts * (variances + (means - mean).square())).sum(0) / total
    return mean, variance, float(total)
