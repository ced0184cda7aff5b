"""Features under patches, and a linear classifier on them that is a classifier like any other."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.nn.classifier import backbones, evidence, frozen
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
    """Every pixel's features [K, height, width], by one pass over the mirrored image."""
    side = network.model.cell_px
    margins = [(0, -length % side) for length in image.shape[:2]]
    padded = np.pad(image, [*margins, (0, 0)], mode="reflect")
    with torch.inference_mode():
        found = network.model.features(torch.from_numpy(padded[None]).permute(0, 3, 1, 2))[0].numpy()
    return found.repeat(side, 1).repeat(side, 2)[:, : image.shape[0], : image.shape[1]]


@pytest.mark.parametrize("tile_px", [1024, 32])
def test_features_are_the_mean_of_the_pixels_under_a_patch(
    network: Frozen, tile_px: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen, "TILE_PX", tile_px)
    image = picture(100, 150)
    squares = [(0, 0, 32), (10, 20, 64), (86, 36, 64), (0, 0, 128), (100, 90, 128)]
    found, pixels = network.features(image, squares), cells(network, image)
    for row, (left, top, side) in zip(found, squares, strict=True):
        assert np.allclose(row, pixels[:, top : top + side, left : left + side].mean(axis=(1, 2)), atol=1e-4)
    assert found.shape == (5, network.length)


def test_a_linear_classifier_says_of_an_image_what_the_line_says_of_its_features(
    network: Frozen, tmp_path: Path
) -> None:
    weight = np.random.default_rng(1).normal(size=network.length) * 3
    made = frozen.linear(network.model, weight, -0.4)
    backbones.save(made, tmp_path, {})
    read = backbones.load(tmp_path)[0]
    image, side = picture(64, 96), network.model.cell_px
    found = evidence.collect(read, image, (64,), 64, (), 1024, 8, device.resolve(RUNTIME))
    whole = network.features(image, [(0, 0, 96)])[0]
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
def test_the_network_that_ships_has_features_of_its_encoder() -> None:
    from hairline.nn.segmenter import segmenter

    image = picture(64, 64)
    found = frozen.of_shipped()
    model = segmenter.load(shipped.folder())[0]
    encoder = next(part for name, part in model.named_modules() if name.endswith("encoder"))
    with torch.inference_mode():
        batch = torch.from_numpy(image[None]).permute(0, 3, 1, 2)
        own = encoder(found.normalise(batch))[-1][0]
        features = found.features(batch)[0]
    count = len(own)
    assert torch.allclose(features[:count], (own / 2).clamp(0, 6), atol=1e-4)
    assert torch.allclose(features[count : 2 * count], (-own / 2).clamp(0, 6), atol=1e-4)
    assert found.origin is not None and "shipped" in found.origin.source
