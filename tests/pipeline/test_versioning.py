"""What docs/data.md says of DVC and raw sets, tried in a repository with this project's ignore files."""

import shutil
from pathlib import Path

import pytest
import yaml
from support import workspace

STAGE = {"cmd": "cat data/raw/linked/image/a.jpg > out.txt", "deps": ["data/raw/linked"], "outs": ["out.txt"]}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty repository under git and DVC beside a published set."""
    folder = tmp_path / "repository"
    (folder / "data" / "raw").mkdir(parents=True)
    (tmp_path / "published" / "image").mkdir(parents=True)
    (tmp_path / "published" / "image" / "a.jpg").write_text("a")
    for name in (".gitignore", ".dvcignore"):
        shutil.copy(workspace.ROOT / name, folder / name)
    workspace.run(folder, "git", "init", "-q")
    workspace.run(folder, "git", "config", "user.email", "tests@example.invalid")
    workspace.run(folder, "git", "config", "user.name", "tests")
    workspace.run(folder, "dvc", "init", "-q")
    return folder


def test_added_and_imported_sets_come_back_in_a_clone(repository: Path) -> None:
    shutil.copytree(repository.parent / "published", repository / "data" / "raw" / "copied")
    workspace.run(repository, "dvc", "add", "-q", "data/raw/copied")
    workspace.run(repository, "dvc", "import-url", "-q", str(repository.parent / "published"), "data/raw/imported")
    workspace.commit(repository, "sets")
    tracked = workspace.run(repository, "git", "ls-files", "data").stdout.split()
    assert tracked == ["data/raw/copied.dvc", "data/raw/imported.dvc"]
    clone = repository.parent / "clone"
    workspace.run(repository, "git", "clone", "-q", ".", str(clone))
    workspace.run(clone, "dvc", "cache", "dir", "--local", str(repository / ".dvc" / "cache"))
    workspace.run(clone, "dvc", "checkout", "-q")
    for name in ("copied", "imported"):
        assert (clone / "data" / "raw" / name / "image" / "a.jpg").read_text() == "a"


def test_a_link_to_a_set_serves_runs_but_cannot_be_added(repository: Path) -> None:
    published = repository.parent / "published"
    (repository / "data" / "raw" / "linked").symlink_to(published)
    refused = workspace.run(repository, "dvc", "add", "data/raw/linked", check=False)
    assert refused.returncode
    assert "symlinked" in refused.stderr
    (repository / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"ingest": STAGE}}))
    for content in ("a", "changed"):
        (published / "image" / "a.jpg").write_text(content)
        workspace.run(repository, "dvc", "repro", "-q")
        assert (repository / "out.txt").read_text() == content


def test_a_link_inside_a_folder_is_stored_as_nothing(repository: Path) -> None:
    part = repository / "data" / "raw" / "part"
    part.mkdir()
    (part / "image").symlink_to(repository.parent / "published" / "image")
    workspace.run(repository, "dvc", "add", "-q", "data/raw/part")
    [out] = yaml.safe_load(part.with_name("part.dvc").read_text())["outs"]
    assert out["nfiles"] == 0
