"""The objective without masks against plain loops, and that a right label beats wrong ones."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter
from scipy.stats import pearsonr

from hairline.imaging.windows import PatchGrid
from hairline.labelling.localization import Evidence, Votes
from hairline.tuning import maskless

HEIGHT, WIDTH, WINDOW, STRIDE = 70, 90, 32, 16


def evidence_of(probabilities: NDArray[np.floating]) -> Evidence:
    votes = Votes(WINDOW, STRIDE, probabilities.astype(np.float32))
    return Evidence(HEIGHT, WIDTH, (votes,), np.zeros((3, 3), np.float32), 32, 0.9)


def windows() -> PatchGrid:
    return PatchGrid(HEIGHT, WIDTH, WINDOW, STRIDE)


def picture() -> tuple[NDArray[np.uint8], NDArray[np.bool_], Evidence]:
    """A dark slanting line on a noisy surface, the line as bool, and votes that are high where it passes."""
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    crack = np.abs(cols - 20 - rows // 2) < 3
    grey = np.random.default_rng(3).normal(150, 6, crack.shape) - 70 * crack
    image = np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    held = windows().split(crack.astype(np.uint8)).any(axis=(2, 3))
    return image, crack, evidence_of(0.1 + 0.8 * held + np.random.default_rng(4).normal(0, 0.03, held.shape))


def value(image: NDArray[np.uint8], evidence: Evidence, label: NDArray[np.bool_]) -> float:
    soft = label.astype(np.float32)
    return maskless.value(maskless.measures(image, evidence, soft, soft)[None])


def test_agreement_is_the_correlation_of_votes_with_windows_that_hold_label() -> None:
    labelled = np.random.default_rng(1).random((HEIGHT, WIDTH)) < 0.0008
    votes = np.random.default_rng(2).random((windows().rows, windows().cols))
    padded = windows().pad(labelled.astype(np.uint8))
    tops, lefts = (range(0, count * STRIDE, STRIDE) for count in votes.shape)
    held = [[padded[top : top + WINDOW, left : left + WINDOW].max() for left in lefts] for top in tops]
    assert 0 < np.sum(held) < votes.size
    expected = pearsonr(np.ravel(held).astype(float), votes.ravel())[0]
    assert maskless.agreement(evidence_of(votes), labelled.astype(np.uint8)) == pytest.approx(expected, abs=1e-6)


def test_agreement_of_nothing_and_of_everything_is_zero() -> None:
    votes = np.random.default_rng(2).random((windows().rows, windows().cols))
    one = np.zeros((HEIGHT, WIDTH), np.uint8)
    assert maskless.agreement(evidence_of(votes), one) == 0
    assert maskless.agreement(evidence_of(votes), one + 1) == 0
    one[30, 30] = 1
    assert maskless.agreement(evidence_of(np.full_like(votes, 0.5)), one) == 0


def test_contrast_is_that_of_the_pixels_of_label_and_ring() -> None:
    image, crack, _ = picture()
    grey = gaussian_filter(image[..., 0].astype(np.float64), 1, mode="mirror")
    ring = maximum_filter(crack, 15) & ~maximum_filter(crack, 5)
    expected = (grey[ring].mean() - grey[crack].mean()) / np.sqrt(grey[crack].var() + grey[ring].var() + 16)
    assert expected > 2
    assert maskless.contrast(image, crack.astype(np.uint8)) == pytest.approx(expected, rel=1e-4)


def test_contrast_of_a_few_pixels_is_zero() -> None:
    image, crack, _ = picture()
    few = np.zeros_like(crack)
    few[10, 10:30] = True
    assert maskless.contrast(image, few.astype(np.uint8)) == 0
    few[10, 30] = True
    assert maskless.contrast(image, few.astype(np.uint8)) != 0
    assert maskless.contrast(image, np.ones(crack.shape, np.uint8)) == 0  # no ring


def test_stability_is_the_soft_overlap() -> None:
    one, other = np.random.default_rng(5).random((2, 7, 9)).astype(np.float32)
    shared = sum(min(a, b) for a, b in zip(one.ravel(), other.ravel(), strict=True))
    assert maskless.stability(one, other) == pytest.approx(shared / np.maximum(one, other).sum(), rel=1e-5)
    assert maskless.stability(one, one) == 1
    assert maskless.stability(0 * one, 0 * one) == 0


def test_the_product_is_that_of_the_means_and_no_two_faults_make_a_virtue() -> None:
    measured = np.array([[0.2, 1.0, 0.5], [0.6, 3.0, 0.7]])
    assert maskless.value(measured) == pytest.approx(0.4 * 2.0 * 0.6)
    assert maskless.value(measured * [-1, 1, 1]) == pytest.approx(-0.48)
    assert maskless.value(measured * [-1, -1, 1]) == pytest.approx(-0.48)
    assert maskless.value(0 * measured) == 0


def test_the_copy_is_darker_noisy_and_the_same_again() -> None:
    image = np.full((60, 80, 3), 150, np.uint8)
    copy = maskless.perturbed(image, 7)
    assert copy.dtype == np.uint8 and copy.shape == image.shape
    assert copy.mean() == pytest.approx(255 * 0.95 * (150 / 255) ** 1.15 - 0.5, abs=0.3)  # levels are cut, not rounded
    assert copy.std() == pytest.approx(5, abs=0.3)
    np.testing.assert_array_equal(copy, maskless.perturbed(image, 7))
    assert (copy != maskless.perturbed(image, 8)).any()


def test_the_right_label_is_worth_more_than_wrong_ones() -> None:
    image, crack, evidence = picture()
    right = value(image, evidence, crack)
    noise = np.random.default_rng(6).random(crack.shape) < crack.mean()
    wrong = [np.roll(crack, 12, axis=1), crack[:, ::-1], noise, ~crack, maximum_filter(crack, 21), np.zeros_like(crack)]
    assert all(value(image, evidence, label) < 0.6 * right for label in wrong)
