"""Outputs appear whole or not at all."""

import json
from pathlib import Path

import pytest

from hairline.errors import HairlineError
from hairline.io.atomic import whole_file, whole_folder, write_json, write_texts


class CutOffError(Exception):
    """Power failure."""


def test_a_folder_appears_when_the_block_ends_and_not_before(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "labels"
    with whole_folder(target) as folder:
        (folder / "a.txt").write_text("a")
        (folder / "sub").mkdir()
        (folder / "sub" / "b.txt").write_text("b")
        assert not target.exists()
        assert folder.parent == target.parent  # the same file system, so that the rename is one step
    assert {path.relative_to(target).as_posix() for path in target.rglob("*.txt")} == {"a.txt", "sub/b.txt"}
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_replaces_the_old_one_with_nothing_left_of_it(tmp_path: Path) -> None:
    target = tmp_path / "labels"
    target.mkdir()
    (target / "old.txt").write_text("old")
    with whole_folder(target) as folder:
        (folder / "new.txt").write_text("new")
        assert (target / "old.txt").exists()
    assert [path.name for path in target.iterdir()] == ["new.txt"]


def test_a_failure_leaves_the_old_folder_and_the_next_run_starts_empty(tmp_path: Path) -> None:
    target = tmp_path / "labels"
    target.mkdir()
    (target / "old.txt").write_text("old")
    with pytest.raises(CutOffError), whole_folder(target) as folder:
        (folder / "half.txt").write_text("half")
        raise CutOffError
    assert [path.name for path in target.iterdir()] == ["old.txt"]
    assert list(tmp_path.iterdir()) == [target]
    folder.mkdir()  # as a killed process leaves it
    (folder / "half.txt").write_text("half")
    with whole_folder(target) as folder:
        assert list(folder.iterdir()) == []
        (folder / "new.txt").write_text("new")
    assert [path.name for path in target.iterdir()] == ["new.txt"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_appears_when_the_block_ends_and_keeps_its_suffix_meanwhile(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "table.parquet"
    with whole_file(target) as partial:
        partial.write_text("new")
        assert not target.exists()
        assert partial.suffix == ".parquet"  # writers that go by the suffix work
        assert partial.parent == target.parent
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "metrics.json"
    target.write_text("old")
    with pytest.raises(CutOffError), whole_file(target) as partial:
        partial.write_text("ha")
        raise CutOffError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
    with whole_file(target) as partial:
        partial.write_text("new")
    assert target.read_text() == "new"


def test_json_is_written_whole(tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    content = {"passed": True, "errors": ["größer als 1 px"], "score": 0.5, "missing": None}
    write_json(target, content)
    assert json.loads(target.read_text(encoding="utf-8")) == content
    assert target.read_bytes().endswith(b"}\n")
    with pytest.raises(TypeError):
        write_json(target, {"path": tmp_path})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(target, {"ods_low": float("nan")})
    assert json.loads(target.read_text(encoding="utf-8")) == content


def test_texts_are_written_all_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    one.write_text("before")
    replace = Path.replace

    def fails_for_other(self: Path, target: Path) -> Path:
        if target == other:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fails_for_other)
    with pytest.raises(OSError, match="No space left"):
        write_texts({one: "after", other: "after"})
    assert one.read_text() == "before" and [path.name for path in tmp_path.iterdir()] == ["one.yaml"]
    monkeypatch.undo()
    write_texts({one: "after", other: "äfter"})
    assert one.read_text() == "after" and other.read_text(encoding="utf-8") == "äfter"


def test_a_folder_in_the_place_of_a_text_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").mkdir()
    with pytest.raises(HairlineError, match=r"other\.yaml: is a folder"):
        write_texts({tmp_path / "one.yaml": "", tmp_path / "other.yaml": ""})
    assert not (tmp_path / "one.yaml").exists()
