import subprocess
import sys

import numpy as np
import pytest
import torch

from hairline.errors import HairlineError
from hairline.nn.architectures import unet
from hairline.nn.classifier import backbones
from hairline.nn.segmenter.losses import bce_dice


def images(height, width, count=1):
    rng = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, height, width), dtype=torch.uint8, generator=rng)


@pytest.fixture(scope="module")
def tiny():
    return unet.build(unet.Options("resnet18"), "none")[0]


@pytest.mark.parametrize("size", [(32, 32), (64, 96)])
def test_logits_have_the_size_of_the_images(tiny, size):
    with torch.inference_mode():
        assert tiny.eval()(images(*size, count=2)).shape == (2, 1, *size)


def test_images_are_normalised_by_imagenets_mean_and_deviation(tiny):
    pixels = images(32, 32)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    with torch.inference_mode():
        torch.testing.assert_close(tiny.eval()(pixels), tiny.network((pixels / 255 - mean) / std))


def test_a_narrow_decoder_has_fewer_parameters_and_the_default_is_what_files_without_the_option_meant(tiny):
    narrow = unet.build(unet.Options("resnet18", decoder_channels=(128, 64, 48, 32, 16)), "none")[0]
    sizes = [sum(each.numel() for each in model.network.decoder.parameters()) for model in (narrow, tiny)]
    assert sizes[0] < sizes[1] / 2
    wide = {name: tensor.shape for name, tensor in tiny.state_dict().items()}
    same = unet.build(unet.Options("resnet18", decoder_channels=(256, 128, 64, 32, 16)), "none")[0]
    assert {name: tensor.shape for name, tensor in same.state_dict().items()} == wide
    with torch.inference_mode():
        assert narrow.eval()(images(32, 64)).shape == (1, 1, 32, 64)


@pytest.mark.parametrize("channels", [(128, 64, 48, 32), (0, 64, 48, 32, 16), (1 << 20, 64, 48, 32, 16)])
def test_channels_of_the_decoder_are_five_numbers_above_0(channels):
    with pytest.raises(HairlineError, match="decoder_channels"):
        unet.Options("resnet18", decoder_channels=channels)


@pytest.mark.parametrize("backbone", ["resnet18", pytest.param("resnet50", marks=pytest.mark.slow)])
def test_encoder_starts_from_a_classifier(tmp_path, backbone):
    classifier, _ = backbones.build(backbone, "none")
    classifier.train()(images(64, 64, count=4))  # so that the running statistics are not those of a fresh network
    backbones.save(classifier, tmp_path, {})
    path = str(tmp_path / "weights.safetensors")
    model, initial = unet.build(unet.Options(backbone), path)
    assert initial == f"file:{path}"
    pixels = images(64, 64)
    with torch.inference_mode():
        expected = classifier.eval().features(pixels)
        found = model.eval().network.encoder(model.normalise(pixels))[-1]
    assert float(expected.abs().max()) > 0
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(("encoder", "backbone"), [("resnet34", "resnet18"), ("efficientnet-b0", "efficientnet_b0")])
def test_a_classifier_that_does_not_fit_is_an_error(tmp_path, encoder, backbone):
    backbones.save(backbones.build(backbone, "none")[0], tmp_path, {})
    with pytest.raises(HairlineError, match=f"U-Net encoder '{encoder}'.*another network"):
        unet.build(unet.Options(encoder), str(tmp_path / "weights.safetensors"))


def test_an_unknown_encoder_names_close_ones():
    with pytest.raises(HairlineError, match=r"'resnet19' is none of .*choose for example .*resnet18"):
        unet.build(unet.Options("resnet19"), "none")


def test_overfits_one_batch():
    torch.manual_seed(0)
    model = unet.build(unet.Options("resnet18"), "none")[0].train()
    pixels = images(32, 32, count=2)
    targets = torch.zeros(2, 32, 32)
    targets[0, 20:24], targets[1, :, 10:13] = 1, 1
    pixels.permute(0, 2, 3, 1)[targets > 0] = 10
    steps = torch.optim.AdamW(model.parameters(), lr=3e-3, fused=True)
    for _ in range(25):
        steps.zero_grad()
        loss = bce_dice(model(pixels)[:, 0], targets)
        loss.backward()
        steps.step()
    found = (model(pixels)[:, 0] > 0).numpy()
    truth = targets.numpy() > 0
    assert 2 * np.sum(found & truth) / (found.sum() + truth.sum()) > 0.9


def test_importing_options_imports_no_torch():
    code = (
        "import sys, hairline.nn.architectures.unet as unet; unet.Options('resnet18'); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
