"""A network taught further on a mixture of exact masks and weak labels, from the weights of another, by the stages."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from support import places, small_network

from hairline.config import segmenter_record
from hairline.config.checks import check
from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.data.samples import load_mask, read_samples
from hairline.data.training_set import Part, TrainingSet
from hairline.data.training_table import read as read_table
from hairline.data.training_table import table
from hairline.errors import HairlineError
from hairline.imaging.images import write_scores
from hairline.labelling import chosen_options
from hairline.labelling.chosen_options import Choice, ChosenOn
from hairline.nn.classifier import backbones
from hairline.nn.segmenter import learned_images, segmenter, shipped
from pipeline import code, label_manual, list_training_images, train_segmenter

Write = Callable[[dict[str, Any]], Path]
PATHS = Paths(Path(), "tiny")
FIRST, SECOND = SegmenterName("manual", "unet", "exact"), SegmenterName("faint", "continued", "mixed")
START = str(PATHS.segmenter(FIRST))
HALF = (Part("synthetic", "train", "manual", 0.5), Part("synthetic", "val", None, 0.5))
SETS = {"exact": TrainingSet((Part("synthetic", "train"),)), "mixed": TrainingSet(HALF)}


@pytest.fixture
def place(tmp_path: Path, values: dict[str, Any], empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A workspace with masks of six images and faint labels of two; its values."""
    monkeypatch.chdir(tmp_path)
    Path("mlruns").mkdir()
    shutil.copy(empty_store, "mlruns")
    unet = values["architectures"]["unet"]
    training = {"init": START, "items_per_epoch": 8, "ignore": [0.2, 0.5],
                "recipe": {"epochs": 2, "batch": 4, "learning_rate": 1e-8}}  # fmt: skip
    values["architectures"]["continued"] = {**unet, "training": training}
    values["segmenter"]["weights"] = "none"
    values["runtime"].update(precision="32", device="cpu")
    values["label_sets"]["faint"] = values["label_sets"]["otsu"]
    values["training_sets"] = {
        "exact": {"parts": [{"dataset": "synthetic", "split": "train"}]},
        "mixed": {"parts": [{"dataset": "synthetic", "split": "train", "labels": "manual", "share": 0.5},
                            {"dataset": "synthetic", "split": "val", "share": 0.5}]},
    }  # fmt: skip
    values["matrix"].update(architectures=["continued"], training_sets=["mixed"], label_sets=["faint"])
    return values


def made(trainable: bool = True) -> None:
    """The data set, its labels, and the tables of both training sets."""
    places.make(Path(), 64)
    label_manual.main([])
    dataset, folder = PATHS.dataset("synthetic"), PATHS.label_set("faint") / "synthetic"
    samples = read_samples(dataset)
    for name in samples["id"]:
        write_scores(folder / f"{name}.png", load_mask(dataset, name) * np.float32(0.6))
    samples[["id"]].assign(crack_pixels=9, trainable=trainable).to_parquet(folder / "labels.parquet", index=False)
    for name in (FIRST, SECOND):
        target, verdict = PATHS.training_table(name.training_set, name.label_set), PATHS.labels_verdicts(
            name.training_set, name.label_set)  # fmt: skip
        target.parent.mkdir(parents=True)
        table(SETS[name.training_set], name.label_set, PATHS.data).to_parquet(target, index=False)
        verdict.mkdir(parents=True, exist_ok=True)
        (verdict / "part.json").write_text('{"waivers": []}')
    backbones.save(backbones.build("test_resnet", "none")[0], PATHS.classifier("lite0"), {})


def train(name: SegmenterName) -> dict[str, Any]:
    arguments = {"label-set": name.label_set, "architecture": name.architecture, "training-set": name.training_set}
    train_segmenter.main([word for key, value in arguments.items() for word in (f"--{key}", value)])
    told: dict[str, Any] = json.loads((PATHS.segmenter(name) / "model.json").read_text())
    return told


