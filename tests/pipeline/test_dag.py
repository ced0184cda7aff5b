"""The DAG as DVC sees it, on a finished tiny experiment: stages rerun when they must and only then."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from conftest import tiny_values
from support import parameters, workspace

from hairline.config import parameter_files
from hairline.imaging.images import read_scores, write_scores

pytestmark = pytest.mark.slow

EVALUATION = "evaluate_segmenter@konig-unet-synthetic-synthetic"
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


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose stages have all run, in this process for speed, and are committed."""
    values = tiny_values()
    values["matrix"]["label_sets"] = ["konig"]  # otsu and crf are only scored
    values["studies"] = {}
    values["strips"]["count"] = 1
    values["segmenter"]["sheet_epochs"] = 0
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


@pytest.fixture(scope="module")
def shared(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it for tests of small changes, in which DVC knows all files: each leaves it reproduced."""
    return shutil.copytree(finished, tmp_path_factory.mktemp("shared") / "work")


def reproduced(folder: Path) -> set[str]:
    """Run ``dvc repro``: names of the stages that ran."""
    return workspace.stages_run(workspace.run(folder, "dvc", "repro").stdout)


def branch(label_set: str) -> set[str]:
    """The stages that belong to one label set of the tiny experiment, and the comparison."""
    return {
        f"label@{label_set}",
        f"score_labels@{label_set}",
        "list_training_images",
        "ledger",
        f"validate_labels@{label_set}-synthetic",
        f"train_segmenter@{label_set}-unet-synthetic",
        f"evaluate_segmenter@{label_set}-unet-synthetic-synthetic",
        "compare",
    }


def edit(folder: Path, file: str, old: str, new: str) -> None:
    """Replace the first occurrence of a text in a source file."""
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def changed(folder: Path, file: str, old: str, new: str) -> set[str]:
    """Replace the first occurrence of a text in a source file: names of the stages that run again."""
    edit(folder, file, old, new)
    return reproduced(folder)


def stages_with(folder: Path, file: str) -> set[str]:
    """The kinds of stages whose code a source file is part of, as the stage ``code`` wrote them down."""
    module = file.removeprefix("src/").removesuffix(".py").replace("/", ".")
    found = (folder / "data/tiny/code").glob("*.json")
    return {path.stem for path in found if module in json.loads(path.read_text())}


def test_what_has_not_changed_is_not_run_again(shared: Path) -> None:
    assert reproduced(shared) == set()


def test_sentences_rules_and_code_that_only_shows_rerun_what_shows_them_alone(shared: Path) -> None:
    edits = {
        "src/hairline/tracking/descriptions.py": ('"""', '"""Another sentence. ', set()),
        "src/hairline/cli/app.py": ('"""', '"""Another sentence. ', set()),
        "src/hairline/reporting/figures/curves.py": ('color="0.8"', 'color="0.7"', {"compare"}),
        "src/hairline/reporting/figures/label_steps.py": ('"inferno"', '"viridis"', {"draw_labels"}),
        "src/hairline/gates/samples_gate.py": ("at least one image", "one image or more", {"validate"}),
    }
    for file, (old, new, stages) in edits.items():
        assert stages_with(shared, file) == stages, file
        edit(shared, file, old, new)
    assert reproduced(shared) == {"code", "draw_labels", "validate@synthetic", "compare"}


def test_a_labeller_reruns_its_label_sets_and_a_new_one_that_none_names_nothing(folder: Path) -> None:
    (folder / "src/hairline/labelling/methods/darker.py").write_text(LABELLER)
    assert reproduced(folder) == {"code"}
    konig = "src/hairline/labelling/methods/konig.py"
    assert changed(folder, konig, '"""', '"""Another sentence. ') == {
        "code",
        "label@konig",
        "compare",
    }  # the same labels, timed
    changes = changed(folder, konig, "return fusion.fuse", "return 0.5 * fusion.fuse")
    assert changes == {"code", "draw_labels", *branch("konig")}


def test_scoring_reruns_what_scores_and_no_training(folder: Path) -> None:
    ran = changed(folder, "src/hairline/metrics/thresholds.py", '"""', '"""Another sentence. ')
    scores = {"score_labels@konig", "score_labels@otsu", "score_labels@crf", EVALUATION, "evaluate_classifier@lite0"}
    assert ran == {"code", *scores, "compare"}


def test_the_papers_numbers_rerun_the_comparison_alone(shared: Path) -> None:
    assert changed(shared, "src/hairline/metrics/published_results.csv", "0.", "0.0") == {"code", "compare"}


def test_code_that_gives_the_same_numbers_reruns_what_imports_it_and_nothing_behind_that(shared: Path) -> None:
    metric = shared / "src/hairline/metrics/full_score_table.py"  # the tables that evaluation writes
    metric.write_text(metric.read_text() + "# the same numbers\n")
    assert reproduced(shared) == {"code", EVALUATION}


def test_another_prediction_reruns_the_comparison(shared: Path) -> None:
    scores = shared / "data/tiny/scores/segmenters/synthetic/konig/unet/synthetic"
    prediction = min((scores / "predictions").glob("*.png"))
    write_scores(prediction, np.zeros_like(read_scores(prediction), dtype=np.float32))
    workspace.run(shared, "dvc", "commit", "--force", EVALUATION)
    assert reproduced(shared) == {"compare"}


def test_a_new_labeller_and_a_label_set_of_it_run_their_branch_alone(folder: Path) -> None:
    values = parameter_files.read(folder / "params.yaml")
    values["label_sets"]["dark"] = {"method": "darker", "classifier": "lite0", "options": {"level": 60}}
    values["matrix"]["label_sets"].append("dark")
    (folder / "src/hairline/labelling/methods/darker.py").write_text(LABELLER)
    parameters.write(folder, values)
    assert reproduced(folder) == {"code", "draw_labels", *branch("dark")}
    assert "segmenter,dark,unet" in (folder / "reports/tiny/comparison/comparison.csv").read_text()


def test_an_experiment_in_a_copy_reruns_the_branch_of_its_option_alone_and_logs_into_this_store(folder: Path) -> None:
    before = runs(folder)
    option = "label_sets.crf.options.iterations=3"
    experiment = workspace.run(folder, "dvc", "exp", "run", "--temp", "-S", option)
    ran = workspace.stages_run(experiment.stdout)
    assert ran == {"code", "label@crf", "score_labels@crf", "draw_labels", "list_training_images", "ledger", "compare"}
    added = runs(folder)[len(before) :]
    above = [name for name in added if name.startswith("exp ")]  # one a stage: forked ones do not descend from `dvc`
    assert sorted(name for name in added if name not in above) == ["comparison", "labels crf"]
    assert len(above) == 2 and len(set(above)) == 1


def runs(folder: Path) -> list[str]:
    """Names of the runs in the workspace's store, in the order of their start."""
    with closing(sqlite3.connect(folder / "mlruns/mlflow.db")) as store:
        return [name for (name,) in store.execute("select name from runs order by start_time")]
