"""The way from a number to raw data, in a workspace of DVC's own making."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from support import workspace
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.errors import HairlineError
from hairline.tracking import lineage, lineage_target, lineage_text
from hairline.tracking.lineage import Stage
from hairline.tracking.records import RunRecord, read_record, write_record

COPY = (
    "import sys, shutil, pathlib; out = pathlib.Path(sys.argv[2]); out.parent.mkdir(parents=True, exist_ok=True); "
    "shutil.copyfile(sys.argv[1], out)"
)


def dvc(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["dvc", *arguments], cwd=folder, env=workspace.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """raw.json → labels → metrics, each stage a copy, after `dvc repro`."""
    root = tmp_path_factory.mktemp("lineage")
    (root / "raw").mkdir()
    (root / "raw" / "one.json").write_text('{"segmenter-a": {"ods": 0.25}}')
    (root / "src").mkdir()
    (root / "src" / "copy.py").write_text(COPY)
    (root / "params.yaml").write_text("cut: 0.3\nseed: 7\n")
    (root / "gates.yaml").write_text("bound: off\n")
    (root / "profiles" / "base").mkdir(parents=True)
    (root / "profiles" / "base" / "params.yaml").write_text("cut: 0.5\nseed: 7\n")
    (root / "profiles" / "base" / "gates.yaml").write_text("bound: warn\n")
    python = sys.executable
    (root / "modules.json").write_text('{"pipeline.label": "12", "hairline.errors": "34"}')
    stages = {
        "code": {
            "cmd": f"{python} src/copy.py modules.json data/x/code/label.json", "deps": ["modules.json", "src/copy.py"],
            "outs": ["data/x/code"],
        },
        "label": {
            "cmd": f"{python} src/copy.py raw/one.json data/x/labels/konig/one.json",
            "deps": ["raw", "data/x/code/label.json"],
            "params": ["cut", "seed", {"gates.yaml": ["bound"]}], "outs": ["data/x/labels/konig"],
        },
        "score": {
            "cmd": [f"{python} src/copy.py data/x/labels/konig/one.json reports/x/metrics/segmenter-a.json",
                    f"{python} src/copy.py run.json reports/x/runs/score.json"],
            "deps": ["data/x/labels", "src/copy.py"],
            "outs": ["reports/x/metrics/segmenter-a.json", "reports/x/runs/score.json"],
        },
        "compare": {
            "cmd": f"{python} src/copy.py reports/x/metrics/segmenter-a.json reports/x/metrics/comparison.json",
            "deps": ["reports/x/metrics/segmenter-a.json", "data/x/labels"],
            "outs": ["reports/x/metrics/comparison.json"],
        },
    }  # fmt: skip
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    times = ("2026-11-25T10:00:00+00:00", "2026-11-25T10:00:01+00:00")
    record = RunRecord("f" * 32, "x", "evaluate", "score", "a" * 40, False, {}, {}, [], *times, "sqlite:///x")
    write_record(root / "run.json", record)
    dvc(root, "init", "--no-scm", "-q")
    dvc(root, "repro", "-q")
    return root


@pytest.fixture
def root(finished: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(finished)
    return finished


def told(*arguments: str, status: int = 0) -> str:
    done = CliRunner().invoke(app, ["lineage", *arguments])
    assert done.exit_code == status, (done.output, done.exception)
    return done.output


def _hash_of(lock: dict[str, Any], stage: str, path: str) -> str:
    (found,) = (dep["md5"] for dep in lock[stage]["deps"] if dep["path"] == path)
    return str(found)


def test_a_cell_leads_to_the_hash_of_raw_data_to_commit_and_run(root: Path) -> None:
    lock = yaml.safe_load((root / "dvc.lock").read_text())["stages"]
    cell = "reports/x/metrics/comparison.json:segmenter-a/ods"
    lines = told(cell).splitlines()
    assert lines[0] == f"{cell} = 0.25"
    assert lines[1].startswith("   score  reports/x/metrics/segmenter-a.json ")  # the cell's own branch
    assert lines[2].split() == ["run", "f" * 32, "commit", "a" * 12, "2026-11-25T10:00:00+00:00"]
    assert lines[3].startswith("      label  data/x/labels/konig ")
    assert lines[4].strip() == "not the default: cut 0.3 (0.5); bound off (warn)"
    assert lines[5].strip() == f"raw data raw {_hash_of(lock, 'label', 'raw')}" and len(lines) == 6

    (first,) = json.loads(told("--json", cell))["from"]
    assert (first["stage"], first["commit"], first["source_files"]) == ("score", "a" * 40, 1)
    (second,) = first["from"]
    assert second["source_files"] == 2  # told by the stage code, which is no step from raw data
    assert second["made"] == {"data/x/labels/konig": lock["label"]["outs"][0]["md5"]}
    bound = {"value": "off", "default": "warn"}
    assert second["parameters"] == {"cut": {"value": "0.3", "default": "0.5"}, "bound": bound}
    assert second["from"] == []


def test_a_file_inside_an_output_is_followed_and_a_stage_is_told_once(root: Path) -> None:
    assert told("data/x/labels/konig/one.json").splitlines()[1].startswith("   label  data/x/labels/konig ")
    lines = told("reports/x/metrics/comparison.json").splitlines()
    stages = [line.split()[0] for line in lines[1:]]
    assert (stages.count("compare"), stages.count("score"), stages.count("label")) == (1, 1, 2)
    assert sum("(see above)" in line for line in lines) == 1


def test_what_changed_since_is_said_and_strict_ends_with_1(root: Path) -> None:
    cell = "reports/x/metrics/segmenter-a.json:segmenter-a/ods"
    assert "CHANGED SINCE" not in told(cell, "--strict")
    values = (root / "params.yaml").read_text()
    try:
        (root / "params.yaml").write_text(values.replace("0.3", "0.4"))
        assert "CHANGED SINCE: cut (modified)" in told(cell) or "CHANGED SINCE: params.yaml" in told(cell)
        told(cell, "--strict", status=1)
    finally:
        (root / "params.yaml").write_text(values)


def test_results_of_a_stage_that_an_earlier_version_had_are_told_as_such(root: Path) -> None:
    dag = (root / "dvc.yaml").read_text()
    try:
        (root / "dvc.yaml").write_text(dag.replace("  score:", "  score_again:"))
        lines = told("reports/x/metrics/segmenter-a.json:segmenter-a/ods").splitlines()
    finally:
        (root / "dvc.yaml").write_text(dag)
    assert lines[3].strip() == (
        "CHANGED SINCE: an earlier version made it, by a stage that dvc.yaml no longer has; 'dvc repro' makes it anew"
    )


CELL = "reports/x/metrics/comparison.json:segmenter-a/ods"


@pytest.fixture(scope="module")
def linked(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with links into DVC's cache, as shared caches have them."""
    root = tmp_path_factory.mktemp("linked") / "walls"
    shutil.copytree(finished, root)
    dvc(root, "config", "cache.type", "symlink")
    dvc(root, "checkout", "--relink", "-q")
    assert (root / "reports/x/metrics/comparison.json").is_symlink()
    return root


