"""Single stages on a tiny data set made here: what they learn from, when work is continued, what is told."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from support import places

from hairline import tracking
from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.data import ledger
from hairline.data.samples import mask_path, read_samples
from hairline.errors import HairlineError
from hairline.imaging.images import write_mask
from hairline.labelling.localization import Evidence
from hairline.metrics.score_table import score_table
from hairline.nn.classifier import backbones, evidence
from hairline.nn.runtime import weights
from hairline.nn.segmenter import segmenter as segmenters
from hairline.reporting import page, results
from pipeline import evaluate_classifier, label, label_manual, localize, train_classifier, train_segmenter  # fmt: skip
from pipeline import index_patches as patch_stage

Write = Callable[[dict[str, Any]], Path]
PATHS = Paths(Path(), "tiny")


@pytest.fixture
def place(tmp_path: Path, values: dict[str, Any], write_params: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with params.yaml, an ingested set and verdicts to go on; runs are not tracked."""
    monkeypatch.chdir(tmp_path)
    write_params(values)
    places.make(tmp_path)
    return tmp_path


class Unwritten:
    """A tracked run of which nothing is kept."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


@pytest.fixture
def tracked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What stages hand to tracking.run; ``fails`` makes the run fail at its very end."""
    seen: dict[str, Any] = {"fails": False}

    @contextmanager
    def run(stage: str, name: str, experiment: str, params: object, inputs: object, *rest: object) -> Iterator[object]:
        seen["inputs"] = inputs
        yield Unwritten()
        if seen["fails"]:
            raise HairlineError("the run cannot be ended")

    monkeypatch.setattr(tracking, "run", run)
    return seen


def stage(module: Any, **arguments: str) -> None:
    words = [word for name, value in arguments.items() for word in (f"--{name.replace('_', '-')}", value)]
    module.main(words)


def classify() -> None:
    stage(train_classifier, classifier="lite0")


def segment(architecture: str = "unet") -> None:
    stage(train_segmenter, label_set="manual", architecture=architecture, training_set="synthetic")


def segmenter(architecture: str) -> Path:
    return PATHS.segmenter(SegmenterName("manual", architecture, "synthetic"))


def label_manually() -> None:
    stage(label_manual)
    places.list_training_images(PATHS, "manual")


def index_patches() -> None:
    stage(patch_stage, dataset="synthetic")


def save_classifier(backbone: str = "test_resnet") -> None:
    info = {"images": 6, "epochs": 1, "initialisation": "none"}
    backbones.save(backbones.build(backbone, "none")[0], PATHS.classifier("lite0"), info)


def test_a_classifier_is_scored_on_the_patches_it_did_not_learn_from(place: Path, tracked: dict[str, Any]) -> None:
    index_patches()
    save_classifier()
    stage(evaluate_classifier, classifier="lite0", dataset="synthetic")
    scored = PATHS.classifier_scores("lite0")
    rows, answers = pd.read_parquet(PATHS.patch_index("synthetic")), pd.read_parquet(scored / "patches.parquet")
    held_out = rows[rows["split"] != "train"]
    assert len(held_out) > 0
    assert answers[["sample", "split", "crack"]].equals(held_out[["sample", "split", "crack"]].reset_index(drop=True))
    assert answers["probability"].between(0, 1).all()
    told = json.loads((scored / "status.json").read_text())
    assert told == {"training": {"images": 6, "epochs": 1, "start": "none", "learned": ""}}
    found = json.loads(PATHS.classifier_metrics("lite0").read_text())
    assert {split: scores["patches"] for split, scores in found.items()} == held_out["split"].value_counts().to_dict()


