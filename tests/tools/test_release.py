"""What ships: half precision, a calibrated threshold, and a card that says what was seen and how good it is."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import release_weights
from support import small_network

import hairline
from hairline.config import profiles, yaml_files
from hairline.config.paths import Paths
from hairline.errors import HairlineError
from hairline.inspection.onnx_prediction import ShippedPredictor
from hairline.nn.exporting import graph, parity
from hairline.nn.segmenter import shipped

ROOT = Path(__file__).parents[2]
INFO = {
    "initialisation": "imagenet", "images": 16, "epochs": 2, "seed": 7, "precision": "32", "learned": {},
    "origin": {"source": "some-package", "version": "1.0", "licence": "Apache-2.0", "sha256": "ab" * 32},
    "training": {"crop_px": 256, "recipe": {"batch": 8}},
}  # fmt: skip
SCORES = {
    "command": "dvc repro", "machine": "two cores", "seconds_per_megapixel": 1.5,
    "rows": [
        {"set": "CFD test", "images": 46, "ods": 0.7, "ods_low": 0.6, "ods_high": 0.8, "at_half": 0.68,
         "seen": "unseen", "seen_counts": {"unseen": 46}, "images_unseen": 46, "ods_unseen": 0.7, "seen_why": ""},
        {"set": "CRACK500", "images": 9, "ods": 0.5, "seen": "chosen on", "images_unseen": 3, "ods_unseen": 0.4,
         "seen_counts": {"unseen": 3, "same photo": 5, "chosen on": 1}, "seen_why": "1 of 9 images: a reason."},
        {"set": "walls", "images": 9, "ods": 0.6},
    ],
    "chosen_on": ["2 of 3 images of crack500 chose the generator, by their masks: by eye."],
    "crack_free": [{"set": "walls", "images": 9, "share": 0.0021}],
    "failures": {"picture": "docs/pictures/x.jpg", "images": 96, "shown": 9, "median_f1": 0.71, "crack_free": 24,
                 "crack_free_marked": 3},
}  # fmt: skip


def workspace(folder: Path, info: dict[str, Any] = INFO) -> Path:
    """As a training leaves it."""
    paths = Paths(folder, "release")
    small_network.make(paths.segmenter(release_weights.NAME), info)
    metrics = paths.segmenter_metrics(release_weights.NAME, release_weights.OTHERS)
    metrics.parent.mkdir(parents=True)
    metrics.write_text(json.dumps({"ods": 0.8, "ois": 0.81, "ods_threshold": 0.2}))
    for name, text in profiles.render(ROOT / "profiles", "release").items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few, small images to compare torch and onnxruntime on, for quick tests."""
    monkeypatch.setattr(parity, "SIZES", ((1, 1), (33, 57)))


def test_the_network_for_onnxruntime_has_the_weights_beside_it(tmp_path: Path) -> None:
    net = tmp_path / "net"
    release_weights.write(workspace(tmp_path / "w"), net, "float16", None)
    assert (net / shipped.NETWORK).stat().st_size < (net / "weights.safetensors").stat().st_size
    one, other = hairline.load_segmenter(net), ShippedPredictor(net)
    assert (other.info, other.card, other.sha256) == (one.info, one.card, one.sha256)
    image = np.random.default_rng(0).integers(0, 256, (70, 101, 3), dtype=np.uint8)
    np.testing.assert_allclose(other.predict(image), one.predict(image), rtol=0, atol=1e-4)
    before = (net / shipped.NETWORK).read_bytes()
    graph.write(net, shipped.NETWORK)
    assert (net / shipped.NETWORK).read_bytes() == before
    (net / shipped.NETWORK).unlink()
    with pytest.raises(HairlineError, match=r"network\.onnx: no such file; expected the network that ships"):
        ShippedPredictor(net)
    (net / shipped.NETWORK).write_bytes(before)
    weights = bytearray((net / "weights.safetensors").read_bytes())
    weights[-1] ^= 1
    (net / "weights.safetensors").write_bytes(weights)
    with pytest.raises(HairlineError, match=r"weights\.safetensors: other weights than network\.onnx and model\.json"):
        ShippedPredictor(net)


def test_what_is_written_is_small_loads_and_has_half_as_its_threshold(tmp_path: Path) -> None:
    release_weights.write(workspace(tmp_path / "w"), tmp_path / "net", "float16", None)
    plain = hairline.load_segmenter(Paths(tmp_path / "w", "release").segmenter(release_weights.NAME))
    found = hairline.load_segmenter(tmp_path / "net")
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    before, after = plain.predict(image).astype(float), found.predict(image).astype(float)
    odds = before / (1 - before) * 4  # a score of 0.2 has the odds 1 to 4
    np.testing.assert_allclose(after, odds / (1 + odds), atol=0.01)
    made = yaml_files.read(ROOT / "profiles/release.yaml", "")["synthetic_sets"]["surfaces"]
    assert release_weights.size(tmp_path / "net") < 16_000_000
    assert json.loads((tmp_path / "net/model.json").read_text())["generated"]["train"] == made["train"]


