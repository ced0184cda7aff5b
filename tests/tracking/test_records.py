import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.errors import HairlineError
from hairline.io import hashing
from hairline.tracking import records


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_hash_of_a_file_is_plain_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"crack")
    assert hashing.content_hash(tmp_path / "a") == hashlib.sha256(b"crack").hexdigest()


def test_hash_of_a_folder_ignores_its_name_and_the_order_of_writing(tmp_path: Path) -> None:
    one = tree(tmp_path / "one", {"a": "1", "b/c": "2"})
    two = tree(tmp_path / "two", {"b/c": "2", "a": "1"})
    assert hashing.content_hash(one) == hashing.content_hash(two)


@pytest.mark.parametrize(
    "changed",
    [
        {"a": "1", "b/c": "3"},
        {"a": "1", "b/d": "2"},
        {"a": "2", "b/c": "1"},
        {"a": "1"},
        {"a": "1", "b/c": "2", "d": ""},
    ],
)
def test_hash_of_a_folder_sees_every_change(tmp_path: Path, changed: dict[str, str]) -> None:
    one, two = tree(tmp_path / "one", {"a": "1", "b/c": "2"}), tree(tmp_path / "two", changed)
    assert hashing.content_hash(one) != hashing.content_hash(two)


def test_hash_follows_linked_files(tmp_path: Path) -> None:
    one = tree(tmp_path / "one", {"a": "1"})
    two = tmp_path / "two"
    two.mkdir()
    (two / "a").symlink_to(one / "a")
    assert hashing.content_hashes([one, two])[one.as_posix()] == hashing.content_hash(two)


def test_hash_of_nothing_names_the_path(tmp_path: Path) -> None:
    with pytest.raises(HairlineError, match="absent: not found"):
        hashing.content_hash(tmp_path / "absent")


def test_workspace_root_of_copies_is_the_real_one(tmp_path: Path) -> None:
    copy = tmp_path / ".dvc" / "tmp" / "exps" / "standalone" / "tmpx"
    (copy / ".dvc").mkdir(parents=True)
    (copy / "pipeline").mkdir()
    (tmp_path / "src").mkdir()
    for start in (tmp_path, tmp_path / "src", copy, copy / "pipeline"):
        assert hashing.workspace_root(start) == tmp_path


def test_workspace_root_without_dvc_is_the_folder_itself(tmp_path: Path) -> None:
    assert hashing.workspace_root(tmp_path) == tmp_path


def test_flatten_by_example() -> None:
    params = {
        "a": {"rate": 0.001, "name": "sgd", "on": True, "nothing": None, "empty": {}},
        "sizes": [32, 64],
        "steps": [{"k": 1}, {"k": "x"}],
    }
    assert records.flatten(params) == {
        "a.rate": "0.001", "a.name": "sgd", "a.on": "true", "a.nothing": "null", "a.empty": "{}",
        "sizes": "[32, 64]", "steps.0.k": "1", "steps.1.k": "x",
    }  # fmt: skip
    assert records.flatten({}) == {}


names = st.text("abc", min_size=1, max_size=4)


def branches(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.dictionaries(names, inner, min_size=1, max_size=3)


nested = st.dictionaries(names, st.recursive(st.integers(), branches, max_leaves=8), max_size=4)


@settings(deadline=None, max_examples=50)
@given(nested)
def test_flatten_loses_nothing(params: dict[str, object]) -> None:
    rebuilt: dict[str, object] = {}
    for path, value in records.flatten(params).items():
        *branches, leaf = path.split(".")
        place = rebuilt
        for branch in branches:
            place = place.setdefault(branch, {})  # type: ignore[assignment]
        place[leaf] = int(value)
    assert rebuilt == params


def test_record_round_trip(tmp_path: Path) -> None:
    record = records.RunRecord(
        "id",
        "e",
        "train",
        "n",
        "none",
        False,
        {"a": "1"},
        {},
        ["up"],
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:00:01+00:00",
        "sqlite:///x",
    )
    assert records.read_record(tmp_path / "run.json") is None
    records.write_record(tmp_path / "run.json", record)
    assert records.read_record(tmp_path / "run.json") == record


@pytest.mark.parametrize(
    "other", [{"run_id": "../x"}, {"run_id": ""}, {"experiment": ""}, {"started": "yesterday"}, {"ended": ""}]
)
def test_a_record_that_no_stage_wrote_is_told(tmp_path: Path, other: dict[str, str]) -> None:
    moment = "2026-01-01T00:00:00+00:00"
    good = records.RunRecord("a1", "e", "train", "n", "none", False, {}, {}, [], moment, moment, "sqlite:///x")
    records.write_record(tmp_path / "run.json", replace(good, **other))
    with pytest.raises(HairlineError, match=r"run\.json: holds .*; expected a run\.json"):
        records.read_record(tmp_path / "run.json")


@pytest.mark.parametrize("text", ["", "[]", '{"run_id": "x"}', '{"other": 1}'])
def test_record_of_another_kind_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(HairlineError, match=r"run\.json: .*; expected a run\.json; make it again with .dvc repro"):
        records.read_record(tmp_path / "run.json")
