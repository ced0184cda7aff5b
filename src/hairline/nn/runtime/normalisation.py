"""How images are scaled before a network sees them: by the mean and standard deviation that it learned with."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import timm
import torch
from torch import Tensor, nn

from hairline.nn.runtime import weight_packages


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of red, green and blue, of values in [0, 1]."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


IMAGENET = Scale((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Those of ImageNet, which most networks learned with."""


@dataclass
class ToldScale:
    """What model.json says of it; nothing in versions before this one, which knew ImageNet's alone."""

    mean: list[float]
    std: list[float]


def of(network: str) -> Scale:
    """What a network wants: timm's values for those that packages have weights of, ImageNet's for all others.

    Args:
        network: Its name, as timm or segmentation_models_pytorch call it.

    >>> of("tu-tf_efficientnet_lite0").mean, of("resnet18") == IMAGENET
    ((0.5, 0.5, 0.5), True)
    """
    name = weight_packages.bare(network)
    config = timm.get_pretrained_cfg(name) if name in weight_packages.PACKAGES else None
    return IMAGENET if config is None else Scale(_three(config.mean), _three(config.std))


def _three(values: Sequence[float]) -> tuple[float, float, float]:
    red, green, blue = values
    return red, green, blue


def as_json(scale: Scale) -> dict[str, list[float]]:
    """For model.json."""
    return {name: list(values) for name, values in asdict(scale).items()}


def of_info(info: Mapping[str, Any]) -> Scale:
    """What a saved network learned with, by its model.json."""
    told = info.get("normalisation")
    return IMAGENET if told is None else Scale(_three(told["mean"]), _three(told["std"]))


class Normalisation(nn.Module):
    """uint8 RGB [N, 3, H, W] → (x/255 - mean) / std, in the dtype of the network; no weights are saved."""

    mean: Tensor
    std: Tensor

    def __init__(self, scale: Scale = IMAGENET) -> None:
        """Keep mean and standard deviation as buffers that follow the module's device and dtype."""
        super().__init__()
        self.scale = scale
        self.register_buffer("mean", 255 * torch.tensor(scale.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", 255 * torch.tensor(scale.std).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Normalise a batch."""
        return (images.to(self.mean.dtype) - self.mean) / self.std
