import json
import logging
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.workspace import begin
from support.workspace import run as run_there

from hairline import tracking
from hairline.errors import HairlineError
from hairline.io.hashing import content_hash
from hairline.tracking import registry
from hairline.tracking import store as run_store
from hairline.tracking.records import read_record

PROCESS = """
import sys
from pathlib import Path
from hairline import tracking
with tracking.run("train", sys.argv[1], "study", {"a": 1}, [], {}, [], Path(sys.argv[1]) / "run.json") as run:
    run.metrics({"loss": 1.0})
"""


@pytest.fixture
def workspace(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for fact in tracking.DVC_FACTS:
        monkeypatch.delenv(fact, raising=False)
    root = tmp_path / "a workspace"
    (root / ".dvc").mkdir(parents=True)
    (root / "data").mkdir()
    (root / "data" / "image").write_text("pixels")
    put_store(empty_store, root)
    monkeypatch.chdir(root)
    return root


def put_store(database: Path, root: Path) -> None:
    (root / "mlruns").mkdir(parents=True)
    shutil.copy(database, root / "mlruns")


def opened(
    name: str = "one",
    params: Mapping[str, object] | None = None,
    upstream: Sequence[Path] = (),
    experiment: str = "study ä/1",
    tags: Mapping[str, str] | None = None,
) -> AbstractContextManager[tracking.Run]:
    record = Path(name) / "run.json"
    return tracking.run("train", name, experiment, params or {}, [Path("data")], tags or {}, upstream, record)


def stored(root: Path, run_id: str) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{root}/mlruns/mlflow.db").get_run(run_id)


def test_importing_is_cheap() -> None:
    code = "import sys, hairline.tracking; sys.exit(bool({'mlflow', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_run_from_open_to_record(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_EXP_NAME", "tidy-newt")
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.1")
    with opened(params={"recipe": {"learning_rate": 0.1}}, tags={"device": "cpu"}) as run:
        for step in range(3):
            run.metrics({"train/loss": 1.0 / (step + 1)}, step)
        run.metrics({"f1": np.float32(0.5)})
        run.tag("precision", 32)
        Path("curve.png").write_bytes(b"png")
        run.figure(Path("curve.png"))
        run.artifact(Path("data"), "samples")
        Path("model").mkdir()
        Path("model/weights").write_text("w", encoding="utf-8")
        run.finish([Path("model")])
        for _ in range(600):  # the sampling thread's turn
            if "system/cpu_utilization_percentage" in stored(workspace, run.id).data.metrics:
                break
            time.sleep(0.1)

    found = stored(workspace, run.id)
    assert found.info.status == "FINISHED" and found.info.run_name == "one"
    assert found.data.params == {"recipe.learning_rate": "0.1"}
    assert found.data.metrics["loss/train"] == pytest.approx(1 / 3) and found.data.metrics["f1"] == 0.5
    assert "system/cpu_utilization_percentage" in found.data.metrics
    hashes = {"input:data": content_hash(Path("data")), "output:model": content_hash(Path("model"))}
    expected = {
        "stage": "train",
        "DVC_EXP_NAME": "tidy-newt",
        "device": "cpu",
        "precision": "32",
        "git_dirty": "unknown",
    }
    assert (hashes | expected).items() <= found.data.tags.items()
    assert "upstream" not in found.data.tags
    (read,) = found.inputs.dataset_inputs
    assert (read.dataset.name, read.dataset.digest) == ("data", content_hash(Path("data"))[:16])
    assert [(tag.key, tag.value) for tag in read.tags] == [("mlflow.data.context", "train")]
    artifacts = workspace / "mlruns" / "artifacts" / "study_ä_1" / run.id / "artifacts"
    assert {path.relative_to(artifacts).as_posix() for path in artifacts.rglob("*") if path.is_file()} == {
        "figures/curve.png",
        "samples/data/image",
    }
    record = read_record(Path("one/run.json"))
    assert record is not None and (record.run_id, record.experiment, record.stage) == (run.id, "study ä/1", "train")
    assert record.inputs == {"data": hashes["input:data"]} and record.outputs == {"model": hashes["output:model"]}
    assert record.started <= record.ended and record.mlflow_uri == f"sqlite:///{workspace}/mlruns/mlflow.db"


