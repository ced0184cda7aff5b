"""Differences of cells against plain loops, Holm against closed testing, seeds as a second level."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from support.results import BOOTSTRAP, ends, random_table, row

from hairline.errors import HairlineError
from hairline.metrics import bootstrap, permutation, significance, thresholds
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
    assert [found["difference_low"], found["difference_high"]] == pytest.approx(np.quantile(loop, ends(first["group"])))
    assert found["p_holm"] == found["p"]  # a family of one
    at_best = [f1(table)[:, f1(table).mean(axis=0).argmax()] for table in (first, second)]
    gain = at_best[0] - at_best[1]
    assert found["effect"] == pytest.approx(gain.mean() / gain.std(ddof=1))
    assert (found["images"], found["groups"], found["unsure"]) == (12, 11, "")
    assert found["effective_groups"] == pytest.approx(12**2 / 14, abs=0.005)


def test_p_is_the_larger_of_the_permutation_and_the_t_test():
    for seeds in ((1, 2), (3, 4), (5, 6), (7, 8)):
        tables = [random_table(seed) for seed in seeds]
        found = significance.compared([(Scored("a", [tables[0]]), Scored("b", [tables[1]]))], BOOTSTRAP).iloc[0]
        sums = [permutation.by_photo(f1(table), table["group"]) for table in tables]
        sizes = tables[0].groupby("group").size().sort_index().to_numpy(float)
        swapped = permutation.permuted([sums[0]], [sums[1]], sizes, BOOTSTRAP.seed)
        best = [each[:, f1(table).mean(axis=0).argmax()] for each, table in zip(sums, tables, strict=True)]
        lead = best[0] - best[1]
        rest = lead - found["difference"] * sizes
        error = np.sqrt((rest**2).sum() * 11 / 10) / 12
        student = 2 * stats.t.sf(abs(found["difference"]) / error, found["effective_groups"] - 1)
        assert found["p"] == pytest.approx(max(swapped.p, student))
        assert found["p_error"] == swapped.error == 0


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


def test_a_difference_on_every_image_is_sure():
    good = pd.DataFrame([row(f"s{i:02}", f"g{i:02}", {90: 10}, {0: 90}) for i in range(12)])
    poor = pd.DataFrame([row(f"s{i:02}", f"g{i:02}", {90: 4 + i % 3, 0: 6 - i % 3}, {0: 90}) for i in range(12)])
    found = significance.compared([(Scored("good", [good]), Scored("poor", [poor]))], BOOTSTRAP).iloc[0]
    assert found["p"] == permutation.smallest(12)
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
    assert found["difference_low"] > min(lows) - 0.1


def test_seeds_that_differ_widen_the_interval_and_raise_p():
    """The same photos and the same mean: trainings that differ more say less of another training."""

    def cell(name, levels):
        return Scored(name, [
            pd.DataFrame([row(f"s{i:02}", f"g{i:02}", {90: level + i % 3, 0: 40 - level - i % 3}, {0: 90})
                          for i in range(20)])
            for level in levels
        ])  # fmt: skip

    bootstrapped = BootstrapOptions(2000, 0.95, 1)
    other = cell("b", [18, 18, 18])
    rows = [significance.compared([(cell("a", levels), other)], bootstrapped).iloc[0]
            for levels in ([22, 22, 22], [21, 22, 23], [14, 22, 30])]  # fmt: skip
    widths = [each["difference_high"] - each["difference_low"] for each in rows]
    assert widths[0] < widths[1] < widths[2]
    assert rows[0]["p"] < rows[1]["p"] < 0.06 < rows[2]["p"]
    assert rows[2]["difference_low"] < 0 < rows[1]["difference_low"]


def test_of_the_same_seeds_in_another_order_the_difference_is_the_same():
    one, two, three = (random_table(seed) for seed in (1, 2, 3))
    other = Scored("b", [random_table(4)])
    found = [significance.compared([(Scored("a", seeds), other)], BOOTSTRAP).iloc[0] for seeds in
             ([one, two, three], [three, one, two])]  # fmt: skip
    assert found[0]["difference"] == pytest.approx(found[1]["difference"])
    assert found[0]["p"] == pytest.approx(found[1]["p"], abs=1e-9)


def test_one_seed_has_no_deviation_and_one_group_no_test():
    told = significance.over_seeds(Scored("a", [random_table(1)]))
    assert np.isnan(told["ods_sd"])
    one, other = (Scored(name, [random_table(seed, groups=1)]) for name, seed in (("a", 1), ("b", 2)))
    found = significance.compared([(one, other)], BOOTSTRAP).iloc[0]
    assert found[["difference_low", "difference_high", "p", "p_error", "p_holm"]].isna().all()
    assert found["unsure"] == "too few photos (1) to tell"
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
