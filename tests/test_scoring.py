"""Scoring against brute force on whole images."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline import scoring


def brute_f1(scores: np.ndarray, mask: np.ndarray, threshold: float) -> float:
    predicted = scores >= threshold
    hits, wrong, missed = (predicted & mask).sum(), (predicted & ~mask).sum(), (~predicted & mask).sum()
    if not mask.any() and not predicted.any():
        return 1.0
    return 0.0 if hits == 0 else 2 * hits / (2 * hits + wrong + missed)


def images(seed: int, count: int, dtype: str) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(count):
        mask = rng.random((6, 7)) < rng.choice([0.0, 0.3, 1.0])
        scores = np.where(rng.random((6, 7)) < 0.3, 0.0, rng.random((6, 7)))
        pairs.append((np.rint(scores * 255).astype(np.uint8) if dtype == "uint8" else scores, mask))
    return pairs


def counted(pairs: list[tuple[np.ndarray, np.ndarray]]) -> scoring.Counts:
    crack, background = zip(*(scoring.histograms(scores, mask) for scores, mask in pairs), strict=True)
    return scoring.counts(np.stack(crack), np.stack(background))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 4), dtype=st.sampled_from(["uint8", "float64"]))
def test_f1_ods_ois_equal_brute_force(seed: int, count: int, dtype: str) -> None:
    pairs = images(seed, count, dtype)
    expected = np.array(
        [[brute_f1(s / 255 if dtype == "uint8" else s, m, t) for t in scoring.THRESHOLDS] for s, m in pairs]
    )
    found = scoring.f1(counted(pairs))
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert scoring.ods(found) == pytest.approx(expected.mean(axis=0).max())
    assert scoring.ois(found) == pytest.approx(expected.max(axis=1).mean())
    threshold = scoring.best_threshold(found)
    assert expected.mean(axis=0)[round(threshold * 100) - 1] == pytest.approx(scoring.ods(found))


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_average_precision_equals_a_plain_loop_on_pooled_pixels(seed: int) -> None:
    pairs = images(seed, 3, "float64")
    scores = np.concatenate([s.ravel() for s, _ in pairs])
    mask = np.concatenate([m.ravel() for _, m in pairs])
    area, before = 0.0, 0.0
    for threshold in scoring.THRESHOLDS[::-1]:
        predicted = scores >= threshold
        precision = (predicted & mask).sum() / predicted.sum() if predicted.any() else 1.0
        recall = (predicted & mask).sum() / mask.sum() if mask.any() else 1.0
        area, before = area + (recall - before) * precision, recall
    assert scoring.average_precision(counted(pairs)) == pytest.approx(area)


def test_perfect_and_empty_scores() -> None:
    mask = np.zeros((4, 4), dtype=bool)
    mask[1] = True
    perfect = counted([(mask.astype(float), mask)])
    assert scoring.ods(scoring.f1(perfect)) == 1
    assert scoring.average_precision(perfect) == 1
    silent = counted([(np.zeros((4, 4)), mask)])
    assert scoring.ods(scoring.f1(silent)) == 0
    assert scoring.average_precision(silent) == 0


def test_a_score_on_the_threshold_counts_as_crack() -> None:
    crack, _ = scoring.histograms(np.array([[51]], dtype=np.uint8), np.array([[True]]))
    found = scoring.counts(crack[None], np.zeros((1, scoring.BINS), dtype=np.int64))
    assert found.tp[0].tolist() == [1] * 20 + [0] * 79  # 51/255 = 0.20


def test_counts_of_large_images_are_whole() -> None:
    scores = np.zeros((4200, 4100), np.uint8)  # more than 2^24 pixels in one bin, and an odd number of them
    scores[0, 0] = 255
    crack, background = scoring.histograms(scores, np.zeros(scores.shape, dtype=bool))
    assert crack.sum() == 0
    assert (background[0], background[99]) == (4200 * 4100 - 1, 1)


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        scoring.histograms(np.zeros((2, 3)), np.zeros((3, 2), dtype=bool))
