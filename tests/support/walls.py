"""The same six walls with their cracks in every published layout there is, as small good sets to be spoilt.

A new layout needs one entry in :data:`WRITERS` and one in :data:`OPTIONS`: then all of ``tests/hostile`` tries it.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from hairline.io import plugins
from support import kinds
from support.kinds import IDS, crack, encoded, grey, wall

PACKAGE = "hairline.data.layouts"
LAYOUTS = plugins.names(PACKAGE)
MASKED = [name for name in LAYOUTS if not getattr(plugins.resolve(PACKAGE, name), "WITHOUT_MASKS", False)]


def deepcrack(root: Path) -> None:
    for half, names in (("train", "abcd"), ("test", "ef")):
        for folder in (root / f"{half}_img", root / f"{half}_lab"):
            folder.mkdir(parents=True)
        for name in names:
            (root / f"{half}_img" / f"{name}.jpg").write_bytes(encoded(wall(name), "PNG"))
            Image.fromarray(grey(crack(name))).save(root / f"{half}_lab" / f"{name}.png")


def ael(root: Path) -> None:
    for folder in (root / "IMAGES" / "ESAR", root / "GROUND_TRUTH" / "ESAR"):
        folder.mkdir(parents=True)
    for name in IDS:
        (root / "IMAGES" / "ESAR" / f"Im_GT_ESAR_{name}.jpg").write_bytes(encoded(wall(name), "PNG"))
        Image.fromarray(255 - grey(crack(name))).save(root / "GROUND_TRUTH" / "ESAR" / f"GT_ESAR_{name}.png")


def coco(root: Path) -> None:
    (root / "images").mkdir(parents=True)
    for name in IDS:
        Image.fromarray(wall(name)).save(root / "images" / f"{name}.png")
    (root / "labels.json").write_text(json.dumps(coco_content()), encoding="utf-8")


def coco_content() -> dict[str, Any]:
    """The annotation file of the six walls: an outline an image, with the area and the bounding box that it has."""
    images, annotations = [], []
    for number, name in enumerate(IDS):
        images.append({"id": number, "file_name": f"{name}.png", "width": 64, "height": 48})
        top = int(crack(name).any(axis=1).argmax())
        outline = [3, top, 50, top, 50, top + 3, 3, top + 3]
        annotations.append({"id": number, "image_id": number, "category_id": 1, "segmentation": [outline],
                            "area": 141, "bbox": [3, top, 47, 3], "iscrowd": 0})  # fmt: skip
    return {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "crack"}]}


def cvat(root: Path) -> None:
    """Annotations of the six walls with a mask each: the runs of a box that is all crack."""
    lines = ["<annotations><version>1.1</version>"]
    (root / "images").mkdir(parents=True)
    for number, name in enumerate(IDS):
        Image.fromarray(wall(name)).save(root / "images" / f"{name}.png")
        box = f'left="3" top="{int(crack(name).any(axis=1).argmax())}" width="47" height="3"'
        lines.append(f'<image id="{number}" name="{name}.png" width="64" height="48">'
                     f'<mask label="crack" rle="0, 141" {box}></mask></image>')  # fmt: skip
    (root / "annotations.xml").write_text("\n".join([*lines, "</annotations>"]), encoding="utf-8")


def labelstudio(root: Path) -> None:
    """Tasks of the six walls with a polygon each, in per cent of the image."""
    tasks = []
    (root / "images").mkdir(parents=True)
    for name in IDS:
        Image.fromarray(wall(name)).save(root / "images" / f"{name}.png")
        top = int(crack(name).any(axis=1).argmax())
        corners = [(3, top), (50, top), (50, top + 3), (3, top + 3)]
        points = [[x * 100 / 64, y * 100 / 48] for x, y in corners]
        result = {"type": "polygonlabels", "value": {"points": points, "polygonlabels": ["crack"]},
                  "original_width": 64, "original_height": 48}  # fmt: skip
        tasks.append({"data": {"image": f"/data/upload/1/0a1b2c3d-{name}.png"}, "annotations": [{"result": [result]}]})
    (root / "project.json").write_text(json.dumps(tasks), encoding="utf-8")


def patch_folders(root: Path) -> None:
    for folder, names in (("Positive", "abc"), ("Negative", "def")):
        (root / folder).mkdir(parents=True)
        for name in names:
            (root / folder / f"{name}.jpg").write_bytes(encoded(wall(name), "PNG"))


def clicks(root: Path) -> None:
    (root / "images").mkdir(parents=True)
    (root / "clicks").mkdir()
    rows = ["photo,x,y,size,label"]
    for name in IDS:
        (root / "images" / f"{name}.png").write_bytes(encoded(wall(name), "PNG"))
        top = int(crack(name).any(axis=1).argmax())
        rows += [f"{name}.png,8,{top - 4},16,crack", f"{name}.png,8,{(top + 20) % 32},8,no_crack"]
    (root / "clicks" / "anna.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


WRITERS: dict[str, Callable[[Path], None]] = {
    **kinds.GOOD, "ael": ael, "clicks": clicks, "coco": coco, "cvat": cvat, "deepcrack": deepcrack,
    "labelstudio": labelstudio, "patch_folders": patch_folders,
}  # fmt: skip
OPTIONS: dict[str, dict[str, Any]] = {
    **kinds.OPTIONS,
    "ael": {"subsets": ["ESAR"], "crack": "black", "exclude": [], "test": ["ESAR_e", "ESAR_f"], "val": ["ESAR_d"]},
    "clicks": {"labels": {}, "shares": {"train": 0.5, "val": 0.2, "test": 0.3}, "exclude": []},
    "coco": {"annotations": {"labels.json": "shares"}, "images": "images", "categories": [],
             "shares": {"train": 0.5, "val": 0.2, "test": 0.3}, "exclude": []},
    "cvat": {"annotations": {"annotations.xml": "shares"}, "images": "images", "labels": [], "ignore": [],
             "shares": {"train": 0.5, "val": 0.2, "test": 0.3}, "exclude": []},
    "labelstudio": {"annotations": {"project.json": "shares"}, "images": "images", "labels": [], "ignore": [],
                    "shares": {"train": 0.5, "val": 0.2, "test": 0.3}, "exclude": []},
    "deepcrack": {"folders": {"train": "train", "test": "test"}, "limit": {}, "exclude": []},
    "patch_folders": {"crack": ["Positive"], "no_crack": ["Negative"], "group": "",
                      "shares": {"train": 0.5, "val": 0.2, "test": 0.3}, "limit": 0, "exclude": []},
}  # fmt: skip


def write(layout: str, root: Path) -> None:
    """Write the six walls in a layout; a layout that nobody has described fails with what to do."""
    if layout not in WRITERS or layout not in OPTIONS:
        pytest.fail(f"the layout {layout} is not tried with hostile files yet: give {__file__} its WRITERS and OPTIONS")
    WRITERS[layout](root)
