"""Scoring against brute force on whole images."""

import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.metrics import thresholds

KINDS = (np.float32, np.float64)
SIDES = (thresholds.REACHES, thresholds.EXCEEDS)


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


def counted(pairs: list[tuple[np.ndarray, np.ndarray]]) -> thresholds.Counts:
    crack, background = zip(*(thresholds.histograms(scores, mask) for scores, mask in pairs), strict=True)
    return thresholds.counts(np.stack(crack), np.stack(background))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 4), dtype=st.sampled_from(["uint8", "float64"]))
def test_f1_ods_ois_equal_brute_force(seed: int, count: int, dtype: str) -> None:
    pairs = images(seed, count, dtype)
    expected = np.array(
        [[brute_f1(s / 255 if dtype == "uint8" else s, m, t) for t in thresholds.THRESHOLDS] for s, m in pairs]
    )
    found = thresholds.f1(counted(pairs))
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert thresholds.ods(found) == pytest.approx(expected.mean(axis=0).max())
    assert thresholds.ois(found) == pytest.approx(expected.max(axis=1).mean())
    threshold = thresholds.best_threshold(found)
    assert expected.mean(axis=0)[round(threshold * 100) - 1] == pytest.approx(thresholds.ods(found))


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_average_precision_equals_a_plain_loop_on_pooled_pixels(seed: int) -> None:
    pairs = images(seed, 3, "float64")
    scores = np.concatenate([s.ravel() for s, _ in pairs])
    mask = np.concatenate([m.ravel() for _, m in pairs])
    area, before = 0.0, 0.0
    for threshold in thresholds.THRESHOLDS[::-1]:
        predicted = scores >= threshold
        precision = (predicted & mask).sum() / predicted.sum() if predicted.any() else 1.0
        recall = (predicted & mask).sum() / mask.sum() if mask.any() else 1.0
        area, before = area + (recall - before) * precision, recall
    assert thresholds.average_precision(counted(pairs)) == pytest.approx(area)


def test_perfect_and_empty_scores() -> None:
    mask = np.zeros((4, 4), dtype=bool)
    mask[1] = True
    perfect = counted([(mask.astype(float), mask)])
    assert thresholds.ods(thresholds.f1(perfect)) == 1
    assert thresholds.average_precision(perfect) == 1
    silent = counted([(np.zeros((4, 4)), mask)])
    assert thresholds.ods(thresholds.f1(silent)) == 0
    assert thresholds.average_precision(silent) == 0


def test_a_score_on_the_threshold_counts_as_crack() -> None:
    crack, _ = thresholds.histograms(np.array([[51]], dtype=np.uint8), np.array([[True]]))
    found = thresholds.counts(crack[None], np.zeros((1, thresholds.BINS), dtype=np.int64))
    assert found.tp[0].tolist() == [1] * 20 + [0] * 79  # 51/255 = 0.20


def reached(values: np.ndarray, side: thresholds.Side) -> np.ndarray:
    """How many of k/100 each value reaches, one comparison of Python's floats after the other."""
    beats = operator.ge if side == thresholds.REACHES else operator.gt
    counted = [sum(beats(value, k / 100) for k in range(1, 100)) for value in values.ravel().tolist()]
    return np.reshape(counted, values.shape)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kind", KINDS)
def test_bins_on_every_threshold_and_some_steps_up_and_down(kind: type[np.floating], side: thresholds.Side) -> None:
    on = (np.arange(101) / 100).astype(kind)
    down, up = [on], [on]
    for _ in range(8):
        down.append(np.nextafter(down[-1], kind(-np.inf)))
        up.append(np.nextafter(up[-1], kind(np.inf)))
    values = np.stack(down + up)
    assert np.array_equal(thresholds.bins(values, side), reached(values, side))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kind", KINDS)
def test_bins_halfway_between_thresholds(kind: type[np.floating], side: thresholds.Side) -> None:
    halfway = ((np.arange(100) + 0.5) / 100).astype(kind)  # where the nearest threshold is one or the other
    values = np.stack([halfway, np.nextafter(halfway, kind(0)), np.nextafter(halfway, kind(1))])
    assert np.array_equal(thresholds.bins(values, side), reached(values, side))


@settings(deadline=None, max_examples=100)
@given(data=st.data(), kind=st.sampled_from(KINDS), side=st.sampled_from(SIDES))
def test_bins_of_any_numbers(data: st.DataObject, kind: type[np.floating], side: thresholds.Side) -> None:
    bits = np.finfo(kind).bits
    within = st.floats(0, 1, width=bits)
    threshold = st.builds(lambda k, steps: stepped(kind(k / 100), steps), st.integers(0, 100), st.integers(-500, 500))
    anything = st.floats(allow_nan=False, width=bits)
    values = np.array(data.draw(st.lists(within | threshold | anything, min_size=1, max_size=40)), dtype=kind)
    assert np.array_equal(thresholds.bins(values[None], side)[0], reached(values, side))


def stepped(value: np.floating, steps: int) -> float:
    """The float so many steps of the last place above a value, or below it."""
    whole = value.view(np.int32 if value.itemsize == 4 else np.int64)
    return float((whole + whole.dtype.type(steps)).view(value.dtype)) if abs(steps) <= whole else 0.0


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    kind=st.sampled_from([np.uint8, np.float16, np.float32, np.float64]),
    view=st.sampled_from([lambda a: a, lambda a: a.T, lambda a: a[::2], lambda a: a[:, ::-1], np.asfortranarray]),
)
def test_histograms_of_any_layout_count_every_pixel(seed: int, shape: tuple[int, int], kind, view) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 256, shape)
    scores = view(scores.astype(kind) if kind == np.uint8 else (scores / 255).astype(kind))
    mask = view(rng.random(shape) < 0.4)
    scores.flags.writeable = mask.flags.writeable = False  # as files mapped to memory are
    crack, background = thresholds.histograms(scores, mask)
    binned = reached(scores / 255 if kind == np.uint8 else scores, thresholds.REACHES)
    assert crack.tolist() == [int((binned[mask] == b).sum()) for b in range(thresholds.BINS)]
    assert background.tolist() == [int((binned[~mask] == b).sum()) for b in range(thresholds.BINS)]


def test_counts_of_large_images_are_whole() -> None:
    scores = np.zeros((4200, 4100), np.uint8)  # more than 2^24 pixels in one bin, and an odd number of them
    scores[0, 0] = 255
    crack, background = thresholds.histograms(scores, np.zeros(scores.shape, dtype=bool))
    assert crack.sum() == 0
    assert (background[0], background[99]) == (4200 * 4100 - 1, 1)


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        thresholds.histograms(np.zeros((2, 3)), np.zeros((3, 2), dtype=bool))
    with pytest.raises(ValueError, match="shape"):
        thresholds.split(np.zeros((2, 3), np.uint8), np.zeros((2, 2), dtype=bool))
