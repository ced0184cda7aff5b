"""OED of König et al. 2021: an EfficientNet, a residual decoder, auxiliary heads."""

from typing import Any, TypeGuard

import torch
from timm.models.efficientnet import EfficientNet
from torch import Tensor, nn
from torch.nn import functional as F

SKIPS = (1, 2, 3, 5)
"""Stages (from 0) whose first block gives its expand activation: 2a, 3a, 4a and 6a, at 1/2, 1/4, 1/8 and 1/16."""

WIDTHS = (256, 128, 64, 32)
FINEST = 16


class Oed(nn.Module):
    """Normalised images [N, 3, H, W], sides multiples of 32 → five logits [N, 1, H, W].

    The first is the answer, the others are those of the heads of stages 1 to 4.
    """

    def __init__(self, encoder: EfficientNet) -> None:
        """Put a decoder behind an EfficientNet without a last layer, one that :func:`expands`."""
        super().__init__()
        self.encoder = encoder
        blocks: Any = encoder.blocks
        channels, stages = encoder.conv_head.out_channels, []
        for skip, width in zip(reversed(SKIPS), WIDTHS, strict=True):
            channels += blocks[skip][0].conv_pw.out_channels
            stages.append(nn.Sequential(*_normalised(channels, width), Residual(width), Residual(width)))
            channels = width
        self.stages = nn.ModuleList(stages)
        self.heads = nn.ModuleList(nn.Conv2d(width, 1, 1) for width in WIDTHS)
        self.input = nn.Sequential(*_normalised(3, FINEST), *_normalised(FINEST, FINEST))
        self.last = nn.Sequential(
            *_normalised(channels + FINEST, FINEST), *_normalised(FINEST, FINEST), nn.Conv2d(FINEST, 1, 3, padding=1)
        )
        for name, module in self.named_modules():
            if isinstance(module, nn.Conv2d) and not name.startswith("encoder."):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """All outputs of a batch."""
        x, skips = self._encoded(images)
        small = []
        for stage, head, skip in zip(self.stages, self.heads, reversed(skips), strict=True):
            x = stage(torch.cat([_doubled(x), skip], 1))
            small.append(head(x))
        answer = self.last(torch.cat([_doubled(x), self.input(images)], 1))
        size = images.shape[2:]
        return answer, *(F.interpolate(head, size, mode="bilinear", align_corners=False) for head in small)

    def _encoded(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The encoder's last features, and the expand activations, the finest first."""
        encoder: Any = self.encoder
        x, skips = encoder.bn1(encoder.conv_stem(images)), []
        for index, stage in enumerate(encoder.blocks):
            first, *others = stage
            if index in SKIPS:
                skips.append(first.bn1(first.conv_pw(x)))
                x = first.bn3(first.conv_pwl(first.se(first.aa(first.bn2(first.conv_dw(skips[-1]))))))
            else:
                x = first(x)
            for block in others:
                x = block(x)
        return encoder.bn2(encoder.conv_head(x)), skips


class Residual(nn.Module):
    """Two 3 × 3 convolutions with ReLU and no batch normalisation, added to what they are given [N, C, H, W]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """The sum."""
        return x + F.relu(self.second(F.relu(self.first(x))))


def expands(encoder: nn.Module) -> TypeGuard[EfficientNet]:
    """Whether a network is built like EfficientNet-B0 to B7: expanding blocks, halving where :data:`SKIPS` says."""
    if not isinstance(encoder, EfficientNet) or len(encoder.blocks) != 7:
        return False
    firsts: list[Any] = [next(stage.children()) for stage in encoder.blocks]
    strides = [getattr(getattr(first, "conv_dw", None), "stride", None) for first in firsts]
    return strides == [(2, 2) if index in SKIPS else (1, 1) for index in range(7)] and all(
        hasattr(firsts[index], "conv_pw") and getattr(firsts[index], "conv_s2d", None) is None for index in SKIPS
    )


def _normalised(channels: int, width: int) -> list[nn.Module]:
    return [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")
