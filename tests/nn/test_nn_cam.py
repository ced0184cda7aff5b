import numpy as np
import pytest
import torch

from hairline.nn.backbones import build
from hairline.nn.cam import grad_cam_plus_plus


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Small batches are slower on many threads, far slower where other processes keep the cores busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def by_autograd(model, features):
    """Grad-CAM++ as published, α normalised to sum 1 over space, of the crack logit; float64, one image."""
    features = features.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(model.head(features)[0, 1], features)
    total = features.sum((2, 3), keepdim=True)
    alpha = gradient**2 / (2 * gradient**2 + total * gradient**3)
    alpha = alpha / alpha.sum((2, 3), keepdim=True)
    weight = (gradient.relu() * alpha).sum((2, 3), keepdim=True)
    return (weight * features).sum(1).relu().detach()


def calibrated(backbone):
    """A random network in float64 whose normalisation layers have seen some pictures, so that signals do not fade."""
    model = build(backbone, "none")[0].double()
    with torch.no_grad():
        for _ in range(10):
            model(torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8))
    return model.eval()


@pytest.mark.parametrize("backbone", ["resnet18", "test_efficientnet"])
@pytest.mark.parametrize("size", [(64, 96), (160, 32), (33, 70)])
def test_closed_form_is_the_general_form_after_max_normalisation(backbone, size):
    torch.manual_seed(sum(size))
    model = calibrated(backbone)
    with torch.no_grad():
        features = model.features(torch.randint(0, 256, (1, 3, *size), dtype=torch.uint8))
        closed = grad_cam_plus_plus(features, model.crack_weight)
    general = by_autograd(model, features)
    assert closed.dtype == torch.float64
    assert float(closed.max()) > 0
    difference = closed / closed.max() - general / general.max()
    assert float(difference.abs().max()) < 1e-9


def test_against_a_loop_over_features_and_pixels():
    generator = np.random.default_rng(0)
    features, weight = generator.normal(size=(2, 5, 3, 4)), generator.normal(size=5)
    expected = np.zeros((2, 3, 4))
    for n, k, y, x in np.ndindex(2, 5, 3, 4):
        expected[n, y, x] += max(weight[k], 0) * features[n, k, y, x]
    found = grad_cam_plus_plus(torch.from_numpy(features), torch.from_numpy(weight))
    np.testing.assert_allclose(found.numpy(), np.maximum(expected, 0), rtol=1e-12, atol=1e-15)


def test_features_that_speak_against_crack_leave_no_trace():
    assert not grad_cam_plus_plus(torch.rand(1, 3, 2, 2), -torch.rand(3)).any()


def test_half_precision_features_are_summed_in_the_precision_of_the_weights():
    features = torch.full((1, 600, 1, 1), 1.0, dtype=torch.bfloat16)
    assert grad_cam_plus_plus(features, torch.ones(600)).item() == 600  # bfloat16 knows no 600: 8 bits
