import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from hairline.nn.classifier import evidence
from hairline.nn.classifier.backbones import build
from hairline.nn.classifier.folding import Convolution, folded
from hairline.nn.runtime.device import resolve
from hairline.nn.runtime.recipes import ALONE, Runtime

PLAIN = resolve(Runtime("cpu", "32", 0, 0, ALONE, 60))


def trained(backbone):
    """A network whose normalisation layers are no identities: statistics of pictures, random scales and shifts."""
    torch.manual_seed(0)
    model = build(backbone, "none")[0]
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                layer.weight.uniform_(0.5, 1.5)
                layer.bias.uniform_(-0.2, 0.2)
        for _ in range(6):
            model(torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8))
    return model


def norms(model):
    return sum(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in model.modules())


NETWORKS = [
    "resnet18",
    "test_resnet",
    "test_efficientnet",
    "mobilenetv3_small_050",
    "test_convnext",
    "tf_efficientnet_lite0",
]


@pytest.mark.parametrize("backbone", NETWORKS)
@pytest.mark.parametrize("size", [(32, 32), (48, 80), (96, 96)])
def test_a_folded_network_answers_as_the_whole_one(backbone, size):
    model = trained(backbone).double().eval()
    quick = folded(model)
    images = torch.randint(0, 256, (3, 3, *size), dtype=torch.uint8)
    with torch.inference_mode():
        for whole, fold in ((model.features(images), quick.features(images)), (model(images), quick(images))):
            assert float((whole - fold).abs().max()) < 1e-9 * max(1, float(whole.abs().max()))
    # TensorFlow's padding is computed at each call, so that its five convolutions of stride 2 stay as they are
    assert norms(quick) == (5 if backbone == "tf_efficientnet_lite0" else 0)


def test_the_original_is_left_as_it_was():
    model = trained("test_resnet")
    state, before = copy.deepcopy(model.state_dict()), norms(model)
    quick = folded(model)
    assert model.training and not quick.training and norms(model) == before > 0
    assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())


def test_a_norm_whose_convolution_serves_others_too_is_kept():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)

        def forward_features(self, images):
            maps = self.conv(images)
            return self.norm(maps) + maps

    model = trained("test_resnet")
    model.body = Twice()
    model.body.norm.running_mean.uniform_(1, 2)
    quick = folded(model)
    images = torch.randint(0, 256, (2, 3, 8, 8), dtype=torch.uint8)
    assert norms(quick) == 1
    with torch.inference_mode():
        assert torch.allclose(model.eval().features(images), quick.features(images), atol=1e-5)


def test_a_network_that_cannot_be_followed_keeps_its_norms():
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)

        def forward_features(self, images):
            return self.norm(self.conv(images)) if images.mean() > 0 else self.conv(images)

    model = trained("test_resnet")
    model.body = Branching()
    quick = folded(model)
    images = torch.randint(0, 256, (2, 3, 8, 8), dtype=torch.uint8)
    assert norms(quick) == 1
    with torch.inference_mode():
        assert torch.allclose(model.eval().features(images), quick.features(images), atol=1e-5)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation", "groups"),
    [(1, 1, 0, 1, 1), (1, 2, 0, 1, 1), (1, 1, 1, 1, 1), (3, 1, 1, 1, 1), (3, 2, 1, 1, 1), (3, 1, "same", 1, 1),
     (3, 1, 2, 2, 1), (5, 2, 2, 1, 1), (3, 1, 1, 1, 4), (1, 1, 0, 1, 4), ((1, 3), 1, (0, 1), 1, 1)],
)  # fmt: skip
def test_every_convolution_on_every_small_map(kernel, stride, padding, dilation, groups, bias):
    generator = torch.Generator().manual_seed(0)
    layer = nn.Conv2d(8, 12, kernel, stride, padding, dilation, groups, bias).double()
    norm = nn.BatchNorm2d(12).double().eval()
    for tensor in (norm.running_mean, norm.weight.data, norm.bias.data):
        tensor.copy_(torch.randn(12, generator=generator))
    norm.running_var.uniform_(0.2, 3, generator=generator)
    quick = Convolution(layer, norm)
    for height in range(1, 7):
        for width in (1, 2, 5):
            maps = torch.randn(2, 8, height, width, dtype=torch.float64, generator=generator)
            with torch.inference_mode():
                np.testing.assert_allclose(quick(maps), norm(layer(maps)), atol=1e-12)


def test_small_maps_are_matrix_products(monkeypatch):
    """No library convolution is left for maps of one or two cells, apart from building the matrix once."""
    asked = []
    real = F.conv2d
    monkeypatch.setattr(F, "conv2d", lambda maps, *rest: asked.append(tuple(maps.shape)) or real(maps, *rest))
    quick = Convolution(nn.Conv2d(4, 4, 3, padding=1), None)
    for _ in range(3):
        quick(torch.rand(5, 4, 1, 1))
        quick(torch.rand(5, 4, 2, 2))
    assert asked == [(4, 4, 1, 1), (16, 4, 2, 2)]
    quick(torch.rand(5, 4, 4, 4))
    assert asked[2:] == [(5, 4, 4, 4)]


def test_gradients_pass_through_matrices_made_in_inference_mode():
    quick = Convolution(nn.Conv2d(4, 4, 3, padding=1), None)
    with torch.inference_mode():
        expected = quick(torch.ones(1, 4, 2, 2))
    maps = torch.ones(1, 4, 2, 2, requires_grad=True)
    assert torch.allclose(quick(maps), expected)
    quick(maps).sum().backward()
    assert maps.grad.abs().sum() > 0


@pytest.mark.parametrize("kernel", [1, 3])
def test_in_bfloat16_weights_are_cast_once_and_gradients_pass(kernel):
    layer = nn.Conv2d(64, 32, kernel, stride=2, padding=kernel // 2)
    quick = Convolution(layer, None)
    with torch.autocast("cpu", torch.bfloat16):
        for side in (2, 8):
            maps = torch.randn(3, 64, side, side, requires_grad=True)
            with torch.inference_mode():
                first = quick(maps)
                assert first.dtype == torch.bfloat16
                with torch.profiler.profile(record_shapes=True) as profile:
                    assert torch.equal(quick(maps), first)
            quick(maps).sum().backward()
            assert maps.grad.abs().sum() > 0
            np.testing.assert_allclose(first.float(), layer(maps).detach().float(), atol=0.03)
            copied = [event.input_shapes[0] for event in profile.events() if event.name == "aten::copy_"]
            weights = [shape for shape in copied if np.prod(shape) >= quick.weight.numel() > maps.numel()]
            assert weights == []
    exact = quick(maps)  # the weight itself is untouched
    assert exact.dtype == torch.float32 and torch.allclose(exact, layer(maps), atol=1e-5)


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenetv3_small_050"])
def test_evidence_of_the_folded_network_is_the_same_to_rounding(backbone):
    model = trained(backbone)
    image = np.random.default_rng(0).integers(0, 256, (90, 140, 3), dtype=np.uint8)
    quick = folded(model)
    whole, fold = (evidence.collect(one, image, [32], 16, [0.5], 64, 16, PLAIN) for one in (model, quick))
    assert whole.votes[0].probabilities.std() > 1e-3
    np.testing.assert_allclose(fold.votes[0].probabilities, whole.votes[0].probabilities, atol=1e-6)
    np.testing.assert_allclose(fold.cam / fold.cam.max(), whole.cam / whole.cam.max(), atol=1e-5)