def test_the_card_tells_what_it_is_made_of_and_its_figures(tmp_path: Path) -> None:
    release_weights.write(workspace(tmp_path / "w"), tmp_path / "net", "float16", None)
    found = hairline.load_segmenter(tmp_path / "net")
    for told in ("16 generated images", "some-package 1.0 (Apache-2.0", "Not scored on real images yet", "MIT"):
        assert told in found.card
    (tmp_path / "scores.json").write_text(json.dumps(SCORES))
    release_weights.write_card(tmp_path / "net", tmp_path / "scores.json")
    scored = hairline.load_segmenter(tmp_path / "net")
    assert scored.sha256 == found.sha256
    for told in (
        "| CFD test | 46 | ○ unseen | 1 | 0.700 [0.600, 0.800] | – | – | 0.680 |",
        "| CRACK500 | 9 | ◑ chosen on 1, ◔ same photo 5, ○ unseen 3 | 1 | 0.500 | 0.400 | – | – |",
        "| walls | 9 | ? not known | 1 |", "CRACK500: 1 of 9 images: a reason.", "chose the generator, by their masks",
        "0.21%", "1.5 s a megapixel", "half have an F1 of 0.71 or less", "`docs/pictures/x.jpg`",
    ):  # fmt: skip
        assert told in scored.card
    (tmp_path / "scores.json").write_text(json.dumps({**SCORES, "weights_sha256": "c0ffee"}))
    with pytest.raises(HairlineError, match=r"scores\.json: figures of other weights"):
        release_weights.write_card(tmp_path / "net", tmp_path / "scores.json")
    for content in ('{"rows": [{}]}', "no JSON"):
        (tmp_path / "scores.json").write_text(content)
        with pytest.raises(HairlineError, match=r"scores\.json: no figures"):
            release_weights.write_card(tmp_path / "net", tmp_path / "scores.json")
    assert json.loads((tmp_path / "net/scores.json").read_text()) == SCORES


@pytest.mark.parametrize("change", ["seed", "segmenter.recipe.nothing.epochs=1", "segmenter.weights=auto"])
def test_a_try_with_a_change_that_is_none_is_refused(tmp_path: Path, change: str) -> None:
    params = workspace(tmp_path / "w") / "params.yaml"
    before = params.read_text()
    with pytest.raises(HairlineError, match=r"--set .*expected KEY\.KEY=VALUE"):
        release_weights.change(params, [change])
    assert params.read_text() == before


def test_what_learned_nothing_does_not_ship(tmp_path: Path) -> None:
    made = workspace(tmp_path / "w", {**INFO, "learned": {"verdict": "nothing"}})
    with pytest.raises(HairlineError, match="learned nothing, which must not ship"):
        release_weights.write(made, tmp_path / "net", "float16", None)
    assert not (tmp_path / "net").exists()


def test_calibration_needs_scores_on_generated_images(tmp_path: Path) -> None:
    made = workspace(tmp_path / "w")
    Paths(made, "release").segmenter_metrics(release_weights.NAME, release_weights.OTHERS).write_text("{}")
    with pytest.raises(HairlineError, match=r"no generated image of 'others' was scored.*synthetic_sets\.others\.test"):
        release_weights.write(made, tmp_path / "net", "float16", None)
    assert not (tmp_path / "net").exists()


def test_a_card_is_of_a_network_that_ships_and_of_figures_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(HairlineError, match=r"model\.json: has no generated, images.* name such a folder by --out"):
        release_weights.write_card(small_network.make(tmp_path / "own"), None)
    release_weights.write(workspace(tmp_path / "w"), tmp_path / "net", "float16", None)
    with pytest.raises(HairlineError, match=r"nowhere\.json: "):
        release_weights.write_card(tmp_path / "net", tmp_path / "nowhere.json")
    none = {"images": 0, "median_f1": None}
    scores = {
        **SCORES,
        "crack_free": [{"set": "small", "images": 0, "share": 0.0}],
        "failures": SCORES["failures"] | none,
    }
    (tmp_path / "scores.json").write_text(json.dumps(scores))
    release_weights.write_card(tmp_path / "net", tmp_path / "scores.json")
    told = hairline.load_segmenter(tmp_path / "net").card
    assert "patches of small" not in told and "Of 0 generated images with a crack" in told


def test_nothing_is_trained_to_be_compared_with_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_weights, "train", lambda *_: pytest.fail("trained"))
    with pytest.raises(HairlineError, match=r"model\.json: not found"):
        release_weights.check(tmp_path, [], "float16")


def test_a_folder_of_other_things_is_no_place_to_train_in(tmp_path: Path) -> None:
    theirs = tmp_path / "home" / "src" / "mine.py"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine")
    for folder in (tmp_path / "home", ROOT):
        with pytest.raises(HairlineError, match=r"--workspace .*: holds other things.* name another"):
            release_weights.train(folder, [])
    assert theirs.read_text() == "mine"
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "new", workspace(tmp_path / "earlier")):
        release_weights.refuse_others(folder)


def test_a_threshold_becomes_a_half() -> None:
    told = release_weights.calibration(0.2)
    assert 1 / (1 + math.exp(-(math.log(0.2 / 0.8) / told["temperature"] + told["bias"]))) == pytest.approx(0.5)
