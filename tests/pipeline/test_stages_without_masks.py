"""The chain where no image has a mask: patches sorted into two folders, photos, and nothing to score against."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import tiny_values
from support import parameters, workspace
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.config import parameter_files
from hairline.config.params import Params
from hairline.data import ledger
from hairline.data.ledger import Scored
from hairline.data.samples import CRACK, NO_CRACK, load_image, read_samples
from hairline.errors import HairlineError
from hairline.imaging.images import read_scores, write_image
from hairline.labelling.localization import Evidence
from hairline.labelling.methods import konig
from hairline.tuning import images, maskless

OPTIONS = {
    "patches": {
        "layout": "patch_folders", "root": "data/raw/patches",
        "options": {"crack": ["crack"], "no_crack": ["no_crack"], "group": "", "shares": {"train": 0.8, "val": 0.2},
                    "limit": 0, "exclude": []},
    },
    "photos": {
        "layout": "folder", "root": "data/raw/photos",
        "options": {"shares": {"train": 0.6, "test": 0.4}, "exclude": []},
    },
}  # fmt: skip


def draw(path: Path, size: tuple[int, int], crack: bool, seed: int) -> None:
    image = np.random.default_rng(seed).integers(120, 180, (*size, 3), dtype=np.uint8)
    if crack:
        image[:, size[1] // 2 - 2 : size[1] // 2 + 2] = 30
    write_image(path, image)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace in which every stage has run on images without masks."""
    values = tiny_values()
    values["synthetic_sets"], values["datasets"] = {}, OPTIONS
    blind = {**values["studies"]["konig"], "dataset": "photos", "objective": ["maskless"]}
    blind.update(tuning={"split": "train", "count": 3}, held_out={"split": "test", "count": 3})
    values["studies"] = {"blind": blind}
    values["matrix"].update(
        datasets=["patches", "photos"], localized=["patches", "photos"], label_sets=["konig", "otsu"],
        training_sets=["patches"], test_sets=["photos"],
    )  # fmt: skip
    values["gates"]["for_datasets"] = {name: {"samples": {"require_masks": False}} for name in OPTIONS}
    values["classifiers"]["lite0"]["dataset"] = "patches"
    values["training_sets"] = {"patches": {"parts": [{"dataset": "patches", "split": "train"}]}}
    folder = workspace.make(tmp_path_factory.mktemp("no_masks"), values)
    for number in range(12):
        kind = "crack" if number % 2 else "no_crack"
        size = (32, 32) if number < 8 else (40, 48)
        draw(folder / "data/raw/patches" / kind / f"{number // 2}.png", size, number % 2 == 1, number)
    for number in range(6):
        draw(folder / "data/raw/photos/images" / f"{number}.jpg", (70, 90), True, 100 + number)
    with workspace.all_stages_run(folder):
        yield folder


def test_image_labels_become_patches(done: Path) -> None:
    samples = read_samples(done / "data/tiny/sets/patches").set_index("id")
    assert samples["image_label"].value_counts().to_dict() == {CRACK: 6, NO_CRACK: 6}
    assert not samples["has_mask"].any()
    index = pd.read_parquet(done / "data/tiny/patches/patches.parquet")
    assert len(index) == 12
    assert dict(zip(index["sample"], index["crack"], strict=True)) == (samples["image_label"] == CRACK).to_dict()
    assert sorted(index["side"].unique()) == [32, 48]


def test_crack_free_images_get_empty_labels_to_train_on(done: Path) -> None:
    samples = read_samples(done / "data/tiny/sets/patches").set_index("id")
    labels = pd.read_parquet(done / "data/tiny/labels/otsu/patches/labels.parquet").set_index("id")
    empty = samples.index[samples["image_label"] == NO_CRACK]
    assert (labels.loc[empty, "crack_pixels"] == 0).all()
    assert labels.loc[empty, "trainable"].all()
    assert (labels.drop(empty)["crack_pixels"] > 0).all()  # plain Otsu always finds something dark
    for name in empty:
        assert not read_scores(done / "data/tiny/labels/otsu/patches" / f"{name}.png").any()
    seen = ledger.read(done / "data/tiny/ledger")
    assert seen[Scored("segmenter", "otsu", "unet", "patches", "photos", "test")].labels == "patch labels"
    assert seen[Scored("label", "otsu", "", "", "photos", "test")].labels == "no labels"


def test_nothing_is_scored_and_the_report_says_so(done: Path) -> None:
    folder = done / "data/tiny/scores/segmenters/patches/otsu/unet/photos"
    assert json.loads((folder / "status.json").read_text())["status"] == "no masks"
    assert not (folder / "scores.parquet").exists()
    assert len(list((folder / "predictions").glob("*.png"))) == 2  # the gallery
    assert not list((done / "data/tiny/scores/labels/otsu").glob("*.parquet"))
    page = (done / "reports/tiny/comparison/index.html").read_text()
    assert "no test image has a mask" in page
    assert (done / "reports/tiny/comparison/predictions_photos.png").is_file()
    assert json.loads((done / "reports/tiny/metrics/comparison.json").read_text()) == {}


def test_a_study_goes_without_masks_and_says_that_it_is_experimental(done: Path) -> None:
    told = json.loads((done / "data/tiny/studies/blind/best.json").read_text())
    trials = pd.read_csv(done / "data/tiny/studies/blind/trials.csv")
    assert told["experimental"] == {"maskless": maskless.WARNING}
    assert told["held_out_images"] > 0 == told["held_out_masks"]
    best = told["best"][0]
    assert set(best["held_out"]) == set(best["gain"]) == {"maskless"}
    assert best["tuning"]["maskless"] == trials["maskless"].max() == trials.loc[trials["best"], "maskless"].item()

    # the value of the best, made again from the labels of the photos and their copies
    params, study = Params(done / "params.yaml"), Params(done / "params.yaml").study("blind")
    dataset, evidence = done / "data/tiny/sets/photos", done / "data/tiny/evidence/lite0/photos"
    held_out = images.drawn_for(study, dataset)[1]
    options, found = params.options_of("konig")(told["options"]), []
    for number, sample_id in enumerate(held_out["id"]):
        image, seen = load_image(dataset, sample_id), Evidence.load(evidence / f"{sample_id}.npz")
        labels = [konig.label(each, seen, options) for each in (image, maskless.perturbed(image, number))]
        found.append(maskless.measures(image, seen, *labels))
    assert best["held_out"]["maskless"] == pytest.approx(np.mean(found, axis=0).prod())

    shown = CliRunner().invoke(app, ["study", "show", "blind"]).stdout
    assert "0 of them with masks" in shown and "Experimental: the objective 'maskless'" in shown
    assert (done / "data/tiny/labels/blind_tuned/photos/labels.parquet").is_file()


def test_the_stage_warns_of_the_experimental_objective_and_refuses_one_with_masks(
    done: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    command = workspace.commands(done)["tune@blind"]
    with caplog.at_level(logging.WARNING):
        workspace.run_stage(command)
    assert "studies.blind: the objective 'maskless' is experimental" in caplog.text
    values = parameter_files.read(done / "params.yaml")
    values["studies"]["blind"]["objective"] = ["maskless", "ods"]
    path = parameters.write(tmp_path, values)
    with pytest.raises(HairlineError, match=r"photos: no image with a mask .* \[maskless\] alone"):
        workspace.run_stage([*command, "--params", str(path)])
