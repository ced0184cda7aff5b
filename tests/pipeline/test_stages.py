"""Every stage by hand, with the commands of dvc.yaml, on a tiny experiment: what comes out is whole and coherent."""

import json
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import tiny_values
from support import chromium, damage, parameters, readers, spoilt_params, workspace
from support.mlflow_server import Server
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.data.samples import evenly, load_image, load_mask, read_samples
from hairline.errors import HairlineError
from hairline.gates import drift
from hairline.imaging.images import quantise, read_grey, read_scores
from hairline.labelling.localization import Evidence
from hairline.labelling.methods import konig, niblack
from hairline.metrics import conventions, score_table, thresholds
from hairline.nn.segmenter import serving
from hairline.tuning import images, objectives
from hairline.tuning.search_space import replaced
from pipeline import validate


def values_with_a_silent_label_set() -> dict[str, Any]:
    """The tiny experiment with a label set that never finds a crack, so that its segmenter cannot be trained."""
    values = tiny_values()
    silent = json.loads(json.dumps(values["label_sets"]["konig"]))
    silent["options"]["localization"].update(cut=0.999, erosion_iterations=40)
    values["label_sets"]["silent"] = silent
    values["matrix"]["label_sets"].append("silent")
    niblack = {"bilateral": {"radius_px": 2, "sigma_range": 120, "sigma_space": 120}, "window_px": 31, "k": 1.2}
    values["label_sets"]["niblack"] = {"method": "niblack", "classifier": "lite0", "options": niblack}
    space = {
        "window_px": {"choices": [31, 61, 95]},
        "k": {"low": 1.2, "high": 3.0, "step": 0.1},
        "bilateral.radius_px": {"choices": [0, 2]},
    }
    front = {"label_set": "niblack", "objective": ["ods", "ap"], "sampler": "random", "seed": 3, "trials": 12}
    values["studies"]["front"] = {**values["studies"]["konig"], **front, "space": space}
    values["strips"]["count"] = 2
    values["strips"]["samples"] = {"synthetic": ["train_00000"]}
    return values


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, set[str]]]]:
    """A workspace in which every stage has run, and what each wrote."""
    folder = workspace.make(tmp_path_factory.mktemp("stages"), values_with_a_silent_label_set())
    with workspace.all_stages_run(folder) as written:
        yield folder, written


@pytest.fixture(scope="module")
def done(chain: tuple[Path, dict[str, set[str]]]) -> Path:
    """A workspace in which every stage has run."""
    return chain[0]


def inside(path: str, folders: Iterable[str]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)


def test_dvc_and_the_stages_know_the_same_paths(chain: tuple[Path, dict[str, set[str]]]) -> None:
    folder, written = chain
    outs, deps = (workspace.places(folder, kind) for kind in ("outs", "deps"))
    assert outs.keys() == written.keys()
    for stage, files in written.items():
        assert [path for path in files if not inside(path, outs[stage])] == [], f"{stage} wrote what DVC knows not"
        assert [out for out in outs[stage] if not any(inside(path, [out]) for path in files)] == [], (
            f"{stage}: not made"
        )
    made = {out for found in outs.values() for out in found}
    for stage, found in deps.items():
        strangers = [dep for dep in found if not inside(dep, made) and not any(inside(out, [dep]) for out in made)]
        assert strangers == [], f"{stage} waits for what no stage makes"


def test_ingest_keeps_every_pixel(done: Path) -> None:
    ingested, raw = done / "data/tiny/sets/synthetic", done / "data/raw/synthetic"
    samples = read_samples(ingested)
    assert sorted(samples["split"].value_counts().items()) == [("test", 3), ("train", 6), ("val", 2)]
    for sample_id in samples["id"]:
        mask = read_grey(ingested / "masks" / f"{sample_id}.png")
        assert set(np.unique(mask)) <= {0, 255}
        np.testing.assert_array_equal(mask, read_grey(raw / "masks" / f"{sample_id}.png"))


