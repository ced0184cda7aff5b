"""Semi-supervised training and combined data sets on two tiny sets, through every stage."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import tiny_values
from support import workspace

from hairline.data.samples import read_samples
from hairline.imaging.images import read_scores, write_scores

LABEL_SETS = ["manual", "konig"]
TRAINING_SETS = ["walls", "semi", "combined"]


def scenario_values() -> dict[str, Any]:
    """Walls and roads: trained on walls, on walls and its test images with labels of konig, and on both sets."""
    values = tiny_values()
    one = values["synthetic_sets"].pop("synthetic")
    values["synthetic_sets"] = {"walls": one, "roads": {**one, "seed": 12, "train": 4, "val": 2, "test": 3}}
    layout = values["datasets"].pop("synthetic")
    values["datasets"] = {name: {**layout, "root": f"data/raw/{name}"} for name in ("walls", "roads")}
    values["classifiers"]["lite0"]["dataset"] = "walls"
    values["label_sets"] = {"konig": values["label_sets"]["konig"]}
    values["studies"] = {}
    values["segmenter"]["sheet_epochs"] = 0
    values["evaluation"].update(gallery=1, extremes=0)
    values["matrix"].update({name: ["walls", "roads"] for name in ("datasets", "localized", "test_sets")})
    values["matrix"].update(label_sets=LABEL_SETS, training_sets=TRAINING_SETS)
    values["training_sets"] = {
        "walls": {"parts": [{"dataset": "walls", "split": "train"}]},
        "semi": {"parts": [{"dataset": "walls", "split": "train"},
                           {"dataset": "walls", "split": "test", "labels": "konig"}]},
        "combined": {"parts": [{"dataset": "walls", "split": "train"}, {"dataset": "roads", "split": "train"},
                               {"dataset": "roads", "split": "val"}]},
    }  # fmt: skip
    values["pooled_test_sets"] = {"everything": ["walls", "roads"]}
    return values


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace in which every stage has run."""
    folder = workspace.make(tmp_path_factory.mktemp("scenarios"), scenario_values())
    with workspace.all_stages_run(folder):
        yield folder


def listed(done: Path, training_set: str, label_set: str) -> pd.DataFrame:
    return pd.read_parquet(done / f"data/tiny/training/{training_set}/{label_set}.parquet")


@pytest.mark.parametrize("label_set", LABEL_SETS)
def test_tables_hold_the_images_of_their_parts(done: Path, label_set: str) -> None:
    counted = {
        name: listed(done, name, label_set).groupby(["role", "dataset", "split"]).size().to_dict()
        for name in TRAINING_SETS
    }
    walls = {("train", "walls", "train"): 6, ("val", "walls", "val"): 2}
    assert counted == {
        "walls": walls,
        "semi": walls | {("train", "walls", "test"): 3},
        "combined": walls | {("train", "roads", "train"): 4, ("train", "roads", "val"): 2},
    }


def test_semi_supervised_training_adds_the_images_of_the_added_part_and_no_others(done: Path) -> None:
    tested = read_samples(done / "data/tiny/sets/walls", "test")
    for label_set in LABEL_SETS:
        base, more = (listed(done, name, label_set) for name in ("walls", "semi"))
        pd.testing.assert_frame_equal(more[more["split"] != "test"].reset_index(drop=True), base)
        added = more[more["split"] == "test"]
        assert added["id"].to_list() == tested["id"].to_list()
        assert set(added["label_set"]) == {"konig"}
        assert set(base["label_set"]) == {label_set}


def test_every_network_learned_from_its_own_table(done: Path) -> None:
    for training_set in TRAINING_SETS:
        for label_set in LABEL_SETS:
            table = listed(done, training_set, label_set)
            wanted = int(((table["role"] == "train") & table["trainable"]).sum())
            folder = done / f"models/tiny/segmenters/{training_set}/{label_set}/unet"
            info = json.loads((folder / "model.json").read_text())
            assert (info["training_set"], info["label_set"], info["images"]) == (training_set, label_set, wanted)
    weights = [path.read_bytes() for path in (done / "models/tiny/segmenters").rglob("weights.safetensors")]
    assert len(set(weights)) == len(TRAINING_SETS) * len(LABEL_SETS)


def test_runs_are_linked_to_those_of_all_labels_they_learned_from(done: Path) -> None:
    runs = {path.stem: json.loads(path.read_text()) for path in (done / "reports/tiny/runs").glob("*.json")}
    konig, classifier = (runs[name]["run_id"] for name in ("labels-konig", "classifier-lite0"))
    assert runs["segmenter-manual-unet-walls"]["upstream"] == [classifier]
    assert runs["segmenter-manual-unet-semi"]["upstream"] == [konig, classifier]
    with sqlite3.connect(done / "mlruns/mlflow.db") as store:
        names = {row[0] for row in store.execute("select name from runs")}
    assert {f"{labels}-unet-{name}" for labels in LABEL_SETS for name in TRAINING_SETS} <= names


