"""The segmenter that ships as the body of a classifier: what it says of a photo at several sizes, on cells of 32 px.

A patch's features are means of maps, so that a line on them is a classifier like any other. The maps are the
segmenter's scores at several steepnesses of doubt, each the greatest within small squares as well, since a patch with a
thin crack is one with a crack; and two levels of its encoder, either sign. The sizes are those of the photo itself, of
half and of a quarter of it: a crack is as wide as it is, but the segmenter learned from those of some widths.
"""

from typing import Any, cast

import timm
import torch
from timm.models import register_model
from torch import Tensor, fx, nn
from torch.nn import functional as F

from hairline.nn.runtime.recipes import AMID

NAME = AMID
ENCODER = "tf_efficientnet_lite0"
CELL_PX = 32
"""Side of a cell, which is what the sides of an image of each size must be multiples of, too."""
DECODER = (128, 64, 48, 32, 16)
DOUBTS = (-3.0, -1.5, 0.0, 1.5, 3.0)
"""Logits at which a score map is one half."""
STEEPNESS = 2.0
TIMES = (1, 2, 4)
"""By how much the photo is reduced."""
SQUARES_PX = (2, 8)
"""Sides of the squares, at each size, of which the greatest score counts."""
LEVELS = {2: (3, 4)}
"""By how much it is reduced → levels of the encoder whose maps are features, too."""
MARGIN_PX = 64
"""Pixels of each size, a multiple of a cell, that are seen around a tile and count for nothing there."""
STRIDES = (2, 4, 8, 16, 32)
"""Of the encoder's levels."""
EMPHASIS = {"scores": 10**0.5, "levels": 0.1**0.5}
"""What standardised features are multiplied by before a line is fitted: the penalty on few strong ones is the less."""

OWN = {"doubts", "emphasis"}
"""What of its tensors no segmenter has."""


@fx.wrap
def reduced(images: Tensor, times: int) -> Tensor:
    """Images [N, C, H, W] of a part of their size, continued at the right and below to whole cells."""
    small = images if times == 1 else F.avg_pool2d(images, times, ceil_mode=True, count_include_pad=False)
    below, right = (-side % CELL_PX for side in small.shape[2:])
    return F.pad(small, (0, right, 0, below), mode="replicate") if below or right else small


