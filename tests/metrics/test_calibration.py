"""Calibration against plain loops and scikit-learn."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from hairline.metrics.calibration import BINS, brier, expected_error, reliability


def drawn(seed, count=400):
    generator = np.random.default_rng(seed)
    probabilities = generator.random(count).astype(np.float32)
    return probabilities, generator.random(count) < probabilities**2


@pytest.mark.parametrize("seed", range(3))
def test_bins_are_those_of_scikit_learn(seed):
    probabilities, crack = drawn(seed)
    found = reliability(probabilities, crack)
    observed, predicted = calibration_curve(crack, probabilities, n_bins=BINS)
    np.testing.assert_allclose(found.observed, observed)
    np.testing.assert_allclose(found.predicted, predicted, rtol=1e-6)
    assert found.items.sum() == len(crack)
    assert brier(probabilities, crack) == pytest.approx(brier_score_loss(crack, probabilities))


@pytest.mark.parametrize("seed", range(3))
def test_the_expected_error_is_that_of_a_loop(seed):
    probabilities, crack = drawn(seed)
    error = 0.0
    for index in range(BINS):
        inside = (probabilities >= index / BINS) & (probabilities < (index + 1) / BINS)
        if inside.any():
            error += inside.mean() * abs(crack[inside].mean() - probabilities[inside].astype(float).mean())
    assert expected_error(probabilities, crack) == pytest.approx(error)


def test_worked_example():
    """Two bins: 0.9 twice, of which one is crack (off by 0.4), and 0.1 twice without (off by 0.1): (0.4 + 0.1) / 2."""
    probabilities, crack = np.array([0.9, 0.9, 0.1, 0.1]), np.array([True, False, False, False])
    assert expected_error(probabilities, crack) == pytest.approx(0.25)
    assert brier(probabilities, crack) == pytest.approx((0.01 + 0.81 + 0.01 + 0.01) / 4)


def test_ends_and_nothing():
    found = reliability(np.array([0.0, 1.0]), np.array([False, True]))
    assert found.items.tolist() == [1, 1]
    assert expected_error(np.array([0.0, 1.0]), np.array([False, True])) == 0
    assert np.isnan(expected_error(np.array([]), np.array([], bool)))
    assert np.isnan(brier(np.array([]), np.array([], bool)))
