"""A store that is lost, a server that goes away: nothing a run told is lost, and nothing comes twice."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML
from support.mlflow_server import Server
from support.workspace import begin

from hairline import tracking
from hairline.errors import HairlineError
from hairline.tracking import descriptions, dvc_lock, entries, origin, records, syncing
from hairline.tracking import store as run_store
from hairline.tracking.unsent import Unsent, waiting

WRITER = """
import logging, sys, time
from pathlib import Path
from hairline import tracking
logging.basicConfig(level=logging.WARNING)
name, steps = sys.argv[1], int(sys.argv[2])
Path(f"{name}.txt").write_text(name)
record = Path(f"reports/study/runs/{name}.json")
with tracking.run("train", name, "study", {"dataset": "walls"}, [], {}, [], record) as run:
    Path(f"{name}.open").touch()
    for step in range(steps):
        run.metrics({"loss": 1 / (step + 1), "rate": step}, step)
        time.sleep(0.02)
    run.artifact(Path(f"{name}.txt"), "notes")
    run.tag("done", "yes")
"""


@pytest.fixture
def workspace(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    root = tmp_path / "work"
    for name in ("mlruns", "new"):
        (root / name).mkdir(parents=True)
        shutil.copy(empty_store, root / name)
    (root / ".dvc").mkdir(parents=True)
    (root / "reports/study/runs").mkdir(parents=True)
    monkeypatch.chdir(root)
    return root


def told(name: str, upstream: list[Path]) -> Path:
    """A run that made a file of reports/, and its run.json."""
    record, made = Path(f"reports/study/runs/{name}.json"), Path(f"reports/study/{name}.csv")
    params = {"label_set": "konig", "recipe": {"epochs": 3}}
    with tracking.run("evaluate", name, "study", params, [], {"device": "cpu"}, upstream, record) as run:
        made.write_text("ods\n0.5\n", encoding="utf-8")
        run.metrics({"ods": 0.5, "nothing": float("nan")})
        run.finish([made])
    return record


def lose(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another store, which knows no run; deleting the first would leave it open in this process."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{Path.cwd()}/new/mlflow.db")


def client(uri: str) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(uri)


def stored(store: Any) -> dict[str, Any]:
    experiment = store.get_experiment_by_name("study")
    return {run.info.run_name: run for run in store.search_runs([experiment.experiment_id])}


def test_a_lost_store_comes_back_from_what_stages_left_once_and_marked(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told("one", [])
    told("two", [first])
    (workspace / "dvc.lock").write_text(
        "schema: '2.0'\nstages:\n  evaluate:\n    outs:\n    - path: reports/study/one.csv\n      md5: abc123\n"
    )
    store = client(f"sqlite:///{workspace}/mlruns/mlflow.db")
    before = stored(store)
    known = syncing.sync(workspace)
    assert (known.known, known.restored, known.sent) == (2, {}, {})
    assert stored(store)["one"].data.tags["dvc:output:reports/study/one.csv"] == "abc123"

    lose(monkeypatch)
    done = syncing.sync(workspace)
    assert set(done.restored) == {run.info.run_id for run in before.values()} and done.known == 0
    after = stored(client(os.environ["MLFLOW_TRACKING_URI"]))
    for name, old in before.items():
        new = after[name]
        assert new.info.status == "FINISHED" and new.info.run_id == done.restored[old.info.run_id]
        assert new.data.tags[syncing.RESTORED] == old.info.run_id
        assert new.data.params == old.data.params
        assert new.data.metrics["ods"] == 0.5
        for tag in ("stage", "git_commit", "label_set", "device", "pipeline", "output:reports/study/one.csv"):
            assert new.data.tags.get(tag) == old.data.tags.get(tag)
        assert abs(new.info.end_time - old.info.end_time) < 2000
    assert after["two"].data.tags["upstream"] == before["one"].info.run_id  # which the tag above resolves
    assert after["one"].data.tags["dvc:output:reports/study/one.csv"] == "abc123"
    kept = list((workspace / "new/artifacts/study" / after["one"].info.run_id).rglob("one.csv"))
    assert [path.read_text() for path in kept] == ["ods\n0.5\n"]

    again = syncing.sync(workspace)
    assert (again.known, again.restored, again.sent) == (2, {}, {})
    assert len(stored(client(os.environ["MLFLOW_TRACKING_URI"]))) == 2


def test_outputs_that_changed_since_are_not_passed_off_as_those_of_the_run(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told("one", [])
    lose(monkeypatch)
    Path("reports/study/one.csv").write_text("ods\n0.9\n", encoding="utf-8")
    assert len(syncing.sync(workspace).restored) == 1
    assert not list(Path("new").rglob("one.csv"))


def test_what_is_kept_comes_back_as_it_was_and_a_cut_off_line_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "weights").write_text("w")
    example = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    given = [
        entries.params({"a": "1"}),
        entries.metrics([("loss", float("inf"), 1, 0), ("f1", 0.25, 2, 3)]),
        entries.artifact(tmp_path / "net", "models"),
        entries.model(
            tmp_path / "net",
            "m",
            "l",
            example,
            np.zeros((2, 3, 4), np.float32),
            ["numpy==2"],
            "",
            {},
            {"threshold": 0.5},
        ),
        entries.end("FINISHED", 5),
    ]
    kept = Unsent(tmp_path / "state/unsent/run")
    for entry in given:
        kept.add(entry)
    (tmp_path / "net" / "weights").write_text("another")
    found = list(Unsent(tmp_path / "state/unsent/run"))
    assert [(each.kind, each.values) for each in found] == [(each.kind, each.values) for each in given]
    assert found[2].path is not None and (found[2].path / "weights").read_text() == "w"
    assert waiting(tmp_path) == [tmp_path / "state/unsent/run"] and len(Unsent(tmp_path / "state/unsent/run")) == 5
    with (tmp_path / "state/unsent/run/entries.jsonl").open("a") as file:
        file.write('{"kind": "ta')
    assert len(list(Unsent(tmp_path / "state/unsent/run"))) == 5
    lines = (tmp_path / "state/unsent/run/entries.jsonl").read_text()
    (tmp_path / "state/unsent/run/entries.jsonl").write_text("{broken\n" + lines)
    with pytest.raises(HairlineError, match="line 1: cannot be read"):
        list(Unsent(tmp_path / "state/unsent/run"))


def test_what_was_sent_is_not_sent_again_after_an_interruption(tmp_path: Path) -> None:
    kept = Unsent(tmp_path / "run", "http://there")
    for step in range(4):
        kept.add(entries.metrics([("loss", 1.0, 1, step)]))
    first = Unsent(tmp_path / "run").remaining()
    sent = [next(first), next(first)]  # the second is under way when it stops
    first.close()
    again = list(Unsent(tmp_path / "run").remaining())
    steps = [entry.values["points"][0][3] for entry in [*sent, *again]]
    assert steps == [0, 1, 1, 2, 3] and list(Unsent(tmp_path / "run").remaining()) == []


def test_what_was_kept_for_a_server_goes_to_no_other_store(workspace: Path) -> None:
    Unsent(workspace / "state/unsent/run", "http://there:5000").add(entries.end("FINISHED", 1))
    with pytest.raises(HairlineError, match="kept for the server http://there:5000, but the store is sqlite"):
        syncing.sync(workspace)
    assert len(waiting(workspace)) == 1


def test_what_an_open_run_keeps_is_left_for_later(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = "http://there:5000"
    monkeypatch.setattr(syncing.run_store, "public_uri", lambda _: place)
    with tracking.run("train", "one", "study", {}, [], {}, [], Path("reports/study/runs/one.json")) as run:
        kept = Unsent(workspace / "state/unsent" / run.id, place)
        kept.add(entries.tags({"late": "yes"}))
        assert syncing.sync(workspace).sent == {} and len(waiting(workspace)) == 1
    del kept  # as its process does when it ends
    assert syncing.sync(workspace).sent == {run.id: 1} and waiting(workspace) == []
    assert stored(client(f"sqlite:///{workspace}/mlruns/mlflow.db"))["one"].data.tags["late"] == "yes"


def test_records_of_older_stages_without_costs_and_values_are_read(workspace: Path) -> None:
    told("one", [])
    path = Path("reports/study/runs/one.json")
    old = {
        key: value
        for key, value in json.loads(path.read_text(encoding="utf-8")).items()
        if key not in ("params", "metrics", "tags")
    }
    path.write_text(json.dumps(old), encoding="utf-8")
    (record,) = records.records(workspace)
    assert record.params == {} and asdict(record)["name"] == "one"


def test_stages_of_one_dvc_repro_have_one_pipeline_id(tmp_path: Path) -> None:
    code = "from hairline.tracking import origin; print(origin.pipeline_id())"
    dvc = tmp_path / "dvc"
    dvc.write_text(
        f"#!{sys.executable}\nimport subprocess, sys\n"
        f"for _ in range(2): subprocess.run(['sh', '-c', sys.executable + ' -c \"{code}\"'])\n"
    )
    dvc.chmod(0o755)
    together = subprocess.run([dvc, "repro"], capture_output=True, text=True, check=True).stdout.split()
    assert len(together) == 2 and len(set(together)) == 1
    alone = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in range(2)]
    assert len({*alone, *together}) == 3


def test_hashes_of_dvc_lock_are_found_for_outputs_and_files_inside_them(tmp_path: Path) -> None:
    assert origin.locked(tmp_path) == {}
    outs = [{"path": "data/set", "hash": "md5", "md5": "12.dir"}]
    content = json.dumps({"schema": "2.0", "stages": {"a@x": {"cmd": "x", "outs": outs}}})
    (tmp_path / "dvc.lock").write_text(f"{content}\n", encoding="utf-8")
    known = origin.locked(tmp_path)
    found = origin.versions([Path("data/set/samples.parquet"), Path("models/x")], known, "input")
    assert found == {"dvc:input:data/set": "12.dir"}


def test_paths_and_hashes_that_read_as_numbers_and_words_are_texts(tmp_path: Path) -> None:
    lock = tmp_path / "dvc.lock"
    odd = {"on": "1e5", "12:30": "00123456789012345678901234567890", "0x1f": "null", "~": "1_000", "ß": "2001-01-01"}
    stage = {"cmd": "x", "outs": [{"path": path, "md5": md5, "size": 12} for path, md5 in odd.items()]}
    with lock.open("w") as file:
        YAML(typ="safe").dump({"schema": "2.0", "stages": {"s": stage}}, file)  # as DVC does
    assert origin.locked(tmp_path) == odd == dvc_lock.hashes(dvc_lock.stages(lock)["s"], "outs")


def test_a_description_has_key_figures_and_pictures_and_no_costs() -> None:
    record = records.RunRecord(
        "r1", "e", "evaluate", "n", "c" * 40, True, {"data/x": "h" * 64}, {}, [], "", "", "",
        metrics={"ods": 0.61234, "cost/seconds": 3.0, **{f"m{index}": 1.0 for index in range(30)}},
    )  # fmt: skip
    text = descriptions.markdown(record, ["figures/a b.png"])
    assert "| ods | 0.6123 |" in text and "cost/" not in text and text.count("| m") == descriptions.NUMBERS - 1
    assert "`cccccccccccc` with changes" in text and "`data/x` `hhhhhhhhhhhh`" in text
    assert "![figures/a b.png](get-artifact?path=figures%2Fa+b.png&run_uuid=r1)" in text


@pytest.fixture
def server(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    made = Server(f"sqlite:///{workspace}/server.db", workspace / "server-artifacts")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    made.start()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", made.uri)
    yield made
    made.kill()


def write(names: list[str], steps: int) -> list[subprocess.Popen[str]]:
    store = {"MLFLOW_TRACKING_URI": os.environ["MLFLOW_TRACKING_URI"]}
    return [begin(Path.cwd(), [sys.executable, "-c", WRITER, name, str(steps)], store) for name in names]


def wait_for(paths: list[Path]) -> None:
    end = time.monotonic() + 120
    while not all(path.exists() for path in paths):
        assert time.monotonic() < end
        time.sleep(0.1)


def counted(store: Any, name: str, steps: int) -> None:
    """A run has every step of its two curves once, its tag, its artifact, and has ended well."""
    run = stored(store)[name]
    assert run.info.status == "FINISHED" and run.data.tags["done"] == "yes"
    for metric in ("loss", "rate"):
        history = store.get_metric_history(run.info.run_id, metric)
        assert sorted(point.step for point in history) == list(range(steps))
    assert [each.path for each in store.list_artifacts(run.info.run_id, "notes")] == [f"notes/{name}.txt"]


def check_server_lost_and_back(server: Server, writers: int, steps: int) -> None:
    names = [f"w{index}" for index in range(writers)]
    processes = write(names, steps)
    wait_for([Path(f"{name}.open") for name in names])
    time.sleep(1)
    server.kill()
    said = ["".join(process.communicate(timeout=300)) for process in processes]
    assert [process.returncode for process in processes] == [0] * writers, said[0][-3000:]
    assert all("hairline sync" in text for text in said)
    assert len(waiting(Path.cwd())) == writers
    with pytest.raises(HairlineError, match="cannot sync"):
        syncing.sync(Path.cwd())
    server.start()
    done = syncing.sync(Path.cwd())
    assert len(done.sent) == writers and done.restored == {} and done.known == writers
    assert waiting(Path.cwd()) == []
    store = client(server.uri)
    assert len(stored(store)) == writers
    for name in names:
        counted(store, name, steps)
    assert syncing.sync(Path.cwd()).sent == {}


@pytest.mark.slow
def test_a_server_that_goes_away_costs_no_training_and_gets_all_of_it_later(server: Server) -> None:
    check_server_lost_and_back(server, writers=2, steps=150)


@pytest.mark.slow
def test_eight_writers_at_a_server_with_postgresql_that_is_killed(
    workspace: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    server = Server(postgres, workspace / "server-artifacts")
    server.start()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    try:
        check_server_lost_and_back(server, writers=8, steps=150)
    finally:
        server.kill()


def test_an_error_of_the_users_is_no_server_that_is_gone(workspace: Path) -> None:
    record = Path("reports/study/runs/one.json")
    with (
        pytest.raises(HairlineError, match="absent"),
        tracking.run("train", "one", "study", {}, [], {}, [], record) as run,
    ):
        run.artifact(Path("absent"))
    assert waiting(workspace) == [] and "MLFLOW_TRACKING_URI" not in os.environ


def test_what_was_kept_for_a_run_that_the_store_has_not_is_told_with_the_way_out(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = told("one", [])
    lose(monkeypatch)
    run_id = json.loads(record.read_text())["run_id"]
    Unsent(workspace / "state/unsent" / run_id, os.environ["MLFLOW_TRACKING_URI"]).add(entries.end("FINISHED", 1))
    with pytest.raises(HairlineError, match=f"{run_id}: kept for a run that .* does not have.*delete the folder"):
        syncing.sync(workspace)
    shutil.rmtree(workspace / "state/unsent" / run_id)
    assert set(syncing.sync(workspace).restored) == {run_id}


def test_what_was_kept_for_a_run_that_was_deleted_is_told_and_sent_once_it_is_back(workspace: Path) -> None:
    from mlflow import MlflowClient

    run_id = json.loads(told("one", []).read_text())["run_id"]
    uri = run_store.store_uri(workspace)
    Unsent(workspace / "state/unsent" / run_id, uri).add(entries.tags({"late": "yes"}))
    MlflowClient(uri).delete_run(run_id)
    with pytest.raises(HairlineError, match=f"deleted at .*mlflow runs restore --run-id {run_id}', or delete the"):
        syncing.sync(workspace)
    MlflowClient(uri).restore_run(run_id)
    assert syncing.sync(workspace).sent == {run_id: 1}
    assert MlflowClient(uri).get_run(run_id).data.tags["late"] == "yes"
