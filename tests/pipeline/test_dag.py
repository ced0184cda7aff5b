"""The DAG as DVC sees it: deps cover the code, stages rerun when they must and only then, interruptions do no harm."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import dvc_deps
import numpy as np
import pytest
from conftest import tiny_values
from support import parameters, workspace

from hairline.imaging.images import read_scores, write_scores

LABELLER = '''"""A labeller for a test: everything darker than a level."""

from dataclasses import dataclass

import numpy as np

from hairline.labelling.trace import silent


@dataclass(frozen=True)
class Options:
    """The level."""

    level: int


def label(image, evidence, options, tell=silent):
    """1 where the image is darker than the level."""
    return (image.mean(axis=2) < options.level).astype(np.float32)
'''


def branch(label_set: str) -> set[str]:
    """The stages that belong to one label set of the tiny experiment, and the comparison."""
    return {
        f"label@{label_set}",
        f"score_labels@{label_set}",
        "training_sets",
        f"validate_labels@{label_set}-synthetic",
        f"train_segmenter@{label_set}-unet-synthetic",
        f"evaluate@{label_set}-unet-synthetic-synthetic",
        "compare",
    }


def test_code_deps_are_the_import_closure() -> None:
    assert dvc_deps.differences() == []


def test_a_missing_and_a_superfluous_dep_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (workspace.ROOT / "dvc.yaml").read_text()
    changed = text.replace("- src/hairline/metrics/thresholds.py", "- src/hairline/metrics/published.py", 1)
    (tmp_path / "dvc.yaml").write_text(changed)
    monkeypatch.setattr(dvc_deps, "DAG", tmp_path / "dvc.yaml")
    lines = dvc_deps.differences()
    assert any("add src/hairline/metrics/thresholds.py" in line for line in lines), lines
    assert any("drop src/hairline/metrics/published.py" in line for line in lines), lines


def kill_during(folder: Path, stage: str) -> None:
    """Start `dvc repro` and kill it and its stage with signal 9 as soon as the stage has begun."""
    process = subprocess.Popen(
        ["dvc", "repro"], cwd=folder, env=workspace.environment(), text=True, start_new_session=True,
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
def test_the_tiny_experiment_through_dvc(tmp_path: Path) -> None:
    values = tiny_values()
    values["matrix"]["label_sets"] = ["konig"]  # otsu and crf are only scored
    values["studies"] = {}  # a study reads all labellers, so that a new one runs it again
    folder = workspace.make(tmp_path / "work", values)

    kill_during(folder, "train_classifier@resnet18")
    assert not (folder / "models/tiny/classifiers/resnet18").exists()
    first = workspace.stages_run(workspace.run(folder, "dvc", "repro").stdout)
    assert {"train_classifier@resnet18", "localize@resnet18-synthetic", *branch("konig"), "label@otsu"} <= first
    assert "ingest@synthetic" not in first

    again = workspace.run(folder, "dvc", "repro")
    assert workspace.stages_run(again.stdout) == set()

    printed = folder / "src/hairline/metrics/published_results.csv"
    printed.write_text(printed.read_text().replace("0.", "0.0", 1))
    assert workspace.stages_run(workspace.run(folder, "dvc", "repro").stdout) == {"compare"}
    metric = folder / "src/hairline/metrics/shape.py"  # of clDice and Hausdorff, in the tables that evaluation writes
    metric.write_text(metric.read_text() + "# the same numbers\n")
    evaluation = "evaluate@konig-unet-synthetic-synthetic"
    assert workspace.stages_run(workspace.run(folder, "dvc", "repro").stdout) == {evaluation}
    scores = folder / "data/tiny/scores/segmenters/synthetic/konig/unet/synthetic"
    prediction = min((scores / "predictions").glob("*.png"))
    write_scores(prediction, np.zeros_like(read_scores(prediction), dtype=np.float32))
    workspace.run(folder, "dvc", "commit", "--force", evaluation)
    assert workspace.stages_run(workspace.run(folder, "dvc", "repro").stdout) == {"compare"}

    values["label_sets"]["dark"] = {"method": "darker", "classifier": "resnet18", "options": {"level": 60}}
    values["matrix"]["label_sets"].append("dark")
    (folder / "src/hairline/labelling/methods/darker.py").write_text(LABELLER)
    parameters.write(folder, values)
    added = workspace.stages_run(workspace.run(folder, "dvc", "repro").stdout)
    assert added == branch("dark")
    table = (folder / "reports/tiny/comparison/comparison.csv").read_text()
    assert "segmenter,dark,unet" in table
    workspace.commit(folder, "results")

    # a copy of the workspace, as an experiment: one option of one label set reruns its branch alone, into this store
    runs_before = runs(folder)
    option = "label_sets.konig.options.localization.erosion_iterations=2"
    experiment = workspace.run(folder, "dvc", "exp", "run", "--temp", "-S", option)
    assert workspace.stages_run(experiment.stdout) == branch("konig")
    assert runs(folder) - runs_before == len(
        branch("konig") - {"score_labels@konig", "training_sets", "validate_labels@konig-synthetic"}
    )


def runs(folder: Path) -> int:
    """Number of runs in the workspace's store."""
    code = (
        "import sqlite3; print(sqlite3.connect('mlruns/mlflow.db').execute('select count(*) from runs').fetchone()[0])"
    )
    return int(workspace.run(folder, sys.executable, "-c", code).stdout)
