"""The CRF labeller against brute-force mean field: every pair of pixels, float64, no lattice."""

import dataclasses

import numpy as np
import pytest
from support.labellers import cracked, evidence_of
from support.plain_crf import brute_force, scene

from hairline.labelling.methods import crf

PLAIN = dataclasses.replace(crf.EXAMPLE, theta_alpha_px=50, theta_beta=5, theta_gamma_px=3, w1=10, iterations=10)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "changes",
    [
        {"w1": 1.0, "w2": 0.0, "iterations": 1},
        {"w1": 0.0, "w2": 1.0, "iterations": 5},
        {"w1": 1.0, "w2": 1.0, "iterations": 5},
        {"w1": 1.0, "w2": 1.0, "iterations": 5, "theta_beta": 60.0},
    ],
)
def test_mean_field_is_that_of_all_pairs_up_to_the_lattice(changes: dict[str, float], seed: int) -> None:
    image, crack = scene(seed)
    narrow = {"theta_alpha_px": 5.0, "theta_beta": 20.0, "theta_gamma_px": 3.0}
    options = dataclasses.replace(PLAIN, **{**narrow, **changes})
    found, exact = crf.mean_field(image, crack, options), brute_force(image, crack, options)
    difference = np.abs(found - exact)
    assert difference.max() < 0.06
    assert difference.mean() < 0.3 * np.abs(exact - crack).mean()  # it is not the unary that agrees


def test_a_pair_that_is_not_counted_or_counted_twice_would_be_seen() -> None:
    image, crack = scene(0)
    options = dataclasses.replace(PLAIN, theta_alpha_px=5.0, theta_beta=20.0, w1=1.0, w2=1.0, iterations=5)
    found = crf.mean_field(image, crack, options)
    for name in ("w1", "w2"):
        for factor in (0.0, 2.0):
            wrong = brute_force(image, crack, dataclasses.replace(options, **{name: factor * getattr(options, name)}))
            assert np.abs(found - wrong).mean() > 0.02, (name, factor)


@pytest.mark.parametrize(("activation", "expected"), [(0.0, 0.05), (0.15, 0.275), (0.3, 0.5), (0.65, 0.725), (1, 0.95)])
def test_the_unary_is_two_straight_pieces(activation: float, expected: float) -> None:
    found = crf.unary(np.full((1, 1), activation, np.float32), confidence=0.9, neutral=0.3)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_without_a_step_or_without_weights_the_unary_stays() -> None:
    image, crack = scene(1)
    for changes in ({"iterations": 0}, {"w1": 0.0, "w2": 0.0}):
        options = dataclasses.replace(PLAIN, **changes)
        np.testing.assert_allclose(crf.mean_field(image, crack, options), crack, atol=1e-6)


def test_a_coarse_map_is_drawn_to_the_crack_under_it() -> None:
    image, distance = cracked(120, 150)
    blurred = np.clip(1 - distance / 12, 0, 1).astype(np.float32)
    unary = crf.unary(blurred, 0.9, 0.5)
    options = dataclasses.replace(PLAIN, theta_alpha_px=20.0, theta_beta=20.0, theta_gamma_px=1.0, w1=4.0, w2=0.5)
    line = distance < 2.5
    before, after = unary >= 0.5, crf.mean_field(image, unary, options) >= 0.5
    overlap = [(found & line).sum() / (found | line).sum() for found in (before, after)]
    assert overlap[1] > 0.9 > 0.6 > overlap[0]


def test_without_evidence_of_a_crack_nothing_is_crack() -> None:
    image, _ = cracked(90, 131)
    assert (crf.label(image, evidence_of(90, 131, 0.0), PLAIN) < 0.5).all()
