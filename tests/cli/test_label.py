"""`hairline label`: photos and a classifier of patches in, pseudo-labels out."""

from pathlib import Path

import numpy as np
import pytest
import torch
from support.photo_commands import refused_before_anything_is_written
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.imaging.images import read_scores, write_image
from hairline.inspection.labeller import Labeller
from hairline.labelling import sizes
from hairline.labelling.methods import multiscale
from hairline.nn.classifier import backbones, evidence, frozen
from hairline.nn.runtime import device
from hairline.nn.runtime.serving import RUNTIME


def classifier(folder: Path, seed: int = 0, **info: object) -> Path:
    """A linear classifier on an untrained network, as clicks teach one."""
    torch.manual_seed(0)
    network = frozen.Frozen(backbones.build("test_resnet", "none")[0].eval())
    weight = np.random.default_rng(seed).normal(size=network.length) * 3
    backbones.save(frozen.linear(network.model, weight, 0.0), folder, info)
    return folder


def photo(path: Path) -> None:
    image = np.random.default_rng(0).integers(120, 200, (70, 90, 3), dtype=np.uint8)
    image[30:33] = 20
    write_image(path, image)


def test_photos_and_a_classifier_in_labels_out_and_a_second_call_skips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    classifier(Path("c"))
    photo(Path("photos/below/a.png"))
    words = ["label", "photos", "--classifier", "c", "--out", "out", "--method", "konig"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "1 photos labelled, 0 done before, 0 failed" in done.output
    assert {path.relative_to("out").as_posix() for path in Path("out").rglob("*.*")} == {
        "scores/below/a.png", "masks/below/a.png", "overlays/below/a.jpg", "predictions.csv"
    }  # fmt: skip
    Path("photos/b.jpg").write_bytes(b"no image")
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "0 photos labelled, 1 done before, 1 failed" in done.output
    Path("photos/b.jpg").unlink()
    more = ["--classifier", str(classifier(Path("d"), 1)), "--method", "otsu", "--no-overlay"]
    assert "1 photos labelled" in CliRunner().invoke(app, [*words, *more]).output


def test_a_label_is_that_of_the_stages_by_the_same_classifier(tmp_path: Path) -> None:
    model = backbones.load(classifier(tmp_path / "c"))[0]
    image = np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)
    found = evidence.collect(model, image, (32,), 16, (0.5, 1.5), 1024, 128, device.resolve(RUNTIME))
    label = multiscale.label(image, found, multiscale.EXAMPLE)
    one = Labeller(tmp_path / "c", "multiscale")
    assert np.allclose(one.predict(image), label, atol=1e-4)
    assert one.predict(image, 2).shape == one.predict(image, 0.5).shape == (70, 90)
    assert one.sha256 != Labeller(tmp_path / "c", "konig").sha256


def test_sizes_go_by_the_patches_that_the_classifier_learned_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = backbones.load(classifier(tmp_path / "c", window_px=256))[0]
    image = np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)
    found = evidence.collect(model, image, (64,), 16, (0.5, 1.5), 1024, 128, device.resolve(RUNTIME))
    label = multiscale.label(image, found, sizes.resized(multiscale.EXAMPLE, 256))
    one, other = Labeller(tmp_path / "c", "multiscale"), Labeller(classifier(tmp_path / "d"), "multiscale")
    assert np.allclose(one.predict(image), label, atol=1e-4) and not np.allclose(label, other.predict(image), atol=1e-4)
    monkeypatch.chdir(tmp_path)
    photo(Path("a.png"))
    words = ["label", "a.png", "--out", "out", "--method", "otsu", "--no-overlay", "--again", "--classifier"]
    assert "Patches   256 px" in CliRunner().invoke(app, [*words, "c"]).output
    assert (
        "note: d: its model.json does not tell the side of the patches" in CliRunner().invoke(app, [*words, "d"]).output
    )


@pytest.mark.parametrize("told", ["128", 12.5, 0, True, 10**9])
def test_a_side_that_is_none_counts_as_not_told(tmp_path: Path, told: object) -> None:
    assert Labeller(classifier(tmp_path / "c", window_px=told), "otsu").window_px is None


def test_a_threshold_of_the_whole_image_needs_no_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    classifier(Path("c"))
    photo(Path("a.png"))
    words = ["label", "a.png", "--classifier", "c", "--out", "out", "--method", "otsu", "--no-overlay"]
    assert CliRunner().invoke(app, words).exit_code == 0
    scores = read_scores(Path("out/scores/a.png"))
    assert scores[31, 5] > 0.5 > scores[10].mean() and not Path("out/overlays").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nothing"], "nothing: not found"),
        (["a.png", "--threshold", "0"], "--threshold 0"),
        (["a.png", "--scale", "0"], "scale 0"),
        (["a.png", "--classifier", "nothing"], "nothing: no such folder; expected the folder of a classifier"),
        (["a.png", "--classifier", "."], "has no model.json and no weights.safetensors"),
        (["a.png", "--method", "nothing"], "nothing"),
        (["a.png", "--out", "a.png"], "--out a.png: is a file"),
    ],
)
def test_a_mistake_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    refused_before_anything_is_written(
        tmp_path, monkeypatch, ["label", "--classifier", "none", "--out", "out", *words], told
    )