def test_a_network_is_taught_further_half_and_half_and_tells_where_it_began(
    place: dict[str, Any], write_params: Write
) -> None:
    write_params(place)
    made()
    train(FIRST)
    weights = Path(START, "weights.safetensors")
    half = {
        name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in load_file(weights).items()
    }
    save_file(half, weights)  # as the network that ships is kept
    model = PATHS.segmenter(FIRST) / "model.json"
    info = json.loads(model.read_text())
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    model.write_text(json.dumps({**info, "weights_sha256": digest}))
    told = train(SECOND)
    assert (told["initialisation"], told["init_sha256"], told["images"]) == (f"segmenter:{START}", digest, 8)
    assert told["origin"] == {"source": f"segmenter {START}", "version": None, "licence": None, "sha256": digest}
    history = pd.read_csv(PATHS.segmenter_history(SECOND))
    assert len(history) == 2 and "val/loss" not in history  # both sides are learned from
    one, two = (dict(segmenter.load(PATHS.segmenter(name))[0].named_parameters()) for name in (FIRST, SECOND))
    assert all(torch.allclose(one[name], two[name], atol=1e-4) for name in one)  # at this rate it stays where it began
    seen = learned_images.read(PATHS.segmenter(SECOND))
    assert seen is not None and len(seen.images) == 8 + 6
    assert [(way.word, way.labels, len(way.images)) for way in seen.ways] == [
        ("trained on", "masks", 6), ("trained on", "patch labels", 2), ("unseen", "patch labels", 0),
        ("trained on", "masks", 6),
    ]  # fmt: skip
    assert seen.ways[-1].how == f"continued started from {START}, for which unet learned from its mask"
    assert [seen.images[number] for number in seen.ways[-1].images] == seen.images[:6]  # the same images, known again


