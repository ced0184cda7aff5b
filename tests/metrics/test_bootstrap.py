"""Intervals against SciPy's distributions, and where they must not be told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hairline.metrics import bootstrap, thresholds
from hairline.metrics.bootstrap import BootstrapOptions

OPTIONS = BootstrapOptions(4000, 0.95, 1)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=40))
def test_photos_are_worth_no_more_than_there_are(groups):
    worth = bootstrap.effective_photos(groups)
    assert 1 <= worth <= len(set(groups)) + 1e-9
    assert bootstrap.effective_photos(groups * 3) == worth


def test_photos_of_equal_size_are_worth_their_number():
    assert bootstrap.effective_photos(["a", "b", "c"] * 7) == 3
    assert bootstrap.effective_photos(["a"] * 98 + ["b", "c"]) == pytest.approx(100**2 / (98**2 + 2), abs=0.005)
    assert bootstrap.effective_photos([]) == 0
    assert bootstrap.effective_photos(list("aab"), np.array([1.0, 1, 2])) == 2
    assert bootstrap.effective_photos(list("abc"), np.array([5.0, 0, 0])) == 1
    assert bootstrap.effective_photos(list("abc"), np.zeros(3)) == 3


def test_images_that_count_unequally_have_a_wider_interval():
    groups, values = [str(number) for number in range(12)], np.random.default_rng(6).normal(size=4000)
    even = bootstrap.interval("ap", values, groups, OPTIONS, weights=np.full(12, 7.0))
    uneven = bootstrap.interval("ap", values, groups, OPTIONS, weights=np.arange(12.0) ** 2)
    alone = bootstrap.interval("ap", values, groups, OPTIONS, weights=np.eye(12)[0])
    assert even == bootstrap.interval("ap", values, groups, OPTIONS)
    assert uneven["ap_low"] < even["ap_low"] and uneven["ap_high"] > even["ap_high"]
    assert alone["ap_low"] == values.min() or np.isfinite(alone["ap_low"])


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        (range(10), ""),
        (range(9), "too few photos (9) to tell"),
        (["a"], "too few photos (1) to tell"),
        ([*range(11), *["a"] * 9], "too few photos (12, worth 4.3 of equal size) to tell"),
        ([], "too few photos (0) to tell"),
    ],
)
def test_too_few_photos_have_no_interval_and_it_is_told_why(groups, told):
    groups = list(map(str, groups))
    assert bootstrap.too_few(groups) == told
    assert bool(bootstrap.interval("ods", np.arange(4000.0), groups, OPTIONS)) == (not told)


def test_the_interval_of_a_mean_is_about_that_of_student():
    sample = np.random.default_rng(2).normal(0.5, 0.1, 12)
    groups = [f"{number:02}" for number in range(12)]
    means = bootstrap.resample_weights(groups, BootstrapOptions(40_000, 0.95, 1)) @ sample / 12
    found = bootstrap.interval("mean", means, groups, OPTIONS)
    student = stats.t.interval(0.95, 11, sample.mean(), stats.sem(sample))
    plain = np.quantile(means, [0.025, 0.975])
    assert [found["mean_low"], found["mean_high"]] == pytest.approx(student, abs=0.006)
    assert found["mean_low"] < plain[0] and found["mean_high"] > plain[1]


def test_of_many_photos_it_is_the_percentile_interval_of_scipy():
    sample, groups = np.random.default_rng(3).exponential(1, 600), [f"{number:03}" for number in range(600)]
    means = bootstrap.resample_weights(groups, OPTIONS) @ sample / 600
    found = bootstrap.interval("mean", means, groups, OPTIONS)
    theirs = stats.bootstrap((sample,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(4))
    assert [found["mean_low"], found["mean_high"]] == pytest.approx(list(theirs.confidence_interval), abs=0.02)
    assert bootstrap.tail(1e9, 0.95) == pytest.approx(0.025)
    assert bootstrap.tail(20, 0.95) == pytest.approx(stats.norm.cdf(stats.t.ppf(0.025, 19) * (20 / 19) ** 0.5))


def test_ap_of_a_resample_is_that_of_its_images():
    rng = np.random.default_rng(5)
    crack, rest = (rng.integers(0, most, (6, thresholds.BINS)) for most in (9, 90))
    crack[0] = 0  # an image without crack
    counted = thresholds.counts(crack, rest)
    weights = bootstrap.resample_weights(list("aabcde"), BootstrapOptions(100, 0.9, 1))
    expected = [
        thresholds.average_precision(thresholds.counts(crack.repeat(times, axis=0), rest.repeat(times, axis=0)))
        for times in weights
    ]
    assert bootstrap.resampled_ap(counted, weights).tolist() == pytest.approx(expected, rel=1e-12)
