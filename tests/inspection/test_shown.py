"""From photos to files that others open, by the two commands that people type."""

import csv
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
    assert status == 0 and "without a mask" not in told, told
    assert {path.name for path in (folder / "out").iterdir() if path.is_file()} == {
        "cracks.csv", "cracks.parquet", "photos.csv", "index.html", "coco.json", "cracks_px.geojson"
    }  # fmt: skip
    page = (folder / "out/index.html").read_text(encoding="utf-8")
    assert "0.5 (--mm-per-px)" in page and "masks changed by hand" in page and "2 of 2" in page
    assert "photos as the network saw them" in page and "at their own size" in page
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


def test_a_mask_that_is_gone_is_told_of_and_left_out_of_all_files(folder: Path) -> None:
    assert said(*WORDS)[0] == 0
    (folder / "found/masks/a.png").unlink()
    status, told = said(*WORDS)
    assert status == 0 and "note: a: measured before, and left out" in told
    assert [image["file_name"] for image in coco(folder)["images"]] == ["below/b.png"]
    assert "a.png" not in (folder / "out/index.html").read_text().replace("below/b.png", "")
    assert [row["photo"] for row in csv.DictReader((folder / "out/photos.csv").open())] == ["below/b"]


def test_no_card_of_another_network_stays(folder: Path) -> None:
    assert "A network for tests" in (folder / "found/network.md").read_text()
    (folder / "net/CARD.md").unlink()
    info = json.loads((folder / "net/model.json").read_text())
    (folder / "net/model.json").write_text(json.dumps(info | {"training": {"seed": 5}}))
    assert said("predict", "net", "photos/a.png", "--out", "found", "--again")[0] == 0
    assert not (folder / "found/network.md").exists()
    (folder / "found/network.md").write_text("# A network for tests\n")
    assert said(*WORDS[:6])[0] == 0
    assert "A network for tests" not in (folder / "out/index.html").read_text()  # of two networks


def test_photos_that_share_a_name_are_called_by_their_files(folder: Path) -> None:
    write_image(folder / "photos/a.jpg", np.zeros((200, 200, 3), np.uint8))
    assert said("predict", "net", "photos", "--out", "found")[0] == 0
    status, told = said(*WORDS)
    assert status == 0, told
    names = {image["file_name"] for image in coco(folder)["images"]}
    assert names == {"a.jpg", "a.png", "below/b.png"}
