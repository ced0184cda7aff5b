"""The paired permutation against brute force, against known chances, and under what must not matter."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hairline.metrics import permutation


def sums(seed, photos, seeds=1, lift=0.0):
    """F1 sums of photos with one to three images, and how many images each has."""
    rng = np.random.default_rng(seed)
    sizes = np.random.default_rng(99).integers(1, 4, photos).astype(float)
    return [np.clip(rng.uniform(0, 0.7, (photos, 99)) + lift, 0, 1) * sizes[:, None] for _ in range(seeds)], sizes


def brute(first, second, sizes):
    """p by going through every swap in plain loops, the statistic taken from its definition."""

    def statistic(swaps):
        leads = []
        for one, other in zip(first, second, strict=True):
            a = np.array([theirs if swap else mine for mine, theirs, swap in zip(one, other, swaps, strict=True)])
            b = np.array([mine if swap else theirs for mine, theirs, swap in zip(one, other, swaps, strict=True)])
            leads.append(a[:, a.sum(axis=0).argmax()] - b[:, b.sum(axis=0).argmax()])
        lead = np.mean(leads, axis=0)
        difference = lead.sum() / sizes.sum()
        spread = np.sqrt(sum((lead - difference * sizes) ** 2) * len(sizes) / (len(sizes) - 1)) / sizes.sum()
        return abs(difference / spread)

    own = statistic([False] * len(sizes))
    return np.mean([statistic(swaps) >= own * (1 - 1e-12) for swaps in product([False, True], repeat=len(sizes))])


@pytest.mark.parametrize(("seeds", "lift"), [(1, 0.0), (1, 0.15), (2, 0.05)])
def test_of_few_photos_every_swap_counts(seeds, lift):
    first, sizes = sums(1, 7, seeds, lift)
    second, _ = sums(2, 7, seeds)
    found = permutation.permuted(first, second, sizes, 0)
    assert found == permutation.Tested(pytest.approx(brute(first, second, sizes)), 0.0)


def test_draws_agree_with_all_swaps_within_the_error_they_tell(monkeypatch):
    for seed in range(4):
        (first, sizes), (second, _) = sums(seed, 14, lift=0.02), sums(seed + 50, 14)
        exact = permutation.permuted(first, second, sizes, 0)
        monkeypatch.setattr(permutation, "EXACT_PHOTOS", 10)
        drawn = permutation.permuted(first, second, sizes, seed)
        monkeypatch.undo()
        assert exact.error == 0 < drawn.error < 0.015
        assert abs(drawn.p - exact.p) < 4 * drawn.error


@settings(deadline=None, max_examples=20)
@given(photos=st.integers(2, 18), seed=st.integers(0, 99))
def test_swapping_the_sides_changes_no_p(photos, seed):
    (first, sizes), (second, _) = sums(seed, photos), sums(seed + 1, photos, lift=0.1)
    forth, back = (permutation.permuted(*pair, sizes, 3) for pair in ((first, second), (second, first)))
    assert forth == back and permutation.smallest(photos) <= forth.p <= 1


def test_of_equal_methods_p_is_one():
    for photos in (2, 5, 15, 30):
        same, sizes = sums(4, photos)
        assert permutation.permuted(same, same, sizes, 0).p == 1
        nothing = [np.zeros((photos, 99))]
        assert permutation.permuted(nothing, nothing, sizes, 0).p == 1


def test_a_lead_that_is_the_same_everywhere_has_the_smallest_p():
    for photos in (3, 10, 15, 20):
        flat = [np.full((photos, 99), 0.5)]
        found = permutation.permuted(flat, [flat[0] - 0.125], np.ones(photos), 0)
        assert found.p == permutation.smallest(photos)
    assert permutation.smallest(3) == 2 / 2**3 and permutation.smallest(16) == 1e-4


def test_the_standard_error_is_that_of_a_mean_where_there_is_one_threshold():
    rng = np.random.default_rng(5)
    values = rng.uniform(0.2, 0.8, (2, 12))
    first, second = ([np.repeat(side[:, None], 99, axis=1)] for side in values)
    lead, error = permutation.differences(first, second, np.ones(12), np.ones((1, 12)))
    expected = stats.ttest_rel(*values)
    assert lead[0] / error[0] == pytest.approx(expected.statistic)
    assert permutation.t_test(lead[0], [error[0] ** 2], [11]) == pytest.approx(expected.pvalue)


def test_the_t_test_over_seeds_is_that_of_welch():
    rng = np.random.default_rng(6)
    one, other = rng.normal(0.5, 0.1, 5), rng.normal(0.6, 0.3, 3)
    variances = [one.var(ddof=1) / 5, other.var(ddof=1) / 3]
    expected = stats.ttest_ind(one, other, equal_var=False)
    assert permutation.t_test(one.mean() - other.mean(), variances, [4, 2]) == pytest.approx(expected.pvalue)
    assert permutation.t_test(0.0, [0.0], [4]) == 1 and permutation.t_test(0.1, [0.0], [4]) == 0


def test_methods_that_are_swapped_at_random_are_rarely_called_different():
    rng, small = np.random.default_rng(7), 0
    strong, sizes = sums(8, 12, lift=0.25)
    weak, _ = sums(9, 12)
    for _ in range(400):
        swap = (rng.integers(0, 2, 12) > 0)[:, None]
        first, second = np.where(swap, weak[0], strong[0]), np.where(swap, strong[0], weak[0])
        small += permutation.permuted([first], [second], sizes, 0).p <= 0.05
    assert 6 <= small <= 36  # 20 are expected of 400


def test_the_swaps_are_all_there_once():
    every = np.concatenate(list(permutation.every_swap(13)))
    both = np.concatenate([every, -every])
    assert len(np.unique(both, axis=0)) == 2**13
    drawn = np.concatenate(list(permutation.drawn_swaps(20, 1)))
    assert drawn.shape == (permutation.DRAWS, 20) and set(np.unique(drawn)) == {-1, 1}
    assert np.abs(drawn.mean(axis=0)).max() < 0.05


def test_sums_are_taken_in_the_order_of_names():
    found = permutation.by_photo(np.array([[1.0], [2.0], [4.0]]), ["b", "a", "b"])
    assert found.tolist() == [[2.0], [5.0]]
