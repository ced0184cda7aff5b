"""A small good set of every layout, made by code: what tests of all layouts spoil."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hairline.data.layouts import (
    ael,
    cfd,
    clicks,
    coco,
    crack500,
    cvat,
    deepcrack,
    folder,
    labelstudio,
    patch_folders,
    synthetic,
)
from support.kinds import truth

SHARES: Any = {"train": 0.6, "val": 0.2, "test": 0.2}
NAMES = ("Brücke", "Wand 1", "c")
"""As a Mac, an annotation tool, and anybody would write them otherwise; in composed form."""
MASK = np.zeros((6, 8), bool)
MASK[2] = True


@dataclass(frozen=True)
class GoodSet:
    """A set that was made.

    Attributes:
        layout: The module that reads it.
        options: Its options.
        images: The folder that holds the images.
        ids: Names → ids of the samples.
        files: Number of pictures and masks.
    """

    layout: Any
    options: Any
    images: Path
    ids: dict[str, str]
    files: int


def jpeg() -> bytes:
    """A picture as JPEG."""
    file = io.BytesIO()
    Image.fromarray(np.full((6, 8, 3), 90, np.uint8)).save(file, "JPEG")
    return file.getvalue()


def _pictures(directory: Path, names: tuple[str, ...] = NAMES, suffix: str = ".jpg") -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name in names:
        (directory / f"{name}{suffix}").write_bytes(jpeg())


def _masks(directory: Path, names: tuple[str, ...] = NAMES) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.fromarray(MASK).save(directory / f"{name}.png")


def _same() -> dict[str, str]:
    return {name: name for name in NAMES}


def _folder(root: Path, exclude: list[str]) -> GoodSet:
    _pictures(root / "images")
    _masks(root / "masks")
    rows = "".join(f"{name},train,{name}\n" for name in NAMES)
    (root / "split.csv").write_text(f"id,split,group\n{rows}", encoding="utf-8")
    return GoodSet(folder, folder.Options(SHARES, exclude), root / "images", _same(), 6)


def _crack500(root: Path, exclude: list[str]) -> GoodSet:
    _pictures(root / "traincrop")
    _masks(root / "traincrop")
    options = crack500.Options({"traincrop": "train"}, {}, exclude)
    return GoodSet(crack500, options, root / "traincrop", _same(), 6)


def _cfd(root: Path, exclude: list[str]) -> GoodSet:
    _pictures(root / "image")
    (root / "groundTruth").mkdir()
    for name in NAMES:
        (root / "groundTruth" / f"{name}.mat").write_bytes(truth(MASK + np.uint8(1)))
    return GoodSet(cfd, cfd.Options(exclude, ["Brücke"], ["Wand 1"]), root / "image", _same(), 6)


def _deepcrack(root: Path, exclude: list[str]) -> GoodSet:
    _pictures(root / "train_img")
    _masks(root / "train_lab")
    return GoodSet(deepcrack, deepcrack.Options({"train": "train"}, {}, exclude), root / "train_img", _same(), 6)


def _ael(root: Path, exclude: list[str]) -> GoodSet:
    _pictures(root / "IMAGES" / "ESAR")
    _masks(root / "GROUND_TRUTH" / "ESAR")
    options = ael.Options(["ESAR"], "white", exclude, ["Brücke"], ["Wand 1"])
    return GoodSet(ael, options, root / "IMAGES" / "ESAR", _same(), 6)


def _patch_folders(root: Path, exclude: list[str]) -> GoodSet:
    _pictures(root / "Positive")
    _pictures(root / "Negative", ("d",))
    options = patch_folders.Options(["Positive"], ["Negative"], "", SHARES, 0, exclude)
    return GoodSet(patch_folders, options, root / "Positive", {name: f"Positive_{name}" for name in NAMES}, 4)


def _coco(root: Path, exclude: list[str]) -> GoodSet:
    _pictures(root / "images")
    images = [
        {"id": number, "file_name": f"{name}.jpg", "width": 8, "height": 6} for number, name in enumerate(NAMES, 1)
    ]
    (root / "annotations").mkdir()
    content = {"images": images, "annotations": [], "categories": [{"id": 1, "name": "crack"}]}
    (root / "annotations" / "instances.json").write_text(json.dumps(content), encoding="utf-8")
    known = {
        "annotations": {"annotations/instances.json": "train"}, "images": "images", "categories": ["crack"],
        "shares": SHARES, "exclude": exclude,
    }  # fmt: skip
    return GoodSet(coco, coco.Options(**known), root / "images", _same(), 3)


def _cvat(root: Path, exclude: list[str]) -> GoodSet:
    _pictures(root / "images")
    images = "".join(f'<image id="{number}" name="{name}.jpg" width="8" height="6"></image>'
                     for number, name in enumerate(NAMES))  # fmt: skip
    (root / "annotations.xml").write_text(f"<annotations>{images}</annotations>", encoding="utf-8")
    options = cvat.Options({"annotations.xml": "train"}, "images", [], [], SHARES, exclude)
    return GoodSet(cvat, options, root / "images", _same(), 3)


def _labelstudio(root: Path, exclude: list[str]) -> GoodSet:
    _pictures(root / "images")
    tasks = [{"data": {"image": f"/data/local-files/?d=images/{name}.jpg"}, "annotations": [{"result": []}]}
             for name in NAMES]  # fmt: skip
    (root / "project.json").write_text(json.dumps(tasks), encoding="utf-8")
    options = labelstudio.Options({"project.json": "train"}, "images", [], [], SHARES, exclude)
    return GoodSet(labelstudio, options, root / "images", _same(), 3)


def _clicks(root: Path, exclude: list[str]) -> GoodSet:
    _pictures(root / "images")
    (root / "clicks").mkdir()
    rows = "".join(f"{name}.jpg,0,0,4,crack\n" for name in NAMES)
    (root / "clicks" / "anna.csv").write_text(f"photo,x,y,size,label\n{rows}", encoding="utf-8")
    return GoodSet(clicks, clicks.Options({}, SHARES, exclude), root / "images", _same(), 3)


def _synthetic(root: Path, exclude: list[str]) -> GoodSet:
    _pictures(root / "images", suffix=".png")
    _masks(root / "masks")
    rows = "".join(f"{name},train\n" for name in NAMES)
    (root / "split.csv").write_text(f"id,split\n{rows}", encoding="utf-8")
    return GoodSet(synthetic, synthetic.Options(), root / "images", _same(), 6)


_MAKERS: dict[str, Callable[[Path, list[str]], GoodSet]] = {
    "ael": _ael, "cfd": _cfd, "clicks": _clicks, "coco": _coco, "crack500": _crack500, "cvat": _cvat,
    "deepcrack": _deepcrack, "folder": _folder, "labelstudio": _labelstudio, "patch_folders": _patch_folders,
    "synthetic": _synthetic,
}  # fmt: skip


def make(layout: str, root: Path, exclude: list[str] | None = None) -> GoodSet:
    """Make the good set of a layout; without a maker for it the test fails with what to do."""
    if layout not in _MAKERS:
        pytest.fail(f"{layout} is not under test yet: give tests/support/good_sets.py a small good set of it")
    root.mkdir(parents=True, exist_ok=True)
    return _MAKERS[layout](root, exclude or [])
