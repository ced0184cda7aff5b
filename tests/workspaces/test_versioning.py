"""A workspace comes under git and DVC, or stays under those that are there."""

import subprocess
from pathlib import Path

import pytest

from hairline.errors import HairlineError
from hairline.workspaces import versioning


def test_a_project_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n    remote = mine\n")
    told = versioning.initialise(tmp_path)
    assert told == [f"git: the repository {tmp_path.resolve()}", "DVC: the project that is there"]
    assert (tmp_path / ".dvc" / "config").read_text() == "[core]\n    remote = mine\n"


def test_what_git_refuses_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    with pytest.raises(HairlineError, match="git does not open its repository") as error:
        versioning.repository(tmp_path)
    assert "\n" not in str(error.value)


def test_variables_of_another_repository_play_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "other")], check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    (tmp_path / "ws").mkdir()
    assert versioning.repository(tmp_path / "ws") is None