def test_mlflow_opens_an_experiment_on_its_runs_also_one_of_an_earlier_version(workspace: Path) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{workspace}/mlruns/mlflow.db")
    earlier = client.create_experiment("study ä/1")
    for number, name in enumerate(("study ä/1", "other")):
        with opened(str(number), experiment=name):
            pass
        experiment = client.get_experiment_by_name(name)
        assert experiment is not None and experiment.tags["mlflow.experimentKind"] == "custom_model_development"
    assert client.get_experiment(earlier).name == "study ä/1"


def test_runs_link_to_the_runs_that_made_their_inputs(workspace: Path) -> None:
    with opened("first") as first:
        pass
    with opened("second", upstream=[Path("first/run.json"), Path("absent/run.json")]) as second:
        pass
    record = read_record(Path("second/run.json"))
    assert record is not None and record.upstream == [first.id]
    assert stored(workspace, second.id).data.tags["upstream"] == first.id


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), HairlineError("user's mistake")])
def test_a_run_that_raises_is_failed_and_leaves_no_record(workspace: Path, error: BaseException) -> None:
    with opened():
        pass
    with pytest.raises(type(error)), opened() as run:
        run.metrics({"loss": 1.0})
        raise error
    assert stored(workspace, run.id).info.status == "FAILED"
    assert stored(workspace, run.id).data.tags["error"] == f"{type(error).__name__}: {error}"
    assert not Path("one/run.json").exists()
    with opened():  # and the next run is not hindered
        pass
    assert Path("one/run.json").exists()


def test_many_and_long_parameters(workspace: Path) -> None:
    params: dict[str, object] = {f"p{index}": index for index in range(250)}
    params |= {"long": "x" * 7000, "odd (name)": 1, "deep" * 80: 1, "deep" * 81: 2}
    with opened(params=params, tags={"long": "y" * 9000}) as run:
        run.metrics({"recall (%)": float("nan"), "loss": float("inf")})
    found = stored(workspace, run.id).data
    assert len(found.params) == 254 and found.params["p249"] == "249" and found.params["odd _name_"] == "1"
    assert found.params["long"] == "x" * 5999 + "…" and found.tags["long"] == "y" * 7999 + "…"
    assert sorted(value for key, value in found.params.items() if key.startswith("deep")) == ["1", "2"]
    assert set(found.metrics) >= {"recall ___", "loss"}


