"""Labels of clicks: scored as anybody's, kept image by image, and told as they are by docs/choosing.md."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
import torch
from support.plain_scoring import f1, predicted

from hairline.data.layouts import folder as layout
from hairline.data.samples import ingest, load_image, load_mask
from hairline.imaging.images import quantise, write_image, write_mask
from hairline.inspection.patch_classifier import BATCH, STRIDE_PX, TILE_PX
from hairline.labelling.methods import konig, multiscale
from hairline.nn.classifier import backbones, evidence, frozen
from hairline.nn.classifier.linear import Line
from hairline.nn.runtime import device
from hairline.nn.runtime.serving import RUNTIME

ROOT = Path(__file__).parents[2]


@pytest.fixture
def click_labels(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import click_labels

    monkeypatch.setattr(click_labels.segmenter, "load", lambda folder: (None, {}))
    monkeypatch.setattr(
        click_labels.segmenter, "predict", lambda model, image, where: np.full(image.shape[:2], 0.5, np.float32)
    )
    yield click_labels
    sys.modules.pop("click_labels")


@pytest.fixture
def click_tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import click_tables

    yield click_tables
    sys.modules.pop("click_tables")


@pytest.fixture
def network() -> frozen.Frozen:
    torch.manual_seed(0)
    return frozen.Frozen(backbones.build("test_resnet", "none")[0].eval())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos of a dark line each."""
    rows, draws = ["id,split"], np.random.default_rng(0)
    for name in ("a", "b"):
        image = draws.integers(120, 180, (70, 100, 3), dtype=np.uint8)
        mask = cv2.line(np.zeros((70, 100), np.uint8), (5, int(draws.integers(70))), (95, 40), 1, 4) > 0
        image[mask] //= 3
        write_image(tmp_path / "raw/images" / f"{name}.png", image)
        write_mask(tmp_path / "raw/masks" / f"{name}.png", mask)
        rows.append(f"{name},test")
    (tmp_path / "raw/split.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "sets/small").mkdir(parents=True)
    ingest(layout.read(tmp_path / "raw", layout.Options({"train": 1.0}, [])), tmp_path / "sets/small")
    return tmp_path / "sets/small"


def lines(network: frozen.Frozen, *names: str) -> dict[str, Line]:
    draws = np.random.default_rng(1)
    return {name: Line(draws.normal(size=network.length) * 3, 0.2) for name in names}


def plain_ods(scores: list[np.ndarray], masks: list[np.ndarray]) -> float:
    def of(image: np.ndarray, mask: np.ndarray, k: int) -> float:
        guess = predicted(image, k)
        hit = (guess & mask).sum()
        return f1((hit, guess.sum(), hit, mask.sum()))

    return max(float(np.mean([of(*each, k) for each in zip(scores, masks, strict=True)])) for k in range(1, 100))


def test_ods_is_that_of_labels_by_the_classifier_that_a_line_makes(click_labels, network, folder, tmp_path) -> None:
    known = lines(network, "0", "1")
    labels = click_labels.Labels(network, known, None, tmp_path / "kept")
    found = click_labels.ods(labels, {"small": (folder, ["a", "b"])}, 2)
    assert set(found) == {("alone", "shipped"), *((method, name) for method in click_labels.METHODS for name in known)}
    images, masks = ([load(folder, name) for name in ("a", "b")] for load in (load_image, load_mask))
    for module, options in ((multiscale, multiscale.EXAMPLE), (konig, konig.PAPER)):
        needs = options.needs()
        for name, line in known.items():
            model = frozen.linear(network.model, line.weight, line.bias)
            made = [module.label(image, evidence.collect(model, image, needs.windows_px, STRIDE_PX, needs.scales,
                                                         TILE_PX, BATCH, device.resolve(RUNTIME)), options)
                    for image in images]  # fmt: skip
            plain = plain_ods([quantise(each) for each in made], masks)
            assert found[module.__name__.rpartition(".")[2], name]["small"] == pytest.approx(plain, abs=0.002)
    crack = np.mean([2 * mask.mean() / (1 + mask.mean()) for mask in masks])  # F1 where all is called crack
    assert found["alone", "shipped"]["small"] == pytest.approx(crack)


def test_what_was_scored_is_not_made_again(click_labels, network, folder, tmp_path, monkeypatch) -> None:
    sets, kept = {"small": (folder, ["a", "b"])}, tmp_path / "kept"
    first = click_labels.ods(click_labels.Labels(network, lines(network, "0"), None, kept), sets, 2)
    looked, labelled = [], []
    look, label = network.look, konig.label
    monkeypatch.setattr(network, "look", lambda *args: looked.append(1) or look(*args))
    monkeypatch.setattr(konig, "label", lambda *args: labelled.append(1) or label(*args))
    assert click_labels.ods(click_labels.Labels(network, lines(network, "0"), None, kept), sets, 2) == first
    assert not looked
    both = click_labels.ods(click_labels.Labels(network, lines(network, "0", "1"), None, kept), sets, 2)
    assert len(looked) == 2 and len(labelled) == 2
    assert {cell: value for cell, value in both.items() if cell in first} == first
    next(kept.glob("*-a-*.npz")).unlink()
    assert click_labels.ods(click_labels.Labels(network, lines(network, "0", "1"), None, kept), sets, 2) == both
    assert len(looked) == 3 and len(labelled) == 4


def test_an_image_that_changed_is_looked_at_again(click_labels, network, folder, tmp_path) -> None:
    labels = click_labels.Labels(network, lines(network, "0"), None, tmp_path / "kept")
    before = labels.of(folder, "a")
    write_image(folder / "images/a.png", 255 - load_image(folder, "a"))
    after = labels.of(folder, "a")
    assert len(list((tmp_path / "kept").iterdir())) == 2
    assert not np.array_equal(before["multiscale", "0"], after["multiscale", "0"])


def test_the_page_tells_what_was_measured(click_tables) -> None:
    told = json.loads((ROOT / "benchmarks/results/clicks.json").read_text())
    page = (ROOT / "docs/choosing.md").read_text()
    assert click_tables.written(page, told) == page


def test_a_table_says_mean_and_spread_over_seeds_and_share_of_all(click_tables) -> None:
    def ods(value: float) -> dict[str, dict[str, float]]:
        return {method: dict.fromkeys(click_tables.TITLES, value) for method in click_tables.METHODS}

    rows = [{"how": "chosen", "wrong": 0.05, "clicks": 200, "ods": ods(value)} for value in (0.4, 0.6)]
    told = {"rows": rows, "patches": {"clicked": 1827}, "all": {"ods": ods(0.5)}, "trained": {"ods": ods(0.8)},
            "shipped": {"ods": {"alone": dict.fromkeys(click_tables.TITLES, 0.3)}}}  # fmt: skip
    assert click_tables.labels(told, "konig")[2:] == [
        "| 200 | 5 % | chosen | 0.500 ± 0.100 | 0.500 ± 0.100 | 0.500 ± 0.100 |",
        "| all 1,827 patches | | | 0.500 | 0.500 | 0.500 |",
        "| a classifier that the stages trained | | | 0.800 | 0.800 | 0.800 |",
        "| no label: the network that ships, scale 1 | | | 0.300 | 0.300 | 0.300 |",
    ]
    assert click_tables.goal(told)[2] == "| 200 | 5 % | all 1,827 patches |" + " 1.00 (0.80) |" * 6
    assert click_tables.goal(told)[3].endswith(" 0.62 (0.50) |")


def test_a_page_without_the_place_of_a_table_is_refused(click_tables) -> None:
    with pytest.raises(ValueError, match="<!-- clicks: f1 -->"):
        click_tables.written("# Nothing\n", json.loads((ROOT / "benchmarks/results/clicks.json").read_text()))
