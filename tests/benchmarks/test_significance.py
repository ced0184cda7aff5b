"""The simulation behind the tables of docs/scoring.md: its parts against the library and against what is known."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hairline.metrics import bootstrap, thresholds

PLACE = Path(__file__).parents[2] / "benchmarks" / "significance.py"


@pytest.fixture(scope="module")
def simulation():
    spec = importlib.util.spec_from_file_location("simulated_statistics", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def photos(simulation):
    return simulation.synthetic(40)


def test_without_a_set_there_is_a_population_with_every_method(simulation, photos):
    asked = {name for pair in simulation.PAIRS for name in pair} | set(simulation.FAMILY) | set(simulation.POOL)
    assert set(photos.methods) == asked and len(photos.sizes) == 40
    ods = [photos.ods(name) for name in asked]
    assert 0.2 < min(ods) < max(ods) < 0.99
    best = [int(scores.f1.sum(axis=0).argmax()) for scores in photos.methods.values()]
    assert max(best) - min(best) > 20  # thresholds lie apart


def test_what_is_measured_on_photos_is_what_is_measured_on_images(simulation):
    rng = np.random.default_rng(0)
    groups = ["a", "b", "a", "c", "c"]
    rows = pd.DataFrame({"id": list("01234"), "group": groups})
    for name in ("crack_hist", "background_hist"):
        rows[name] = rng.integers(0, 50, (5, thresholds.BINS)).tolist()
    found = simulation.population("mine", {"one": rows})
    counted = thresholds.counts(np.stack(rows["crack_hist"]), np.stack(rows["background_hist"]))
    f1, one = thresholds.f1(counted), found.methods["one"]
    values = simulation.measured(one, one, found.sizes, np.ones((1, 3)))
    expected = {"ODS": thresholds.ods(f1), "OIS": thresholds.ois(f1), "difference": 0,
                "AP": thresholds.average_precision(counted)}  # fmt: skip
    assert {name: pytest.approx(float(value[0])) for name, (value, _) in values.items()} == expected
    assert simulation.effective(found.sizes) == pytest.approx(bootstrap.effective_photos(groups), abs=0.005)


def test_every_row_tells_a_share_and_its_error(simulation, photos):
    rows = pd.DataFrame(simulation.simulated(photos, 10, 3))
    assert set(rows["samples"]) == {3} and rows["share"].between(0, 1).all() and not rows.isna().any(axis=None)
    assert {"level, swapped", "level, equal", "family after Holm", "coverage, AP"} <= set(rows["what"])
    assert "| synthetic | level, swapped | ours | 10 | 15 |" in simulation.table(rows)
