"""The two DeepCracks: their layers one by one, what goes into what, the weights they start from."""

import numpy as np
import pytest
import timm
import torch
from torch.nn import functional as F

from hairline.errors import HairlineError
from hairline.nn.architectures import deepcrack_liu, deepcrack_zou
from hairline.nn.classifier import backbones
from hairline.nn.runtime import weights
from hairline.nn.runtime.device import resolve
from hairline.nn.runtime.recipes import ALONE, Runtime
from hairline.nn.segmenter.guided_filter import guided_filter
from hairline.nn.segmenter.segmenter import predict

PLACEMENT = resolve(Runtime("cpu", "32", 0, 0, ALONE, 60))
VGG = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256), (256, 512)] + [(512, 512)] * 5
SEGNET = [
    (64, 64), (64, 64), (128, 128), (128, 64), (256, 256), (256, 256), (256, 128),
    (512, 512), (512, 512), (512, 256), (512, 512), (512, 512), (512, 512),
]  # fmt: skip
FUSIONS = [(128, 64), (192, 64), (384, 64), (768, 64), (1024, 64)]


def liu(guided=False):
    return deepcrack_liu.build(deepcrack_liu.Options(guided), "none")[0].eval()


def zou():
    return deepcrack_zou.build(deepcrack_zou.Options(), "none")[0].eval()


def images(height=32, width=64, count=1):
    return torch.randint(
        0, 256, (count, 3, height, width), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )


def size_of(module):
    return sum(parameter.numel() for parameter in module.parameters())


def layers(module):
    return [
        (layer.in_channels, layer.out_channels, layer.kernel_size[0])
        for layer in module.modules()
        if isinstance(layer, torch.nn.Conv2d)
    ]


def with_norm(channels):
    """Weights, bias and two values of batch normalisation."""
    return sum(9 * before * after + 3 * after for before, after in channels)


def test_liu_has_the_layers_of_the_paper():
    network = liu().network
    sides = [64, 128, 256, 512, 512]
    assert layers(network) == [(*pair, 3) for pair in VGG] + [(width, 1, 1) for width in sides] + [(5, 1, 1)]
    assert size_of(network) == with_norm(VGG) + sum(width + 1 for width in sides) + 6 == 14_724_619


def test_zou_has_the_layers_of_the_paper():
    network = zou().network
    fusions = [layer for pair in FUSIONS for layer in ((*pair, 3), (64, 1, 1))]
    assert layers(network) == [(*pair, 3) for pair in VGG + SEGNET] + fusions + [(5, 1, 1)]
    assert size_of(network) == with_norm(VGG + SEGNET + FUSIONS) + 5 * 65 + 6 == 30_919_051
    plain = sum(9 * before * after + after for before, after in VGG + SEGNET + FUSIONS)
    assert plain + 5 * (9 * 64 + 1) + 9 * 5 + 1 == 30_905_011  # the authors' code, as the docstring says


def test_liu_fuses_the_enlarged_sides():
    model = liu()
    seen = [torch.empty(0)] * 5
    for index, side in enumerate(model.network.sides):
        side.register_forward_hook(lambda _, __, output, index=index: seen.__setitem__(index, output))
    with torch.inference_mode():
        fused, *sides = model.outputs(images())
    assert [tuple(side.shape[2:]) for side in seen] == [(32 >> depth, 64 >> depth) for depth in range(5)]
    for small, side in zip(seen, sides, strict=True):
        torch.testing.assert_close(side, F.interpolate(small, (32, 64), mode="bilinear"))
    torch.testing.assert_close(fused, torch.stack(sides).mean(dim=0))  # as long as nothing is learned


def test_liu_weighs_its_outputs_as_published():
    assert deepcrack_liu.LOSS_WEIGHTS == (1, 0.5, 0.75, 1, 0.75, 0.5)
    assert deepcrack_zou.LOSS_WEIGHTS == (1,) * 6


def test_liu_refines_predictions_where_it_is_told_to():
    plain, refined = liu(), liu(guided=True)
    for side in plain.network.sides:
        side.weight.data *= 20  # so that there is something to filter
    refined.load_state_dict(plain.state_dict())
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    mirrored = np.pad(image, ((0, 24), (0, 14), (0, 0)), mode="reflect")
    with torch.inference_mode():
        outputs = plain.outputs(torch.from_numpy(mirrored).permute(2, 0, 1)[None])
    fused, side = (output.sigmoid()[:, :, :40, :50] for output in outputs[:2])
    np.testing.assert_allclose(predict(plain, image, PLACEMENT), fused[0, 0], atol=1e-5)
    expected = guided_filter(255 * side.double(), 255 * fused.double(), 5, 0.065)[0, 0] / 255  # in grey levels
    np.testing.assert_allclose(predict(refined, image, PLACEMENT), expected, atol=1e-4)
    assert np.abs(predict(refined, image, PLACEMENT) - predict(plain, image, PLACEMENT)).max() > 0.02
    torch.testing.assert_close(refined(images()), plain(images()))  # the network itself is the same


def test_zou_puts_values_back_where_the_maxima_lay():
    network = zou().network
    given, answered = [None] * 5, [None] * 5
    for index, decoder in enumerate(network.decoder):
        decoder.register_forward_pre_hook(lambda _, args, index=index: given.__setitem__(index, args[0].clone()))
        decoder.register_forward_hook(lambda _, __, output, index=index: answered.__setitem__(index, output))
    noise = torch.rand(1, 3, 64, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        stages = network.encoder(noise)
        network(noise)
    for index, stage in enumerate(stages):
        values = stage.pooled if index == 4 else answered[index + 1]
        expected = np.zeros(stage.features.shape, np.float32)
        for channel in range(0, expected.shape[1], 17):
            for row, col in np.ndindex(values.shape[2:]):
                cell = stage.features[0, channel, 2 * row : 2 * row + 2, 2 * col : 2 * col + 2].numpy()
                down, right = np.unravel_index(cell.argmax(), (2, 2))
                expected[0, channel, 2 * row + down, 2 * col + right] = values[0, channel, row, col]
        np.testing.assert_array_equal(given[index][:, ::17], expected[:, ::17])


@pytest.mark.parametrize("module", [deepcrack_liu, deepcrack_zou])
def test_they_start_from_a_vgg16(tmp_path, module):
    options = module.Options(False) if module is deepcrack_liu else module.Options()
    network = timm.create_model("vgg16_bn", num_classes=0)
    features = {f"features.{name}": tensor for name, tensor in network.features.state_dict().items()}
    path = tmp_path / "vgg.safetensors"
    weights.write(torch.nn.ModuleDict({"features": network.features, "head": torch.nn.Linear(3, 4)}), path)
    model, actual = module.build(options, str(path))
    assert actual == f"file:{path}"
    state = model.network.encoder.state_dict()
    assert state.keys() == features.keys()
    assert all(torch.equal(state[name], tensor) for name, tensor in features.items())


def test_the_weights_of_another_classifier_do_not_fit(tmp_path):
    backbones.save(backbones.build("resnet18", "none")[0], tmp_path, {})
    with pytest.raises(
        HairlineError, match=r"for the VGG-16 of DeepCrack \(Liu\): these weights are of another network"
    ):
        deepcrack_liu.build(deepcrack_liu.Options(False), str(tmp_path / "weights.safetensors"))