def test_the_gate_passed_and_left_a_page(done: Path) -> None:
    verdict = json.loads((done / "data/tiny/gates/samples/synthetic/verdict.json").read_text())
    assert verdict["passed"]
    page = (done / "reports/tiny/gates/samples/synthetic/index.html").read_text()
    assert "http://" not in page and "https://" not in page


def test_windows_are_counted_where_a_method_has_any(done: Path) -> None:
    tables = {name: pd.read_parquet(done / f"data/tiny/labels/{name}/synthetic/labels.parquet")
              for name in ("konig", "otsu")}  # fmt: skip
    metrics = {name: json.loads((done / f"reports/tiny/metrics/labels-{name}.json").read_text())["synthetic"]
               for name in tables}  # fmt: skip
    assert {str(tables[name][column].dtype) for name in tables for column in ("windows", "degenerate_windows")} == {
        "Int64"
    }
    # windows of 32 px every 8 px over 96 x 90 px, the last ones beyond the border where they must
    assert tables["konig"]["windows"].to_list() == [len(range(0, 96 - 24, 8)) * len(range(0, 90 - 24, 8))] * 11
    assert metrics["konig"]["windows"] == tables["konig"]["windows"].sum()
    assert metrics["konig"]["degenerate_windows"] == tables["konig"]["degenerate_windows"].sum()
    assert tables["otsu"][["windows", "degenerate_windows"]].isna().all(axis=None)
    assert set(metrics["otsu"]) == {"images", "trainable", "crack_pixels"}
    record = json.loads((done / "reports/tiny/runs/labels-konig.json").read_text())
    (counts,) = (done / "mlruns/artifacts").rglob(f"{record['run_id']}/artifacts/counts.csv")
    found = pd.read_csv(counts, index_col="name")["value"]
    assert found["windows/synthetic"] == metrics["konig"]["windows"]


def test_strips_are_drawn_of_the_chosen_images_and_kept_with_the_run(done: Path) -> None:
    tested = read_samples(done / "data/tiny/sets/synthetic", "test")["id"].to_list()
    chosen = {f"synthetic-{sample_id}.png" for sample_id in (tested[0], tested[1], "train_00000")}
    for name in ("konig", "otsu", "silent"):
        strips = sorted((done / "reports/tiny/strips" / name).iterdir())
        assert {path.name for path in strips} == chosen
        logged = {path.name: path for path in (done / "mlruns/artifacts").rglob(f"labels-{name}.png")}
        folder = logged[f"labels-{name}.png"].parent
        assert all((folder / path.name).read_bytes() == path.read_bytes() for path in strips)


def test_label_scores_equal_scores_made_again_from_the_files(done: Path) -> None:
    metrics = json.loads((done / "reports/tiny/metrics/label-scores-otsu.json").read_text())
    ingested, labels = done / "data/tiny/sets/synthetic", done / "data/tiny/labels/otsu/synthetic"
    f1 = []
    for sample_id in read_samples(ingested, "test")["id"]:
        predicted, mask = read_scores(labels / f"{sample_id}.png") > 0, load_mask(ingested, sample_id)
        f1.append(2 * (predicted & mask).sum() / max(predicted.sum() + mask.sum(), 1))
    assert metrics["synthetic-test"]["ods"] == pytest.approx(np.mean(f1))


