import numpy as np
import pytest
import torch

from hairline.nn.runtime.recipes import Loss
from hairline.nn.segmenter.losses import bce, bce_dice, by_options, focal, gce

LOGITS, TARGETS = torch.tensor([-2.0, 0.5, 3.0, -0.3]), torch.tensor([0.0, 0.3, 1.0, 0.9])
SCORES = 1 / (1 + np.exp(-LOGITS.numpy().astype(np.float64)))
TRUTH = TARGETS.numpy().astype(np.float64)


@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_bce_is_its_formula(weight):
    expected = -(weight * TRUTH * np.log(SCORES) + (1 - TRUTH) * np.log(1 - SCORES)).mean()
    assert float(bce(LOGITS, TARGETS, weight)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_focal_is_its_formula_and_at_0_bce(gamma):
    each = -(2 * TRUTH * np.log(SCORES) + (1 - TRUTH) * np.log(1 - SCORES))
    expected = (np.abs(TRUTH - SCORES) ** gamma * each).mean()
    assert float(focal(LOGITS, TARGETS, 2, gamma)) == pytest.approx(expected, rel=1e-5)
    if gamma == 0:
        assert float(focal(LOGITS, TARGETS, 2, gamma)) == pytest.approx(float(bce(LOGITS, TARGETS, 2)), rel=1e-6)


def test_focal_of_hard_targets_is_as_published():
    hard = torch.tensor([0.0, 1.0, 1.0, 0.0])
    right = np.where(hard.numpy() == 1, SCORES, 1 - SCORES)
    assert float(focal(LOGITS, hard)) == pytest.approx((-((1 - right) ** 2) * np.log(right)).mean(), rel=1e-5)


@pytest.mark.parametrize("q", [0.3, 0.7, 1.0])
def test_gce_is_its_formula(q):
    each = 2 * TRUTH * (1 - SCORES**q) / q + (1 - TRUTH) * (1 - (1 - SCORES) ** q) / q
    assert float(gce(LOGITS, TARGETS, 2, q)) == pytest.approx(each.mean(), rel=1e-5)


def test_gce_nears_bce_and_ends_at_the_absolute_error():
    hard = (TARGETS > 0.5).float()
    assert float(gce(LOGITS, hard, q=1e-4)) == pytest.approx(float(bce(LOGITS, hard)), rel=1e-3)
    assert float(gce(LOGITS, hard, q=1.0)) == pytest.approx(np.abs(hard.numpy() - SCORES).mean(), rel=1e-5)


def test_gce_pulls_less_at_what_is_surely_called_wrong():
    wrong = torch.tensor([-6.0], requires_grad=True)
    pulls = []
    for loss in (bce, gce):
        (pull,) = torch.autograd.grad(loss(wrong, torch.ones(1)), wrong)
        pulls.append(abs(float(pull)))
    assert pulls[1] < pulls[0] / 10


@pytest.mark.parametrize("name", ["bce", "bce_dice", "focal", "gce"])
def test_no_loss_breaks_at_extreme_logits(name):
    logits = torch.tensor([-1e4, 1e4, 0.0], requires_grad=True)
    loss = by_options(Loss(name, 2, 2, 0.7))(logits, torch.tensor([1.0, 0.0, 0.5]))
    (pull,) = torch.autograd.grad(loss, logits)
    assert torch.isfinite(loss) and torch.isfinite(pull).all()


def test_options_reach_their_loss():
    assert float(by_options(Loss("gce", 3, 2, 0.5))(LOGITS, TARGETS)) == float(gce(LOGITS, TARGETS, 3, 0.5))
    assert float(by_options(Loss("focal", 3, 1, 0.5))(LOGITS, TARGETS)) == float(focal(LOGITS, TARGETS, 3, 1))


def test_dice_is_least_where_scores_equal_soft_targets():
    targets = torch.rand(200, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1
    at = torch.logit(targets)

    def dice(logits):
        return float(bce_dice(logits, targets.float()) - bce(logits, targets.float()))

    assert dice(at) == pytest.approx(0, abs=1e-5)
    for change in (-1.0, -0.2, 0.2, 1.0):
        assert dice(at + change) > 1e-3
    empty = torch.zeros(50)
    assert float(bce_dice(empty - 40, empty)) == pytest.approx(0, abs=1e-6)
