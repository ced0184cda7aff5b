"""Dots that are shown to networks, and where these see them; weights are random by channels and even in kernels."""

from typing import cast

import numpy as np
import torch
from torch import nn

from hairline.labelling.localization import Evidence, Place, activation_map
from hairline.nn.classifier import backbones

GREY = (124, 116, 104)


def looking(backbone: str, seed: int) -> backbones.Classifier:
    """A classifier that sees nothing in :data:`GREY` and more crack in whatever is brighter."""
    draws = torch.Generator().manual_seed(seed)
    model = backbones.build(backbone, "none")[0].eval()
    model.normalise.mean = torch.tensor(GREY, dtype=torch.float32).view(1, 3, 1, 1)
    with torch.no_grad():
        for layer in model.modules():
            for name, values in layer.named_parameters(recurse=False):
                if isinstance(layer, nn.Conv2d | nn.Linear) and name == "weight":
                    pairs = torch.rand(values.shape[:2], generator=draws) * 2 / values[0].numel()
                    values.copy_(pairs.view(*pairs.shape, *[1] * (values.ndim - 2)).expand_as(values))
                else:
                    values.fill_(float(name != "bias"))
        if model.linear is not None:
            model.linear.weight[0] = 0
    return model


def dotted(height: int, width: int, place: tuple[int, int], side: int = 5) -> np.ndarray:
    """A grey image, RGB uint8 [height, width, 3], with a white square in the middle of which a place is."""
    image = np.broadcast_to(np.array(GREY, np.uint8), (height, width, 3)).copy()
    top, left = (at - side // 2 for at in place)
    image[top : top + side, left : left + side] = 255
    return image


def located(model: backbones.Classifier, image: np.ndarray, centre_px: Place) -> Place:
    """Where the last feature map is strongest, enlarged as evidence is: centre of mass of its squares."""
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None]
    with torch.inference_mode():
        energy = model.features(pixels).double().square().sum(1)[0].numpy()
    found = Evidence(*image.shape[:2], (), (energy / energy.max()).astype(np.float32), model.cell_px, 1.0,
                     centre_px=centre_px)  # fmt: skip
    values = activation_map(found, "none", "bilinear", align="centre").astype(np.float64)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    return cast(Place, tuple(float((values * axis).sum() / values.sum()) for axis in (y, x)))
