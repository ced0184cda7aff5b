"""OED: published sizes, skips from the expand activations, heads behind the stages."""

import pytest
import timm
import torch
from torch.nn import functional as F

from hairline.errors import HairlineError
from hairline.nn.architectures import oed
from hairline.nn.classifier import backbones

B5_EXPANDED = {2: 6 * 24, 3: 6 * 40, 4: 6 * 64, 6: 6 * 176}  # six times the channels that come into the stage
B5_LAST = 2048


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    return oed.build(oed.Options("efficientnet_b0"), "none")[0].eval()


def images(height=64, width=96):
    return torch.randint(0, 256, (1, 3, height, width), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def encoded(network, pixels):
    """The encoder's last features and the skips, the finest first: what the stages of the decoder are given."""
    given = []
    hooks = [stage.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0])) for stage in network.stages]
    network(pixels)
    for hook in hooks:
        hook.remove()
    from_below = (network.encoder.num_features, 256, 128, 64)
    skips = [both[:, channels:] for both, channels in zip(given, from_below, strict=True)]
    features = given[0][:, : from_below[0]]
    torch.testing.assert_close(features, F.interpolate(features[:, :, ::2, ::2], scale_factor=2, mode="nearest"))
    return features[:, :, ::2, ::2], skips[::-1]


def test_the_published_one_has_the_published_size():
    with torch.device("meta"):
        network = oed.build(oed.Options("tf_efficientnet_b5"), "none")[0].network
        x, skips = encoded(network, torch.zeros(1, 3, 64, 96))
    assert x.shape == (1, B5_LAST, 2, 3)
    shapes = [(1, B5_EXPANDED[stage], 64 // side, 96 // side) for stage, side in ((2, 2), (3, 4), (4, 8), (6, 16))]
    assert [tuple(skip.shape) for skip in skips] == shapes
    encoder = sum(parameter.numel() for parameter in network.encoder.parameters())
    assert encoder == 28_340_784 == 30_389_784 - (B5_LAST * 1000 + 1000)  # B5 less its classifier
    expected, channels = encoder, B5_LAST
    for width, stage in ((256, 6), (128, 4), (64, 3), (32, 2)):
        channels += B5_EXPANDED[stage]
        expected += 9 * channels * width + 2 * width  # convolution without bias, normalisation
        expected += 4 * (9 * width * width + width)  # two residual blocks of two convolutions
        expected += width + 1  # head
        channels = width
    expected += (9 * 3 * 16 + 32) + (9 * 16 * 16 + 32)  # on the image
    expected += (9 * (32 + 16) * 16 + 32) + (9 * 16 * 16 + 32) + (9 * 16 + 1)  # stage 5 and the answer
    assert sum(parameter.numel() for parameter in network.parameters()) == expected == 39_650_581


def test_the_encoder_is_timms_and_the_skips_are_its_expand_activations(small):
    network = small.network
    theirs = timm.create_model("efficientnet_b0", num_classes=0).eval()
    theirs.load_state_dict(network.encoder.state_dict())
    seen = []
    for stage in (1, 2, 3, 5):
        theirs.blocks[stage][0].bn1.register_forward_hook(lambda _, __, output: seen.append(output.clone()))
    pixels = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        features, skips = encoded(network, pixels)
        torch.testing.assert_close(features, theirs.forward_features(pixels))
    for skip, expected in zip(skips, seen, strict=True):
        torch.testing.assert_close(skip, expected)


def test_heads_are_supervised_at_full_size(small):
    seen, network = {}, small.network
    for index, head in enumerate(network.heads):
        head.register_forward_hook(lambda _, __, output, index=index: seen.__setitem__(index, output))
    with torch.inference_mode():
        outputs = small.outputs(images())
    assert len(outputs) == len(small.loss_weights) == 5
    assert [tuple(seen[index].shape[2:]) for index in range(4)] == [(4, 6), (8, 12), (16, 24), (32, 48)]
    for index, output in enumerate(outputs[1:]):
        torch.testing.assert_close(output, F.interpolate(seen[index], (64, 96), mode="bilinear"))


def test_every_head_teaches():
    network = oed.build(oed.Options("efficientnet_b0"), "none")[0]
    outputs = network.outputs(images())
    outputs[2].sum().backward()
    heads = [head.weight.grad is not None for head in network.network.heads]
    assert heads == [False, True, False, False]
    assert network.network.encoder.conv_stem.weight.grad.abs().max() > 0


def test_it_starts_from_a_classifier_of_the_same_name(tmp_path):
    classifier, _ = backbones.build("efficientnet_b0", "none")
    classifier.train()(images())  # so that the running statistics are not those of a fresh network
    backbones.save(classifier, tmp_path, {})
    path = str(tmp_path / "weights.safetensors")
    model, actual = oed.build(oed.Options("efficientnet_b0"), path)
    assert actual == f"file:{path}"
    with torch.inference_mode():
        pixels = model.normalise(images())
        torch.testing.assert_close(encoded(model.eval().network, pixels)[0], classifier.eval().features(images()))


@pytest.mark.parametrize("name", ["resnet18", "efficientnetv2_rw_t", "mobilenetv3_small_050", "test_efficientnet"])
def test_another_kind_of_encoder_is_refused(name):
    with pytest.raises(HairlineError, match=f"'{name}' is not; choose for example tf_efficientnet_b5"):
        oed.multiple_px(oed.Options(name))


def test_an_unknown_encoder_names_close_ones():
    with pytest.raises(HairlineError, match=r"'efficientnet-b5' is no timm model; choose for .*efficientnet_b5"):
        oed.multiple_px(oed.Options("efficientnet-b5"))
    assert oed.multiple_px(oed.Options("efficientnet_b1")) == 32
