import numpy as np
import pytest
import torch

from hairline.nn.classifier import backbones
from hairline.nn.classifier.backbones import build
from hairline.nn.classifier.cam import by_gradient, from_gradient, grad_cam_plus_plus


def as_published(model, features, epsilon=0.0):
    """Eq. 19 to the letter, α normalised to sum 1 over space unless an ε stands in for that: float64, one image."""
    features = features.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(model.head(features)[0, 1], features)
    total = features.sum((2, 3), keepdim=True)
    alpha = gradient**2 / (2 * gradient**2 + total * gradient**3 + epsilon)
    if not epsilon:
        alpha = alpha / alpha.sum((2, 3), keepdim=True)
    weight = (gradient.relu() * alpha).sum((2, 3), keepdim=True)
    return (weight * features).sum(1).relu().detach()


def share(values):
    return values / values.max()


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
    general, logits = by_gradient(features, model.head)
    assert closed.dtype == torch.float64
    assert float(closed.max()) > 0
    assert float((share(closed) - share(general)).abs().max()) < 1e-9
    assert float((share(closed) - share(as_published(model, features))).abs().max()) < 1e-9
    assert torch.equal(logits, model.head(features))


@pytest.mark.parametrize("backbone", ["test_convnext", "mobilenetv3_small_050"])
def test_other_heads_as_published(backbone):
    torch.manual_seed(1)
    model = calibrated(backbone)
    with torch.no_grad():
        features = model.features(torch.randint(0, 256, (1, 3, 96, 160), dtype=torch.uint8))
    found, _ = by_gradient(features, model.head)
    expected = as_published(model, features)
    assert float(expected.max()) > 0
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * float(expected.max()))


