from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.results import random_table, row

from hairline.metrics import full_score_table, score_table, thresholds
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


def test_histograms_are_held_as_arrays_and_written_as_lists_are(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    scores, mask = draw.integers(0, 256, (40, 60), np.uint8), draw.random((40, 60)) < 0.1
    samples = pd.DataFrame({"id": ["a", "b"], "group": ["g", "g"]})
    narrow = score_table.score_table(samples, lambda _: scores, lambda _: mask)
    for table in narrow, full_score_table.wide_table(samples, lambda _: scores, lambda _: mask, 1):
        hists = [name for name in table if isinstance(table[name].iloc[0], np.ndarray)]
        assert set(score_table.HISTOGRAMS) <= set(hists)
        assert all(array.nbytes == 800 for name in hists for array in table[name])
        assert not any(isinstance(array.base, np.ndarray) for name in hists for array in table[name])  # parts hold all
        lists = table.assign(**{name: [array.tolist() for array in table[name]] for name in hists})
        for name, each in (("arrays", table), ("lists", lists)):
            each.to_parquet(tmp_path / name, index=False)
        assert (tmp_path / "arrays").read_bytes() == (tmp_path / "lists").read_bytes()
