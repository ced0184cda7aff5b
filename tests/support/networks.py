"""Every network there is, to test with: each module of the architectures, and all of segmentation_models_pytorch."""

import dataclasses
from typing import Any

import pytest
import segmentation_models_pytorch
import torch

from hairline.io import plugins
from hairline.nn.segmenter import networks
from hairline.nn.segmenter.segmenter import Segmenter
from support.variants import example_of

MODULES = plugins.names(networks.PACKAGE)
SMALL = dict.fromkeys(("Linknet", "MAnet", "PSPNet", "UPerNet", "Unet", "UnetPlusPlus"), "tu-test_resnet")
"""Those whose decoders are large behind another encoder; resnet18 is in the unet of our own and in four of smp's."""
FIXED = {"Segformer": "mit_b0", "DPT": "tu-test_vit"}
OF_SMP = {kind.__name__ for kind in segmentation_models_pytorch.MODEL_ARCHITECTURES_MAPPING.values()}
QUICK = {"FPN", "DeepLabV3Plus", "Segformer"}
SMP = {f"smp:{name}:{(SMALL | FIXED).get(name, 'resnet18')}": name in QUICK for name in sorted(OF_SMP)}
OWN = [name for name in MODULES if name != "smp"]
ALL = [*OWN, *(pytest.param(name, marks=() if quick else pytest.mark.slow) for name, quick in SMP.items())]
"""Names of networks, the slow ones marked."""
QUICK_TO_LEARN = [*OWN, *(name for name, quick in SMP.items() if quick)]
SLOW_TO_LEARN = [f"smp:{name}:{FIXED.get(name, 'resnet18')}" for name in sorted(OF_SMP - QUICK)]
"""With encoders whose residual blocks do something from the start, which those of timm do not."""


def options_of(network: str) -> Any:
    """The EXAMPLE of a network's module, with the words of its name."""
    module, (_, *words) = networks.module(network), network.split(":")
    return dataclasses.replace(example_of(module), **dict(zip(getattr(module, "WORDS", ()), words, strict=True)))


def build(network: str) -> Segmenter:
    """An untrained network, always the same."""
    torch.manual_seed(0)
    made: Segmenter = networks.module(network).build(options_of(network), "none")[0]
    return made
