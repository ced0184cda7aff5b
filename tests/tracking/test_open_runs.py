"""Runs whose process was killed are closed, told by the doctor until then; those of living ones never."""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from support.workspace import begin

from hairline import tracking
from hairline.cli import doctor_store
from hairline.errors import HairlineError
from hairline.tracking import closing, open_runs, syncing

OPEN = """
import os, time
from pathlib import Path
from hairline import tracking
child = tracking.Child("trial", {}, {"f1": 0.5}, {})
with tracking.run("train", "one", "study", {}, [], {}, [], Path("reports/study/runs/one.json")) as run:
    run.children([child])
    Path("open").write_text(f"{run.id} {os.getpid()}")
    time.sleep(600)
"""


@pytest.fixture
def workspace(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "mlruns").mkdir()
    shutil.copy(empty_store, tmp_path / "mlruns")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def other_process() -> Iterator[tuple[int, str]]:
    """The number of a process that has a run open, until the block ends, and the run's id."""
    process = begin(Path.cwd(), [sys.executable, "-c", OPEN], {})
    try:
        while not Path("open").exists() or not Path("open").read_text(encoding="utf-8"):
            assert process.poll() is None
            time.sleep(0.05)
        run_id, number = Path("open").read_text(encoding="utf-8").split()
        yield int(number), run_id
    finally:
        process.kill()
        process.communicate()


def told(name: str) -> str:
    with tracking.run("label", name, "study", {}, [], {}, [], Path(f"reports/study/runs/{name}.json")) as run:
        return run.id


def client(root: Path) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{root}/mlruns/mlflow.db")


