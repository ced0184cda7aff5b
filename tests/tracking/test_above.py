"""Runs of one `dvc repro` lie below one run; what filters find; what the run above tells of those below."""

import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from hairline import tracking
from hairline.errors import HairlineError
from hairline.tracking import closing, origin, registry, syncing
from hairline.tracking.entries import end, send
from hairline.tracking.records import read_record
from pipeline import stage

PARENT = "mlflow.parentRunId"


@pytest.fixture
def workspace(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("MLFLOW_TRACKING_URI", *tracking.DVC_FACTS):
        monkeypatch.delenv(variable, raising=False)
    for name in (".dvc", "mlruns", "new"):
        (tmp_path / name).mkdir()
    for name in ("mlruns", "new"):
        shutil.copy(empty_store, tmp_path / name)
    monkeypatch.setenv("DVC_STAGE", "label@konig")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def opened(
    name: str, tags: Mapping[str, str] | None = None, upstream: tuple[str, ...] = (), stage: str = "label"
) -> AbstractContextManager[tracking.Run]:
    records = [record(each) for each in upstream]
    return tracking.run(stage, name, "study", {}, [], tags or {}, records, record(name))


def record(name: str) -> Path:
    return Path(f"reports/study/runs/{name}.json")


def client(root: Path, folder: str = "mlruns") -> Any:
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{root}/{folder}/mlflow.db")


def stored(store: Any) -> dict[str, Any]:
    experiment = store.get_experiment_by_name("study").experiment_id
    return {run.info.run_name: run for run in store.search_runs([experiment])}


def above_of(runs: Mapping[str, Any]) -> Any:
    (found,) = [run for run in runs.values() if run.data.tags["stage"] == "repro"]
    return found


def test_runs_of_one_repro_lie_below_one_run_that_spans_them_and_has_the_headline(workspace: Path) -> None:
    store = client(workspace)
    with opened("one") as one:
        one.children([tracking.Child("trial 0", {}, {"ods": 0.5}, {"best": "true"})])
        assert above_of(stored(store)).info.status == "RUNNING"
    with opened("two") as two:
        two.metrics({"mean": 0.25})
        two.headline({"ods/konig": 0.75})
    runs = stored(store)
    above = above_of(runs)
    assert set(runs) == {"one", "two", "trial 0", above.info.run_name} and above.info.run_name.startswith("repro ")
    assert PARENT not in above.data.tags and above.data.metrics == {"ods/konig": 0.75}
    assert {runs[name].data.tags[PARENT] for name in ("one", "two")} == {above.info.run_id}
    assert runs["trial 0"].data.tags[PARENT] == one.id
    assert above.info.status == "FINISHED" and above.info.end_time >= runs["two"].info.start_time
    assert above.info.start_time <= runs["one"].info.start_time


def test_an_experiment_of_dvc_has_a_run_of_its_name_and_a_stage_by_hand_none(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened("one"):
        pass
    monkeypatch.setenv("DVC_EXP_NAME", "tidy-newt")
    with opened("two"):
        pass
    monkeypatch.delenv("DVC_STAGE")
    with opened("three"):
        pass
    runs = stored(client(workspace))
    assert runs["two"].data.tags[PARENT] == runs["exp tidy-newt"].info.run_id
    assert runs["one"].data.tags[PARENT] != runs["two"].data.tags[PARENT] and PARENT not in runs["three"].data.tags


def test_it_fails_where_one_below_failed_and_says_which_also_where_others_go_on(workspace: Path) -> None:
    with pytest.raises(ValueError, match="no"), opened("one"):
        raise ValueError("no")
    with opened("two"):
        pass
    above = above_of(stored(client(workspace)))
    assert above.info.status == "FAILED" and above.data.tags["error"] == "one: ValueError: no"


def test_it_fails_where_a_stage_without_a_run_stops_and_says_which_and_why(
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refused() -> None:
        raise HairlineError("the gate found 3 faults\nsee its page")

    def stopped() -> str:
        with pytest.raises(SystemExit, match="1"):
            stage.run(refused)
        return capsys.readouterr().err

    monkeypatch.setenv("DVC_STAGE", "validate@walls")
    assert stopped() == "\nhairline: the gate found 3 faults\nsee its page\n"
    assert client(workspace).get_experiment_by_name("study") is None  # none is made
    with opened("one"):
        pass
    monkeypatch.delenv("DVC_STAGE")
    stopped()  # by hand
    assert above_of(stored(client(workspace))).info.status == "FINISHED"
    monkeypatch.setenv("DVC_STAGE", "validate@walls")
    stopped()
    above = above_of(stored(client(workspace)))
    assert above.info.status == "FAILED" and above.data.tags["error"] == "validate@walls: the gate found 3 faults"
    monkeypatch.setenv("DVC_STAGE", "validate@roads")
    stopped()
    assert above_of(stored(client(workspace))).data.tags["error"] == "validate@walls: the gate found 3 faults"
    (workspace / "mlruns/mlflow.db").write_text("x")
    stopped()
    assert "does not say that it failed: " in caplog.text


def test_a_killed_stage_takes_the_run_above_with_it_until_another_works_below_it(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    from hairline.tracking import open_runs

    store, context = client(workspace), opened("one")
    one = context.__enter__()
    monkeypatch.setattr(open_runs, "gone", lambda root, process: process.name == "one")
    with opened("two"):
        runs = stored(store)
        assert runs["one"].info.status == "KILLED" and above_of(runs).info.status == "RUNNING"
        send(mlflow, one.id, end("FINISHED", 5, above_of(runs).info.run_id))  # as one that was kept and comes late
        assert above_of(stored(store)).info.status == "RUNNING"
    assert above_of(stored(store)).info.status == "FINISHED"
    with pytest.raises(KeyError), opened("three"):
        monkeypatch.setattr(open_runs, "gone", lambda root, process: process.name == "three")
        (told,) = closing.close_gone(mlflow, workspace, "mlruns/mlflow.db")
        assert told.name == "three" and above_of(stored(store)).info.status == "KILLED"
        raise KeyError
    context.__exit__(None, None, None)


def test_one_that_is_closed_by_hand_takes_the_run_above_with_it(workspace: Path) -> None:
    import mlflow

    with pytest.raises(KeyError), opened("one") as run:
        closing.close(mlflow, workspace, run.id)
        runs = stored(client(workspace))
        assert {runs["one"].info.status, above_of(runs).info.status} == {"KILLED"}
        raise KeyError


def test_a_lost_store_is_restored_with_the_runs_below_theirs(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        with opened(name):
            pass
    monkeypatch.delenv("DVC_STAGE")
    with opened("by hand"):
        pass
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{workspace}/new/mlflow.db")
    assert len(syncing.sync(workspace).restored) == 3
    before, after = stored(client(workspace)), stored(client(workspace, "new"))
    assert set(after) == set(before) and syncing.sync(workspace).restored == {}
    above = above_of(after)
    assert above.info.status == "FINISHED" and PARENT not in after["by hand"].data.tags
    assert {after[name].data.tags[PARENT] for name in ("one", "two")} == {above.info.run_id}


FILTERS = {
    "tags.stage = 'train_segmenter' and tags.method = 'konig'": {"konig-unet"},
    "tags.seed = '7' and tags.test_set = 'cfd' and metrics.ods > 0.7": {"konig-unet@cfd"},
    "tags.stage = 'repro'": {"repro"},
    "tags.stage = 'trial' and tags.study = 'konig' and tags.best = 'true'": {"trial 1"},
    "tags.experiment = 'study' and tags.stage != 'trial' and tags.label_set LIKE 'k%'": {
        "labels konig", "konig-unet", "konig-unet@cfd", "study konig",
    },
}  # fmt: skip


def test_filters_of_the_docs_find_what_they_say(workspace: Path) -> None:
    for name in ("konig", "crf"):
        with opened(f"labels {name}", {"label_set": name, "method": name}):
            pass
        with opened(f"{name}-unet", {"label_set": name, "seed": "7"}, (f"labels {name}",), "train_segmenter"):
            pass
        tags = {"label_set": name, "test_set": "cfd"}
        with opened(f"{name}-unet@cfd", tags, (f"{name}-unet",), "evaluate") as run:
            run.metrics({"ods": 0.8 if name == "konig" else 0.6})
    with opened("study konig", {"study": "konig", "label_set": "konig"}, stage="tune") as run:
        run.children([tracking.Child(f"trial {n}", {}, {}, {"best": str(n == 1).lower()}) for n in (0, 1)])
    docs = (Path(__file__).parents[2] / "docs/tracking.md").read_text(encoding="utf-8")
    for filtered, names in FILTERS.items():
        assert searched(workspace, filtered) == names and f"`{filtered}`" in docs


def searched(workspace: Path, filtered: str) -> set[str]:
    """Names of the runs that a filter finds; of one above others, its kind."""
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{workspace}/mlruns/mlflow.db")
    runs: Any = mlflow.search_runs(experiment_names=["study"], filter_string=filtered, output_format="list")
    return {run.data.tags["stage"] if "repro" in run.info.run_name else run.info.run_name for run in runs}


def test_a_description_shows_the_last_pictures_narrow_enough_for_the_page(workspace: Path) -> None:
    import cv2
    import numpy as np

    with opened("one") as run:
        for width in (1400, 1200, 300, 1000):
            run.drawing(f"{width}.png", cv2.imencode(".png", np.zeros((50, width, 3), np.uint8))[1].tobytes())
    described = stored(client(workspace))["one"].data.tags["mlflow.note.content"]
    shown = ["narrow/1200.png", "figures/300.png", "narrow/1000.png"]
    assert [line.split("]")[0] for line in described.split("![")[1:]] == shown
    for path in shown:
        (file,) = Path("mlruns").rglob(path)
        picture = cv2.imread(str(file))
        assert picture is not None and picture.shape[1] in (300, 720)
    assert not list(Path("mlruns").rglob("narrow/1400.png")) and list(Path("mlruns").rglob("figures/1400.png"))


def test_curves_of_training_and_validation_stand_in_one_group_of_charts(workspace: Path) -> None:
    with opened("one") as run:
        run.metrics({"train/loss": 0.5, "val/loss": 0.75, "learning_rate": 0.1}, 1)
        run.curves([(10, {"step/loss": 0.25})])
        run.table("counts", {'odd "name"': 1.5, "b,c": 2.0})
    found = stored(client(workspace))["one"]
    names = {"loss/train", "loss/val", "loss/batch", "learning_rate/epoch"}
    assert names == {name for name in found.data.metrics if not name.startswith(("cost/", "system/"))}
    (table,) = Path("mlruns").rglob("counts.csv")
    import pandas as pd

    assert dict(pd.read_csv(table).itertuples(index=False)) == {'odd "name"': 1.5, "b,c": 2.0}


@pytest.mark.parametrize("name", ["tom's", "b\"x'y", "ü ö", "a/b"])
def test_an_experiment_of_any_name_finds_its_run_again(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("DVC_EXP_NAME", name)
    for each in ("one", "two"):
        with opened(each):
            pass
    runs = stored(client(workspace))
    assert set(runs) == {"one", "two", f"exp {name}"} and above_of(runs).info.status == "FINISHED"


def test_of_two_at_once_the_first_to_begin_may_fail_last(workspace: Path) -> None:
    with pytest.raises(ValueError, match="no"), opened("one"):
        with opened("two"):
            assert above_of(stored(client(workspace))).info.status == "RUNNING"
        raise ValueError("no")
    above = above_of(stored(client(workspace)))
    assert above.info.status == "FAILED" and above.data.tags["error"] == "one: ValueError: no"
    assert above.info.end_time >= stored(client(workspace))["one"].info.end_time


def test_work_goes_on_where_its_run_or_the_one_above_is_deleted_in_mlflow(
    workspace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = client(workspace)
    with opened("one") as one:
        store.delete_run(above_of(stored(store)).info.run_id)
        one.headline({"ods": 0.5})
        one.metrics({"later": 1.0})
    runs = stored(store)
    assert runs["one"].info.status == "FINISHED" and runs["one"].data.metrics["later"] == 1.0
    with opened("two") as two:
        store.delete_run(two.id)
        two.metrics({"ods": 0.5})
        two.tag("seen", "none")
    told = [each.message for each in caplog.records if "was deleted there" in each.message]
    assert len(told) == 1 and record("two").is_file()
    assert above_of(stored(store)).info.status == "FINISHED"


@pytest.mark.parametrize("lines", [1, 500])
def test_a_card_is_no_longer_than_a_registry_takes_and_all_of_it_is_an_artifact(workspace: Path, lines: int) -> None:
    with opened("one") as one:
        pass
    store, run = client(workspace), read_record(record("one"))
    store.create_registered_model("mine")
    store.create_model_version("mine", "file:///absent", one.id)
    assert run is not None
    body = "\n".join(f"- images of set {number}" for number in range(lines))
    uri = f"sqlite:///{workspace}/mlruns/mlflow.db"
    assert registry.promote(uri, "mine", run, "the best", [registry.Card(run, f"# unet\n\n{body}")]) == "1"
    described = store.get_model_version("mine", "1").description
    assert described.startswith("# unet\n\n- images of set 0") and len(described) <= 5000
    if lines == 1:
        assert described == f"# unet\n\n{body}"
    else:
        assert described.splitlines()[-1].startswith("… The whole card is `card/card.md`")
        (kept,) = Path("mlruns").rglob("card.md")
        assert kept.read_text(encoding="utf-8") == f"# unet\n\n{body}"


def test_repros_of_two_containers_with_the_same_process_id_are_two(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, host in (("one", "c0ffee"), ("two", "beef01")):
        monkeypatch.setattr(origin, "HOST", host)
        with opened(name):
            pass
    runs = client(workspace).search_runs([client(workspace).get_experiment_by_name("study").experiment_id])
    assert len({run.data.tags[PARENT] for run in runs if PARENT in run.data.tags}) == 2
