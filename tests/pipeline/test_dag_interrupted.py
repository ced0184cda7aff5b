"""A run of the DAG that is killed does no harm: what was done is kept, what was under way begins anew."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import tiny_values
from support import workspace

TARGETS = ["evaluate_classifier@lite0", "localize@lite0-synthetic", "label_manual"]


def kill_during(folder: Path, stage: str) -> None:
    """Start `dvc repro` and kill it and its stage with signal 9 as soon as the stage has begun."""
    process = subprocess.Popen(
        ["dvc", "repro", *TARGETS], cwd=folder, env=workspace.environment(), text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(f"Running stage '{stage}'"):
            break
    else:
        raise AssertionError(f"dvc repro ended without running {stage}")
    try:
        process.wait(timeout=4)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process.stdout.close()


@pytest.mark.slow
def test_a_killed_run_goes_on_with_the_stage_it_was_killed_in(tmp_path: Path) -> None:
    folder = workspace.make(tmp_path / "work", tiny_values())
    workspace.run(folder, "dvc", "repro", "index_patches@synthetic")
    for _ in range(3):  # a quick machine may have ended it by then
        kill_during(folder, "train_classifier@lite0")
        if not (made := folder / "models/tiny/classifiers/lite0").exists():
            break
        shutil.rmtree(made)
    assert not made.exists()

    ran = workspace.stages_run(workspace.run(folder, "dvc", "repro", *TARGETS).stdout)
    assert {"train_classifier@lite0", "evaluate_classifier@lite0", "localize@lite0-synthetic"} <= ran
    assert ran.isdisjoint(
        {"generate@synthetic", "ingest@synthetic", "index_patches@synthetic", "code", "validate_patches@lite0"}
    )
    assert (folder / "models/tiny/classifiers/lite0/weights.safetensors").is_file()

    assert workspace.stages_run(workspace.run(folder, "dvc", "repro", *TARGETS).stdout) == set()
