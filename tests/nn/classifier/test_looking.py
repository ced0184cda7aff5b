"""An image looked at once gives the evidence of any linear classifier, as if each had looked for itself."""

import numpy as np
import pytest
import torch

from hairline.nn.classifier import backbones, evidence, frozen, looking
from hairline.nn.runtime import device
from hairline.nn.runtime.serving import RUNTIME


@pytest.mark.parametrize(("size", "tile_px"), [((70, 100), 1024), ((130, 64), 32)])
def test_evidence_of_lines_is_that_of_the_classifiers_they_make(size: tuple[int, int], tile_px: int) -> None:
    torch.manual_seed(0)
    model = backbones.build("test_resnet", "none")[0].eval()
    draws = np.random.default_rng(0)
    image = draws.integers(0, 256, (*size, 3), dtype=np.uint8)
    asked = ((32, 64), 16, (0.5, 1.5), tile_px, 8, device.resolve(RUNTIME))
    seen = looking.look(model, image, *asked)
    assert model.linear is not None
    for bias in (-0.4, 2.0):
        weight = draws.normal(size=model.linear.in_features) * 3
        found = seen.evidence(weight, bias)
        own = evidence.collect(frozen.linear(model, weight, bias), image, *asked)
        assert (found.height, found.width, found.cam_cell_px) == (own.height, own.width, own.cam_cell_px)
        assert found.centre_px == own.centre_px
        assert found.crack_probability == pytest.approx(own.crack_probability, abs=1e-5)
        assert np.allclose(found.cam, own.cam, rtol=1e-4, atol=1e-4) and own.cam.max() > 0
        for one, other in zip(found.votes, own.votes, strict=True):
            assert (one.window_px, one.stride_px, one.centre_px) == (other.window_px, other.stride_px, other.centre_px)
            assert np.allclose(one.probabilities, other.probabilities, atol=1e-5)
        for scaled, other_scaled in zip(found.scaled, own.scaled, strict=True):
            assert scaled.scale == other_scaled.scale
            assert np.allclose(scaled.cells, other_scaled.cells, rtol=1e-4, atol=1e-4)
        for cells, other_cells in zip(found.cells, own.cells, strict=True):
            assert cells.scale == other_cells.scale
            assert np.allclose(cells.probabilities, other_cells.probabilities, atol=1e-5)
