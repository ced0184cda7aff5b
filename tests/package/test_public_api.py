"""What `import hairline` offers: loaded when asked for, arrays in, arrays out, one clear error for what is wrong."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support import small_network

import hairline
from hairline.errors import HairlineError
from hairline.inspection import registered
from hairline.inspection.labeller import Labeller
from hairline.io import plugins
from hairline.labelling import labels
from hairline.metrics import thresholds
from hairline.nn.classifier import backbones, frozen

WALL = np.random.default_rng(0).integers(120, 200, (70, 90, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A linear classifier on an untrained network, as clicks on patches of 256 px teach one."""
    torch.manual_seed(0)
    network = frozen.Frozen(backbones.build("test_resnet", "none")[0].eval())
    weight = np.random.default_rng(0).normal(size=network.length) * 3
    home = tmp_path_factory.mktemp("classifier")
    backbones.save(frozen.linear(network.model, weight, 0.0), home, {"window_px": 256})
    return home


def test_every_public_name_is_there_and_known_to_type_checkers() -> None:
    for name in hairline.__all__:
        assert getattr(hairline, name).__doc__, name
    assert set(hairline.__all__) <= set(dir(hairline))
    source = Path(hairline.__file__).read_text(encoding="utf-8").partition("__all__")[0]
    assert [name for name in hairline.__all__ if name not in source] == []
    with pytest.raises(AttributeError, match="no attribute 'labels_of'"):
        hairline.labels_of  # type: ignore[attr-defined]  # noqa: B018


def test_every_method_is_public() -> None:
    assert set(plugins.names(labels.METHODS)) <= set(hairline.__all__)


def test_importing_it_loads_nothing_else() -> None:
    told = "import sys, hairline; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-S", "-c", told], capture_output=True, text=True, check=True,
                          env={"PYTHONPATH": str(Path(hairline.__file__).parents[1])})  # fmt: skip
    assert set(done.stdout.split()) <= {"hairline", "__main__", *sys.stdlib_module_names}


def test_a_label_is_that_of_hairline_label(folder: Path) -> None:
    classifier, before = hairline.load_classifier(folder), WALL.copy()
    evidence = classifier.localize(WALL)
    for name in ("multiscale", "otsu"):
        options = classifier.fitted(labels.shipped(plugins.resolve(labels.METHODS, name)))
        found = hairline.label(WALL, evidence, options)
        assert found.dtype == np.float32 and found.shape == WALL.shape[:2] and 0 <= found.min() <= found.max() <= 1
        assert np.array_equal(found, Labeller(folder, name).predict(WALL))
    assert np.array_equal(WALL, before)
    assert hairline.label(WALL, evidence, hairline.konig.PAPER).shape == (70, 90)


def test_sizes_are_fitted_to_the_patches_that_a_classifier_learned_from(folder: Path) -> None:
    classifier = hairline.load_classifier(str(folder))
    assert classifier.window_px == 256 and len(classifier.sha256) == 64
    assert classifier.fitted(hairline.konig.PAPER).localization.vote_window_px == 64
    asked = classifier.localize(WALL, hairline.konig.PAPER)
    assert [votes.window_px for votes in asked.votes] == [32] and asked.scaled == ()


def test_steps_are_told(folder: Path) -> None:
    told: list[str] = []
    evidence = hairline.load_classifier(folder).localize(WALL)
    hairline.label(WALL, evidence, hairline.konig.PAPER, lambda name, value: told.append(name))
    assert {"patch map", "activation map", "localization", "dark", "product"} <= set(told)


