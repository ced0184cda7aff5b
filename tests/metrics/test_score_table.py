import pandas as pd
import pytest
from support.results import random_table, row

from hairline.metrics import score_table, thresholds
from hairline.metrics.score_table import counts


def test_f1_of_images_is_at_the_threshold_that_is_best_for_all() -> None:
    table = random_table(5).sample(frac=1, random_state=1)
    found, f1 = score_table.image_f1(table), thresholds.f1(counts(table))
    assert found.mean() == pytest.approx(thresholds.ods(f1))
    for place, sample_id in enumerate(sorted(table["id"])):
        assert found[sample_id] == f1[place, f1.mean(axis=0).argmax()]
    assert found.is_monotonic_increasing


def test_extremes_are_worst_and_best_and_none_twice() -> None:
    table = random_table(6)
    ordered = score_table.image_f1(table).index.to_list()
    assert score_table.extremes(table, 2) == [*ordered[:2], *ordered[-2:]]
    assert score_table.extremes(table, 7) == ordered
    assert score_table.extremes(table, 0) == []


def test_equal_images_come_in_order_of_id() -> None:
    table = pd.DataFrame([row(name, "g", {99: 5}, {0: 5}) for name in ("c", "a", "b")])
    assert score_table.extremes(table, 1) == ["a", "c"]