def test_what_starts_from_the_network_that_ships_passes_on_what_its_generator_was_made_beside(
    place: dict[str, Any], write_params: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = [ChosenOn("elsewhere", "x", "x", "0" * 64, "00" * 64)]
    choice = Choice("planted", "generator", {}, True, 1, "2026-01-01", "a test", "", beside)
    monkeypatch.setattr(chosen_options, "shipped", lambda: (choice,))
    place["architectures"]["continued"]["training"]["init"] = "shipped"
    params = Params(write_params(place))
    made()
    images = read_table(PATHS.training_table(SECOND.training_set, SECOND.label_set), PATHS.data)
    found = segmenter_record.record("continued", images, images.training(0), params.training("continued")[0])
    told = found.ways[-1]
    assert (told.word, told.labels) == ("chosen on", "masks to choose options")
    assert [found.images[number] for number in told.images] == beside
    assert told.how.startswith("the generator whose images continued learned from") and "(planted)" in told.how


@pytest.mark.parametrize("style", ["easy", "wide"])
def test_what_learned_from_wide_generated_images_passes_on_what_these_were_made_beside(
    style: str, place: dict[str, Any], write_params: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = [ChosenOn("elsewhere", "x", "x", "0" * 64, "00" * 64)]
    choice = Choice("planted", "generator", {}, True, 1, "2026-01-01", "a test", "", beside)
    monkeypatch.setattr(chosen_options, "shipped", lambda: (choice,))
    place["architectures"]["continued"]["training"].pop("init")
    place["synthetic_sets"]["synthetic"]["style"] = style
    params = Params(write_params(place))
    made()
    list_training_images.main([])
    images = read_table(PATHS.training_table(SECOND.training_set, SECOND.label_set), PATHS.data)
    found = segmenter_record.record("continued", images, images.training(0), params.training("continued")[0])
    told = [way for way in found.ways if way.word == "chosen on"]
    assert [[found.images[number] for number in way.images] for way in told] == [beside] * (style == "wide")


def test_a_part_with_a_share_and_no_trainable_label_leaves_no_training_of_the_rest_alone(
    place: dict[str, Any], write_params: Write
) -> None:
    place["architectures"]["continued"]["training"].pop("init")
    write_params(place)
    made(trainable=False)
    told = train(SECOND)
    assert told["status"] == "not trainable" and "of synthetic (val), which has a share," in told["reason"]
    assert "max_images" not in told["reason"]


def test_a_part_with_a_share_of_which_no_image_is_chosen_says_by_what(
    place: dict[str, Any], write_params: Write
) -> None:
    place["architectures"]["continued"]["training"].pop("init")
    place["segmenter"]["max_images"] = 1
    write_params(place)
    made()
    told = train(SECOND)
    assert told["status"] == "not trainable" and "(max_images chooses 1 at the most)" in told["reason"]


def written(folder: str, **info: object) -> None:
    place = Path(folder)
    place.mkdir()
    (place / "model.json").write_text(json.dumps(info))
    (place / "weights.safetensors").write_bytes(b"")


def test_what_is_no_start_for_a_network_is_refused_before_anything_runs(
    place: dict[str, Any], write_params: Write
) -> None:
    training = place["architectures"]["continued"]["training"]
    written("other", status="trained", network="unet", options={"encoder": "resnet34"})
    written("given_up", status="not trainable", reason="no label")
    written("older", status="trained", network="unet", options={"encoder": "resnet18", "depth": 3})
    for init, told in (
        ("nowhere", "init 'nowhere': nowhere has no model.json and no weights.safetensors; name the folder of a"),
        (
            "other",
            "in other is 'unet' with encoder resnet34, and what starts from it is 'unet' with encoder tu-test_re",
        ),
        ("given_up", "given_up holds no trained segmenter (no label); name another"),
        ("older", "in older is 'unet' with encoder resnet18, depth 3, and what starts"),
    ):
        training["init"] = init
        params = Params(write_params(place))
        with pytest.raises(HairlineError) as caught:
            check(params, networks=True)
        assert "architectures.continued with segmenter: " in str(caught.value) and told in str(caught.value)


def test_a_damaged_start_is_refused_before_anything_runs_and_no_stage_is_said_to_mend_it(
    place: dict[str, Any], write_params: Write
) -> None:
    place["architectures"]["continued"]["training"]["init"] = str(small_network.make(Path("start")))
    place["architectures"]["continued"]["options"] = dataclasses.asdict(small_network.OPTIONS)
    params = Params(write_params(place))
    Path("start/seen.json").write_text('{"ways": [], "images": []}', encoding="utf-8")
    check(params, networks=True)
    for name in ("weights.safetensors", "model.json", "seen.json"):
        whole = Path("start", name).read_bytes()
        Path("start", name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(HairlineError, match=rf"{name}.* a fresh copy of the segmenter's folder") as told:
            check(params, networks=True)
        assert "dvc repro" not in str(told.value)
        Path("start", name).write_bytes(whole)
    model = json.loads(Path("start/model.json").read_text(encoding="utf-8"))
    Path("start/model.json").write_text(json.dumps({**model, "origin": {"source": "mine"}}), encoding="utf-8")
    with pytest.raises(HairlineError, match=r"model\.json: holds something else \(origin"):
        check(params, networks=True)


@pytest.mark.parametrize("written", ["{}", "./{}", "models/../{}", "{here}/{}", "linked/{}"])
def test_a_start_that_stages_write_is_refused(
    written: str, place: dict[str, Any], write_params: Write, tmp_path: Path
) -> None:
    Path("linked").symlink_to(tmp_path)
    place["architectures"]["continued"]["training"]["init"] = written.format(START, here=tmp_path)
    params = Params(write_params(place))
    with pytest.raises(HairlineError, match=r"init '.*models/tiny/segmenters/.*' lies in models/tiny, .* dvc add that"):
        check(params)


def test_the_network_that_ships_counts_as_source(
    place: dict[str, Any], write_params: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "folder", lambda: Path("shipped"))
    options = place["architectures"]["continued"]["options"]
    written("shipped", status="trained", network="unet", options=options)
    place["architectures"]["continued"]["training"]["init"] = "shipped"
    params = Params(write_params(place))
    check(params, networks=True)
    told = []
    for content in (b"one", b"two"):
        Path("shipped", "weights.safetensors").write_bytes(content)
        code.main([])
        told.append(json.loads((PATHS.code / "architectures/continued.json").read_text()))
    assert [each.pop("segmenter.init") for each in told] == [
        hashlib.sha256(one).hexdigest() for one in (b"one", b"two")
    ]
    assert told[0] == told[1]