def change(root: Path, **values: object) -> None:
    """Write a run's file as another process, boot or machine would have."""
    (path,) = (root / "state/runs").glob("*.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_killed_run_is_told_then_closed_and_a_living_one_is_not(workspace: Path) -> None:
    with other_process() as (number, run_id):
        store = client(workspace)
        store.set_tag(run_id, "mine", "yes")
        assert syncing.sync(workspace).closed == []
        told("two")
        assert store.get_run(run_id).info.status == "RUNNING"
        assert [found.level for found in doctor_store.tracking(workspace)] == ["ok"]
        experiment = store.get_run(run_id).info.experiment_id
        (child,) = store.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{run_id}'")
        store.update_run(child.info.run_id, "RUNNING")  # as where it is killed in the middle of telling a trial
    _, found = doctor_store.tracking(workspace)
    assert found.level == "note" and f"process {number} on" in found.what and found.remedy == "hairline sync"
    (closed,) = syncing.sync(workspace).closed
    run = store.get_run(run_id)
    assert closed.run_id == run_id and (run.info.status, run.data.tags["mine"]) == ("KILLED", "yes")
    assert f"process {number}" in run.data.tags[closing.CLOSED]
    assert store.get_run(child.info.run_id).info.status == "KILLED"
    assert not list((workspace / "state/runs").iterdir()) and syncing.sync(workspace).closed == []


def test_the_next_stage_closes_it_too_where_the_workspace_was_moved(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with other_process() as (_, run_id):
        pass
    moved = workspace.with_name("moved")
    workspace.rename(moved)
    monkeypatch.chdir(moved)
    told("two")
    assert client(moved).get_run(run_id).info.status == "KILLED"
    assert [record for record in caplog.records if run_id in record.getMessage()]


def test_a_run_of_another_machine_or_of_the_original_of_a_copy_is_left(
    workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with other_process() as (_, run_id):
        copy = tmp_path_factory.mktemp("copy") / "copy"
        shutil.copytree(workspace, copy)
        assert syncing.sync(copy).closed == []  # its lock is free there, but the process lives
    change(workspace, boot="another", host="elsewhere")
    assert syncing.sync(workspace).closed == [] and client(workspace).get_run(run_id).info.status == "RUNNING"
    _, found = doctor_store.tracking(workspace)
    assert "another machine" in found.what and "hairline sync --close RUN" in found.remedy
    (closed,) = syncing.sync(workspace, [run_id]).closed
    assert closed.run_id == run_id and client(workspace).get_run(run_id).info.status == "KILLED"
    with pytest.raises(HairlineError, match="is KILLED; expected one that is RUNNING"):
        syncing.sync(workspace, [run_id])
    assert [found.level for found in doctor_store.tracking(workspace)] == ["ok"]


def test_after_a_restart_of_the_machine_and_for_a_new_process_of_the_same_number_it_is_gone(workspace: Path) -> None:
    opened = open_runs.OpenRun(workspace, "x", "study", "one")
    (process,) = open_runs.processes(workspace)
    assert process.pid == os.getpid() and not open_runs.gone(workspace, process)
    opened.close(ended=False)
    assert not open_runs.gone(workspace, process)  # this process lives
    change(workspace, born=psutil.Process().create_time() - 1000)
    assert open_runs.gone(workspace, *open_runs.processes(workspace))
    change(workspace, born=process.born, boot="before")
    assert open_runs.gone(workspace, *open_runs.processes(workspace))
    open_runs.forget(workspace, process.key)
    assert not list((workspace / "state/runs").iterdir())


def test_open_runs_of_an_earlier_version_are_told_and_closed_by_hand_alone(workspace: Path) -> None:
    told("two")
    store = client(workspace)
    old = store.create_run(store.create_experiment("older"), run_name="old").info.run_id
    _, found = doctor_store.tracking(workspace)
    assert found.remedy.endswith(f"hairline sync --close {old}")
    assert syncing.sync(workspace).closed == [] and store.get_run(old).info.status == "RUNNING"
    assert [each.run_id for each in syncing.sync(workspace, [old]).closed] == [old]


def test_a_restored_run_that_a_killed_sync_left_half_is_restored_to_its_end(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = told("one")
    (workspace / "new").mkdir()
    shutil.copy(workspace / "mlruns" / "mlflow.db", workspace / "new")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{workspace}/new/mlflow.db")
    from mlflow import MlflowClient

    store = MlflowClient(f"sqlite:///{workspace}/new/mlflow.db")
    experiment = store.get_run(run_id).info.experiment_id
    store.delete_run(run_id)
    import sqlite3

    with sqlite3.connect(workspace / "new" / "mlflow.db") as opened:
        for table in ("latest_metrics", "metrics", "params", "tags", "runs"):
            opened.execute(f"delete from {table} where run_uuid = ?", (run_id,))
    half = store.create_run(experiment, tags={syncing.RESTORED: run_id}).info.run_id
    assert syncing.sync(workspace).restored == {run_id: half}
    found = store.get_run(half)
    assert found.info.status == "FINISHED" and found.data.tags["stage"] == "label"
    assert syncing.sync(workspace).restored == {}


def test_what_a_process_left_that_was_killed_before_its_run_was_open_goes(workspace: Path) -> None:
    folder = workspace / "state/runs"
    folder.mkdir(parents=True)
    for name in ("a.lock", ".partial.a.json", "b.json", "b.lock", "c.lock"):
        (folder / name).write_text("{cut" if name.endswith("json") else "")
    assert list(open_runs.processes(workspace)) == []
    open_runs.sweep(workspace)
    assert {path.name for path in folder.iterdir()} == {"b.json", "b.lock"}


def test_an_id_that_the_store_has_not_is_told(workspace: Path) -> None:
    for run_id in ("absent", "a'b/../x"):
        with pytest.raises(HairlineError, match=r"the store has none of this id; .* 'hairline doctor' lists them"):
            syncing.sync(workspace, [run_id])


def test_files_that_no_process_wrote_are_passed_over(workspace: Path) -> None:
    folder = workspace / open_runs.FOLDER
    (folder / "folder.json").mkdir(parents=True)
    texts_of = dict.fromkeys(("server", "experiment", "name", "host", "boot", "opened"), "x")
    whose: dict[str, object] = {**texts_of, "pid": 1, "born": 1.0}
    texts = {
        "a": "[1]",
        "b": "",
        "c": json.dumps({**whose, "key": "../c"}),
        "d": json.dumps({**whose, "key": "d", "pid": "x"}),
    }
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    assert list(open_runs.processes(workspace)) == []
    (folder / "e.json").write_text(json.dumps({**whose, "key": "e"}), encoding="utf-8")
    assert [process.key for process in open_runs.processes(workspace)] == ["e"]
