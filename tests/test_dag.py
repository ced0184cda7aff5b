"""The DAG as DVC sees it, on a finished tiny experiment: stages rerun when they must and only then."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import tiny_values
from support import workspace

from hairline.images import read_scores, write_scores

pytestmark = pytest.mark.slow

EVALUATION = "evaluate@konig-unet-synthetic-synthetic"
LABELLER = '''"""A labeller for a test: everything darker than a level."""

from dataclasses import dataclass

import numpy as np

from hairline.steps import silent


@dataclass(frozen=True)
class Options:
    """The level."""

    level: int


def label(image, evidence, options, tell=silent):
    """1 where the image is darker than the level."""
    return (image.mean(axis=2) < options.level).astype(np.float32)
'''


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose stages have all run, in this process for speed, and are committed."""
    values = tiny_values()
    values["matrix"]["label_sets"] = ["konig"]  # otsu and crf are only scored
    values["studies"] = {}  # a study reads all labellers, so that a new one runs it again
    folder = workspace.make(tmp_path_factory.mktemp("finished"), values)
    with workspace.all_stages_run(folder):
        pass
    workspace.run(folder, "dvc", "commit", "--force")
    workspace.commit(folder, "results")
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed at will."""
    return shutil.copytree(finished, tmp_path / "work")


def reproduced(folder: Path) -> set[str]:
    """Run ``dvc repro``: names of the stages that ran."""
    return workspace.stages_run(workspace.run(folder, "dvc", "repro").stdout)


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


def test_what_has_not_changed_is_not_run_again(folder: Path) -> None:
    assert reproduced(folder) == set()


def test_the_papers_numbers_rerun_the_comparison_alone(folder: Path) -> None:
    printed = folder / "src/hairline/published_results.csv"
    printed.write_text(printed.read_text().replace("0.", "0.0", 1))
    assert reproduced(folder) == {"compare"}


def test_code_that_gives_the_same_numbers_reruns_what_imports_it_and_nothing_behind_that(folder: Path) -> None:
    metric = folder / "src/hairline/shapes.py"  # of clDice and Hausdorff, in the tables that evaluation writes
    metric.write_text(metric.read_text() + "# the same numbers\n")
    assert reproduced(folder) == {EVALUATION}


def test_another_prediction_reruns_the_comparison(folder: Path) -> None:
    scores = folder / "data/tiny/scores/segmenters/synthetic/konig/unet/synthetic"
    prediction = min((scores / "predictions").glob("*.png"))
    write_scores(prediction, np.zeros_like(read_scores(prediction), dtype=np.float32))
    workspace.run(folder, "dvc", "commit", "--force", EVALUATION)
    assert reproduced(folder) == {"compare"}


def test_a_new_labeller_and_a_label_set_of_it_run_their_branch_alone(folder: Path) -> None:
    values = yaml.safe_load((folder / "params.yaml").read_text())
    values["label_sets"]["dark"] = {"method": "darker", "classifier": "resnet18", "options": {"level": 60}}
    values["matrix"]["label_sets"].append("dark")
    (folder / "src/hairline/labellers/darker.py").write_text(LABELLER)
    (folder / "params.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
    assert reproduced(folder) == branch("dark")
    assert "segmenter,dark,unet" in (folder / "reports/tiny/comparison/comparison.csv").read_text()


def test_an_experiment_in_a_copy_reruns_the_branch_of_its_option_alone_and_logs_into_this_store(folder: Path) -> None:
    before = runs(folder)
    option = "label_sets.konig.options.localization.erosion_iterations=2"
    experiment = workspace.run(folder, "dvc", "exp", "run", "--temp", "-S", option)
    assert workspace.stages_run(experiment.stdout) == branch("konig")
    assert runs(folder) - before == len(
        branch("konig") - {"score_labels@konig", "training_sets", "validate_labels@konig-synthetic"}
    )


def runs(folder: Path) -> int:
    """Number of runs in the workspace's store."""
    code = (
        "import sqlite3; print(sqlite3.connect('mlruns/mlflow.db').execute('select count(*) from runs').fetchone()[0])"
    )
    return int(workspace.run(folder, sys.executable, "-c", code).stdout)
