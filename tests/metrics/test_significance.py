"""Differences of cells against plain loops, Holm against closed testing, p-values against known chances."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.results import BOOTSTRAP, random_table, row

from hairline.errors import HairlineError
from hairline.metrics import bootstrap, significance, thresholds
from hairline.metrics.bootstrap import BootstrapOptions
from hairline.metrics.score_table import counts
from hairline.metrics.significance import Scored
from hairline.reporting import comparison


def f1(table):
    return thresholds.f1(counts(table))


def test_a_row_equals_a_plain_loop_over_resamples():
    first, second = random_table(1), random_table(2)
    found = significance.compared([(Scored("a", [first]), Scored("b", [second.iloc[::-1]]))], BOOTSTRAP).iloc[0]
    weights = bootstrap.resample_weights(first["group"].to_list(), BOOTSTRAP)
    drawn = [[thresholds.ods(np.repeat(f1(t), times, axis=0)) for times in weights] for t in (first, second)]
    loop = [one - other for one, other in zip(*drawn, strict=True)]
    assert found["difference"] == pytest.approx(thresholds.ods(f1(first)) - thresholds.ods(f1(second)))
    assert [found["difference_low"], found["difference_high"]] == pytest.approx(np.quantile(loop, [0.05, 0.95]))
    sides = [sum(value <= 0 for value in loop), sum(value >= 0 for value in loop)]
    assert found["p"] == pytest.approx(min(1, 2 * (min(sides) + 1) / (len(loop) + 1)))
    assert found["p_holm"] == found["p"]  # a family of one
    at_best = [f1(table)[:, f1(table).mean(axis=0).argmax()] for table in (first, second)]
    gain = at_best[0] - at_best[1]
    assert found["effect"] == pytest.approx(gain.mean() / gain.std(ddof=1))
    assert (found["images"], found["groups"]) == (12, 5)


def test_the_difference_to_fsv_is_that_of_the_summary():
    one, manual = random_table(3), random_table(4)
    cells = [comparison.Result("segmenter", name, "unet", "crack500", "cfd", "scored", "", table)
             for name, table in (("konig", one), ("manual", manual))]  # fmt: skip
    told = comparison.summarise(cells, BOOTSTRAP).iloc[0]
    found = significance.compared([(Scored("konig", [one]), Scored("FSV", [manual]))], BOOTSTRAP).iloc[0]
    for end in ("", "_low", "_high"):
        assert found[f"difference{end}"] == pytest.approx(told[f"ods_minus_manual{end}"])


def test_swapping_a_pair_turns_its_sign():
    one, other = Scored("a", [random_table(1)]), Scored("b", [random_table(2)])
    found = significance.compared([(one, other), (other, one)], BOOTSTRAP)
    forth, back = found.iloc[0], found.iloc[1]
    assert back["difference"] == -forth["difference"]
    assert back["difference_low"] == pytest.approx(-forth["difference_high"])
    assert back["effect"] == pytest.approx(-forth["effect"])
    assert back["p"] == forth["p"]


def test_equal_cells_do_not_differ():
    table = random_table(1)
    found = significance.compared([(Scored("a", [table]), Scored("b", [table]))], BOOTSTRAP).iloc[0]
    assert found[["difference", "difference_low", "difference_high", "effect"]].to_list() == [0, 0, 0, 0]
    assert found["p"] == 1


def test_a_difference_on_every_image_has_the_smallest_p():
    good = pd.DataFrame([row(f"s{i}", f"g{i}", {90: 10}, {0: 90}) for i in range(8)])
    poor = pd.DataFrame([row(f"s{i}", f"g{i}", {90: 4 + i % 3, 0: 6 - i % 3}, {0: 90}) for i in range(8)])
    found = significance.compared([(Scored("good", [good]), Scored("poor", [poor]))], BOOTSTRAP).iloc[0]
    assert found["p"] == pytest.approx(2 / (BOOTSTRAP.resamples + 1))
    assert found["difference_low"] > 0
    assert found["effect"] > 2


@settings(deadline=None, max_examples=60)
@given(p=st.lists(st.floats(0, 1), min_size=0, max_size=7))
def test_holm_is_the_closure_of_bonferroni(p):
    found = significance.holm(np.array(p, dtype=np.float64))
    for index in range(len(p)):
        sets = [
            chosen for size in range(1, len(p) + 1) for chosen in combinations(range(len(p)), size) if index in chosen
        ]
        closed = max(min(1.0, len(chosen) * min(p[i] for i in chosen)) for chosen in sets)
        assert found[index] == pytest.approx(closed)


def test_p_values_of_no_difference_are_hardly_ever_small():
    rng = np.random.default_rng(0)
    options = BootstrapOptions(200, 0.95, 1)
    small = 0
    for _ in range(300):
        gains = rng.normal(size=40)
        weights = bootstrap.resample_weights([str(i) for i in range(40)], options)
        small += significance.p_value(weights @ gains / 40) <= 0.05
    assert 3 <= small <= 30  # 15 are expected of 300


def test_p_agrees_with_the_percentile_interval():
    rng = np.random.default_rng(1)
    for shift in np.linspace(-0.6, 0.6, 41):
        draws = rng.normal(shift, 0.2, 1999)
        low, high = np.quantile(draws, [0.025, 0.975])
        if min(abs(low), abs(high)) > 0.01:
            assert (significance.p_value(draws) < 0.05) == (low > 0 or high < 0)


def test_effect_of_a_hand_made_sample():
    assert significance.standardised(np.array([0.1, 0.2, 0.3])) == pytest.approx(0.2 / 0.1)
    assert np.isnan(significance.standardised(np.array([0.2, 0.2])))
    assert np.isnan(significance.standardised(np.array([0.2])))
    assert significance.standardised(np.zeros(3)) == 0


def test_several_seeds_count_by_their_mean():
    seeds, other = [random_table(seed) for seed in (1, 2, 3)], random_table(4)
    ods = [thresholds.ods(f1(table)) for table in seeds]
    told = significance.over_seeds(Scored("a", seeds))
    assert told["seeds"] == 3
    assert told["ods_mean"] == pytest.approx(sum(ods) / 3)
    assert told["ods_sd"] == pytest.approx((sum((v - sum(ods) / 3) ** 2 for v in ods) / 2) ** 0.5)
    assert told["ois_mean"] == pytest.approx(np.mean([thresholds.ois(f1(table)) for table in seeds]))
    found = significance.compared([(Scored("a", seeds), Scored("b", [other]))], BOOTSTRAP).iloc[0]
    assert found["difference"] == pytest.approx(sum(ods) / 3 - thresholds.ods(f1(other)))
    alone = [significance.compared([(Scored("a", [t]), Scored("b", [other]))], BOOTSTRAP).iloc[0] for t in seeds]
    assert found["difference"] == pytest.approx(np.mean([each["difference"] for each in alone]))
    lows = [each["difference_low"] for each in alone]
    assert found["difference_low"] >= min(lows)  # a mean of seeds spreads no wider than the widest of them


def test_one_seed_has_no_deviation_and_one_group_no_test():
    told = significance.over_seeds(Scored("a", [random_table(1)]))
    assert np.isnan(told["ods_sd"])
    one, other = (Scored(name, [random_table(seed, groups=1)]) for name, seed in (("a", 1), ("b", 2)))
    found = significance.compared([(one, other)], BOOTSTRAP).iloc[0]
    assert found[["difference_low", "difference_high", "p", "p_holm"]].isna().all()
    assert not np.isnan(found["effect"])


def test_no_pairs_are_no_rows():
    assert list(significance.compared([], BOOTSTRAP).columns) == list(significance.COLUMNS)


def test_other_images_or_groups_are_refused():
    table = random_table(1)
    with pytest.raises(HairlineError, match=r"a and b were scored on different images.*s000"):
        significance.compared([(Scored("a", [table]), Scored("b", [table.iloc[1:]]))], BOOTSTRAP)
    with pytest.raises(HairlineError, match="another seed of a"):
        Scored("a", [table, table.iloc[1:]])
    with pytest.raises(HairlineError, match="parent photos"):
        significance.compared([(Scored("a", [table]), Scored("b", [table.assign(group="x")]))], BOOTSTRAP)
    with pytest.raises(HairlineError, match="nothing was scored"):
        Scored("a", [])