@fx.wrap
def joined(images: Tensor, maps: list[Tensor]) -> Tensor:
    """All channels of maps of cells, without the cells beyond the images."""
    rows, cols = (-(-side // CELL_PX) for side in images.shape[2:])
    return torch.cat([part[:, :, :rows, :cols] for part in maps], 1)


class Block(nn.Module):
    """A step up: twice the size, with what the encoder saw there."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = _convolution(given, made), _convolution(made, made)

    def forward(self, maps: Tensor, beside: Tensor | None) -> Tensor:
        """Maps [N, C, 2h, 2w]."""
        larger = F.interpolate(maps, scale_factor=2.0, mode="nearest")
        return cast(Tensor, self.conv2(self.conv1(larger if beside is None else torch.cat([larger, beside], 1))))


def _convolution(given: int, made: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(given, made, 3, padding=1, bias=False), nn.BatchNorm2d(made), nn.ReLU(inplace=True))


class Scales(nn.Module):
    """Body of a classifier, as :class:`hairline.nn.classifier.backbones.Body` wants it.

    Parameters of the encoder, the decoder and the last convolution are named as in the segmenter.
    """

    doubts: Tensor

    def __init__(self, num_classes: int = 2) -> None:
        super().__init__()
        self.encoder = timm.create_model(ENCODER, features_only=True, out_indices=(0, 1, 2, 3, 4))
        levels: list[int] = cast(Any, self.encoder).feature_info.channels()
        beside = [*reversed(levels[:-1]), 0]
        given = [levels[-1], *DECODER[:-1]]
        self.decoder = nn.ModuleList(Block(*sides) for sides in zip(map(sum, zip(given, beside, strict=True)), DECODER,
                                                                   strict=True))  # fmt: skip
        self.score = nn.Conv2d(DECODER[-1], 1, 3, padding=1)
        self.register_buffer("doubts", torch.tensor(DOUBTS))
        scores = len(DOUBTS) * len(TIMES) * len(SQUARES_PX)
        signed = 2 * sum(levels[level] for chosen in LEVELS.values() for level in chosen)
        self.register_buffer("emphasis", torch.tensor([EMPHASIS["scores"]] * scores + [EMPHASIS["levels"]] * signed))
        self.num_features = scores + signed
        self.reset_classifier(num_classes)

    def reset_classifier(self, num_classes: int) -> None:
        """Replace the last layer; 0 removes it."""
        self.fc = nn.Linear(self.num_features, num_classes) if num_classes else nn.Identity()

    def get_classifier(self) -> nn.Module:
        """The last layer."""
        return self.fc

    def forward_features(self, images: Tensor) -> Tensor:
        """Features of cells, ≥ 0, [N, K, ceil(H / 32), ceil(W / 32)] of normalised images [N, 3, H, W]."""
        scores, levels = [], []
        for times in TIMES:
            found = self.of_size(images, times)
            scores += found[0]
            levels += found[1]
        return joined(images, scores + levels)

    def of_size(self, images: Tensor, times: int) -> tuple[list[Tensor], list[Tensor]]:
        """Maps of cells that one size gives: of its scores, and of its levels; ``times`` is one of :data:`TIMES`."""
        seen, logits = self.asked(reduced(images, times))
        levels = [_signed(_on_cells(seen[level], STRIDES[level] * times)) for level in LEVELS.get(times, ())]
        return self.scored(logits, times), levels

    def columns(self, times: int) -> list[int]:
        """Where the maps of one size lie among all features."""
        count = len(DOUBTS) * len(SQUARES_PX)
        first = TIMES.index(times) * count
        rest = range(len(TIMES) * count, self.num_features) if times in LEVELS else range(0)
        return [*range(first, first + count), *rest]

    def asked(self, images: Tensor) -> tuple[list[Tensor], Tensor]:
        """Maps of the encoder's levels, and the segmenter's logits [N, 1, H, W]."""
        levels = self.encoder(images)
        maps = levels[-1]
        for number, block in enumerate(self.decoder):
            maps = block(maps, levels[-2 - number] if number < len(levels) - 1 else None)
        return levels, self.score(maps)

    def scored(self, logits: Tensor, times: int) -> list[Tensor]:
        """Maps of cells [N, doubts, rows, cols], for each side of squares."""
        found, greatest, before = [], logits, 1
        for side in SQUARES_PX:
            greatest, before = F.max_pool2d(greatest, side // before), side
            score = torch.sigmoid(STEEPNESS * (greatest - self.doubts.view(1, -1, 1, 1)))
            found.append(_on_cells(score, side * times))
        return found

    def forward_head(self, features: Tensor) -> Tensor:
        """Logits [N, classes] of features of cells."""
        return cast(Tensor, self.fc(features.mean((2, 3))))

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, classes] of normalised images."""
        return self.forward_head(self.forward_features(images))


def _on_cells(maps: Tensor, stride: int) -> Tensor:
    """Maps with a value every so many pixels of the photo as maps of cells: means, or values repeated."""
    if stride < CELL_PX:
        return F.avg_pool2d(maps, CELL_PX // stride)
    return maps if stride == CELL_PX else F.interpolate(maps, scale_factor=float(stride // CELL_PX), mode="nearest")


def _signed(maps: Tensor) -> Tensor:
    """What is above 0 and what is below it, both ≥ 0."""
    return torch.cat([maps.relu(), (-maps).relu()], 1)


@register_model
def hairline_scales(pretrained: bool = False, num_classes: int = 2, **also: object) -> Scales:
    """For ``timm.create_model``; there are no weights but those of the segmenter that ships."""
    return Scales(num_classes)
