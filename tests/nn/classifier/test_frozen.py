"""Features under patches, and a linear classifier on them that is a classifier like any other."""

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from hairline.errors import HairlineError
from hairline.nn.classifier import backbones, evidence, folding, frozen, scales
from hairline.nn.classifier.frozen import Frozen
from hairline.nn.runtime import device
from hairline.nn.runtime.serving import RUNTIME
from hairline.nn.segmenter import shipped


@pytest.fixture(scope="module")
def network() -> Frozen:
    torch.manual_seed(0)
    return Frozen(backbones.build("test_resnet", "none")[0].eval())


def picture(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def cells(network: Frozen, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Every pixel's features [K, 3 * height, 3 * width], by one pass over the image, mirrored at its far edges."""
    side = network.model.cell_px
    margins = [(0, -length % side) for length in image.shape[:2]]
    padded = np.pad(image, [*margins, (0, 0)], mode="reflect")
    with torch.inference_mode():
        found = network.model.features(torch.from_numpy(padded[None]).permute(0, 3, 1, 2))[0].numpy()
    pixels = found.repeat(side, 1).repeat(side, 2)[:, : image.shape[0], : image.shape[1]]
    return np.pad(pixels, [(0, 0), *((0, 2 * length) for length in image.shape[:2])], mode="reflect")


@pytest.mark.parametrize("tile_px", [1024, 32])
def test_features_are_the_mean_of_the_pixels_under_a_patch(
    network: Frozen, tile_px: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen, "TILE_PX", tile_px)
    image = picture(100, 150)
    squares = [(0, 0, 32), (10, 20, 64), (86, 36, 64), (0, 0, 128), (100, 90, 128), (200, 150, 64)]
    found, pixels = network.features(image, squares), cells(network, image)
    for row, (left, top, side) in zip(found, squares, strict=True):
        assert np.allclose(row, pixels[:, top : top + side, left : left + side].mean(axis=(1, 2)), atol=1e-4)
    assert found.shape == (6, network.length)


def test_a_linear_classifier_says_of_an_image_what_the_line_says_of_its_features(
    network: Frozen, tmp_path: Path
) -> None:
    weight = np.random.default_rng(1).normal(size=network.length) * 3
    made = frozen.linear(network.model, weight, -0.4)
    backbones.save(made, tmp_path, {})
    read = backbones.load(tmp_path)[0]
    image, side = picture(64, 96), network.model.cell_px
    found = evidence.collect(read, image, (64,), 64, (), 1024, 8, device.resolve(RUNTIME))
    whole = network.features(image, [(x, y, 32) for x in (0, 32, 64) for y in (0, 32)]).mean(axis=0)
    assert found.crack_probability == pytest.approx(1 / (1 + np.exp(-(whole @ weight - 0.4))), abs=1e-4)
    cell = network.features(image, [(side, 0, side)])[0]
    assert found.cells[0].probabilities[0, 1] == pytest.approx(1 / (1 + np.exp(-(cell @ weight - 0.4))), abs=1e-4)
    assert network.model.linear is not None and not np.allclose(network.model.linear.weight[1].detach(), weight / 2)


def test_the_hash_is_that_of_the_weights(network: Frozen) -> None:
    torch.manual_seed(0)
    assert Frozen(backbones.build("test_resnet", "none")[0].eval()).sha256 == network.sha256
    torch.manual_seed(1)
    assert Frozen(backbones.build("test_resnet", "none")[0].eval()).sha256 != network.sha256


def test_where_none_ships_and_no_weights_can_be_had_both_are_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def none(backbone: str, weights: str) -> None:
        raise HairlineError(f"no {weights} of {backbone}")

    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    monkeypatch.setattr(backbones, "build", none)
    with pytest.raises(HairlineError, match="no imagenet of tf_efficientnet_lite0"):
        frozen.network()
    assert "no network ships" in caplog.text


@pytest.mark.skipif(not (shipped.FOLDER / "weights.safetensors").exists(), reason="no network ships with this copy")
def test_the_network_that_ships_has_features_of_its_scores_and_its_encoder() -> None:
    from hairline.nn.segmenter import segmenter

    found, model = frozen.of_shipped(), segmenter.load(shipped.folder())[0]
    batch = torch.from_numpy(picture(128, 256)[None]).permute(0, 3, 1, 2)
    with torch.inference_mode():
        features, wanted = found.features(batch)[0], []
        network, images = model.get_submodule("network"), model.normalise(batch)
        for times in (1, 2, 4):
            small = F.avg_pool2d(images, times)
            logits = network(small)[0]
            for side in (2, 8):
                greatest = F.max_pool2d(logits, side)
                scores = [torch.sigmoid(2 * (greatest[0] - doubt)) for doubt in (-3, -1.5, 0, 1.5, 3)]
                wanted += [F.avg_pool2d(score[None], 32 // times // side)[0] for score in scores]
        levels = network.get_submodule("encoder")(F.avg_pool2d(images, 2))
        at_32, at_64 = levels[-2][0], levels[-1][0].repeat_interleave(2, 1).repeat_interleave(2, 2)
        wanted += [*at_32.clamp(min=0), *(-at_32).clamp(min=0), *at_64.clamp(min=0), *(-at_64).clamp(min=0)]
    assert features.shape == (len(wanted), 4, 8)
    assert torch.allclose(features, torch.stack(wanted), atol=1e-4)
    assert found.origin is not None and "shipped" in found.origin.source
    emphasis = Frozen(found).emphasis
    assert emphasis.shape == (len(wanted),) and emphasis[:30].min() > emphasis[30:].max() > 0


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 70), (96, 64), (8, 8)])
def test_such_a_network_serves_images_of_any_size(height: int, width: int) -> None:
    body = scales.Scales(0).eval()
    with torch.inference_mode():
        found = body.forward_features(torch.zeros(2, 3, height, width))
    assert found.shape == (2, body.num_features, -(-height // 32), -(-width // 32)) and found.min() >= 0


def test_each_size_is_looked_at_in_tiles_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network, image = Frozen(backbones.build(scales.NAME, "none")[0].eval()), picture(70, 170)
    squares = [(0, 0, 64), (90, 6, 64), (106, 6, 64), (60, 0, 128)]
    whole = network.features(image, squares)
    pixels = cells(network, image)
    for row, (left, top, side) in zip(whole, squares, strict=True):
        assert np.allclose(row, pixels[:, top : top + side, left : left + side].mean(axis=(1, 2)), atol=1e-4)
    monkeypatch.setattr(frozen, "TILE_PX", 64)  # 2 x 3 tiles of the photo's own size, 1 x 2 of half
    monkeypatch.setattr(scales, "MARGIN_PX", 192)  # as wide as the photo: what is left is the bookkeeping
    assert np.allclose(network.features(image, squares), whole, atol=1e-4)
    body = network.model.body
    assert isinstance(body, scales.Scales)
    assert sorted(chain.from_iterable(map(body.columns, scales.TIMES))) == list(range(network.length))


def test_a_segmenter_of_another_architecture_gives_no_features(monkeypatch: pytest.MonkeyPatch) -> None:
    from hairline.nn.segmenter import networks, segmenter

    module = networks.module("unet")
    other = module.build(module.Options(encoder="tu-test_resnet", decoder_channels=(8, 8, 8, 8, 8)), "none")[0]
    monkeypatch.setattr(shipped, "folder", lambda: shipped.FOLDER)
    monkeypatch.setattr(segmenter, "load", lambda folder: (other, {}))
    with pytest.raises(HairlineError, match="no U-Net with the encoder tf_efficientnet_lite0"):
        frozen.of_shipped()


def test_a_classifier_of_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = backbones.build(scales.NAME, "none")[0].eval()
    backbones.save(model, tmp_path, {})
    read, folded = backbones.load(tmp_path)[0], folding.folded(model)
    batch = torch.from_numpy(picture(64, 96)[None]).permute(0, 3, 1, 2)
    with torch.inference_mode():
        own = model(batch)
        assert torch.allclose(read(batch), own, atol=1e-5) and torch.allclose(folded(batch), own, atol=1e-4)
    assert read.cell_px == 32 and read.linear is not None
    assert sum(isinstance(layer, folding.Convolution) for layer in folded.modules()) > 40
