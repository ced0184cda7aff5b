import json

import huggingface_hub
import pytest
import safetensors.torch
import timm
import torch

from hairline.errors import HairlineError
from hairline.nn.classifier import backbones
from hairline.nn.runtime import weights

SMALL = "test_resnet"


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return backbones.build(SMALL, "none")[0].eval()


def picture(*shape):
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("backbone", ["resnet18", "test_resnet", "test_efficientnet"])
def test_logits_are_those_of_the_timm_model_on_normalised_images(backbone, tmp_path):
    model, actual = backbones.build(backbone, "none")
    assert actual == "none"
    assert model.training
    reference = timm.create_model(backbone, num_classes=2).eval()
    reference.load_state_dict(model.body.state_dict(), strict=False)
    reference.get_classifier().load_state_dict(model.linear.state_dict())
    images = picture(2, 3, 64, 96)
    mean, std = (torch.tensor(value).view(3, 1, 1) for value in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    with torch.inference_mode():
        expected = reference((images / 255 - mean) / std)
        assert torch.allclose(model.eval()(images), expected, atol=1e-5 * float(expected.abs().max()))
        assert model.features(images).shape == (2, model.linear.in_features, 64 // 32, 96 // 32)
    assert model.cell_px == 32


def test_resnet_features_are_after_the_relu_and_carry_the_head(model):
    with torch.inference_mode():
        features = model.features(picture(1, 3, 64, 64))
        assert float(features.min()) == 0 < float(features.max())
        assert torch.equal(model.head(features), model(picture(1, 3, 64, 64)))
        crack = (features.mean((2, 3)) * model.crack_weight).sum() + model.linear.bias[1]
        assert torch.allclose(crack, model.head(features)[0, 1])


def test_head_keeps_full_precision_under_autocast(model):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert model.features(picture(1, 3, 64, 64)).dtype == torch.bfloat16
        assert model(picture(1, 3, 64, 64)).dtype == torch.float32


def test_unknown_backbones_list_close_ones():
    with pytest.raises(HairlineError, match=r"'resnet181' is no timm model.*resnet18"):
        backbones.build("resnet181", "none")
    with pytest.raises(HairlineError, match=r"'resnet18\.nobody' is no timm model"):
        backbones.build("resnet18.nobody", "none")


@pytest.mark.parametrize("backbone", ["test_convnext", "mobilenetv3_small_050", "vgg11_bn"])
def test_other_heads_are_timms_own(backbone):
    model, _ = backbones.build(backbone, "none")
    assert model.linear is None and model.crack_weight is None and model.cell_px == 32
    reference = timm.create_model(backbone, num_classes=2).eval()
    reference.load_state_dict(model.body.state_dict())
    images = picture(2, 3, 64, 96)
    mean, std = (torch.tensor(value).view(3, 1, 1) for value in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    with torch.inference_mode():
        expected = reference((images / 255 - mean) / std)
        assert torch.allclose(model.eval()(images), expected, atol=1e-5 * float(expected.abs().max()))


@pytest.mark.parametrize(
    ("backbone", "why"),
    [("test_vit", "last features have the shape"), ("mixer_s16_224", "height .64. doesn't match")],
)
def test_networks_without_a_map_or_of_one_image_size_are_refused(backbone, why):
    with pytest.raises(HairlineError, match=f"{backbone}' is no convolutional network for images of any size .*{why}"):
        backbones.build(backbone, "none")


def test_a_head_of_equal_width_that_does_more_than_average_is_no_linear_one():
    """ConvNeXt normalises between average and last layer: as many features as the layer takes, another function."""
    model, _ = backbones.build("test_convnext", "none")
    assert model.body.get_classifier().in_features == model.features(picture(1, 3, 64, 64)).shape[1]
    assert model.linear is None


def test_other_heads_survive_their_file_and_take_only_the_body_from_timm(tmp_path):
    model, _ = backbones.build("mobilenetv3_small_050", "none")
    backbones.save(model, tmp_path / "saved", {})
    loaded, _ = backbones.load(tmp_path / "saved")
    images = picture(2, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(model.eval()(images), loaded(images))
    published = timm.create_model("mobilenetv3_small_050", num_classes=7)
    weights.write(published, tmp_path / "timm.safetensors")
    started, _ = backbones.build("mobilenetv3_small_050", str(tmp_path / "timm.safetensors"))
    assert torch.equal(started.body.conv_head.weight, published.conv_head.weight)
    assert started.body.classifier.out_features == 2


def test_save_and_load_are_bit_equal(model, tmp_path):
    folder = tmp_path / "models" / "c"
    model.to(memory_format=torch.channels_last)
    backbones.save(model, folder, {"weights": "none", "window_px": 128})
    loaded, info = backbones.load(folder)
    scale = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    assert info == {"weights": "none", "window_px": 128, "backbone": SMALL, "normalisation": scale}
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", "weights.safetensors"]
    assert not loaded.training
    state = model.state_dict()
    assert state.keys() == loaded.state_dict().keys()
    assert all(torch.equal(state[name], tensor) for name, tensor in loaded.state_dict().items())
    images = picture(2, 3, 40, 50).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        assert torch.equal(model(images), loaded.to(memory_format=torch.channels_last)(images))


def test_load_says_what_is_missing_or_does_not_belong_together(model, tmp_path):
    with pytest.raises(HairlineError, match=r"model\.json: not found; train this classifier first"):
        backbones.load(tmp_path)
    backbones.save(model, tmp_path, {})
    (tmp_path / "model.json").write_text(json.dumps({"backbone": "test_efficientnet"}))
    with pytest.raises(HairlineError, match=r"weights\.safetensors: these weights are of another network"):
        backbones.load(tmp_path)


def test_starting_from_a_classifier_takes_its_head_and_from_timm_only_the_body(model, tmp_path):
    backbones.save(model, tmp_path, {})
    path = tmp_path / "weights.safetensors"
    again, actual = backbones.build(SMALL, str(path))
    assert actual == f"file:{path}"
    assert all(torch.equal(model.state_dict()[name], tensor) for name, tensor in again.state_dict().items())

    published = tmp_path / "timm.safetensors"
    weights.write(timm.create_model(SMALL, num_classes=7), published)
    from_timm, _ = backbones.build(SMALL, str(published))
    tensors = safetensors.torch.load_file(published)
    assert all(torch.equal(tensors[name], tensor) for name, tensor in from_timm.body.state_dict().items())
    assert from_timm.linear.out_features == 2


def test_weights_of_another_network_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    weights.write(timm.create_model("test_efficientnet"), path)
    with pytest.raises(HairlineError, match=f"other.safetensors for '{SMALL}': these weights are of another network"):
        backbones.build(SMALL, str(path))


def test_imagenet_weights_come_from_the_repository_timm_names(monkeypatch, tmp_path):
    path = tmp_path / "model.safetensors"
    weights.write(timm.create_model(SMALL), path)
    asked = []
    cached = lambda repository, *_, **__: asked.append(repository) or str(path)  # noqa: E731
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", cached)
    _, actual = backbones.build(SMALL, "auto")
    assert (actual, asked) == ("imagenet", [timm.get_pretrained_cfg(SMALL).hf_hub_id])