@pytest.mark.parametrize(("size", "least", "most"), [((1, 2), 0, 0.02), ((12, 20), 0.1, 1)])
def test_a_fixed_epsilon_swamps_small_gradients(size, least, most):
    """What pytorch-grad-cam computes (ε = 1e-6, α not normalised): near ours on two cells, far off on a full frame."""
    torch.manual_seed(2)
    linear = torch.nn.Linear(64, 2)  # its weights have the deviation of a trained ResNet-18's: 0.07
    model = backbones.Classifier("none", torch.nn.Identity(), linear, 32).double()
    features = torch.rand(1, 64, *size, dtype=torch.float64) * torch.rand(1, 64, 1, 1, dtype=torch.float64) ** 3
    features[:, :, :, size[1] // 2 :] *= torch.rand(64, 1, 1)  # two halves that differ
    ours = share(grad_cam_plus_plus(features, model.crack_weight).detach())
    assert float((ours - share(as_published(model, features))).abs().max()) < 1e-9
    assert least <= float((ours - share(as_published(model, features, 1e-6))).abs().max()) <= most


def test_pytorch_grad_cam_is_the_form_with_the_epsilon():
    package = pytest.importorskip("pytorch_grad_cam", reason="pytorch-grad-cam is no dependency of hairline")
    targets = pytest.importorskip("pytorch_grad_cam.utils.model_targets")
    torch.manual_seed(3)
    model = calibrated("resnet18")
    image = torch.randint(0, 256, (1, 3, 96, 160), dtype=torch.uint8)
    cam = package.GradCAMPlusPlus(model=model, target_layers=[model.body.layer4[-1]])
    activations = cam.activations_and_grads
    scores = activations(image.double())
    targets.ClassifierOutputTarget(1)(scores[0]).backward()
    features, gradients = activations.activations[0], activations.gradients[0]
    weights = cam.get_cam_weights(image, None, [1], features.numpy(), gradients.numpy())
    theirs = np.maximum((weights[:, :, None, None] * features.numpy()).sum(1), 0)
    np.testing.assert_allclose(theirs, as_published(model, features, 1e-6), rtol=1e-6, atol=1e-9)


def test_the_gradient_form_against_loops_over_features_and_pixels():
    generator = np.random.default_rng(1)
    features = generator.normal(size=(2, 4, 3, 5))
    gradient = generator.normal(size=features.shape) * (generator.random(features.shape) < 0.8)  # some exactly 0
    gradient[1, 2] = 0
    expected = np.zeros((2, 3, 5))
    for n in range(2):
        for k in range(4):
            total, alphas = features[n, k].sum(), np.zeros((3, 5))
            for y, x in np.ndindex(3, 5):
                g = gradient[n, k, y, x]
                alphas[y, x] = g**2 / (2 * g**2 + total * g**3) if g else 0
            alphas /= alphas.sum() if gradient[n, k].any() else 1
            weight = sum(max(gradient[n, k, y, x], 0) * alphas[y, x] for y, x in np.ndindex(3, 5))
            expected[n] += weight * features[n, k]
    found = from_gradient(torch.from_numpy(features), torch.from_numpy(gradient))
    np.testing.assert_allclose(found.numpy(), np.maximum(expected, 0), rtol=1e-9, atol=1e-12)


def test_gradients_that_float32_cannot_square_count():
    """A gradient of 1e-25, whose square is 0 in float32, leaves α = 1/2 everywhere: equal shares."""
    features = torch.rand(1, 2, 3, 3)
    found = from_gradient(features, torch.full_like(features, 1e-25))
    np.testing.assert_allclose(share(found), share(features.sum(1)), rtol=1e-5)


def test_by_gradient_works_inside_inference_mode():
    model, features = calibrated("resnet18"), torch.rand(1, 512, 2, 3, dtype=torch.float64)
    expected, _ = by_gradient(features, model.head)
    with torch.inference_mode():
        found, logits = by_gradient(features, model.head)
    assert torch.equal(found, expected) and not logits.requires_grad


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


def of_probability(model, features):
    """Eq. 19 to the letter with the gradient of crack's probability behind the softmax, as the public code has it."""
    features = features.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(model.head(features).softmax(dim=1)[0, backbones.CRACK], features)
    total = features.sum((2, 3), keepdim=True)
    alpha = gradient**2 / (2 * gradient**2 + total * gradient**3)
    weight = (gradient.relu() * alpha / alpha.sum((2, 3), keepdim=True)).sum((2, 3), keepdim=True)
    return (weight * features).sum(1).relu().detach()


def test_the_logit_is_differentiated_and_the_softmax_would_take_the_difference_of_both_outputs():
    torch.manual_seed(3)
    model = calibrated("resnet18")
    with torch.no_grad():
        features = model.features(torch.randint(0, 256, (1, 3, 96, 128), dtype=torch.uint8))
    logit, softmax = as_published(model, features), of_probability(model, features)
    crack, other = model.linear.weight[backbones.CRACK], model.linear.weight[1 - backbones.CRACK]
    assert torch.allclose(share(grad_cam_plus_plus(features, model.crack_weight).detach()), share(logit), atol=1e-9)
    assert torch.allclose(share(grad_cam_plus_plus(features, crack - other).detach()), share(softmax), atol=1e-9)
    assert float((share(logit) - share(softmax)).abs().max()) > 0.01


def test_weights_on_top_of_both_outputs_change_the_map_of_the_logit_alone():
    torch.manual_seed(4)
    model = calibrated("resnet18")
    with torch.no_grad():
        features = model.features(torch.randint(0, 256, (1, 3, 96, 128), dtype=torch.uint8))
        before = model.head(features).softmax(dim=1)
    softmax, logit = of_probability(model, features), as_published(model, features)
    with torch.no_grad():
        model.linear.weight += 0.2 * torch.rand(model.linear.weight.shape[1])
        assert torch.allclose(model.head(features).softmax(dim=1), before, atol=1e-12)
    assert torch.allclose(share(of_probability(model, features)), share(softmax), atol=1e-9)
    assert float((share(as_published(model, features)) - share(logit)).abs().max()) > 0.01
