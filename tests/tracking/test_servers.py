"""A server that hangs, drips, refuses or asks to log in costs a stage a few seconds, and nothing that its run tells."""

import logging
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.odd_server import RUN_ID, OddServer

from hairline import tracking
from hairline.errors import HairlineError
from hairline.tracking import store
from hairline.tracking.patience import Patience
from hairline.tracking.unsent import Unsent, waiting

WAIT_S = 1.5


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OddServer]:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    made = OddServer()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", made.uri)
    yield made
    made.stop()


@pytest.mark.parametrize("mode", ["hang", "drip", "login", "401", "403", "404", "500"])
def test_what_is_told_from_then_on_is_kept_and_the_stage_ends_well(
    server: OddServer, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    with tracking.run("train", "one", "study", {"a": 1}, [], {}, [], Path("run.json"), WAIT_S) as run:
        server.mode, began = mode, time.monotonic()
        for step in range(30):
            run.metrics({"loss": 1.0}, step)
        run.text("note.txt", "a note")
    assert time.monotonic() - began < WAIT_S + 2
    assert Path("run.json").is_file() and not list(Path("state/runs").iterdir())
    (folder,) = waiting(Path.cwd())
    kept = list(Unsent(folder))
    steps = [entry.values["points"][0][3] for entry in kept if entry.kind == "metrics"]
    assert folder.name == RUN_ID and steps[:30] == list(range(30)) and kept[-1].values["status"] == "FINISHED"
    (said,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "\n" not in said and "'hairline sync' sends it" in said and "<html>" not in said


def test_an_upload_that_a_login_page_swallows_is_kept(server: OddServer) -> None:
    with tracking.run("train", "one", "study", {}, [], {}, [], Path("run.json"), WAIT_S) as run:
        server.mode = "uploads"
        run.text("note.txt", "a note")
    assert next(iter(Unsent(waiting(Path.cwd())[0]))).kind == "artifact"


@pytest.mark.parametrize("mode", ["hang", "drip", "login", "404"])
def test_a_server_that_is_none_when_a_stage_begins_is_an_error_soon(server: OddServer, mode: str) -> None:
    server.mode, began = mode, time.monotonic()
    with (
        pytest.raises(HairlineError, match=r"cannot open a run: .*MLFLOW_TRACKING_URI selects another one"),
        tracking.run("train", "one", "study", {}, [], {}, [], Path("run.json"), WAIT_S),
    ):
        pytest.fail("the block must not start")
    assert time.monotonic() - began < WAIT_S + 2


def test_a_run_that_is_failed_at_a_server_that_hangs_raises_its_own_error(server: OddServer) -> None:
    with (
        pytest.raises(ValueError, match="mine"),
        tracking.run("train", "one", "study", {}, [], {}, [], Path("run.json"), WAIT_S),
    ):
        server.mode = "hang"
        raise ValueError("mine")
    assert list(Unsent(waiting(Path.cwd())[0]))[-1].values["status"] == "FAILED"


def test_waits_are_counted_together_and_computing_is_none() -> None:
    patience = Patience(0.6, "runtime.tracking_wait_s")
    for _ in range(2):
        patience.within(lambda: time.sleep(0.2))
    with pytest.raises(TimeoutError, match=r"no answer within the 0\.6 s of runtime\.tracking_wait_s"):
        patience.within(lambda: time.sleep(5))
    assert patience.left_s < 0.05
    busy = Patience(1)

    def compute() -> int:
        end = time.thread_time() + 1.2
        while time.thread_time() < end:
            pass
        return 7

    assert busy.within(compute) == 7 and Patience(5).within(lambda: 8) == 8
    with pytest.raises(ZeroDivisionError):
        Patience(5).within(lambda: 1 // 0)


def test_an_answer_that_keeps_this_process_reading_without_end_is_given_up() -> None:
    began, given_up = time.monotonic(), threading.Event()

    def read() -> None:
        while not given_up.is_set():
            pass

    with pytest.raises(TimeoutError):
        Patience(0.3).within(read)
    given_up.set()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("uri", "named"),
    [("mlruns", "is the folder 'mlruns'"), ("file:///x", "is the folder"), ("./a/b", "is the folder"),
     ("sqlite://", "a database in memory"), ("sqlite:///:memory:", "a database in memory"),
     ("localhost:5000", "begins as no store"), ("htp://server", "begins as no store"),
     ('"http://server"', "begins as no store")],
)  # fmt: skip
def test_stores_that_keep_no_run_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str, named: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HairlineError, match=named) as error:
        store.store_uri(tmp_path)
    assert "unset it" in str(error.value) and not list(tmp_path.iterdir())


@pytest.mark.parametrize("uri", ["sqlite:///runs.db", "sqlite:///./runs.db"])
def test_a_relative_database_lies_in_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f" {uri} ")
    assert store.database(store.store_uri(tmp_path)) == tmp_path / "runs.db"
    for kept in ("sqlite:////somewhere/x.db", "postgresql+psycopg://me@/db?host=/tmp", "databricks", "http://a:5000"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", kept)
        assert store.store_uri(tmp_path) == kept


def test_a_scheme_in_capitals_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "HTTP://Server:5000/Path")
    assert store.store_uri(tmp_path) == "http://Server:5000/Path" and store.remote(store.store_uri(tmp_path))


def test_a_store_whose_driver_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://user:secret@127.0.0.1:9/x")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvc").mkdir()
    with (
        pytest.raises(HairlineError, match=r"/x: cannot open a run: the package .* is not installed") as told,
        tracking.run("train", "one", "study", {}, [], {}, [], Path("run.json")),
    ):
        raise AssertionError
    assert "secret" not in str(told.value)
