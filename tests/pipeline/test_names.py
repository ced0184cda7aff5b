"""Names that a reader could take for a number, a truth value or nothing, and systems that know no UTF-8."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import tiny_values
from support import workspace
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.reporting.comparison import read_summary
from hairline.tracking.registry import ALIAS

pytestmark = pytest.mark.slow
OLD = {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}
"""Of a system that knows no UTF-8."""
LABEL_SETS = ["manual", "NA", "2016", "1e5", "null"]


def named_values() -> dict[str, Any]:
    """The tiny experiment under such names."""
    values = tiny_values()
    otsu = {**values["label_sets"]["otsu"], "classifier": "true"}
    values["synthetic_sets"] = {"007": values["synthetic_sets"].pop("synthetic")}
    values["datasets"] = {"007": {**values["datasets"].pop("synthetic"), "root": "data/raw/007"}}
    values["classifiers"] = {"true": {**values["classifiers"].pop("lite0"), "dataset": "007"}}
    values["architectures"] = {"nan": values["architectures"].pop("unet")}
    values["label_sets"] = dict.fromkeys(LABEL_SETS[1:], otsu)
    values["training_sets"] = {"None": {"parts": [{"dataset": "007", "split": "train"}]}}
    values["studies"] = {}
    values["segmenter"].update(classifier="true", sheet_epochs=0)
    values["matrix"].update({name: ["007"] for name in ("datasets", "localized", "test_sets")})
    values["matrix"].update(classifiers=["true"], label_sets=LABEL_SETS, architectures=["nan"], training_sets=["None"])
    return values


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace in which every stage has run."""
    folder = workspace.make(tmp_path_factory.mktemp("names"), named_values())
    with workspace.all_stages_run(folder):
        yield folder


@pytest.fixture(scope="module")
def paths(done: Path) -> Paths:
    return Paths(done, Params(done / "params.yaml").experiment)


def test_the_comparison_reads_back_what_it_wrote(paths: Paths) -> None:
    summary = read_summary(paths.comparison_table)
    segmenters = summary[summary["kind"] == "segmenter"]
    assert list(segmenters["labels"]) == LABEL_SETS
    assert {*segmenters["model"]} == {"nan"} and {*segmenters["training_set"]} == {"None"}
    assert {*segmenters["test_set"]} == {"007"} and segmenters["ods"].notna().all()
    assert {*summary.loc[summary["kind"] == "label", "labels"]} == {*LABEL_SETS[1:]}


def test_promotion_finds_the_best_and_gives_every_network_its_card(done: Path, paths: Paths) -> None:
    said = CliRunner().invoke(app, ["promote"], catch_exceptions=False)
    assert said.exit_code == 0 and "on 007, of 5 segmenters" in said.output
    with sqlite3.connect(done / "mlruns/mlflow.db") as store:
        described = store.execute("select description from model_versions where name like '%-segmenter'").fetchall()
        (version,) = store.execute("select version from registered_model_aliases where alias = ?", [ALIAS]).fetchone()
    titles = {text.splitlines()[0] for (text,) in described}
    labels = {"manual masks (FSV)", *(f"pseudo-labels `{name}`" for name in LABEL_SETS[1:])}
    assert titles == {f"# nan on {each}" for each in labels} and str(version) in said.output


def test_summary_report_and_lineage_have_every_name(done: Path, paths: Paths) -> None:
    said = CliRunner().invoke(app, ["summary"], catch_exceptions=False).output
    page = paths.comparison_page.read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")] for line in said.splitlines()]
    for name in LABEL_SETS[1:]:
        assert any(row[1:2] == [name] and "nan" in row for row in rows) and name in page
    metrics = json.loads(paths.comparison_metrics.read_text(encoding="utf-8"))
    assert {f"segmenter-{name}-nan-None-007" for name in LABEL_SETS} <= metrics.keys()
    table = pd.read_parquet(paths.training_tables / "None" / "NA.parquet")
    assert {*table["dataset"]} == {"007"} and {*table["label_set"]} == {"NA"}


def test_the_names_pass_the_check(done: Path) -> None:
    said = CliRunner().invoke(app, ["check"], catch_exceptions=False)
    assert (said.exit_code, said.output) == (0, "params.yaml, gates.yaml, studies.yaml: valid\n")


STAGES = (
    "import runpy, sys\n"
    "for words in ['pipeline.validate', '--dataset', '007'], ['pipeline.compare']:\n"
    "    sys.argv = words\n"
    "    try: runpy.run_module(words[0], run_name='__main__', alter_sys=True)\n"
    "    except SystemExit as end: assert not end.code, words\n"
)


def test_stages_write_the_same_where_nothing_knows_utf_8(done: Path) -> None:
    places = "gates/samples/007/index.html", "comparison/comparison.md", "comparison/paper.md"
    outs = [done / "reports/tiny" / place for place in places]
    before = [out.read_bytes() for out in outs]
    assert all(any(not content.isascii() for content in stage) for stage in (before[:1], before[1:]))
    for out in outs:
        out.unlink()
    environment = {**workspace.environment(), **OLD, "PYTHONPATH": f"{done / 'src'}{os.pathsep}{done}"}
    ran = subprocess.run([sys.executable, "-c", STAGES], cwd=done, env=environment, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert [out.read_bytes() for out in outs] == before


@pytest.mark.parametrize(
    ("words", "encoding"),
    [(["summary"], "ascii"), (["doctor"], "latin-1")],
)
def test_commands_tell_all_of_it_on_any_terminal(done: Path, words: list[str], encoding: str) -> None:
    environment = {**os.environ, **OLD, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-c", "from hairline.cli.app import main; main()", *words]
    ran = subprocess.run(command, cwd=done, env=environment, capture_output=True, check=False)
    assert ran.returncode == 0 and b"Traceback" not in ran.stderr, ran.stderr
    assert ran.stdout.rstrip().decode(encoding if encoding == "latin-1" else "utf-8")
