"""The thirteen convolutions of VGG-16 with batch normalisation, stage by stage (Simonyan and Zisserman 2015).

Parameters are named as torchvision, timm and segmentation_models_pytorch name those of their ``vgg16_bn``, so that
their weights fit.
"""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
WIDTHS = tuple(widths[-1] for widths in STAGES)
NAME = "vgg16_bn"


class Stage(NamedTuple):
    """What one stage gives.

    Attributes:
        features: After its last convolution [N, C, H, W].
        pooled: Their maxima over 2 × 2 pixels [N, C, H / 2, W / 2].
        indices: Where each maximum lay, as :func:`torch.nn.functional.max_unpool2d` wants it; int64, same shape.
    """

    features: Tensor
    pooled: Tensor
    indices: Tensor


class Vgg16(nn.Module):
    """Normalised images [N, 3, H, W] → five stages of 64, 128, 256, 512 and 512 channels; sides multiples of 32."""

    def __init__(self) -> None:
        super().__init__()
        modules: list[nn.Module] = []
        channels = 3
        for widths in STAGES:
            modules += [*convolutions(channels, widths), nn.MaxPool2d(2)]
            channels = widths[-1]
        self.features = nn.Sequential(*modules)

    def forward(self, images: Tensor) -> list[Stage]:
        """The stages of a batch, the finest first."""
        stages, x = [], images
        for module in self.features:
            if isinstance(module, nn.MaxPool2d):
                pooled, indices = F.max_pool2d(x, 2, return_indices=True)
                stages.append(Stage(x, pooled, indices))
                x = pooled
            else:
                x = module(x)
        return stages


def convolutions(channels: int, widths: Sequence[int]) -> list[nn.Module]:
    """3 × 3 convolutions with biases from ``channels`` to each of ``widths``, with batch normalisation and ReLU."""
    modules: list[nn.Module] = []
    for width in widths:
        modules += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        channels = width
    return modules