def test_links_into_the_cache_are_followed_no_further(linked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(linked)
    lines = told(CELL).splitlines()
    assert lines[0] == f"{CELL} = 0.25" and lines[1].startswith("   score  reports/x/metrics/segmenter-a.json ")
    assert told("data/x/labels/konig/one.json").splitlines()[1].startswith("   label  data/x/labels/konig ")


def test_a_file_may_be_named_in_any_way_that_leads_to_it(linked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "reports/x/metrics/comparison.json"
    link = linked.parent / "link"
    link.symlink_to(linked)
    (linked / "latest.json").symlink_to(name)
    (linked / "newest").symlink_to("reports/x")
    monkeypatch.chdir(linked)
    outs = {"data/x/labels/konig", name, "data/x/ü"}
    for given in (name, f"./{name}", f"reports/../{name}", f"{linked}/{name}", f"{link}/{name}", f"../link/{name}",
                  "latest.json", "newest/metrics/comparison.json", f"data/./../{name}"):  # fmt: skip
        assert lineage_target.target(linked, given, outs) == (name, None), given
        (cell, number) = lineage_target.target(linked, f"{given}:segmenter-a/ods", outs)
        assert (cell, number) == ("reports/x/metrics/segmenter-a.json", "0.25"), given
    assert lineage_target.target(linked, "data/x/labels/konig/", outs) == ("data/x/labels/konig", None)


@pytest.mark.parametrize(
    ("commit", "dirty", "shown"),
    [("unknown", None, "commit unknown  "), ("b" * 40, None, f"commit {'b' * 12}, changes unknown  ")],
)
def test_what_git_could_not_say_is_said_to_be_unknown(
    linked: Path, monkeypatch: pytest.MonkeyPatch, commit: str, dirty: bool | None, shown: str
) -> None:
    monkeypatch.chdir(linked)
    path = linked / "reports/x/runs/score.json"
    record = read_record(path)
    assert record is not None
    path.unlink()  # a link into the cache
    write_record(path, replace(record, git_commit=commit, dirty=dirty))
    stages = lineage.locked(linked / "dvc.lock")
    links = lineage.chain(linked, stages, "reports/x/metrics/segmenter-a.json", {})
    assert shown in "\n".join(lineage_text.lines(links, {}))
    assert lineage_text.values(links, {})[0]["dirty"] is None


def test_names_are_compared_as_letters(tmp_path: Path) -> None:
    stages = {"label": Stage("label", {"raw": "1"}, {"data/x/labels/\u00fc": "2"}, {})}
    for name in ("data/x/labels/\u00fc", "data/x/labels/u\u0308", "data/x/labels/u\u0308/one.png", "data/x/labels"):
        (link,) = lineage.chain(tmp_path, stages, name, {})
        assert link.stage.name == "label"


def test_a_lock_file_that_git_could_not_merge_is_one_message(tmp_path: Path) -> None:
    for text in ("<<<<<<< HEAD\nstages:\n=======\n", "- 1\n", "stages: [1]\n", "stages: {a: 1}\n"):
        (tmp_path / "dvc.lock").write_text(text)
        with pytest.raises(
            HairlineError,
            match=r"dvc\.lock: .*; expected what DVC wrote; .* 'git checkout HEAD -- ",
        ):
            lineage.locked(tmp_path / "dvc.lock")
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\nstages:\n")
    assert lineage.locked(tmp_path / "dvc.lock") == {}


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("raw/one.json", "it is raw data or code, which label reads"),
        (".dvc/cache/files/md5/ab", "no stage in dvc.lock made it; 'dvc stage list' and dvc.lock name all there are"),
        ("reports/x/metrics/segmenter-b.json", "did you mean reports/x/metrics/segmenter-a.json"),
        (
            "reports/x/metrics/segmenter-a.json:segmenter-a/ois",
            "no number 'segmenter-a/ois'; did you mean segmenter-a/ods? expected",
        ),
        ("reports/x/metrics/segmenter-a.json:segmenter-a", "no number 'segmenter-a'; did you mean segmenter-a/ods?"),
        ("absent.json:a", "no number 'a'"),
    ],
)
def test_an_unknown_target_is_one_message(root: Path, target: str, message: str) -> None:
    done = CliRunner().invoke(app, ["lineage", target])
    assert isinstance(done.exception, HairlineError) and message in str(done.exception)


