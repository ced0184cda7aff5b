"""`hairline predict`: what a person types and what comes back."""

from pathlib import Path

import numpy as np
import pytest
from support import small_network
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.errors import HairlineError
from hairline.imaging.images import write_image
from hairline.nn.segmenter import shipped


def test_photos_in_masks_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "FOLDER", small_network.make(tmp_path / "network"))
    monkeypatch.chdir(tmp_path)
    write_image(tmp_path / "photos/a.png", np.zeros((40, 50, 3), np.uint8))
    done = CliRunner().invoke(app, ["predict", "photos", "--out", "out", "--overlay"])
    assert done.exit_code == 0, done.output
    assert "1 photos predicted, 0 done before, 0 failed" in done.output
    assert {path.relative_to("out").as_posix() for path in Path("out").rglob("*.*")} == {
        "scores/a.png", "masks/a.png", "overlays/a.jpg", "predictions.csv"
    }  # fmt: skip
    (tmp_path / "photos/b.jpg").write_bytes(b"no image")
    (tmp_path / "photos/c.psd").touch()
    done = CliRunner().invoke(app, ["predict", "photos", "--out", "out", "--overlay"])
    assert done.exit_code == 1
    assert "0 photos predicted, 1 done before, 1 failed" in done.output
    assert "b.jpg: cannot be decoded" in done.output and "1 other files passed over" in done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
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
    monkeypatch.chdir(tmp_path)
    write_image(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    done = CliRunner().invoke(app, ["predict", "--out", "out", *words])
    assert isinstance(done.exception, HairlineError) and told in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