def test_tuned_labels_have_the_best_options_of_the_study_and_the_scores_it_promised(done: Path) -> None:
    told = json.loads((done / "data/tiny/studies/konig/best.json").read_text())
    trials = pd.read_csv(done / "data/tiny/studies/konig/trials.csv")
    assert sorted(trials["slot"]) == [0, 1, 2, 3]
    assert trials.loc[trials["best"], "ods"].tolist() == [trials["ods"].max()] == [told["best"][0]["tuning"]["ods"]]
    params, study = Params(done / "params.yaml"), Params(done / "params.yaml").study("konig")
    sides = images.drawn_for(study, done / "data/tiny/sets/synthetic")
    for side, rows in zip(("tuning", "held_out"), sides, strict=True):
        label = partial(konig.label, options=params.options_of("konig")(told["options"]))
        dataset, evidence = done / "data/tiny/sets/synthetic", done / "data/tiny/evidence/lite0/synthetic"
        loaded = images.load(rows, dataset, evidence, copies=False)
        for case in loaded:
            written = read_scores(done / f"data/tiny/labels/konig_tuned/synthetic/{case.id}.png")
            np.testing.assert_array_equal(quantise(label(case.image, case.evidence)), written)
        judged = images.together(loaded, [images.judged(label, case) for case in loaded])
        assert objectives.ods(judged.crack, judged.background) == pytest.approx(told["best"][0][side]["ods"])


def test_figures_of_a_study_ask_no_other_place(done: Path) -> None:
    folder = done / "reports/tiny/studies/konig"
    page = (folder / "index.html").read_text()
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=", page)
    scored = set(pd.read_csv(done / "data/tiny/studies/konig/trials.csv")["ods"])
    assert {path.stem for path in folder.glob("*.png")} == (
        {"history", "importances", "slice", "parallel_coordinates"} if len(scored) > 1 else set()
    )


def test_every_trial_is_a_run_inside_that_of_its_study(done: Path) -> None:
    with sqlite3.connect(done / "mlruns/mlflow.db") as store:
        parents = store.execute("select value from tags where key = 'mlflow.parentRunId'").fetchall()
    studies = {name: json.loads((done / f"reports/tiny/runs/study-{name}.json").read_text())["run_id"]
               for name in ("konig", "front")}  # fmt: skip
    assert Counter(parents) == {(studies["konig"],): 4, (studies["front"],): 12}


def test_the_front_of_several_objectives_is_what_brute_force_finds_and_is_told_everywhere(done: Path) -> None:
    told = json.loads((done / "data/tiny/studies/front/best.json").read_text())
    trials = pd.read_csv(done / "data/tiny/studies/front/trials.csv")
    assert len(trials) == 12
    points = trials[["ods", "ap"]].to_numpy()
    beaten = [any((other >= own).all() and (other > own).any() for other in points) for own in points]
    unbeaten = {tuple(point) for point, worse in zip(points, beaten, strict=True) if not worse}
    front = [(one["tuning"]["ods"], one["tuning"]["ap"]) for one in told["best"]]
    assert set(front) == unbeaten and len(front) == len(unbeaten) > 1
    assert front == sorted(unbeaten, reverse=True)
    slots = [one["slot"] for one in told["best"]]
    assert set(trials.loc[trials["best"], "slot"]) == set(slots)

    # the label set has the options of the first by the first objective
    assert front[0][0] == trials["ods"].max()
    own = Params(done / "params.yaml").raw("label_sets")["niblack"]["options"]
    assert told["options"] == replaced(own, told["best"][0]["changes"])
    options, ingested = Params(done / "params.yaml").options_of("niblack")(told["options"]), done / "data/tiny/sets"
    for sample_id in read_samples(ingested / "synthetic", "test")["id"]:
        image = load_image(ingested / "synthetic", sample_id)
        evidence = Evidence.load(done / f"data/tiny/evidence/lite0/synthetic/{sample_id}.npz")
        written = read_scores(done / f"data/tiny/labels/front_tuned/synthetic/{sample_id}.png")
        np.testing.assert_array_equal(quantise(niblack.label(image, evidence, options)), written)

    assert (done / "reports/tiny/studies/front/pareto.png").stat().st_size > 5_000
    assert "<h2>pareto</h2>" in (done / "reports/tiny/studies/front/index.html").read_text()

    run = json.loads((done / "reports/tiny/runs/study-front.json").read_text())["run_id"]
    with sqlite3.connect(done / "mlruns/mlflow.db") as store:
        tagged = store.execute(
            "select name from runs join tags best using (run_uuid) join tags parent using (run_uuid) where "
            "best.key = 'best' and best.value = 'true' and parent.key = 'mlflow.parentRunId' and parent.value = ?",
            [run],
        ).fetchall()
    assert {name for (name,) in tagged} == {f"trial {slot}" for slot in slots}

    shown = CliRunner().invoke(app, ["study", "show", "front", "--count", "1"]).stdout
    for slot in slots:
        assert re.search(rf"^ *{slot} +0\.", shown, re.MULTILINE), shown
        assert f"Slot {slot} against the label set's own options" in shown
    assert f"has the options of slot {slots[0]}" in shown


