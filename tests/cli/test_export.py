"""`hairline export`: what a person types and what comes back."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from support import small_network
from typer.testing import CliRunner

import hairline
from hairline.cli.app import app
from hairline.errors import HairlineError
from hairline.imaging.images import write_image
from hairline.nn.exporting import parity
from hairline.nn.segmenter import shipped
from hairline.tracking import registry


def test_a_network_becomes_a_file_that_predicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "SIZES", ((33, 57),))
    monkeypatch.setattr(shipped, "FOLDER", small_network.make(tmp_path / "mine"))
    monkeypatch.chdir(tmp_path)
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    write_image(Path("photos/a.png"), image)
    for words, file in (
        (["shipped"], "shipped.onnx"), (["mine/"], "mine.onnx"), (["mine", "--out", "below/b.ONNX"], "below/b.ONNX")
    ):  # fmt: skip
        done = CliRunner().invoke(app, ["export", *words, "--check", "photos/a.png"])
        assert done.exit_code == 0, done.output
        assert f"Network   {file}" in done.output and "on 2 images" in done.output
        expected = hairline.load_segmenter().predict(image)
        np.testing.assert_allclose(hairline.load_segmenter(file).predict(image), expected, rtol=0, atol=1e-4)
    done = CliRunner().invoke(app, ["predict", "photos", "--out", "out", "--model", "mine.onnx"])
    assert done.exit_code == 0, done.output
    assert "1 photos predicted" in done.output


def test_a_registered_network_is_exported_as_its_folder_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = small_network.make(tmp_path / "mine")

    def fetch(uri: str, source: str, target: Path) -> Path:
        assert source == "models:/cracks@champion"
        shutil.copytree(folder, target / "data" / "mine")
        return target

    monkeypatch.setattr(parity, "SIZES", ((33, 57),))
    monkeypatch.setattr(registry, "fetch", fetch)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["export", "models:/cracks@champion"])
    assert done.exit_code == 0, done.output
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    found = hairline.load_segmenter("cracks-champion.onnx").predict(image)
    np.testing.assert_allclose(found, hairline.load_segmenter(folder).predict(image), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["exported.onnx"], r"exported\.onnx: is no folder; expected 'shipped', the folder of a segmenter or models:/"),
        (["models:/cracks@champion"], r"models:/cracks@champion: found no store of MLflow"),
        (["nothing"], r"nothing/model\.json: not found"),
        (["shipped", "--out", "a.txt"], r"--out a\.txt: expected a name that ends with \.onnx"),
        (["shipped", "--out", "there.onnx"], r"--out there\.onnx: is a folder"),
        (["shipped", "--check", "nothing.jpg"], r"nothing\.jpg: no such file"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.setattr(shipped, "FOLDER", small_network.make(tmp_path / "network"))
    monkeypatch.chdir(tmp_path)
    Path("there.onnx").mkdir()
    done = CliRunner().invoke(app, ["export", *words])
    assert isinstance(done.exception, HairlineError)
    with pytest.raises(HairlineError, match=told):
        raise done.exception
    assert {path.name for path in tmp_path.iterdir()} == {"network", "there.onnx"}


def test_formats_that_there_are_not_are_refused() -> None:
    done = CliRunner().invoke(app, ["export", "shipped", "--format", "tflite"])
    assert done.exit_code == 2 and "onnx" in done.output