def test_copies_of_the_workspace_log_to_the_real_one(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = workspace / ".dvc" / "tmp" / "exps" / "tmp1"
    (copy / ".dvc").mkdir(parents=True)
    (copy / "data").mkdir()
    monkeypatch.chdir(copy)
    with opened() as run:
        pass
    assert stored(workspace, run.id).info.status == "FINISHED"
    assert (copy / "one" / "run.json").is_file() and not (copy / "mlruns").exists()


def test_the_environment_selects_another_store(
    workspace: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = workspace / "elsewhere"
    put_store(empty_store, other)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{other}/mlruns/mlflow.db")
    with opened() as run:
        pass
    assert stored(other, run.id).info.status == "FINISHED"
    assert read_record(Path("one/run.json")).mlflow_uri == f"sqlite:///{other}/mlruns/mlflow.db"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    with opened() as run:  # the choice of one run is not left to the next
        assert "MLFLOW_TRACKING_URI" not in os.environ
    assert stored(workspace, run.id).info.status == "FINISHED"


@pytest.mark.parametrize("uri", ["sqlite:///{}/data/image", "sqlite:////dev/null/x/mlflow.db", "http://127.0.0.1:9"])
def test_a_broken_store_is_told_at_once(workspace: Path, monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    Path("data/image").write_text("no database " * 100, encoding="utf-8")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri.format(workspace))
    with pytest.raises(HairlineError, match="cannot open a run"), opened():
        pytest.fail("the block must not start")
    assert not Path("one/run.json").exists()


def test_a_store_that_breaks_meanwhile_is_told(workspace: Path) -> None:
    with pytest.raises(HairlineError, match="cannot log metrics"), opened() as run:
        with sqlite3.connect(workspace / "mlruns" / "mlflow.db") as connection:
            connection.execute("DROP TABLE latest_metrics")
        run.metrics({"loss": 1.0})


def test_missing_input_is_told(workspace: Path) -> None:
    Path("data/image").unlink()
    Path("data").rmdir()
    with pytest.raises(HairlineError, match="data: not found"), opened():
        pytest.fail("the block must not start")


def test_a_deleted_experiment_is_told(workspace: Path) -> None:
    from mlflow import MlflowClient

    with opened() as run:
        pass
    store = MlflowClient(f"sqlite:///{workspace}/mlruns/mlflow.db")
    store.delete_experiment(stored(workspace, run.id).info.experiment_id)
    with pytest.raises(HairlineError, match="restore --experiment-id"), opened():
        pass


@pytest.mark.slow
def test_parallel_processes_set_up_one_store_and_say_nothing(workspace: Path) -> None:
    shutil.rmtree("mlruns")
    subprocess.run(["git", "init", "-q"], check=True)
    names = ["p0", "p1"]
    processes = [begin(workspace, [sys.executable, "-c", PROCESS, name], {}) for name in names]
    said = ["".join(process.communicate(timeout=120)) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert said == ["", ""]
    runs = [
        stored(workspace, json.loads(Path(name, "run.json").read_text(encoding="utf-8"))["run_id"]) for name in names
    ]
    assert len({run.info.experiment_id for run in runs}) == 1


def test_points_of_curves_arrive_at_their_steps_also_where_they_are_many(workspace: Path) -> None:
    points = [(step, {"step/loss": 1 / step, "step/learning rate (α)": float(step)}) for step in range(1, 1301)]
    with opened() as run:
        run.curves(points)
        run.curves([])
    with sqlite3.connect(workspace / "mlruns" / "mlflow.db") as store:
        found = store.execute("select step, value from metrics where key = 'loss/batch' order by step").fetchall()
        others = store.execute("select count(*) from metrics where key like 'learning%/batch'").fetchone()
    assert found == [(step, pytest.approx(1 / step)) for step in range(1, 1301)]
    assert others == (1300,)


@pytest.mark.slow
def test_a_logged_segmenter_takes_images_of_any_size(workspace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from hairline.nn.architectures import unet
    from hairline.nn.runtime.device import resolve
    from hairline.nn.runtime.serving import RUNTIME, requirements
    from hairline.nn.segmenter import segmenter, serving

    options = unet.Options("tu-test_resnet", (32, 16, 16, 8, 8))
    network, _ = unet.build(options, "none")
    segmenter.save(network, workspace / "network", "unet", options, {})
    example = np.random.default_rng(0).integers(0, 256, (2, 70, 90, 3), dtype=np.uint8)
    answer = serving.Served(workspace / "network").predict(example)
    arguments = (workspace / "network", "segmenter", "hairline.nn.segmenter.serving")
    logging.getLogger("mlflow").setLevel(logging.INFO)  # as where others have imported it before
    with opened() as run:
        run.model(*arguments, example, answer, requirements(), params=serving.PARAMS)
        with pytest.raises(HairlineError, match="N > 1"):
            run.model(*arguments, example[:1], answer[:1], [])
    assert capfd.readouterr() == ("", "")

    import mlflow

    (logged,) = mlflow.MlflowClient(f"sqlite:///{workspace}/mlruns/mlflow.db").search_logged_models(
        [stored(workspace, run.id).info.experiment_id]
    )
    assert logged.source_run_id == run.id and logged.name == "segmenter"
    loaded = mlflow.pyfunc.load_model(logged.artifact_location)
    assert loaded.metadata.signature.inputs.inputs[0].shape == (-1, -1, -1, 3)
    assert loaded.metadata.signature.outputs.inputs[0].shape == (-1, -1, -1)
    place = resolve(RUNTIME)
    for height, width in ((1, 7), (33, 100), (64, 32)):
        image = np.random.default_rng(1).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
        found = loaded.predict(image)
        assert found.shape == (1, height, width) and found.dtype == np.float32
        np.testing.assert_array_equal(found[0], segmenter.predict(network, image[0], place))
        masks = loaded.predict(image, params={"masks": True, "threshold": 0.4})
        np.testing.assert_array_equal(masks, found >= 0.4)
    uri, store = (
        f"sqlite:///{workspace}/mlruns/mlflow.db",
        mlflow.MlflowClient(f"sqlite:///{workspace}/mlruns/mlflow.db"),
    )
    store.create_registered_model("mine")
    store.create_model_version("mine", logged.artifact_location, model_id=logged.model_id)
    store.set_registered_model_alias("mine", "champion", "1")
    fetched = registry.fetch(uri, "models:/mine@champion", workspace / "fetched")
    (description,) = (fetched / "data").rglob("model.json")
    assert description.read_bytes() == (workspace / "network/model.json").read_bytes()
    with pytest.raises(HairlineError, match="cannot fetch models:/mine@nobody"):
        registry.fetch(uri, "models:/mine@nobody", workspace / "fetched")
    listed, *_ = workspace.rglob("requirements.txt")
    stack = listed.read_text().split()
    assert [line for line in stack if line.startswith("torch==")] and not [line for line in stack if "+" in line]
    code = "import mlflow, sys; mlflow.pyfunc.load_model(sys.argv[1]); import hairline; print(hairline.__path__[0])"
    there = run_there(Path("/"), sys.executable, "-c", code, logged.artifact_location)
    inside = there.stdout.splitlines()[-1]
    assert inside.startswith(str(workspace))  # it comes with its code


def test_telemetry_is_off_and_a_user_may_still_choose_the_log_level(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_LOGGING_LEVEL", "DEBUG")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "false")
    with opened():
        pass
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true" and os.environ["MLFLOW_LOGGING_LEVEL"] == "DEBUG"


def test_default_store_lies_in_the_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert run_store.store_uri(Path("/w")) == "sqlite:////w/mlruns/mlflow.db"


def test_passwords_stay_out_of_records_and_messages() -> None:
    assert run_store.public_uri("https://me:s3@cret@host:5000/x") == "https://host:5000/x"
    for odd in ("me:word@host:5000", "http://me:wo/rd@host:5000", "http://me:wo?rd@host:5000",
                "http://a:wo://rd@host:5000", "'http://:word@host:5000", "http://host:5000?token=word",
                "http://host:5000/#word", "postgresql://host:5000/?password=word"):  # fmt: skip
        assert "host:5000" in run_store.public_uri(odd) and not re.search("word|wo|rd", run_store.public_uri(odd)), odd
    assert run_store.public_uri("sqlite:////w@x/mlflow.db") == "sqlite:////w@x/mlflow.db"


def test_a_server_is_reached_also_where_name_and_password_stand_in_its_uri() -> None:
    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/health" and "Authorization" not in self.headers else 404)
            self.end_headers()
            self.wfile.write(b"OK\n")

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        uri = f"http://me:s3cret@127.0.0.1:{server.server_port}/"
        assert run_store.server_health(uri, 5) == "OK"
        with run_store.alone(uri):
            pass
        server.shutdown()
    with pytest.raises(OSError, match="port"):
        run_store.server_health("http://127.0.0.1:port", 5)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("MLFLOW_RUN_ID", None), ("MLFLOW_RUN_ID", "f" * 32), ("MLFLOW_RUN_ID", "no id"), ("MLFLOW_EXPERIMENT_ID", "0"),
     ("MLFLOW_EXPERIMENT_ID", "4711"), ("MLFLOW_EXPERIMENT_NAME", "somebody's"), ("MLFLOW_RUN_CONTEXT", "no JSON"),
     ("MLFLOW_REGISTRY_URI", "http://127.0.0.1:9"), ("MLFLOW_ACTIVE_MODEL_ID", "m-1"), ("MLFLOW_WORKSPACE", "theirs"),
     ("MLFLOW_ARTIFACT_URI", "/nowhere"), ("MLFLOW_ENABLE_ASYNC_LOGGING", "true"),
     ("MLFLOW_TRUNCATE_LONG_VALUES", "false")],
)  # fmt: skip
def test_a_run_is_our_own_whatever_the_environment_says(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None
) -> None:
    with opened("theirs") as theirs:
        pass
    before = stored(workspace, theirs.id)
    monkeypatch.setenv(variable, value or theirs.id)
    with opened("ours") as ours:
        ours.metrics({"loss": 1.0})
    run, after = stored(workspace, ours.id), stored(workspace, theirs.id)
    assert ours.id != theirs.id and run.info.run_name == "ours" and run.info.experiment_id == before.info.experiment_id
    assert (after.info.status, after.info.end_time, after.data.tags) == (
        "FINISHED", before.info.end_time, before.data.tags,
    )  # fmt: skip
    assert os.environ[variable] == (value or theirs.id)


def test_a_run_that_a_notebook_has_open_stays_its_own(workspace: Path) -> None:
    import mlflow

    with opened("first"):
        pass
    mlflow.set_experiment("notebook")
    with mlflow.start_run(run_name="theirs") as theirs:
        with opened("ours") as ours:
            ours.metrics({"loss": 1.0})
        active = mlflow.active_run()
        assert active is not None and active.info.run_id == theirs.info.run_id != ours.id
        mlflow.log_metric("mine", 1.0)
    found = stored(workspace, theirs.info.run_id)
    assert "loss" not in found.data.metrics and found.data.metrics["mine"] == 1.0
    assert "mine" not in stored(workspace, ours.id).data.metrics
    assert stored(workspace, ours.id).info.experiment_id != found.info.experiment_id