def test_labels_are_timed_from_image_to_label(done: Path) -> None:
    timings = done / "reports/tiny/timings"
    evidence = json.loads((timings / "evidence-lite0-synthetic.json").read_text())
    samples = read_samples(done / "data/tiny/sets/synthetic")
    assert evidence["images"] == len(samples)
    assert set(evidence["seconds"]) == {"reading and writing", "map 1", "votes 32"}
    table = pd.read_csv(done / "reports/tiny/comparison/comparison.csv")
    rows, blind = table[table["kind"] == "label"], {"otsu", "niblack", "front_tuned"}
    assert set(rows["labels"]) == {"konig", "crf", "otsu", "silent", "niblack", "konig_tuned", "front_tuned"}
    for row in rows.itertuples():
        own = json.loads((timings / f"labels-{row.labels}.json").read_text())
        assert own["datasets"]["synthetic"]["images"] == len(samples)
        needless = set(evidence["seconds"]) if row.labels in blind else {"votes 32"} if row.labels == "crf" else set()
        parts = set(evidence["seconds"]) - needless
        seconds = sum(evidence["seconds"][part] for part in parts) + own["datasets"]["synthetic"]["seconds"]
        assert row.images_per_second == pytest.approx(len(samples) / seconds, rel=1e-4)
        assert row.machine == evidence["machine"] or not parts or own["machine"] in row.machine
    assert table.loc[table["kind"] == "segmenter", "images_per_second"].isna().all()
    assert "Images/s" in (done / "reports/tiny/comparison/index.html").read_text()


def test_predictions_are_full_size_and_belong_to_the_score_table(done: Path) -> None:
    scored = done / "data/tiny/scores/segmenters/synthetic/manual/unet/synthetic"
    ingested = done / "data/tiny/sets/synthetic"
    table = pd.read_parquet(scored / "scores.parquet").set_index("id")
    assert len(table) == 3
    predictions = sorted((scored / "predictions").glob("*.png"))
    gallery = [sorted(table.index)[at] for at in evenly(3, 2)]
    assert {path.stem for path in predictions} == {*gallery, *score_table.extremes(table.reset_index(), 1)}
    for path in predictions:
        mask = load_mask(ingested, path.stem)
        prediction = read_scores(path)
        assert prediction.shape == mask.shape
        crack, _ = thresholds.histograms(prediction, mask)
        # the table holds unrounded scores, the picture 256 levels: a pixel may move to the bin beside it
        assert np.abs(np.cumsum(crack) - np.cumsum(table.loc[path.stem, "crack_hist"])).max() <= mask.sum() * 0.5
        assert crack.sum() == sum(table.loc[path.stem, "crack_hist"]) == mask.sum()


def test_a_label_set_too_poor_to_train_on_is_said_and_the_dag_goes_on(done: Path) -> None:
    model = json.loads((done / "models/tiny/segmenters/synthetic/silent/unet/model.json").read_text())
    assert model["status"] == "not trainable"
    status = json.loads((done / "data/tiny/scores/segmenters/synthetic/silent/unet/synthetic/status.json").read_text())
    assert status == {"status": "not trainable", "reason": model["reason"], "training": None, "scale": None,
                      "fused": 0.0}  # fmt: skip
    assert "not trainable" in (done / "reports/tiny/comparison/comparison.md").read_text()


