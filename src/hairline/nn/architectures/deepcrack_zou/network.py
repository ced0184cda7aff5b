"""DeepCrack of Zou et al. 2018: SegNet whose encoder and decoder are fused at every scale."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hairline.nn.segmenter.vgg import WIDTHS, Vgg16, convolutions

DECODER = ((64, 64), (128, 64), (256, 256, 128), (512, 512, 256), (512, 512, 512))
"""Channels of the decoder's convolutions, the finest stage first."""

FUSED = 64


class DeepCrack(nn.Module):
    """Normalised images [N, 3, H, W], sides multiples of 32 → six logits [N, 1, H, W].

    The first is the answer, the others are the fusions of the scales, the finest first. The answer starts as their
    mean: with the random weights of a convolution, some of which are negative, it learns late.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Vgg16()
        self.decoder = nn.ModuleList(
            nn.Sequential(*convolutions(width, widths)) for width, widths in zip(WIDTHS, DECODER, strict=True)
        )
        self.fusions = nn.ModuleList(
            nn.Sequential(*convolutions(width + widths[-1], [FUSED]), nn.Conv2d(FUSED, 1, 1))
            for width, widths in zip(WIDTHS, DECODER, strict=True)
        )
        self.final = nn.Conv2d(len(WIDTHS), 1, 1)
        nn.init.constant_(self.final.weight, 1 / len(WIDTHS))
        nn.init.zeros_(self.final.bias)  # type: ignore[arg-type]

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """All outputs of a batch."""
        stages = self.encoder(images)
        x, fused = stages[-1].pooled, []
        for stage, decoder, fusion in reversed([*zip(stages, self.decoder, self.fusions, strict=True)]):
            x = decoder(F.max_unpool2d(x, stage.indices, [2, 2]))
            small = fusion(torch.cat([stage.features, x], 1))
            fused.append(F.interpolate(small, images.shape[2:], mode="bilinear", align_corners=False))
        scales = fused[::-1]
        return self.final(torch.cat(scales, 1)), *scales