def test_from_a_folder_of_the_workspace_it_is_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "changed", lambda root, names: {})
    told = CliRunner().invoke(app, ["lineage", "reports/x/metrics/segmenter-a.json:segmenter-a/ods"]).output
    monkeypatch.chdir(root / "reports" / "x")
    below = CliRunner().invoke(app, ["lineage", "metrics/segmenter-a.json:segmenter-a/ods"]).output
    assert below.splitlines()[1:] == told.splitlines()[1:] and "not the default: cut 0.3 (0.5)" in below
    bare = CliRunner().invoke(app, ["lineage", "metrics/segmenter-a.json", "--profiles", "absent"]).output
    assert "not the default" not in bare and "note: absent has no base" in bare


def test_without_results_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(HairlineError, match="dvc repro"):
        lineage.locked(tmp_path / "dvc.lock")


def test_a_table_of_training_images_follows_its_own_label_set_alone(tmp_path: Path) -> None:
    outs = {name: f"data/x/labels/{name}" for name in ("konig", "crf")}
    stages: dict[str, Stage] = {name: Stage(name, {"raw": "1"}, {out: "2"}, {}) for name, out in outs.items()}
    stages["training_sets"] = Stage("training_sets", {"data/x/labels": "3"}, {"data/x/training": "4"}, {})
    table = tmp_path / "data/x/training/walls/konig.parquet"
    table.parent.mkdir(parents=True)
    pd.DataFrame({"dataset": ["walls"], "label_set": ["konig"]}).to_parquet(table)
    links = lineage.chain(tmp_path, stages, "data/x/training/walls/konig.parquet", {})
    assert [link.stage.name for link in lineage.walk(links)] == ["training_sets", "konig"]
    every: Any = lineage.chain(tmp_path, stages, "data/x/training", {})
    assert {link.stage.name for link in lineage.walk(every)} == {"training_sets", "konig", "crf"}


