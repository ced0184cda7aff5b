"""A store that a kill or a full disk broke, one of another MLflow, one that lay elsewhere: no stage is kept up."""

import logging
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.workspace import begin
from support.workspace import run as run_there

from hairline import tracking
from hairline.cli import doctor_store
from hairline.errors import HairlineError
from hairline.tracking import database, places, store, syncing
from hairline.tracking.database import Condition

STAGE = """
import logging, sys
from pathlib import Path
logging.basicConfig(level=logging.WARNING, format="%(message)s")
from hairline import tracking
with tracking.run("train", "one", "study", {"a": 1}, [], {}, [], Path("reports/study/runs/one.json")) as run:
    run.metrics({"loss": 1.0})
    Path("curve.png").write_bytes(b"png")
    run.figure(Path("curve.png"))
"""


SYNC = [sys.executable, "-c", "from hairline.cli.app import main; main()", "sync"]


def workspace(folder: Path, monkeypatch: pytest.MonkeyPatch, empty_store: Path | None = None) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (folder / ".dvc").mkdir(parents=True)
    (folder / "mlruns").mkdir()
    if empty_store is not None:
        shutil.copy(empty_store, folder / "mlruns")
    monkeypatch.chdir(folder)
    return folder


def told(name: str = "one", experiment: str = "study") -> str:
    with tracking.run("train", name, experiment, {}, [], {}, [], Path(f"reports/study/runs/{name}.json")) as run:
        Path("curve.png").write_bytes(b"png")
        run.figure(Path("curve.png"))
    return run.id


def client(path: Path) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(store.sqlite_uri(path))


@contextmanager
def changed(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as opened, opened:
        yield opened


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"mlflow.db", ".mlflow.db.lock", "artifacts"}


def half_made(path: Path, how: str) -> None:
    with changed(path) as opened:
        if how == "no revision":
            opened.execute("delete from alembic_version")
        elif how == "no table of revisions":
            opened.execute("drop table alembic_version")
        elif how == "a table left over":
            opened.execute("create table _alembic_tmp_runs as select * from runs")
        elif how == "a table missing":
            opened.execute("drop table metrics")


@pytest.mark.parametrize("how", ["no revision", "no table of revisions", "a table left over", "a table missing"])
def test_a_half_made_store_is_known_by_its_tables(tmp_path: Path, empty_store: Path, how: str) -> None:
    path = tmp_path / "mlflow.db"
    shutil.copy(empty_store, path)
    assert database.look(path).condition is Condition.READY
    half_made(path, how)
    assert database.look(path).condition is Condition.HALF_MADE


