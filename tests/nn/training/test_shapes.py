"""What is said of shapes is what networks do with them: tried without content, against tensors with."""

from functools import partial
from typing import Any

import pytest
import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn

from hairline.errors import HairlineError
from hairline.nn.classifier import backbones
from hairline.nn.segmenter import networks, segmenter
from hairline.nn.training import shapes
from hairline.nn.training.datasets import batches, smallest_batch

DECODERS = sorted(kind.__name__ for kind in smp.MODEL_ARCHITECTURES_MAPPING.values())
ENCODERS = {"DPT": "tu-vit_tiny_patch16_224", "Segformer": "mit_b0"}


def options(network: str) -> Any:
    words: Any = networks.with_words(network, {})
    return networks.module(network).Options(**words)


def built(network: str) -> nn.Module:
    model: nn.Module = networks.module(network).build(options(network), "none")[0]
    return model.train()


def learns(model: nn.Module, items: int, side: int) -> bool:
    """Whether a network takes a batch in training mode, on tensors with content."""
    try:
        with torch.no_grad():
            model(torch.zeros(items, 3, side, side, dtype=torch.uint8))
    except (ValueError, RuntimeError):
        return False
    return True


@pytest.mark.parametrize("decoder", DECODERS)
def test_every_decoder_is_refused_the_batches_it_cannot_learn_from(decoder: str) -> None:
    network = f"smp:{decoder}:{ENCODERS.get(decoder, 'resnet18')}"
    side = networks.module(network).multiple_px(options(network))
    model, sketch = built(network), shapes.sketch(partial(built, network))
    for items, side_px in ((1, side), (2, side)):
        assert (shapes.problem(sketch, items, side_px, side_px) is None) == learns(model, items, side_px)
        assert shapes.problem(model, items, side_px, side_px) == shapes.problem(sketch, items, side_px, side_px)


@pytest.mark.parametrize(
    "backbone", ["resnet18", "vgg11_bn", "mobilenetv3_small_050", "efficientnet_b0", "test_convnext"]
)
@pytest.mark.parametrize("side", [8, 32])
def test_every_kind_of_backbone_is_refused_the_patches_it_cannot_learn_from(backbone: str, side: int) -> None:
    model = backbones.build(backbone, "none")[0]
    for items in (1, 2):
        try:
            backbones.check_batches(backbone, [side], items, "patches.window_px")
        except HairlineError as error:
            assert not learns(model, items, side)
            assert "cannot learn from batches of" in str(error)
            if "set patches.window_px to " in str(error):
                assert learns(model, items, int(str(error).rpartition(" ")[2]))
            if "set recipe.batch to 2" in str(error):
                assert learns(model, 2, side)
        else:
            assert learns(model, items, side)


def test_a_try_leaves_network_and_random_numbers_as_they_were() -> None:
    model = built("smp:Unet:resnet18")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = torch.random.get_rng_state()
    assert shapes.problem(model, 2, 64, 64) is None
    assert shapes.sketch(partial(built, "smp:Unet:resnet18")) is not None
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


class LooksAtNumbers(nn.Module):
    """A network that no tensor without content passes."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Sequential(nn.Conv2d(3, 2, 3), nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(2))

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.layer(images.float())
        return found if float(found.sum()) >= 0 else -found


def test_a_network_that_looks_at_numbers_is_tried_with_some() -> None:
    for model in (LooksAtNumbers().train(), shapes.sketch(LooksAtNumbers)):
        assert shapes.problem(model, 1, 32, 32) == shapes.SINGLE
        assert shapes.problem(model, 2, 32, 32) is None
        assert "Kernel size" in str(shapes.problem(model, 2, 2, 2))


def test_the_remedy_that_is_named_helps() -> None:
    unet = networks.module("unet").Options(encoder="resnet18")
    with pytest.raises(HairlineError, match=r"set recipe\.batch to 2 or set crop_px to 64") as caught:
        segmenter.check_batches("unet", unet, 32, 1)
    assert "network 'unet' cannot learn from batches of 1 crop of 32x32 px" in str(caught.value)
    segmenter.check_batches("unet", unet, 32, 2)
    segmenter.check_batches("unet", unet, 64, 1)


@pytest.mark.parametrize(("items", "batch"), [(1, 4), (5, 4), (9, 4), (8, 4), (1, 1), (7, 4)])
def test_the_smallest_batch_is_as_small_as_any(items: int, batch: int) -> None:
    assert smallest_batch(items, batch) == min(map(len, batches(items, batch, 7, 3)))
