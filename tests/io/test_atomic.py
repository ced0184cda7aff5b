"""Outputs appear whole or not at all."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hairline.errors import HairlineError
from hairline.io.atomic import HOST, whole_file, whole_folder, write_json, write_texts


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


def test_what_killed_processes_left_beside_a_target_is_removed_and_what_others_write_is_not(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom hairline.io.atomic import whole_file, whole_folder\n"
        "with whole_folder(Path('old labels')) as folder, whole_file(Path('old.json')) as file:\n"
        "    (folder / 'a').write_text('half'); file.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False).returncode == -9
    left = list(tmp_path.iterdir())
    assert len(left) == 2
    (other := left[0].with_name(left[0].name.replace("-", "-0", 1))).touch()  # of no process of this machine
    with whole_file(tmp_path / "new.json") as file, whole_folder(tmp_path / "new") as folder:
        file.write_text("{}")
        assert {path.name for path in tmp_path.iterdir()} == {file.name, folder.name, other.name}
    assert {path.name for path in tmp_path.iterdir()} == {"new.json", "new", other.name}


def test_content_is_on_the_disk_before_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    fsync, replace, rename = os.fsync, Path.replace, Path.rename

    def synced(descriptor: int) -> None:
        told.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name.split('.')[-1]}")
        fsync(descriptor)

    def named(do, self: Path, target: Path) -> Path:
        told.append(f"name {target.name}")
        return do(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", lambda self, target: named(replace, self, target))
    monkeypatch.setattr(Path, "rename", lambda self, target: named(rename, self, target))
    home = tmp_path / "home"
    with whole_file(home / "a.json") as file:
        file.write_text("{}")
    assert told == ["sync json", "name a.json", "sync home"]
    told.clear()
    with whole_folder(home / "labels") as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "b.png").write_text("b")
    assert told == ["sync png", "sync sub", "sync partial", "name labels", "sync home"]


def test_an_error_names_the_target_and_not_its_temporary_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as folder_error, whole_folder(tmp_path / "labels") as folder:
        (folder / "gone" / "a.png").write_bytes(b"")
    assert folder_error.value.filename == str(tmp_path / "labels" / "gone" / "a.png")
    with pytest.raises(IsADirectoryError) as file_error, whole_file(tmp_path / "a.json") as file:
        raise IsADirectoryError(errno.EISDIR, "Is a directory", str(file))
    assert file_error.value.filename == str(tmp_path / "a.json")


def test_the_old_folder_stays_whole_until_the_new_one_has_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "old.txt").write_text("old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.EDQUOT, "Disk quota exceeded")))
    with pytest.raises(OSError, match="quota") as error, whole_folder(tmp_path / "labels") as folder:
        (folder / "new.txt").write_text("new")
    assert error.value.filename == str(tmp_path / "labels")
    assert [path.name for path in tmp_path.rglob("*")] == ["labels", "old.txt"]


def _making_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """A folder of labels whose new one fails to take its place once the old one has made way."""
    rename, names = Path.rename, []

    def renamed(self: Path, target: Path) -> Path:
        names.append(target.name)
        if len(names) == 2:
            raise error
        return rename(self, target)

    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "old.txt").write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", renamed)
        with pytest.raises(type(error)), whole_folder(tmp_path / "labels") as folder:
            (folder / "new.txt").write_text("new")
    assert names[1:] == ["labels", "labels"]


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_a_folder_that_made_way_for_one_that_never_came_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    _making_way(tmp_path, monkeypatch, error)
    assert [path.name for path in tmp_path.rglob("*")] == ["labels", "old.txt"]


def test_so_it_does_once_its_process_was_killed(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (old := tmp_path / f".labels..old.{gone.pid}-{HOST}.partial").mkdir()
    (old / "old.txt").write_text("old")
    (tmp_path / f".labels.old.{gone.pid}-{HOST}.partial").mkdir()  # half of a folder called labels.old
    with whole_file(tmp_path / "new.json") as file:
        file.write_text("{}")
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")} == {
        "labels", "labels/old.txt", "new.json",
    }  # fmt: skip
