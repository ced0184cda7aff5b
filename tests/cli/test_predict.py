"""`hairline predict`: what a person types and what comes back."""

from pathlib import Path

import numpy as np
import pytest
from support import small_network
from support.photo_commands import refused_before_anything_is_written
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.imaging.images import write_image
from hairline.inspection import records
from hairline.nn.segmenter import shipped


def test_photos_in_masks_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "FOLDER", small_network.make(tmp_path / "network"))
    monkeypatch.chdir(tmp_path)
    write_image(tmp_path / "photos/a.png", np.zeros((40, 50, 3), np.uint8))
    done = CliRunner().invoke(app, ["predict", "photos", "--out", "out", "--overlay"])
    assert done.exit_code == 0, done.output
    assert "1 photos predicted, 0 done before, 0 failed" in done.output
    assert {path.relative_to("out").as_posix() for path in Path("out").rglob("*.*")} == {
        "scores/a.png", "masks/a.png", "overlays/a.jpg", "predictions.csv",
        "network.md",
    }  # fmt: skip
    (tmp_path / "photos/b.jpg").write_bytes(b"no image")
    (tmp_path / "photos/c.psd").touch()
    done = CliRunner().invoke(app, ["predict", "photos", "--out", "out", "--overlay"])
    assert done.exit_code == 1
    assert "0 photos predicted, 1 done before, 1 failed" in done.output
    assert "b.jpg: cannot be decoded" in done.output and "1 other files passed over" in done.output


def test_the_network_may_come_first_and_its_threshold_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"value": 0.37, "f1": 0.7, "images": 12, "labels": "masks"}
    small_network.make(tmp_path / "net", {"threshold": kept})
    monkeypatch.chdir(tmp_path)
    write_image(tmp_path / "photos/a.png", np.zeros((40, 50, 3), np.uint8))
    done = CliRunner().invoke(app, ["predict", "net", "photos/*.png", "--out", "out", "--average", "flips"])
    assert done.exit_code == 0, done.output
    assert "Threshold 0.37, the best on 12 validation images, against their masks" in done.output
    record = records.read(tmp_path / "out")[str(tmp_path / "photos/a.png")]
    assert (record.threshold, record.average) == (0.37, "flips")
    done = CliRunner().invoke(
        app, ["predict", "photos", "--model", "net", "--out", "out", "--threshold", "0.6", "--workers", "2"]
    )
    assert done.exit_code == 0 and "Threshold 0.6, as given" in done.output
    assert "1 photos predicted, 0 done before, 0 failed" in done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["a.png", "--every", "0"], "--every 0: expected seconds above 0"),
        (["a.png", "--workers", "0"], "--workers 0: expected 1 to 64"),
        (["a.png", "--average", "all"], "--average all: expected one of none, flips"),
        (["models:/mine@champion", "a.png"], "models:/mine@champion: found no store"),
        (["b*.png"], "b*.png: has no photo"),
        (["nothing"], "nothing: not found"),
        (["a.png", "--threshold", "0"], "--threshold 0"),
        (["a.png", "--scale", "0"], "scale 0"),
        (["a.png", "--model", "nothing"], "nothing: no such folder; expected 'shipped'"),
        (["a.png", "--out", "a.png"], "--out a.png: is a file"),
    ],
)
def test_a_mistake_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    refused_before_anything_is_written(tmp_path, monkeypatch, ["predict", "--out", "out", *words], told)
