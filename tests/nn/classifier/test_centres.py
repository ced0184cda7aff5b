"""Where networks look: against arithmetic on their layers, and against dots shown to networks with random weights."""

from typing import cast

import numpy as np
import pytest
import torch
from support.dots import dotted, located, looking

from hairline.labelling.localization import activation_map, cell_map, scaled_activation_map
from hairline.nn.classifier import backbones, centres, evidence
from hairline.nn.runtime.device import Placement

HERE = Placement(torch.device("cpu"), autocast=False, accelerator="cpu", precision="32-true")


@pytest.mark.parametrize(
    ("backbone", "first"),
    [
        ("resnet18", 0),  # 7 px, stride 2, padding 3, and threes with a padding of 1: around pixel 0 at each step
        ("mobilenetv3_small_050", 0),
        ("convnext_atto", 1.5 + 2 + 4 + 8),  # 4 px without padding, then three times 2 px: halves of 4, 8 and 16 px
        ("tf_mobilenetv3_small_minimal_100", 1 + 2 + 4 + 8 + 16),  # pads at the end alone
        ("tf_efficientnet_lite0", 1 + 2 + 4 + 8 + 16),  # the same
        ("legacy_seresnet18", 2),  # its pooling has no padding: a pixel further of those that are 2 px wide there
        ("regnetx_002", 0),
    ],
)
def test_first_cells_look_where_the_paddings_of_the_layers_say(backbone: str, first: float) -> None:
    assert centres.of(backbone, ())[0] == pytest.approx((first, first), abs=0.01)


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenetv3_small_050", "convnext_atto", "efficientnet_b0"])
def test_dots_are_found_where_they_are(backbone: str) -> None:
    model = looking(backbone, seed=3)
    off = []
    for place in [(144 + 2 * n, 144 + 10 * n % 32) for n in range(16)]:  # evenly over a cell, in both directions
        found = located(model, dotted(320, 320, place), centres.of(backbone, ())[0])
        off.append(np.subtract(found, place))
    assert np.abs(np.mean(off, axis=0)).max() <= 1


def test_activation_maps_and_votes_of_cells_lie_on_a_dot() -> None:
    model = looking("resnet18", seed=4)
    place = (311, 330)
    found = evidence.collect(model, dotted(640, 640, place), [], 16, [0.5, 1.5], 1024, 512, HERE)
    maps = {
        "map": activation_map(found, "none", "bilinear", align="centre"),
        "half": scaled_activation_map(found, 0.5, "bilinear", "centre"),
        "larger": scaled_activation_map(found, 1.5, "bilinear", "centre"),
        "cells": cell_map(found, 1, "bilinear", "centre"),
    }
    for name, values in maps.items():
        assert _middle(values - values.min()) == pytest.approx(place, abs=3 if name == "half" else 1), name
    corner = activation_map(found, "none", "bilinear")
    assert _middle(corner) == pytest.approx((place[0] + 15.5, place[1] + 15.5), abs=1)


@pytest.mark.parametrize("side", [32, 64, 96])
def test_a_window_looks_where_the_gradient_of_a_network_of_any_weights_says(side: int) -> None:
    model = looking("resnet18", seed=5).double()
    pixels = torch.rand(8, 3, side, side, dtype=torch.float64, requires_grad=True)
    features = cast(backbones.Body, model.body).forward_features(pixels)
    (gradient,) = torch.autograd.grad(features.mean(), pixels)
    (place,) = centres.of("resnet18", (side,))[1]
    assert _middle(gradient.sum((0, 1)).numpy()) == pytest.approx(place, abs=1.5)
    assert place[0] < (side - 1) / 2 - 3


def test_asking_leaves_random_numbers_alone() -> None:
    centres.of.cache_clear()
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    centres.of("mobilenetv3_small_050", (32,))
    assert torch.rand(1) == expected


def test_evidence_tells_where_it_looks() -> None:
    model = backbones.build("mobilenetv3_small_050", "none")[0]
    image = np.random.default_rng(0).integers(0, 256, (70, 101, 3), dtype=np.uint8)
    found = evidence.collect(model, image, [32, 64], 16, [], 1024, 64, HERE)
    cells, windows = centres.of("mobilenetv3_small_050", (32, 64))
    assert (found.centre_px, tuple(votes.centre_px for votes in found.votes)) == (cells, windows)


def _middle(values: np.ndarray) -> tuple[float, float]:
    y, x = np.mgrid[: values.shape[0], : values.shape[1]]
    return float((values * y).sum() / values.sum()), float((values * x).sum() / values.sum())
