"""DeepCrack of Liu et al. 2019: side outputs of every stage of VGG-16 and their fusion."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hairline.nn.segmenter.guided_filter import guided_filter
from hairline.nn.segmenter.vgg import WIDTHS, Vgg16

RADIUS_PX = 5
EPS = 0.065 / 255**2
"""0.065 in squared grey levels, since the authors filter 8-bit maps; 1e-6 for scores in [0, 1]."""


class DeepCrack(nn.Module):
    """Normalised images [N, 3, H, W], sides multiples of 32 → six logits [N, 1, H, W]: the fusion, then sides 1 to 5.

    The fusion starts as the mean of the side outputs, as in HED (Xie and Tu 2015), which this network descends from.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Vgg16()
        self.sides = nn.ModuleList(nn.Conv2d(width, 1, 1) for width in WIDTHS)
        self.fusion = nn.Conv2d(len(WIDTHS), 1, 1)
        nn.init.constant_(self.fusion.weight, 1 / len(WIDTHS))
        nn.init.zeros_(self.fusion.bias)  # type: ignore[arg-type]

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """All outputs of a batch."""
        stages = self.encoder(images)
        small = [side(stage.features) for side, stage in zip(self.sides, stages, strict=True)]
        sides = [F.interpolate(side, images.shape[2:], mode="bilinear", align_corners=False) for side in small]
        return self.fusion(torch.cat(sides, 1)), *sides


def refine(scores: Sequence[Tensor]) -> Tensor:
    """The fused scores, filtered with those of the first side output as the guide; all float32 [N, 1, H, W] in [0, 1].

    In float64, for ε is not far above what float32 rounds the squares of scores to.
    """
    return guided_filter(scores[1].double(), scores[0].double(), RADIUS_PX, EPS).clamp(0, 1).float()
