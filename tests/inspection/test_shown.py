"""From photos to files that others open, by the two commands that people type."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_masks
from support import known_cracks, small_network
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.imaging import limits
from hairline.imaging.images import read_mask, write_image, write_mask

WORDS = ("measure", "found", "--photos", "photos", "--out", "out", "--coco", "--geojson")


def said(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, words)
    return done.exit_code, f"{done.output}{done.exception or ''}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Photos, predicted; their masks are those of the crack in them, since the network is not taught."""
    monkeypatch.chdir(tmp_path)
    cover = known_cracks.straight(6, 100, 30)
    for name in ("a", "below/b"):
        write_image(tmp_path / "photos" / f"{name}.png", known_cracks.photo(cover))
    small_network.make(tmp_path / "net")
    status, told = said("predict", "net", "photos", "--out", "found")
    assert status == 0, told
    for name in ("a", "below/b"):
        write_mask(tmp_path / "found/masks" / f"{name}.png", cover >= 0.5)
    return tmp_path


def coco(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "out/coco.json").read_text()))


def test_masks_become_a_page_and_coco_that_say_what_network_made_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(limits, "PIXELS", 1000)  # above which images of data sets are refused, and photos here are not
        status, told = said(*WORDS, "--mm-per-px", "0.5")
    assert status == 0, told
    assert {path.name for path in (folder / "out").iterdir() if path.is_file()} == {
        "cracks.csv", "cracks.parquet", "photos.csv", "index.html", "coco.json", "cracks_px.geojson"
    }  # fmt: skip
    page = (folder / "out/index.html").read_text(encoding="utf-8")
    assert "A network for tests" in page and "below/b.png" in page and "3.0" in page
    found = coco(folder)
    assert [image["file_name"] for image in found["images"]] == ["a.png", "below/b.png"]
    for image, crack in zip(found["images"], found["annotations"], strict=True):
        cells = crack["segmentation"]
        cells = cells if isinstance(cells["counts"], str) else coco_masks.frPyObjects(cells, *cells["size"])
        mask = read_mask(folder / "found/masks" / image["file_name"])
        assert (coco_masks.decode(cells).astype(bool) == mask).all()


def test_a_later_call_writes_of_all_that_was_measured_and_a_changed_mask_anew(folder: Path) -> None:
    assert said(*WORDS)[0] == 0
    before = (folder / "out/index.html").read_bytes()
    assert said(*WORDS)[0] == 0
    assert (folder / "out/index.html").read_bytes() == before
    write_mask(folder / "found/masks/a.png", np.zeros((200, 200), bool)[:1])
    status, told = said(*WORDS)
    assert status == 1 and "its photo" in told
    assert [image["file_name"] for image in coco(folder)["images"]] == ["below/b.png"]
    write_mask(folder / "found/masks/a.png", read_mask(folder / "found/masks/below/b.png") & False)
    assert said(*WORDS)[0] == 0
    assert len(coco(folder)["images"]) == 2 and len(coco(folder)["annotations"]) == 1


def test_a_mask_that_is_gone_is_told_of_before_anything_is_replaced(folder: Path) -> None:
    assert said(*WORDS)[0] == 0
    before = (folder / "out/index.html").read_bytes()
    (folder / "found/masks/a.png").unlink()
    status, told = said(*WORDS)
    assert status == 1 and "a.png" in told
    assert (folder / "out/index.html").read_bytes() == before
    assert not list((folder / "out").glob("*.partial"))