def test_a_registered_classifier_is_loaded_by_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    class Fetched:
        def __init__(self, source: str, kind: str) -> None:
            asked.append((source, kind))

        def __enter__(self) -> Path:
            return folder

        def __exit__(self, *error: object) -> None:
            return None

    monkeypatch.setattr(registered, "fetched", Fetched)
    found = hairline.load_classifier("models:/mine-classifier@champion")
    assert asked == [("models:/mine-classifier@champion", "classifier")]
    assert found.sha256 == hairline.load_classifier(folder).sha256


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("nowhere", "nowhere: no such folder; expected the folder of a classifier"),
        (".", r"has no model\.json and no weights\.safetensors"),
        ("models:/mine@champion", "models:/mine@champion: found no store .*; go to its workspace, or set"),
    ],
)
def test_what_is_no_classifier_is_refused(
    source: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(HairlineError, match=told):
        hairline.load_classifier(source)


def test_a_segmenter_is_no_classifier(tmp_path: Path) -> None:
    with pytest.raises(HairlineError, match="classifier"):
        hairline.load_classifier(small_network.make(tmp_path))


@pytest.mark.parametrize(
    ("image", "options", "told"),
    [
        (WALL[..., 0], hairline.otsu.PAPER, r"image: found uint8 \[70, 90\]; expected RGB uint8"),
        (WALL / 255, hairline.otsu.PAPER, "image: found float64"),
        ("wall.jpg", hairline.otsu.PAPER, "image: found str"),
        (WALL, hairline.konig.PAPER, "evidence: found None; expected what a classifier says about the image"),
        (WALL, hairline.konig, "options: found hairline.labelling.methods.konig; expected options of one of the"),
        (WALL, {"cut": 0.5}, "options: found dict"),
        (WALL, hairline.multiscale.EXAMPLE.votes[0], "options: found Window"),
        (WALL, hairline.konig.PAPER.fusion, "options: found Options"),
    ],
)
def test_a_wrong_argument_of_label_is_one_clear_error(image: Any, options: Any, told: str) -> None:
    with pytest.raises(HairlineError, match=told):
        hairline.label(image, None, options)


def test_evidence_must_be_of_the_image_and_hold_what_options_ask_for(folder: Path) -> None:
    classifier = hairline.load_classifier(folder)
    evidence = classifier.localize(WALL, hairline.konig.PAPER)
    with pytest.raises(HairlineError, match=r"evidence: is about an image of 70 x 90 pixels; .* 64 x 90"):
        hairline.label(WALL[:64], evidence, hairline.konig.PAPER)
    with pytest.raises(HairlineError, match=r"evidence: does not hold scale 0\.5, scale 1\.5; .*localize\(image, opt"):
        hairline.label(WALL, evidence, hairline.multiscale.EXAMPLE)
    wider = dataclasses.replace(hairline.konig.PAPER.localization, vote_window_px=48)
    with pytest.raises(HairlineError, match="evidence: does not hold windows of 48 px"):
        hairline.label(WALL, evidence, dataclasses.replace(hairline.konig.PAPER, localization=wider))
    with pytest.raises(HairlineError, match="image: found float32"):
        classifier.localize(WALL.astype(np.float32))  # type: ignore[arg-type]
    with pytest.raises(HairlineError, match="options: found str"):
        classifier.localize(WALL, "konig")  # type: ignore[arg-type]


def test_a_score_is_that_of_the_metrics(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    maps = [generator.random((20, 30 + place)) for place in range(12)]
    masks = [generator.random(each.shape) < 0.1 + each / 2 for each in maps]
    found = hairline.score(maps, masks)
    hists = [thresholds.histograms(one, mask) for one, mask in zip(maps, masks, strict=True)]
    counted = thresholds.counts(*(np.stack(each) for each in zip(*hists, strict=True)))
    f1 = thresholds.f1(counted)
    assert (found.ods, found.ois) == (thresholds.ods(f1), thresholds.ois(f1))
    assert found.ap == thresholds.average_precision(counted)
    assert found.table["f1"].mean() == pytest.approx(found.ods) and found.table["best_f1"].mean() == found.ois
    assert found.table["crack_px"].to_list() == [mask.sum() for mask in masks]
    low, high = found.interval() or (1, 0)
    assert low <= found.ods <= high and found.interval() == found.interval("ods")
    assert set(found.conventions()["convention"]) >= {"F1 on pooled counts"}
    with pytest.raises(HairlineError, match="metric: found 'f1'"):
        found.interval("f1")  # type: ignore[arg-type]


def test_kinds_of_arrays_that_mean_the_same_score_the_same() -> None:
    mask = np.zeros((8, 9), bool)
    mask[2:4] = True
    said = mask.copy()
    said[4] = True
    for kind in (said, said.astype(np.uint8), said.astype(np.uint8) * 255, said.astype(np.float16), said * 1.0):
        for truth in (mask, mask.astype(np.int64), mask.astype(np.uint8) * 255):
            assert hairline.score(kind, truth).ods == pytest.approx(0.8)
    assert hairline.score(np.stack([said, said]), [mask, mask]).table.shape[0] == 2


def test_a_difference_is_paired_over_photos() -> None:
    generator = np.random.default_rng(2)
    masks = [generator.random((16, 16)) < 0.2 for _ in range(24)]
    good = [np.clip(mask * 0.6 + generator.random(mask.shape) * 0.4, 0, 1) for mask in masks]
    poor = [np.clip(mask * 0.3 + generator.random(mask.shape) * 0.7, 0, 1) for mask in masks]
    photos = [f"{place // 2}" for place in range(24)]
    better, worse = hairline.score(good, masks, photos), hairline.score(poor, masks, photos)
    found = better.against(worse)
    assert found.value == pytest.approx(better.ods - worse.ods) and found.photos == 12
    assert found.low is not None and found.p is not None and found.low > 0 and found.p < 0.05
    assert "12 photos" in str(found)
    few = hairline.score(good[:4], masks[:4])
    assert few.interval() is None and few.against(few).p is None and "too few" in str(few.against(few))
    with pytest.raises(HairlineError, match=r"against: .* other masks"):
        better.against(hairline.score(good, masks[1:] + masks[:1], photos))


SQUARE = np.zeros((4, 4), bool)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: hairline.score([], []), "predictions: found none"),
        (lambda: hairline.score("scores", [SQUARE]), "predictions: found str"),
        (lambda: hairline.score([SQUARE], [SQUARE, SQUARE]), "predictions: found 1, and 2 masks"),
        (lambda: hairline.score(SQUARE, SQUARE[:3]), r"predictions\[0\]: has 4 x 4 pixels, its mask 3 x 4"),
        (lambda: hairline.score([SQUARE, SQUARE[..., None]], [SQUARE] * 2), r"predictions\[1\]: found bool \[4, 4, 1"),
        (lambda: hairline.score(SQUARE + 1.5, SQUARE), r"predictions\[0\]: holds values from 1.5 to 1.5"),
        (lambda: hairline.score(SQUARE - 0.5, SQUARE), r"predictions\[0\]: holds values from -0.5"),
        (lambda: hairline.score(np.where(SQUARE, 0, np.nan), SQUARE), r"predictions\[0\]: holds values from nan"),
        (lambda: hairline.score(SQUARE.astype(np.int32), SQUARE), r"predictions\[0\]: found int32"),
        (lambda: hairline.score(SQUARE, SQUARE * 0.5), r"masks\[0\]: found float64"),
        (lambda: hairline.score(SQUARE, np.arange(16).reshape(4, 4)), r"masks\[0\]: found 16 values up to 15"),
        (lambda: hairline.score(SQUARE, SQUARE, ["a", "b"]), "groups: found 2 for 1 images"),
    ],
)
def test_a_wrong_argument_of_score_is_one_clear_error(call: Callable[[], object], told: str) -> None:
    with pytest.raises(HairlineError, match=told):
        call()


def test_rows_of_scores_are_in_the_order_of_the_images() -> None:
    masks = [np.arange(20)[None] < place for place in range(1, 13)]
    assert hairline.score(masks, masks).table["crack_px"].to_list() == list(range(1, 13))
    assert list(hairline.score(masks, masks).table["image"]) == list(range(12))
