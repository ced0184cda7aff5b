import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairline.errors import HairlineError
from hairline.gates import drift


def columns(**values):
    length = max(len(column) for column in values.values())
    unknown = dict.fromkeys(drift.QUANTITIES, [np.nan] * length)
    return pd.DataFrame(unknown | values)


numbers = st.lists(st.floats(-1000, 1000).map(lambda value: round(value, 3)), min_size=1, max_size=40)


@given(numbers)
def test_the_same_values_have_not_moved(values):
    table = columns(brightness=values)
    assert drift.shifts(table, drift.baseline(table))["shift"].tolist() == [0]


@given(numbers, numbers)
def test_the_shift_never_exceeds_the_distance_of_kolmogorov_and_smirnov_and_nearly_reaches_it(old, new):
    found = drift.shifts(columns(brightness=new), drift.baseline(columns(brightness=old)))["shift"].item()
    points = sorted({*old, *new})
    distance = max(abs(np.mean(np.array(old) <= x) - np.mean(np.array(new) <= x)) for x in points)
    assert found <= distance + 1e-9
    assert found >= distance - 0.05 - 1e-9  # between two quantiles up to 1/20 stays unseen


def test_no_overlap_is_a_shift_of_one():
    old, new = columns(contrast=[10, 11, 12]), columns(contrast=[30, 31])
    row = drift.shifts(new, drift.baseline(old)).iloc[0]
    assert (row["id"], row["shift"], row["old_median"], row["new_median"]) == ("contrast", 1, 11, 30.5)
    assert drift.shifts(old, drift.baseline(new))["shift"].item() == 1


def test_what_is_unknown_on_one_side_is_left_out():
    assert drift.shifts(columns(contrast=[1, 2]), drift.baseline(columns(brightness=[1, 2]))).empty
    assert drift.shifts(columns(contrast=[1, 2]), None).empty


def test_baselines_survive_their_file(tmp_path):
    path = drift.path(tmp_path, "experiment", "walls")
    assert drift.read(path) is None
    content = drift.baseline(columns(brightness=[1.5, 2.5, 9], crack_share=[0, 0.25, 0.5]))
    drift.write(path, content)
    assert drift.read(path) == content
    assert content["images"] == 3


@pytest.mark.parametrize("text", ["{", "[]", '{"quantiles": {"brightness": [1, 2]}}', json.dumps({"images": 2})])
def test_what_is_no_baseline_is_refused(tmp_path, text):
    path = tmp_path / "walls.json"
    path.write_text(text)
    with pytest.raises(HairlineError, match=r"walls\.json: .*expected a baseline; .*hairline accept"):
        drift.read(path)
