"""The script that kills an experiment: when it strikes, and what it takes for the same."""

import importlib.util
import json
from collections import Counter
from pathlib import Path

import pytest

PLACE = Path(__file__).parents[2] / "benchmarks" / "kills.py"
STAGES = [("ingest@a", 5.0), ("train_classifier@b", 40.0), ("label@c", 10.0), ("compare", 10.0)]


@pytest.fixture(scope="module")
def kills():
    spec = importlib.util.spec_from_file_location("kills", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_kills_are_spread_over_all_stages_in_their_order(kills):
    plan = kills.planned(STAGES, 60, 0)
    names = [name for name, _ in plan if name != kills.STORE]
    order, takes = [name for name, _ in STAGES], dict(STAGES)
    assert len(plan) == 60 and len(names) == 54
    assert names == sorted(names, key=order.index)
    assert set(names) == set(order) and Counter(names).most_common(1)[0][0] == "train_classifier@b"
    assert all(0 < delay <= takes.get(name, 1) for name, delay in plan)
    assert plan.index(next(each for each in plan if each[0] == kills.STORE)) == names.index("train_classifier@b")
    assert plan == kills.planned(STAGES, 60, 0) != kills.planned(STAGES, 60, 1)


def written(folder, seconds, ods, extra=None):
    """A workspace of a few files, made in so many seconds, with a score."""
    texts = {
        "data/x/a.bin": "same", "reports/x/metrics/a.json": json.dumps({"ods": ods, "images_per_second": seconds}),
        "reports/x/runs/a.json": json.dumps({"run_id": f"{seconds}", "stage": "label", "outputs": {}, "inputs": {},
                                             "metrics": {"ods": ods, "cost/seconds": seconds}}),
        "reports/x/a.csv": f"name,ods,label_seconds\nkonig,{ods},{seconds}\n",
        "reports/x/a.md": f"| Labels | ODS | In seconds |\n| --- | --- | --- |\n| b | {ods} | {seconds} |\n",
        "reports/x/timings/a.json": json.dumps({"seconds": seconds}),
    }  # fmt: skip
    for name, text in (texts | (extra or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_workspaces_that_differ_in_times_and_ids_alone_are_the_same(kills, tmp_path):
    first = written(tmp_path / "first", 3.5, 0.25)
    assert list(kills.differences(first, written(tmp_path / "second", 4.5, 0.25))) == []
    told = list(kills.differences(first, written(tmp_path / "third", 3.5, 0.2500001)))
    assert sorted(told) == [f"reports/x/{name}: differs" for name in ("a.csv", "a.md", "metrics/a.json", "runs/a.json")]
    more = {"data/x/b.bin": "", "data/x/a.bin": "other"}
    told = list(kills.differences(first, written(tmp_path / "fourth", 3.5, 0.25, more)))
    assert told == ["data/x/b.bin: in one workspace alone", "data/x/a.bin: differs"]


def test_what_is_left_over_is_told(kills, tmp_path):
    folders = first, second = [written(tmp_path / name, 1, 1) for name in ("first", "second")]
    scratch = {folder: folder.with_name(f"{folder.name}.tmpdir") for folder in folders}
    for home in scratch.values():
        (home / "cache_of_a_library").mkdir(parents=True)
    assert list(kills.left_over(first, second, scratch)) == []
    left = ("state/localize/.a.lock", "data/x/.sets.7-abcdef.partial/a", "data/x/.partial.7-abcdef.a.json")
    written(second, 1, 1, dict.fromkeys(left, ""))
    (scratch[second] / "hairline-x").mkdir()
    told = list(kills.left_over(first, second, scratch))
    assert told == ["state/localize/.a.lock", "data/x/.partial.7-abcdef.a.json", "data/x/.sets.7-abcdef.partial",
                    str(scratch[second] / "hairline-x")]  # fmt: skip