def test_the_comparison_holds_every_cell(done: Path) -> None:
    table = pd.read_csv(done / "reports/tiny/comparison/comparison.csv")
    segmenters, labels = (table[table["kind"] == kind] for kind in ("segmenter", "label"))
    assert set(segmenters["labels"]) == {"manual", "konig", "otsu", "silent"}
    assert set(labels["test_set"]) == {"synthetic-train", "synthetic-test"}
    page = (done / "reports/tiny/comparison/index.html").read_text()
    assert set(re.findall(r"https?://[\w.:]*\w", page)) <= {"http://127.0.0.1:5000"}  # where `make ui` shows runs
    for picture in ("pr_curves.png", "labels_synthetic.png"):
        assert (done / "reports/tiny/comparison" / picture).stat().st_size > 10_000


def test_one_result_under_every_convention_and_every_pair(done: Path) -> None:
    folder = done / "reports/tiny/comparison"
    table, rows = pd.read_csv(folder / "comparison.csv"), pd.read_csv(folder / "conventions.csv")
    scored = pd.read_parquet(done / "data/tiny/scores/segmenters/synthetic/konig/unet/synthetic/scores.parquet")
    mine = rows[(rows["kind"] == "segmenter") & (rows["labels"] == "konig")].reset_index(drop=True)
    expected = conventions.table(scored)
    assert set(expected["convention"]) >= {"clDice", "F1, tolerance 2 px", conventions.PAPER}
    numbers = ["images", "ods", "ods_threshold", "ois", "ap", "at_half", "at_paper_threshold", "mean"]
    pd.testing.assert_frame_equal(mine[numbers], expected[numbers], rtol=1e-5)
    paper = rows[(rows["convention"] == conventions.PAPER) & (rows["empty_masks"] == "counted")]
    assert sorted(paper["ods"]) == sorted(table["ods"].dropna())
    pairs = pd.read_csv(folder / "differences.csv").query("kind == 'segmenter'")
    assert set(pairs["first"]) | set(pairs["second"]) == {"FSV · unet", "konig · unet", "otsu · unet"}
    page = (folder / "index.html").read_text()
    assert "One result under every convention: synthetic" in page and "Differences in ODS: synthetic" in page


def test_every_run_is_in_the_store_and_linked_upstream(done: Path) -> None:
    records = {path.stem: json.loads(path.read_text()) for path in (done / "reports/tiny/runs").glob("*.json")}
    with sqlite3.connect(done / "mlruns/mlflow.db") as store:
        finished = {row[0] for row in store.execute("select run_uuid from runs where status = 'FINISHED'")}
        epochs = store.execute(
            "select count(*) from metrics where key = 'loss/train' and run_uuid = ?",
            [records["segmenter-konig-unet-synthetic"]["run_id"]],
        ).fetchone()[0]
    assert {record["run_id"] for record in records.values()} < finished
    assert epochs == 1
    upstream = records["segmenter-konig-unet-synthetic"]["upstream"]
    assert upstream == [records["labels-konig"]["run_id"], records["classifier-lite0"]["run_id"]]
    assert records["study-front"]["upstream"] == [records["classifier-lite0"]["run_id"]]
    evaluation = records["evaluation-konig-unet-synthetic-synthetic"]
    assert evaluation["upstream"] == [records["segmenter-konig-unet-synthetic"]["run_id"]]
    assert len(evaluation["git_commit"]) == 40


def test_nothing_is_left_half_written(done: Path) -> None:
    assert not [path for path in done.rglob("*partial*") if ".dvc" not in path.parts]
    kept = [path for path in (done / "state").glob("*/[!.]*") if path.parent.name != "studies"]
    assert not kept  # but for studies, which go on when more trials are asked for


