"""Votes of windows seen amid their image, against means over the pixels of the mirrored image."""

import numpy as np
import pytest

from hairline.imaging.windows import PatchGrid
from hairline.nn.classifier import amid, evidence, frozen
from hairline.nn.runtime import device
from hairline.nn.runtime.serving import RUNTIME

CELL = 8


@pytest.mark.parametrize(
    ("height", "width", "window", "stride"),
    [(40, 64, 16, 8), (33, 50, 32, 24), (41, 23, 20, 7), (8, 8, 8, 8), (70, 31, 12, 12)],
)
def test_a_window_is_the_mean_of_its_pixels_of_the_mirrored_image(
    height: int, width: int, window: int, stride: int
) -> None:
    grid = PatchGrid(height, width, window, stride)
    cells = np.random.default_rng(0).normal(size=(-(-height // CELL), -(-width // CELL), 3))
    pixels = cells.repeat(CELL, 0).repeat(CELL, 1)[:height, :width]
    found = amid.means(cells, grid, CELL)
    expected = np.stack([grid.split(pixels[..., channel]).mean(axis=(2, 3)) for channel in range(3)], axis=-1)
    assert found.dtype == np.float32 and np.allclose(found, expected, atol=1e-5)
    assert np.allclose(amid.means(cells[..., 0], grid, CELL), expected[..., 0], atol=1e-5)
    logits = amid.probabilities(1e4 * cells[..., 0], grid, CELL)
    assert np.isfinite(logits).all() and (logits >= 0).all() and (logits <= 1).all()


def test_the_network_that_ships_is_asked_about_whole_images_alone() -> None:
    model = frozen.of_shipped()
    draws = np.random.default_rng(1)
    made = frozen.linear(model, draws.normal(size=frozen.Frozen(model).length), 0.1)
    image = draws.integers(0, 256, (96, 130, 3), dtype=np.uint8)
    asked = list[int]()
    made.register_forward_hook(lambda *_: asked.append(1))  # of windows that are cut out
    found = evidence.collect(made, image, (64, 32), 16, (), 1024, 8, device.resolve(RUNTIME))
    assert not asked
    network = frozen.Frozen(made)
    weight, bias = (part.detach().numpy() for part in (made.linear.weight, made.linear.bias))  # type: ignore[union-attr]
    features = network.features(image, [(16, 32, 64)])[0]
    logit = features @ (weight[1] - weight[0]) + bias[1] - bias[0]
    assert found.votes[0].probabilities[2, 1] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-4)
    assert found.votes[0].centre_px == (31.5, 31.5) and found.centre_px == (15.5, 15.5)
    assert found.votes[1].probabilities[2, 4] == pytest.approx(found.cells[0].probabilities[1, 2], abs=1e-4)