def test_a_gate_judges_every_part_with_the_labels_it_has(done: Path) -> None:
    folder = done / "data/tiny/gates/labels"
    for training_set, parts in (
        ("walls", ["walls-train"]),
        ("semi", ["walls-test", "walls-train"]),
        ("combined", ["roads-train", "roads-val", "walls-train"]),
    ):
        for label_set in LABEL_SETS:
            assert [path.stem for path in sorted((folder / training_set / label_set).iterdir())] == parts
    subjects = [json.loads((folder / f"semi/manual/walls-{split}.json").read_text())["subject"]
                for split in ("train", "test")]  # fmt: skip
    assert subjects == ["manual", "konig"]
    page = (done / "reports/tiny/gates/labels/semi/manual/walls-test/index.html").read_text()
    assert "3 training labels of walls-test" in page or "2 training labels of walls-test" in page


def ods(tables: list[pd.DataFrame]) -> float:
    """The best mean F1 over thresholds, image by image from cumulated histograms."""
    images = []
    for table in tables:
        for row in table.itertuples():
            found, false = (np.cumsum(hist[::-1])[::-1][1:] for hist in (row.crack_hist, row.background_hist))
            both = found + false + sum(row.crack_hist)
            images.append(np.where(both > 0, 2 * found / np.maximum(both, 1), 1.0))
    return float(np.mean(images, axis=0).max())


def test_pooled_scores_are_those_of_all_images_together(done: Path) -> None:
    summary = pd.read_csv(done / "reports/tiny/comparison/comparison.csv")
    pooled = summary[summary["test_set"] == "everything"]
    assert len(pooled) == len(TRAINING_SETS) * len(LABEL_SETS) and (pooled["status"] == "scored").all()
    for row in pooled.to_dict("records"):
        folder = done / f"data/tiny/scores/segmenters/{row['training_set']}/{row['labels']}/unet"
        tables = [pd.read_parquet(folder / name / "scores.parquet") for name in ("walls", "roads")]
        assert set(tables[0]["id"]) & set(tables[1]["id"])  # names repeat, images do not
        assert row["images"] == 6
        assert row["groups"] == sum(table["group"].nunique() for table in tables)
        assert row["ods"] == pytest.approx(ods(tables), rel=1e-5, abs=1e-9)


def test_the_comparison_tells_training_sets_apart(done: Path) -> None:
    summary = pd.read_csv(done / "reports/tiny/comparison/comparison.csv")
    segmenters = summary[summary["kind"] == "segmenter"]
    assert not segmenters.duplicated(["labels", "training_set", "test_set"]).any()
    assert segmenters.groupby("training_set").size().to_dict() == dict.fromkeys(TRAINING_SETS, 6)
    for (training_set, test_set), rows in segmenters.groupby(["training_set", "test_set"]):
        values = rows.set_index("labels")
        difference = values.loc["konig", "ods"] - values.loc["manual", "ods"]
        assert values.loc["konig", "ods_minus_manual"] == pytest.approx(difference, abs=1e-5), (training_set, test_set)
    assert set(summary.loc[summary["kind"] == "label", "test_set"]) == {
        "walls-train", "walls-test", "roads-train", "roads-val", "roads-test",
    }  # fmt: skip
    told = (done / "reports/tiny/comparison/comparison.md").read_text()
    assert "| Trained on | ODS | Seen | Model | Training set |" in told and "## Segmenters tested on everything" in told
    metrics = json.loads((done / "reports/tiny/metrics/comparison.json").read_text())
    assert "segmenter-konig-unet-semi-everything" in metrics
    page = (done / "reports/tiny/comparison/index.html").read_text()
    assert "semi: walls train + walls test (labels of konig)" in page


@pytest.mark.slow
def test_a_changed_label_reruns_the_segmenters_that_learn_from_it_alone(done: Path) -> None:
    cells = [f"{labels}-unet-{name}" for name in TRAINING_SETS for labels in LABEL_SETS]
    trainings = [f"train_segmenter@{cell}" for cell in cells]
    workspace.run(done, "dvc", "commit", "--force", "label@konig", "list_training_images", *trainings)

    def changed() -> set[str]:
        status = json.loads(workspace.run(done, "dvc", "status", "--json", *trainings).stdout)
        return {name.removeprefix("train_segmenter@") for name in status}

    assert changed() == set()
    for split, expected in (
        ("train", {"konig-unet-walls", "konig-unet-semi", "konig-unet-combined"}),
        ("test", {"konig-unet-semi", "manual-unet-semi"}),
    ):
        chosen = read_samples(done / "data/tiny/sets/walls", split)["id"][0]
        path = done / f"data/tiny/labels/konig/walls/{chosen}.png"
        scores = read_scores(path).astype(np.float32) / 255
        scores[0, 0] = 1 - scores[0, 0]
        write_scores(path, scores)
        workspace.run(done, "dvc", "commit", "--force", "label@konig")
        ran = workspace.stages_run(workspace.run(done, "dvc", "repro", "--single-item", "list_training_images").stdout)
        assert ran == {"list_training_images"}
        assert changed() == expected
        if split == "train":
            workspace.run(done, "dvc", "commit", "--force", *(f"train_segmenter@{cell}" for cell in expected))