@pytest.mark.parametrize("how", ["no revision", "a table left over"])
def test_a_half_made_store_is_told_and_put_right_by_the_next_stage(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    root = workspace(tmp_path / "ws", monkeypatch, empty_store)
    path = root / "mlruns" / "mlflow.db"
    earlier = told()
    half_made(path, how)
    (found,) = doctor_store.tracking(root)
    assert found.level == "problem" and "is half made" in found.what and "the next stage" in found.remedy
    with caplog.at_level(logging.WARNING):
        run = told("two")
    if how == "a table left over":
        assert client(path).get_run(earlier).info.status == "FINISHED"
    assert client(path).get_run(run).info.status == "FINISHED" and database.look(path).condition is Condition.READY
    (said,) = [record.getMessage() for record in caplog.records if "half made" in record.getMessage()]
    (kept,) = left(root / "mlruns")
    assert kept in said and database.look(root / "mlruns" / kept).condition is Condition.HALF_MADE
    assert [each.level for each in doctor_store.tracking(root)] == ["ok"]


def test_runs_that_a_broken_store_had_come_back_by_sync(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = workspace(tmp_path / "ws", monkeypatch, empty_store)
    path, run = root / "mlruns" / "mlflow.db", told()
    half_made(path, "no revision")
    done = syncing.sync(root)
    assert set(done.restored) == {run} and client(path).get_run(done.restored[run]).info.run_name == "one"


@pytest.mark.slow
def test_the_store_of_an_older_mlflow_is_upgraded_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from alembic import command
    from mlflow.store.db.utils import _get_alembic_config
    from mlflow.store.tracking.dbmodels.initial_models import Base
    from sqlalchemy import create_engine

    root = workspace(tmp_path / "ws", monkeypatch)
    path = root / "mlruns" / "mlflow.db"
    engine, older = create_engine(f"sqlite:///{path}"), database.known()[10]
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        config = _get_alembic_config(f"sqlite:///{path}")
        config.attributes["connection"] = connection
        command.upgrade(config, older)
    engine.dispose()
    with changed(path) as opened:
        opened.execute("insert into experiments (experiment_id, name, lifecycle_stage) values (7, 'mine', 'active')")
    (found,) = doctor_store.store(root, store.sqlite_uri(path))
    assert found.level == "problem" and "schema of an older MLflow" in found.what and older in found.what
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}")  # another's: perhaps an older MLflow uses it
        before = path.read_bytes()
        with pytest.raises(HairlineError, match=r"then upgrade it: mlflow db upgrade sqlite:///"):
            told()
        assert path.read_bytes() == before
    with caplog.at_level(logging.WARNING):
        told()
    assert any("upgraded; what it was is kept as mlflow.db." in record.getMessage() for record in caplog.records)
    assert client(path).get_experiment_by_name("mine").experiment_id == "7"
    (kept,) = left(root / "mlruns")
    assert kept.endswith(f"schema-{older}") and database.look(root / "mlruns" / kept).revision == older


@pytest.mark.slow
def test_the_store_of_a_newer_mlflow_is_left_alone_and_the_way_out_works(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = workspace(tmp_path / "ws", monkeypatch, empty_store)
    path = root / "mlruns" / "mlflow.db"
    run = told()
    with changed(path) as opened:
        opened.execute("update alembic_version set version_num = 'ffffffffffff'")
    with pytest.raises(HairlineError, match=r"schema of a newer MLflow .*: 'hairline sync' makes another one") as error:
        told("two")
    command = str(error.value).partition("(mv ")[2].partition(")")[0]
    subprocess.run(["mv", *command.split()], check=True)  # this process has it open still
    assert f"{run}: restored as" in run_there(root, *SYNC).stdout


@pytest.mark.slow
def test_a_store_is_whole_or_not_there_when_its_making_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = workspace(tmp_path / "ws", monkeypatch)
    (root / "mlruns").rmdir()
    process = begin(root, [sys.executable, "-c", STAGE], {})
    while process.poll() is None and not list(root.glob("mlruns/.mlflow.db.*.partial-journal")):
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert not (root / "mlruns" / "mlflow.db").exists()
    done = run_there(root, sys.executable, "-c", STAGE, check=False)
    told = [line for line in done.stderr.splitlines() if not line.startswith("git cannot say")]  # it is no clone
    assert (done.returncode, told) == (0, [])
    assert left(root / "mlruns") == set() and not list((root / "state" / "runs").iterdir())


def artifacts(folder: Path) -> set[str]:
    home = folder / "mlruns" / "artifacts"
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}


def test_a_copy_writes_beside_its_own_database_and_has_what_was_copied(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = workspace(tmp_path / "first #1", monkeypatch, empty_store)
    old = told()
    before = artifacts(first)
    caplog.clear()
    copy = tmp_path / "a copy?"
    shutil.copytree(first, copy)
    monkeypatch.chdir(copy)
    notes = [found for found in doctor_store.tracking(copy) if found.level == "note"]
    assert "was made in another place" in notes[0].what and "hairline sync" in notes[0].remedy
    with caplog.at_level(logging.WARNING):
        new = told("two")
        told("three")
    assert len([record for record in caplog.records if str(first) in record.getMessage()]) == 1
    assert artifacts(first) == before
    path = copy / "mlruns" / "mlflow.db"
    assert {run for run in (old, new) if any(run in name for name in artifacts(copy))} == {old, new}
    shutil.rmtree(first)
    for run in (old, new):
        found = client(path).download_artifacts(run, "figures/curve.png", str(tmp_path))
        assert Path(found).read_bytes() == b"png"
    assert [found.level for found in doctor_store.tracking(copy)] == ["ok"]


def test_a_moved_workspace_does_not_make_its_old_place_again(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = workspace(tmp_path / "first", monkeypatch, empty_store)
    old = told()
    first.rename(tmp_path / "second")
    monkeypatch.chdir(tmp_path / "second")
    syncing.sync(tmp_path / "second")
    path = tmp_path / "second" / "mlruns" / "mlflow.db"
    assert client(path).get_run(old).info.artifact_uri.startswith((tmp_path / "second").as_uri())
    told("two")
    assert not first.exists()


def test_artifacts_that_did_not_come_along_stay_readable_and_a_users_own_place_stays(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = workspace(tmp_path / "first", monkeypatch, empty_store)
    old = told()
    path = first / "mlruns" / "mlflow.db"
    own = client(path).create_experiment("elsewhere", artifact_location="s3://bucket/artifacts/x")
    disk = client(path).create_experiment("on a disk", artifact_location="file:///not/mounted/artifacts/x")
    second = workspace(tmp_path / "second", monkeypatch, path)
    told("two")
    path = second / "mlruns" / "mlflow.db"
    found = client(path).download_artifacts(old, "figures/curve.png", str(tmp_path))
    assert Path(found).read_bytes() == b"png"
    assert client(path).get_experiment(own).artifact_location == "s3://bucket/artifacts/x"
    assert client(path).get_experiment(disk).artifact_location == "file:///not/mounted/artifacts/x"
    assert places.moved(path) is None


@pytest.mark.parametrize(
    "name", ["why?", "Project #2", "100%", "a%20b", "%25", "a;b'c\"d", "Brücke 裂缝", "two\nlines"]
)
def test_a_workspace_in_a_folder_of_any_name_has_its_store_in_itself(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    home = tmp_path / "home"
    root = workspace(home / name / "ws", monkeypatch, empty_store)
    run = told(experiment="default")
    path = root / "mlruns" / "mlflow.db"
    assert [each.name for each in home.iterdir()] == [name] and [each.name for each in (home / name).iterdir()] == [
        "ws"
    ]
    with closing(sqlite3.connect(path)) as opened:
        assert (run,) in opened.execute("select run_uuid from runs").fetchall()
    assert any(run in each for each in artifacts(root))
    assert [each.level for each in doctor_store.tracking(root)] == ["ok"]
    assert Path(client(path).download_artifacts(run, "figures/curve.png", str(tmp_path))).read_bytes() == b"png"


def test_a_store_is_made_in_a_folder_whose_name_a_uri_would_cut(tmp_path: Path) -> None:
    path = tmp_path / "why? 100%" / "mlflow.db"
    path.parent.mkdir()
    database.prepare(path, own=True)
    assert database.look(path).condition is Condition.READY and left(path.parent) == set()
