"""The diff of the code: applied to a clone of the commit it gives the files that were there."""

import logging
import os
import tempfile
from pathlib import Path

import pytest
from support.repository import SPOILT, git, repository

from hairline.tracking import git as asked
from hairline.tracking.code_diff import LONGEST_FILE, code_diff


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "_told", set())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / 'w: "a" \\ ü#?')


def applied(root: Path) -> Path:
    """A clone of the commit with the diff applied by a git that knows nothing of this."""
    clone = root.parent / "clone"
    git(root.parent, "clone", "-q", str(root), str(clone))
    git(clone, "apply", "-", given=code_diff(root).encode("utf-8", "surrogateescape"))
    return clone


def files(root: Path) -> dict[str, bytes]:
    found = [path for path in root.rglob("*") if path.is_file() and ".git" not in path.relative_to(root).parts]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def test_nothing_where_nothing_differs_or_there_is_no_git(root: Path, tmp_path: Path) -> None:
    (root / "dvc.lock").write_text("other\n")
    assert code_diff(root) == ""
    assert code_diff(tmp_path) == ""


def test_tracked_and_untracked_files_of_every_kind_come_back(root: Path) -> None:
    (root / "bytes.bin").write_bytes(bytes(range(256)))
    git(root, "add", ".")
    git(root, "commit", "-qm", "second")
    (root / "bytes.bin").write_bytes(bytes(range(255, -1, -1)))
    (root / "code.py").write_text("one\nthree\n")
    (root / "sub" / "more.py").unlink()
    new = {"a b.py": b"x\n", 'ü "q"\n.py': b"\xff\xfe\r\nlatin\r\n", "no_end.py": b"x", "empty.py": b"", "*.py": b"s\n"}
    for name, content in new.items():
        (root / "sub" / name).write_bytes(content)
    (root / "link.py").symlink_to("code.py")
    (root / "run.sh").write_text("x\n")
    (root / "run.sh").chmod(0o755)
    clone = applied(root)
    assert files(clone) == files(root)
    assert (clone / "link.py").is_symlink() and os.access(clone / "run.sh", os.X_OK)


@pytest.mark.parametrize("scope", ["user", "repository"])
def test_what_is_set_for_the_eyes_spoils_no_diff(root: Path, scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "code.py").write_text("one  \nthree \n")
    (root / "sub" / "new.py").write_text("new\n")
    plain = code_diff(root)
    if scope == "user":
        (root.parent / "set").write_text(SPOILT)
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(root.parent / "set"))
    else:
        with (root / ".git" / "config").open("a") as file:
            file.write(SPOILT)
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "/bin/false")
    monkeypatch.setenv("GIT_DIFF_OPTS", "-u0")
    assert code_diff(root) == plain != ""


def test_the_repository_is_left_as_it_was(root: Path) -> None:
    (root / "code.py").write_text("2\n")
    (root / "new.py").write_text("3\n")
    (root / ".git" / "index.lock").write_text("")  # somebody else is at it
    before = files(root / ".git")
    assert "+2" in code_diff(root) and "+3" in code_diff(root)
    assert files(root / ".git") == before


def test_before_the_first_commit_it_is_against_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "code.py").write_text("1\n")
    with caplog.at_level(logging.WARNING):
        assert "--- /dev/null\n+++ b/code.py\n" in code_diff(tmp_path)
    assert not caplog.records


def test_files_that_are_left_out_are_named_and_the_rest_applies(root: Path) -> None:
    (root / "large.txt").write_text("x\n" * LONGEST_FILE)
    (root / "photo.bin").write_bytes(bytes(100))
    (root / "other").mkdir()
    git(root / "other", "init", "-q")
    for number in range(12):
        (root / f"{number:02}.txt").write_text("y" * (LONGEST_FILE - 1))
    head = code_diff(root).partition("diff --git")[0].splitlines()
    assert "left out: 'large.txt' (400,000 bytes)" in head
    assert "left out: 'photo.bin' (binary)" in head
    assert "left out: 'other/' (a repository of its own)" in head
    assert any("11.txt" in line for line in head)
    kept = sorted(path.name for path in applied(root).glob("??.txt"))
    assert len(kept) + len([line for line in head if ".txt' (a patch of" in line]) == 12 and "00.txt" in kept


def test_among_thousands_of_new_files_the_sources_are_found(root: Path) -> None:
    (root / "photos").mkdir()
    for number in range(2100):
        (root / "photos" / f"{number:04}.dat").write_bytes(b"\0")
    (root / "sub" / "zzz.py").write_text("new\n")
    text = code_diff(root)
    assert "+++ b/sub/zzz.py" in text and "+new" in text
    assert "left out: 1,900 more files" in text and len(text) < 20_000


def test_a_commit_whose_files_git_has_lost_is_told(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    blob = git(root, "rev-parse", "HEAD:code.py")
    (root / "code.py").write_text("2\n")
    (root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert code_diff(root) == ""
    assert "the run has no code.diff" in caplog.text and blob in caplog.text


def test_no_place_for_temporary_files_costs_the_diff_alone(
    root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (root / "code.py").write_text("2\n")
    git(root, "update-index", "--assume-unchanged", "sub/more.py")
    monkeypatch.setattr(tempfile, "tempdir", str(root / "absent"))
    assert code_diff(root) == "" and "the run has no code.diff" in caplog.text
    assert asked.facts(root).commit == git(root, "rev-parse", "HEAD")


def test_a_folder_where_a_file_was_comes_back(root: Path) -> None:
    (root / "code.py").unlink()
    (root / "code.py").mkdir()
    (root / "code.py" / "part.py").write_text("1\n")
    (root / "sub" / "more.py").unlink()
    (root / "sub" / "more.py").symlink_to("../dvc.lock")
    assert files(applied(root)) == files(root)


def test_a_file_that_changed_in_the_moment_of_its_commit_is_in_the_diff(root: Path) -> None:
    git(root, "config", "core.trustctime", "false")
    moment = (1_700_000_000, 1_700_000_000)
    os.utime(root / "code.py", moment)
    git(root, "update-index", "--refresh")
    os.utime(root / ".git" / "index", moment)
    (root / "code.py").write_text("one\nTWO\n")
    os.utime(root / "code.py", moment)
    (root / "new.py").write_text("x\n")
    assert files(applied(root)) == files(root)


def test_a_commit_that_another_stands_in_for_here_alone_is_itself(root: Path) -> None:
    (root / "code.py").write_text("two\n")
    git(root, "commit", "-qam", "second")
    git(root, "replace", "HEAD", "HEAD~1")
    assert asked.facts(root).dirty is False
    (root / "code.py").write_text("three\n")
    assert files(applied(root)) == files(root)