def test_a_cell_of_labels_leads_to_the_longest_name_that_fits(tmp_path: Path) -> None:
    folder = tmp_path / "reports/x/metrics"
    folder.mkdir(parents=True)
    for name in ("label-scores-konig.json", "label-scores-konig_tuned.json"):
        (folder / name).write_text("{}")
    (folder / "comparison.json").write_text('{"label-konig_tuned-resnet18-walls-test": {"ods": 0.5}}')
    path, number = lineage_target.target(
        tmp_path, f"{folder}/comparison.json:label-konig_tuned-resnet18-walls-test/ods"
    )  # fmt: skip
    assert (path, number) == ("reports/x/metrics/label-scores-konig_tuned.json", "0.5")


@pytest.mark.parametrize(
    ("row", "file"),
    [
        ("konig-unet@walls", "segmenter-konig-unet-semi-walls"),
        ("konig-unet-semi@walls", "segmenter-konig-unet-semi-walls"),
        ("konig-oed-full@walls", "segmenter-konig-oed-full-walls"),
        ("konig-oed@walls", "headline"),  # of two training sets it does not say which: from the comparison
        ("konig_tuned@walls-test", "label-scores-konig_tuned"),
        ("konig-unet@pooled", "headline"),  # several test sets together
    ],
)
def test_a_number_as_dvc_exp_show_writes_it_leads_to_what_was_scored(tmp_path: Path, row: str, file: str) -> None:
    folder = tmp_path / "reports/x/metrics"
    folder.mkdir(parents=True)
    for name in ("segmenter-konig-unet-semi-walls", "segmenter-konig-oed-semi-walls", "segmenter-konig-oed-full-walls",
                 "label-scores-konig", "label-scores-konig_tuned"):  # fmt: skip
        (folder / f"{name}.json").write_text("{}")
    (folder / "headline.json").write_text(json.dumps({"ods": {row: 0.5}}))
    for key in (f"ods.{row}", f"ods/{row}"):
        found = lineage_target.target(tmp_path, f"{folder}/headline.json:{key}")
        assert found == (f"reports/x/metrics/{file}.json", "0.5")