def test_a_classifier_that_was_trained_is_not_trained_again_because_its_run_could_not_be_ended(
    place: Path, tracked: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    index_patches()
    check_continues(classify, tracked, caplog)


def test_a_segmenter_that_was_trained_is_not_trained_again_because_its_run_could_not_be_ended(
    place: Path, tracked: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    label_manually()
    save_classifier()
    check_continues(segment, tracked, caplog)


def check_continues(train: Callable[[], None], tracked: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    tracked["fails"] = True
    with pytest.raises(HairlineError, match="cannot be ended"):
        train()
    tracked["fails"] = False
    caplog.clear()
    with caplog.at_level(logging.INFO, "hairline"):
        train()
    told = [record.getMessage() for record in caplog.records if record.name.startswith("hairline")]
    assert told == ["going on after epoch 1 of 1"]
    assert not list(Path("state").glob("*/[!.]*"))


def test_two_networks_of_one_module_are_trained_by_their_own_names(
    place: Path, values: dict[str, Any], write_params: Write, tracked: dict[str, Any]
) -> None:
    for name, kind in (("a", "FPN"), ("b_2", "PSPNet")):
        values["architectures"][name] = {"network": f"smp:{kind}:resnet18", "options": {}, "training": {}}
    write_params(values)
    label_manually()
    save_classifier("resnet18")
    for name, kind in (("a", "FPN"), ("b_2", "PSPNet")):
        segment(name)
        model, info = segmenters.load(segmenter(name))
        assert (info["architecture"], info["network"]) == (name, f"smp:{kind}:resnet18")
        assert info["initialisation"] == f"file:{PATHS.classifier('lite0')}/weights.safetensors"
        assert type(model.network).__name__ == kind


def test_networks_that_differ_in_the_seed_alone_are_seeds_of_one(
    place: Path, values: dict[str, Any], write_params: Write, tracked: dict[str, Any]
) -> None:
    unet = values["architectures"]["unet"]
    same = {name: {**unet, "training": {"seed": seed}} for name, seed in (("unet_8", 8), ("unet_7", 7))}
    values["architectures"] |= same | {"other": {**unet, "training": {"seed": 8, "crop_px": 32}}}
    values["matrix"]["architectures"] = ["unet", "other", *same]
    params = Params(write_params(values))
    firsts = {result.architecture: result.replicate_of for result in results.segmenters(params, PATHS)}
    again = "unet_7"  # has the seed of runtime, as unet: the same training twice is no second seed
    assert firsts == {"unet": "unet", "other": "other", "unet_8": "unet", again: again}
    label_manually()
    save_classifier()
    weights = {}
    for name in ("unet", "unet_8", "unet_7"):
        segment(name)
        assert segmenters.load(segmenter(name))[1]["seed"] == (8 if name == "unet_8" else 7)
        weights[name] = (segmenter(name) / "weights.safetensors").read_bytes()
    assert weights["unet"] == weights["unet_7"] != weights["unet_8"]


def test_a_network_that_cannot_be_built_is_refused_before_anything_is_read(
    place: Path, values: dict[str, Any], write_params: Write, tracked: dict[str, Any]
) -> None:
    values["architectures"]["unet"]["options"]["encoder"] = "resnet19"
    write_params(values)
    with pytest.raises(HairlineError, match="encoder 'resnet19' is none of segmentation_models_pytorch"):
        segment()  # there are neither labels nor a classifier
    assert "inputs" not in tracked


def test_another_weight_file_under_the_same_name_is_another_work(
    place: Path, values: dict[str, Any], write_params: Write, tracked: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    values["classifiers"]["lite0"]["weights"] = values["segmenter"]["weights"] = "mine.safetensors"
    write_params(values)
    index_patches()
    label_manually()
    save_classifier()
    for train in (classify, segment):
        tracked["fails"] = True
        for seed in range(2):
            torch.manual_seed(seed)
            weights.write(backbones.build("test_resnet", "none")[0], Path("mine.safetensors"))
            caplog.clear()
            with caplog.at_level(logging.INFO, "hairline"), pytest.raises(HairlineError, match="cannot be ended"):
                train()
            assert "going on after" not in caplog.text
        assert Path("mine.safetensors") in tracked["inputs"]


@pytest.mark.parametrize(
    ("section", "key", "value", "left"),
    [
        ("localize", "batch", 7, 5),
        ("runtime", "workers", 2, 5),
        ("runtime", "precision", "bf16", 8),
        ("localize", "vote_stride_px", 8, 8),
    ],
)
def test_evidence_is_continued_where_its_values_would_be_the_same(
    place: Path, values: dict[str, Any], write_params: Write, monkeypatch: pytest.MonkeyPatch,
    section: str, key: str, value: object, left: int,
) -> None:  # fmt: skip
    class KilledError(Exception):
        pass

    collected = []

    def collect(*_: object) -> Evidence:
        collected.append(1)
        if len(collected) == 4:
            raise KilledError
        return Evidence(32, 32, (), np.zeros((1, 1), np.float32), 32, 0.5)

    monkeypatch.setattr(evidence, "collect", collect)
    values["runtime"].update(device="cpu", precision="32")
    save_classifier()
    write_params(values)
    with pytest.raises(KilledError):
        stage(localize, classifier="lite0", dataset="synthetic")
    if left == 5:  # what a power loss may leave where nothing waits for the disk is asked for again
        next(Path("state/localize").rglob("*.npz")).write_bytes(b"")
        left += 1
    collected[:] = [1] * 10
    values[section][key] = value
    write_params(values)
    stage(localize, classifier="lite0", dataset="synthetic")
    assert len(collected) - 10 == left
    timing = json.loads(PATHS.evidence_timing("lite0", "synthetic").read_text())
    assert timing["images"] == left  # those of the first run are not counted
    assert len(list(PATHS.evidence("lite0", "synthetic").iterdir())) == 8


def test_every_mask_is_trained_on(place: Path, values: dict[str, Any], write_params: Write) -> None:
    values["trainable"]["min_crack_pixels"] = 100
    write_params(values)
    dataset = PATHS.dataset("synthetic")
    samples = read_samples(dataset)
    speck = np.zeros((96, 96), bool)
    speck[3, 4:9] = True
    write_mask(mask_path(dataset, "train_00000"), speck)
    stage(label_manual)
    table = pd.read_parquet(PATHS.labels("manual", "synthetic") / "labels.parquet").set_index("id")
    assert table.index.to_list() == samples["id"].to_list() and table["trainable"].all()
    assert table.loc["train_00000", "crack_pixels"] == 5
    assert table.loc["train_00004", "crack_pixels"] == 0  # crack-free


def test_only_runs_of_what_is_compared_are_upstream(values: dict[str, Any], write_params: Write) -> None:
    params = Params(write_params(values))
    assert {path.stem for path in page.records(params, PATHS)} == {
        "classifier-lite0", "evaluation-classifier-lite0",
        "study-konig", "labels-konig", "labels-crf", "labels-otsu", "labels-konig_tuned",
        *(f"{kind}-{name}-unet-synthetic{end}" for kind, end in (("segmenter", ""), ("evaluation", "-synthetic"))
          for name in ("manual", "konig", "otsu")),
    }  # fmt: skip


def test_what_a_classifier_learned_from_is_told_by_its_layout(
    tmp_path: Path, values: dict[str, Any], write_params: Write
) -> None:
    values["datasets"]["mine"] = {**values["datasets"]["synthetic"], "layout": "crack500"}
    values["classifiers"]["other"] = {**values["classifiers"]["lite0"], "dataset": "mine"}
    values["matrix"]["classifiers"] = ["lite0", "other"]
    row = {"sample": "a", "group": "a", "split": "test", "crack": True, "probability": 0.7}
    paths = Paths(tmp_path, "tiny")
    for name in values["matrix"]["classifiers"]:
        folder = paths.classifier_scores(name)
        folder.mkdir(parents=True)
        pd.DataFrame([row]).to_parquet(folder / "patches.parquet")
        (folder / "status.json").write_text('{"training": null}')
    paths.ledger.mkdir(parents=True)
    ledger.write(paths.ledger, [])
    found = results.classifiers(Params(write_params(values)), paths)
    assert {result.name: result.trained_on for result in found} == {"lite0": "", "other": "crack500-train"}


def test_a_segmenter_that_was_not_evaluated_is_shown_as_not_run(
    tmp_path: Path, values: dict[str, Any], write_params: Write
) -> None:
    found = list(results.segmenters(Params(write_params(values)), Paths(tmp_path, "tiny")))
    assert {result.status for result in found} == {"not run"}
    assert found[0].reason == "dvc repro evaluate_segmenter@manual-unet-synthetic-synthetic"


def test_a_strip_of_an_image_that_is_not_there_is_refused_before_any_work(
    place: Path, values: dict[str, Any], write_params: Write, tracked: dict[str, Any]
) -> None:
    values["strips"]["samples"] = {"synthetic": ["train_00001", "042"]}
    write_params(values)
    with pytest.raises(HairlineError, match=r"strips\.samples\.synthetic: '042' .* such as 'train_00000'"):
        stage(label, label_set="otsu")
    assert "inputs" not in tracked


def test_a_mask_of_another_size_is_told() -> None:
    samples = pd.DataFrame({"id": ["042"], "group": ["042"]})
    with pytest.raises(HairlineError, match=r"'042': its scores are 4x6 pixels, its mask 6x4; .*options\.exclude"):
        score_table(samples, lambda _: np.zeros((4, 6), np.uint8), lambda _: np.zeros((6, 4), bool))
