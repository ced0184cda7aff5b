"""The CRF labeller against brute-force mean field: every pair of pixels, float64, no lattice."""

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray
from support.labellers import cracked, evidence_of

from hairline.labelling.methods import crf

PLAIN = dataclasses.replace(crf.EXAMPLE, theta_alpha_px=50, theta_beta=5, theta_gamma_px=3, w1=10, iterations=10)
HEIGHT, WIDTH = 12, 15


def kernel(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """exp(−|Δf|²/2) of all pairs, a pixel with itself included, divided by the roots of both pixels' sums."""
    pairs = np.exp(-((features[:, None] - features[None]) ** 2).sum(axis=-1) / 2)
    root = 1 / np.sqrt(pairs.sum(axis=1))
    return root[:, None] * pairs * root[None]


def brute_force(image: NDArray[np.uint8], crack: NDArray[np.float32], options: crf.Options) -> NDArray[np.float64]:
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    place = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)
    colour = image.reshape(-1, 3) / options.theta_beta
    bilateral = kernel(np.concatenate([place / options.theta_alpha_px, colour], axis=1))
    pairs = options.w1 * bilateral + options.w2 * kernel(place / options.theta_gamma_px)
    own = np.log(np.stack([1 - crack.ravel(), crack.ravel()]).astype(np.float64))
    found = np.exp(own)
    for _ in range(options.iterations):
        found = np.exp(own + found @ pairs)  # a Potts model rewards agreement
        found /= found.sum(axis=0)
    return found[1].reshape(crack.shape)


def scene(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Blocks of 3 px of random colours, and noisy unaries that lean to one class in each block."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (HEIGHT // 3, WIDTH // 3, 3), dtype=np.uint8).repeat(3, axis=0).repeat(3, axis=1)
    leaning = rng.random((HEIGHT // 3, WIDTH // 3)).repeat(3, axis=0).repeat(3, axis=1)
    crack = 0.15 + 0.42 * leaning + 0.28 * rng.random((HEIGHT, WIDTH))
    return image, crack.astype(np.float32)


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
