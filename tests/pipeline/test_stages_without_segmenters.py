"""The chain where labels alone are made and scored: no segmenter is trained, and the report says so."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from conftest import tiny_values
from support import workspace

from hairline.data.samples import read_samples
from hairline.reporting import summary_tables

LABEL_SETS = ["konig", "otsu", "konig_tuned"]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace in which every stage has run."""
    values = tiny_values()
    values["matrix"].update(label_sets=[], architectures=[])
    values["architectures"] = {}
    values["label_sets"].pop("crf")
    values["strips"] = {"count": 1, "samples": {}}
    folder = workspace.make(tmp_path_factory.mktemp("no_segmenters"), values)
    with workspace.all_stages_run(folder):
        yield folder


def test_the_dag_holds_no_stage_of_segmenters(done: Path) -> None:
    kinds = {name.partition("@")[0] for name in workspace.commands(done)}
    assert kinds.isdisjoint({"validate_labels", "train_segmenter", "evaluate"})
    assert {"label", "score_labels", "compare"} <= kinds


def test_every_label_set_is_scored_and_compared(done: Path) -> None:
    told = (done / "reports/tiny/comparison/comparison.md").read_text()
    assert "No segmenter was scored. The best labels: " in told
    assert f"## {summary_tables.ABLATIONS}" in told and "Segmenters tested on" not in told
    read = pd.read_csv(done / "reports/tiny/comparison/ablations.csv", index_col="labels")
    assert list(read.index) == LABEL_SETS
    for name in read.index:
        scores = json.loads((done / f"reports/tiny/metrics/label-scores-{name}.json").read_text())
        for part in ("synthetic-train", "synthetic-test"):
            for metric in ("ods", "ois", "ap"):
                assert read.loc[name, f"{part} {metric}"] == pytest.approx(scores[part][metric], rel=1e-5, abs=1e-9)


def test_the_page_shows_the_steps_of_every_label_set_and_says_that_nothing_was_trained(done: Path) -> None:
    page = (done / "reports/tiny/comparison/index.html").read_text()
    shown = read_samples(done / "data/tiny/sets/synthetic", "test")["id"][0]
    assert "none trained" in page
    assert page.count("<details>") == len(LABEL_SETS) + 1  # and why each result has its sign
    for name in LABEL_SETS:
        assert f"<summary>Every step to the labels of {name}: synthetic-{shown}</summary>" in page
