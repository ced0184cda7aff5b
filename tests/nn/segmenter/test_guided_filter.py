"""The guided filter against its definition, window by window."""

import numpy as np
import pytest
import torch

from hairline.nn.segmenter.guided_filter import guided_filter


def by_the_definition(guide, source, radius_px, eps):
    """A line fitted in every window, and at each pixel the mean of the lines of all windows over it."""
    height, width = guide.shape
    totals, counts = np.zeros(guide.shape), np.zeros(guide.shape)
    for row in range(height):
        for col in range(width):
            window = (
                slice(max(row - radius_px, 0), row + radius_px + 1),
                slice(max(col - radius_px, 0), col + radius_px + 1),
            )
            inside, wanted = guide[window].ravel(), source[window].ravel()
            slope = np.mean((inside - inside.mean()) * (wanted - wanted.mean())) / (inside.var() + eps)
            totals[window] += slope * (guide[window] - inside.mean()) + wanted.mean()
            counts[window] += 1
    return totals / counts


def filtered(guide, source, radius_px, eps):
    return guided_filter(torch.from_numpy(guide)[None, None], torch.from_numpy(source)[None, None], radius_px, eps)[
        0, 0
    ]


@pytest.mark.parametrize("size", [(1, 1), (3, 4), (9, 14)])
@pytest.mark.parametrize(("radius_px", "eps"), [(1, 0.01), (2, 0.3), (5, 1e-6)])
def test_it_is_its_definition(size, radius_px, eps):
    rng = np.random.default_rng(0)
    guide, source = rng.random(size), rng.random(size)
    expected = by_the_definition(guide, source, radius_px, eps)
    np.testing.assert_allclose(filtered(guide, source, radius_px, eps), expected, atol=1e-9)


def test_an_edge_of_the_guide_stays_and_a_flat_guide_blurs():
    edge = np.zeros((20, 20))
    edge[:, 10:] = 1
    np.testing.assert_allclose(filtered(edge, edge, 5, 1e-6), edge, atol=1e-4)
    blurred = filtered(np.full((20, 20), 0.3), edge, 5, 1e-6).numpy()
    assert 0.3 < blurred[10, 9] < 0.5 < blurred[10, 10] < 0.7
