"""The sheet of generated images, of any number of them."""

import sys
from pathlib import Path

import cv2
import generator_sheet
import pytest


def sheet(monkeypatch: pytest.MonkeyPatch, path: Path, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["generator_sheet.py", str(path), "--side", "32", *words])
    generator_sheet.main()


@pytest.mark.parametrize(("images", "size"), [(1, (32, 32)), (5, (32, 160)), (10, (64, 256))])
def test_every_image_is_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, images: int, size: tuple[int, int]
) -> None:
    sheet(monkeypatch, tmp_path / "sheet.png", "--images", str(images))
    found = cv2.imread(str(tmp_path / "sheet.png"))
    assert found is not None and found.shape[:2] == size
    assert (found[-32:, (images - 1) % 8 * 32 :][:, :32] != 255).any()
    assert images < 8 or (found[-32:, 64:] == 255).all()


@pytest.mark.parametrize("words", [("--images", "0"), ("--side", "31")])
def test_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit):
        sheet(monkeypatch, tmp_path / "sheet.png", *words)
    assert "expected --images of 1 or more and a --side from 32" in capsys.readouterr().err