def test_training_twice_gives_the_same_bytes(done: Path) -> None:
    weights = done / "models/tiny/segmenters/synthetic/konig/unet/weights.safetensors"
    before = weights.read_bytes()
    workspace.run_stage(workspace.commands(done)["train_segmenter@konig-unet-synthetic"])
    assert weights.read_bytes() == before


def test_a_gate_that_fails_leaves_its_page_and_no_verdict(done: Path, tmp_path: Path) -> None:
    values = tiny_values()
    values["experiment"] = "stopped"
    values["gates"]["samples"]["max_crack_share"] = 0
    params, paths = parameters.write(tmp_path, values), Paths(done, "stopped")
    paths.sets.parent.mkdir(parents=True)
    paths.sets.symlink_to(Paths(done, "tiny").sets)
    with pytest.raises(HairlineError, match=r"stops at 1 error(.|\n)*crack_share(.|\n)*index\.html"):
        validate.main(["--dataset", "synthetic", "--params", str(params)])
    assert not paths.samples_verdict("synthetic").exists()
    assert (paths.samples_gate("synthetic") / "index.html").is_file()


def test_the_page_lets_one_look_at_the_gallery_and_at_worst_and_best(done: Path) -> None:
    page = (done / "reports/tiny/comparison/index.html").read_text()
    told = [part.partition("</script>")[0] for part in page.split('<script type="application/json">')[1:]]
    (images,) = (part["images"] for part in map(json.loads, told) if "images" in part)
    shown = {image["id"]: image for image in images}
    tables = {
        called: pd.read_parquet(done / f"data/tiny/scores/segmenters/synthetic/{labels}/unet/synthetic/scores.parquet")
        for called, labels in (("FSV · unet", "manual"), ("konig · unet", "konig"), ("otsu · unet", "otsu"))
    }
    extreme = {sample for table in tables.values() for sample in score_table.extremes(table, 1)}
    ids = sorted(tables["FSV · unet"]["id"])
    assert set(shown) == extreme | {ids[at] for at in evenly(len(ids), 2)}
    for sample, image in shown.items():
        assert {"image", "mask", "evidence", "labels of konig", "labels of konig_tuned"} <= set(image["layers"])
        assert image["f1"] == {
            name: pytest.approx(score_table.image_f1(table)[sample], abs=5e-5) for name, table in tables.items()
        }
    for name, table in tables.items():
        assert all(name in shown[sample]["layers"] for sample in score_table.extremes(table, 1))
    for heading in ("Against FSV", "Studies", "Lineage and costs"):
        assert heading in page


def test_every_network_is_registered_and_the_best_is_promoted_with_a_card(done: Path) -> None:
    import mlflow

    shown = CliRunner().invoke(app, ["promote"])
    assert shown.exit_code == 0, shown.output
    table = pd.read_csv(done / "reports/tiny/comparison/comparison.csv")
    scored = table[(table["kind"] == "segmenter") & (table["status"] == "scored")]
    assert scored["ods_low"].isna().all() and set(scored["unsure"]) == {"too few photos (3) to tell"}
    best = scored.loc[scored["ods"].idxmax()]
    mlflow.set_tracking_uri(f"sqlite:///{done}/mlruns/mlflow.db")
    store = mlflow.MlflowClient()
    versions = store.search_model_versions("name = 'tiny-segmenter'")  # some test may have trained one again
    assert {each.tags["label_set"] for each in versions} == set(scored["labels"])
    assert {each.tags["architecture"] for each in versions} == {"unet"}
    assert len(store.search_model_versions("name = 'tiny-classifier'")) == 1
    champion = store.get_model_version_by_alias("tiny-segmenter", "champion")
    record = json.loads((done / f"reports/tiny/runs/segmenter-{best['labels']}-unet-synthetic.json").read_text())
    assert champion.run_id == record["run_id"] and champion.tags["label_set"] == best["labels"]
    assert f"| {best['ods']:.3f} |" in champion.description and "too few photos (3) to tell" in champion.description
    assert "generated; none needed" in champion.description and f"{best['ods']:.3f}" in champion.tags["hairline.rule"]
    described = [each for each in store.search_model_versions("name = 'tiny-segmenter'") if each.description]
    assert len(described) == len(scored)

    network = mlflow.pyfunc.load_model("models:/tiny-segmenter@champion")
    weights = done / f"models/tiny/segmenters/synthetic/{best['labels']}/unet"
    image = np.random.default_rng(3).integers(0, 256, (1, 33, 71, 3), dtype=np.uint8)
    np.testing.assert_array_equal(network.predict(image), serving.Served(weights).predict(image))
    patches = np.random.default_rng(4).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    asked = mlflow.pyfunc.load_model("models:/tiny-classifier/1").predict(patches)
    assert asked.shape == (3,) and ((asked >= 0) & (asked <= 1)).all()


