from dataclasses import replace

import pytest

from hairline.data.seen import Seen
from hairline.reporting import run_tables
from hairline.tracking.records import RunRecord


def record(memory: int | None = 1500, dirty: bool = False) -> RunRecord:
    return RunRecord(
        "f" * 32, "walls", "train_segmenter", "konig-unet-walls", "a" * 40, dirty, {"data/set": "b" * 64},
        {"models/net": "c" * 64}, [], "2026-11-25T10:00:00+00:00", "2026-11-25T10:01:30+00:00", "sqlite:///x", memory,
    )  # fmt: skip


def test_a_run_names_data_commit_run_and_cost() -> None:
    line = run_tables.runs([record()]).iloc[0]
    assert str(line["MLflow run"]) == "f" * 32 and line["Commit"] == "a" * 12
    assert line["Read"] == f"data/set {'b' * 12}" and line["Made"] == f"models/net {'c' * 12}"
    assert (line["Seconds"], line["Memory (MiB)"]) == ("90", "1,500")
    other = run_tables.runs([record(None, dirty=True)]).iloc[0]
    assert (other["Commit"], other["Memory (MiB)"]) == (f"{'a' * 12} with changes", "–")


def test_a_run_is_a_link_to_the_server_that_has_it_or_to_that_of_this_workspace() -> None:
    assert run_tables.address(record()) == f"http://127.0.0.1:5000/#/runs/{'f' * 32}"
    served = replace(record(), mlflow_uri="https://someone:secret@runs.example.org:8443/tracking")
    assert run_tables.address(served) == f"https://runs.example.org:8443/tracking/#/runs/{'f' * 32}"
    assert run_tables.runs([served]).iloc[0]["MLflow run"].address == run_tables.address(served)
    assert run_tables.anchor(served) == f"run-{'f' * 32}"


def test_time_is_summed_and_memory_is_the_most_of_one() -> None:
    told = run_tables.spent([record(), record(2048), record(None)])
    assert told == "3 runs took 0:04:30 (h:mm:ss) of wall time together; most memory of one process 2,048 MiB."


def test_a_study_is_a_line_a_metric_with_its_gain_on_held_out_images() -> None:
    told = {
        "study": "konig", "objective": ["ods"], "trials": 40, "tuning_images": 24, "held_out_images": 20,
        "own": {"held_out": {"ods": 0.5, "ap": 0.4}},
        "best": [{
            "changes": {"thresholding.window_px": 64}, "held_out": {"ods": 0.62, "ap": 0.41},
            "gain": {"ods": {"gain": 0.12, "gain_low": 0.1, "gain_high": 0.15}, "ap": {"gain": 0.01}},
        }],
    }  # fmt: skip
    first, second = run_tables.studies([told], {"konig": Seen({"unseen": 19, "same photo": 1}, "masks")}).to_dict(
        "records"
    )
    assert (first["Own options"], first["Best found"], first["Gain"]) == ("0.500", "0.620", "+0.120 [+0.100, +0.150]")
    assert (second["Metric"], second["Gain"]) == ("ap", "+0.010, too few photos to tell")
    assert first["Changes"] == "thresholding.window_px 64"
    assert run_tables.studies([], {}).empty


def test_the_environment_names_versions_of_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_tables, "PACKAGES", ("numpy", "no-such-package"))
    found = run_tables.environment()
    assert "numpy" in found and "no-such-package" not in found and "Python" in found
