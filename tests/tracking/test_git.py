"""What git says of the code, whatever it or the user is like: right, or unknown; never clean by mistake."""

import logging
import os
import subprocess
from pathlib import Path

import pytest
from support.repository import SPOILT, git, repository

from hairline.tracking import git as asked
from hairline.tracking.git import GitFacts, facts


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "_told", set())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "walls")


def head(root: Path) -> str:
    return git(root, "rev-parse", "HEAD")


def test_a_repository_is_clean_until_something_differs_and_lock_files_do_not_count(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert facts(tmp_path) == GitFacts("none", False)
    root = repository(tmp_path)
    assert facts(root / "sub") == GitFacts(head(root), False)
    (root / "dvc.lock").write_text("b")  # what DVC itself does between two stages
    assert facts(root / "sub") == GitFacts(head(root), False)
    (root / "sub" / "new.py").write_text("1")
    assert facts(root / "sub") == GitFacts(head(root), True)
    (root / "sub" / "new.py").unlink()
    (root / "code.py").write_text("2")
    assert facts(root / "sub") == GitFacts(head(root), True)


@pytest.mark.parametrize("scope", ["user", "repository"])
def test_what_is_set_for_the_eyes_hides_nothing(root: Path, scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if scope == "user":
        (root.parent / "set").write_text(SPOILT)
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(root.parent / "set"))
    else:
        with (root / ".git" / "config").open("a") as file:
            file.write(SPOILT)
    assert facts(root) == GitFacts(head(root), False)
    (root / "sub" / "new.py").write_text("1")
    assert facts(root) == GitFacts(head(root), True)


def test_variables_that_hooks_set_lead_to_no_other_repository(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = head(root)
    (root / "code.py").write_text("2")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(root / "absent"))
    for name, value in {"COUNT": "1", "KEY_0": "status.showUntrackedFiles", "VALUE_0": "no"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    assert facts(root) == GitFacts(commit, True)


def test_files_that_the_user_alone_ignores_count_where_they_are_sources(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root.parent / "ignored").write_text("*.py\n.idea\n")
    (root.parent / "set").write_text(f"[core]\n    excludesFile = {root.parent / 'ignored'}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(root.parent / "set"))
    (root / ".idea").mkdir()
    (root / ".idea" / "state.xml").write_text("1")
    assert facts(root).dirty is False
    (root / "new.py").write_text("1")
    assert facts(root).dirty is True


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_files_that_the_index_does_not_look_at_are_looked_at(root: Path, flag: str) -> None:
    git(root, "update-index", flag, "code.py")
    assert facts(root).dirty is False
    (root / "code.py").write_text("2")
    assert facts(root).dirty is True


def test_filters_that_the_user_has_set_still_hold(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root.parent / "set").write_text('[filter "upper"]\n    clean = tr a-z A-Z\n    smudge = tr A-Z a-z\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(root.parent / "set"))
    (root / ".gitattributes").write_text("*.py filter=upper\n")
    (root / "code.py").write_text("changed\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "second")
    os.utime(root / "code.py", (1, 1))  # so that git must read the file again
    assert facts(root) == GitFacts(head(root), False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_of_another_user_as_in_containers_are_told_as_they_are(root: Path) -> None:
    commit = head(root)
    subprocess.run(["chown", "-R", "1234:1234", str(root)], check=True)
    assert facts(root) == GitFacts(commit, False)
    (root / "new.py").write_text("1")
    assert facts(root) == GitFacts(commit, True)


def test_a_detached_head_a_worktree_and_a_shallow_clone_are_like_any_other(root: Path, tmp_path: Path) -> None:
    git(root, "checkout", "-q", "--detach")
    git(root, "worktree", "add", "-q", str(tmp_path / "tree"))
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "shallow")
    for each in (root, tmp_path / "tree", tmp_path / "shallow"):
        assert facts(each) == GitFacts(head(root), False)


def test_a_submodule_with_changes_inside_is_a_change(root: Path, tmp_path: Path) -> None:
    git(root, "submodule", "add", "-q", str(repository(tmp_path / "other")), "vendor")
    git(root, "config", "-f", ".gitmodules", "submodule.vendor.ignore", "all")
    git(root, "add", ".")
    git(root, "commit", "-qm", "second")
    assert facts(root).dirty is False
    (root / "vendor" / "code.py").write_text("2")
    assert facts(root).dirty is True


@pytest.mark.parametrize(
    ("spoil", "commit_known", "reason"),
    [
        (lambda root: (root / ".git" / "index").write_bytes(b"no index"), True, "index file"),
        (lambda root: (root / ".git" / "HEAD").write_text(""), False, "not a git repository"),
        (lambda root: (root / ".git" / "config").write_text("[core\n"), False, "bad config line 1"),
        (lambda root: (root / head_file(root)).write_text("1" * 40 + "\n"), False, "leads to no commit"),
        (lambda root: (root / head_file(root)).write_text("garbage"), False, "leads to no commit"),
        (lambda root: git(root, "config", "core.bare", "true"), False, "must be run in a work tree"),
    ],
    ids=["index", "HEAD", "config", "absent commit", "branch", "bare"],
)
def test_where_git_fails_it_is_unknown_and_told_once_with_the_reason(
    root: Path, spoil: object, commit_known: bool, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    commit = head(root)
    assert callable(spoil)
    spoil(root)
    with caplog.at_level(logging.WARNING):
        found = [facts(root) for _ in range(3)]
    assert found == [GitFacts(commit if commit_known else "unknown", None)] * 3
    (told,) = [record.getMessage() for record in caplog.records]
    assert reason in told and "'unknown'" in told and "hairline doctor" in told and "\n" not in told


def head_file(root: Path) -> str:
    return f".git/{git(root, 'symbolic-ref', 'HEAD')}"


def test_without_git_or_a_repository_everything_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert facts(tmp_path) == GitFacts("unknown", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert facts(tmp_path) == GitFacts("unknown", None)
    first, second = (record.getMessage() for record in caplog.records)
    assert "not a git repository" in first and "git is not installed" in second


def test_a_workspace_that_does_without_git_is_unknown_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n    no_scm = True\n")
    assert facts(tmp_path) == GitFacts("unknown", None) and not caplog.records


def test_a_repository_that_ignores_the_workspace_knows_nothing_of_it(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (root / ".gitignore").write_text("inside\n")
    (root / "inside").mkdir()
    assert facts(root / "inside") == GitFacts("unknown", None)
    assert f"{root} ignores this folder" in caplog.text


def test_a_repository_of_files_elsewhere_knows_nothing_of_these(
    root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    git(root, "config", "core.worktree", str(repository(tmp_path / "other")))
    assert facts(root) == GitFacts("unknown", None)
    assert "core.worktree" in caplog.text


def test_words_tell_what_is_unknown() -> None:
    assert asked.words("ab" * 20, True, 4) == "abab with changes"
    assert asked.words("ab" * 20, False, 4) == "abab"
    assert asked.words("ab" * 20, None, 4) == "abab, changes unknown"
    assert asked.words("unknown", None, 12) == "unknown"