def test_runs_are_told_apart_by_tags_and_describe_themselves(done: Path) -> None:
    with sqlite3.connect(done / "mlruns/mlflow.db") as store:
        rows = store.execute("select name, key, value from runs join tags using (run_uuid)").fetchall()
    tags = {(name, key): value for name, key, value in rows}
    run = "konig-unet@synthetic"
    expected = {"stage": "evaluate", "label_set": "konig", "architecture": "unet", "test_set": "synthetic"}
    assert {key: tags[run, key] for key in expected} == expected
    assert len({value for (_, key), value in tags.items() if key == "pipeline"}) == 1
    told = json.loads((done / "reports/tiny/metrics/segmenter-konig-unet-synthetic-synthetic.json").read_text())
    assert f"| ods | {told['ods']:.4g} |" in tags[run, "mlflow.note.content"]
    assert "pr_curve.png" in tags[run, "mlflow.note.content"]


def test_a_stage_reads_every_param_it_lists(done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That it reads no others was shown while the stages ran (:func:`support.workspace.all_stages_run`)."""
    folder = shutil.copytree(done, tmp_path / "copy")
    monkeypatch.chdir(folder)
    chosen = {name.partition("@")[0]: stage for name, stage in reversed(workspace.stages(folder).items())}
    unread = [
        f"{stage}: {name}"
        for stage, (command, listed) in chosen.items()
        for file, names in listed.items()
        for name in names
        if not reads(folder, command, file, name)
    ]
    assert unread == []


def reads(folder: Path, command: list[str], file: str, name: str) -> bool:
    """Whether a stage stumbles over nonsense in the place of a param, or shows it."""
    with spoilt_params.one_spoilt(folder, file, name):
        try:
            workspace.run_stage(command)
        except HairlineError as error:
            return name.partition(".")[0] in str(error) or spoilt_params.NONSENSE in str(error)
        except TypeError:
            return True
    return any(spoilt_params.NONSENSE in path.read_text() for path in (folder / "reports").rglob("*.html"))


@pytest.mark.slow
def test_the_page_of_mlflow_shows_runs_a_comparison_a_picture_and_a_model(done: Path, tmp_path: Path) -> None:
    CliRunner().invoke(app, ["promote"])
    with sqlite3.connect(done / "mlruns/mlflow.db") as store:
        (experiment,) = store.execute("select experiment_id from experiments where name = 'tiny'").fetchone()
        runs = dict(store.execute("select name, run_uuid from runs where name like '%-unet@synthetic'").fetchall())
        (version,) = store.execute("select version from registered_model_aliases where alias = 'champion'").fetchone()
    one, other = (runs[f"{labels}-unet@synthetic"] for labels in ("manual", "otsu"))
    server = Server(f"sqlite:///{done}/mlruns/mlflow.db", tmp_path / "artifacts")
    with chromium.browser() as browser:
        server.start()
        try:
            browser.open(f"{server.uri}/#/experiments/{experiment}/runs")
            for name in ("comparison", "study konig", "labels crf", "classifier lite0"):
                browser.wait(f"document.body.innerText.includes('{name}')", 60)
            chosen = f"runs=[%22{one}%22,%22{other}%22]&experiments=[%22{experiment}%22]"
            browser.open(f"{server.uri}/#/compare-runs?{chosen}")
            browser.wait("document.body.innerText.includes('Comparing 2 Runs')", 60)
            browser.open(f"{server.uri}/#/experiments/{experiment}/runs/{one}")
            browser.wait("document.body.innerText.includes('manual-unet@synthetic')", 60)
            shown = "(img) => img.src.includes('pr_curve') && img.naturalWidth > 500"
            browser.wait(f"[...document.images].some({shown})", 60)
            browser.open(f"{server.uri}/#/models/tiny-segmenter")
            browser.wait("document.body.innerText.includes('champion')", 60)
            browser.open(f"{server.uri}/#/models/tiny-segmenter/versions/{version}")
            card = "(img) => img.src.includes('card') && img.naturalWidth > 500"
            browser.wait(f"[...document.images].some({card})", 60)
        finally:
            server.kill()


MAKER = re.compile("dvc repro|hairline accept|dvc pull")
QUICK = ("empty", "half", "JSON of another shape")


@pytest.fixture(scope="module")
def artefacts(done: Path) -> Iterator[dict[str, tuple[readers.Reader, ...]]]:
    """What stages leave and what reads it, with a dvc.lock and a baseline beside."""
    found = readers.of_stages("tiny")
    lock, baseline = (done / name for name in list(found)[-2:])
    lock.write_text("schema: '2.0'\nstages:\n  compare:\n    cmd: python -m pipeline.compare\n")
    drift.write(baseline, drift.baseline(pd.DataFrame({name: [1.0, 2.0] for name in drift.QUANTITIES})))
    yield found
    lock.unlink()
    baseline.unlink()


def harmless(name: str) -> tuple[str, ...]:
    """What is no damage: JSON without its last line end, any text where text is expected, a lock of no stage."""
    if name.endswith(".json"):
        return ("all but one byte",)
    if name.endswith(".png"):
        return ("all but one byte",)  # behind the last pixel
    return ("JSON of another shape", "a list") if name.endswith(".md") else ("empty",) if name == "dvc.lock" else ()


def test_every_damaged_artefact_is_named_with_what_makes_it(
    artefacts: dict[str, tuple[readers.Reader, ...]],
) -> None:
    amiss = []
    for name, reads in artefacts.items():
        path = Path(name)
        content = path.read_bytes()
        sound = readers.told(reads[0], path)
        assert sound is None, f"{name}: {sound}"
        for number, read in enumerate(reads):
            ways: dict[str, bytes | None] = {**damage.spoilt(content), "a folder": None}
            if number or name.endswith(("scores.parquet", "synthetic-train.parquet", "patches.parquet")):
                ways = {way: ways[way] for way in QUICK}
            for way, spoilt in ways.items():
                with damage.holding(path, spoilt):
                    told = readers.told(read, path)
                whole = told is not None and path.name in told and "\n" not in told
                if not (way in harmless(name) if told is None else whole and MAKER.search(told)):
                    amiss.append((name, number, way, told))
    assert amiss == []


def test_a_missing_artefact_is_named(artefacts: dict[str, tuple[readers.Reader, ...]]) -> None:
    may_miss = (
        "status.json",
        "unet/seen.json",
        ".lock",
        ".png",
        "segmenter-konig-unet-synthetic.json",
        "baselines/tiny/synthetic.json",
    )
    for name, reads in artefacts.items():
        with damage.without(Path(name)):
            told = [readers.told(read, Path(name)) for read in reads]
        if not name.endswith(may_miss) or "classifiers" in name:
            assert all(each is not None and Path(name).name in each for each in told), (name, told)
