"""Masks out to every format and back, bit by bit, and what other readers make of the files."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pycocotools.coco
import pytest
from numpy.typing import NDArray
from support.rle_pack import unpacked

from hairline.data.annotating import bringing, sources, writing
from hairline.data.annotating.images import Labels
from hairline.data.annotating.written import Wanted
from hairline.imaging.images import read_grey, write_image
from hairline.io import plugins

PACKAGE = "hairline.data.annotating.formats"
FORMATS = plugins.names(PACKAGE)
FILES = {"coco": "annotations/instances_default.json", "cvat": "annotations.xml", "labelstudio": "tasks.json",
         "masks": "masks"}  # fmt: skip
Levels = NDArray[np.uint8]


def masks() -> Iterator[tuple[str, Levels]]:
    """Masks as they may be, each of another size, with names as they may be."""
    rng = np.random.default_rng(24)
    yield "noise", (rng.random((31, 23)) < 0.5) * np.uint8(255)
    yield "levels of all kinds", rng.choice(np.array([0, 127, 255], np.uint8), (20, 33))
    yield "empty", np.zeros((9, 14), np.uint8)
    yield "full", np.full((8, 5), 255, np.uint8)
    yield "ignored", np.full((4, 6), 127, np.uint8)
    yield "one pixel", np.full((1, 1), 255, np.uint8)
    lines = np.zeros((40, 50), np.uint8)
    lines[:, 0] = lines[39] = lines[np.arange(40), np.arange(40)] = 255
    yield "north/lines", lines
    ring = np.zeros((30, 30), np.uint8)
    ring[5:25, 5:25], ring[9:21, 9:21], ring[14:16, 14:16], ring[0, 29] = 255, 0, 255, 255
    yield "north/Brücke & 'holes' <1>", ring


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder of every format, of the same masks."""
    root = tmp_path_factory.mktemp("annotated")
    for name, levels in masks():
        write_image(root / "photos" / f"{name}.png", np.dstack([levels // 2 + 20] * 3))
        write_image(root / "found" / f"{name}.png", levels)
    found, _ = sources.of_folders(root / "photos", root / "found", None)
    wanted = Wanted("http://example.org/", False, len(found), "masks of found & others")
    for form in FORMATS:
        writing.write(plugins.resolve(PACKAGE, form), found, root / form, wanted)
    return {form: root / form for form in FORMATS}


@pytest.mark.parametrize("form", FORMATS)
def test_masks_come_back_bit_by_bit(form: str, exported: dict[str, Path], tmp_path: Path) -> None:
    module, path = plugins.resolve(PACKAGE, form), exported[form] / FILES[form]
    if form == "labelstudio":
        path = submitted(path, tmp_path)
    back = bringing.bring_back(module, path, tmp_path / "back", Labels(), bringing.known(None, None))
    assert {row.name for row in back.rows} == {name for name, _ in masks()}
    assert not back.notes
    for name, levels in masks():
        assert np.array_equal(read_grey(tmp_path / "back" / "masks" / f"{name}.png"), levels), name


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_what_to_do_with_it(form: str) -> None:
    assert plugins.resolve(PACKAGE, form).ABOUT


def submitted(path: Path, folder: Path) -> Path:
    """The tasks of a file as Label Studio exports them once a person has submitted each as it was."""
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for number, task in enumerate(tasks):
        [prediction] = task.pop("predictions")
        task["annotations"] = [{"id": number, "result": prediction["result"], "lead_time": 3.5, "completed_by": 7,
                                "was_cancelled": False, "updated_at": "2026-11-27T08:39:39Z"}]  # fmt: skip
    (folder / "project.json").write_text(json.dumps(tasks), encoding="utf-8")
    return folder / "project.json"


def of_pycocotools(folder: Path) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    file = pycocotools.coco.COCO(str(folder / FILES["coco"]))
    for image in file.loadImgs(file.getImgIds()):
        for entry in file.loadAnns(file.getAnnIds(imgIds=image["id"])):
            drawn = file.annToMask(entry).astype(bool)
            assert entry["area"] == drawn.sum()
            yield image["file_name"], file.cats[entry["category_id"]]["name"], drawn


def of_plain_cvat(folder: Path) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """As CVAT's description of the format has it: runs along the rows of the box, the first of background."""
    for image in ElementTree.parse(folder / FILES["cvat"]).getroot().iter("image"):
        for mask in image.iter("mask"):
            left, top, width, height = (int(mask.attrib[key]) for key in ("left", "top", "width", "height"))
            pixels = [index % 2 for index, run in enumerate(mask.attrib["rle"].split(",")) for _ in range(int(run))]
            drawn = np.zeros((int(image.attrib["height"]), int(image.attrib["width"])), bool)
            for place, pixel in enumerate(pixels):
                drawn[top + place // width, left + place % width] = pixel
            assert len(pixels) == width * height
            yield image.attrib["name"], mask.attrib["label"], drawn


def of_plain_label_studio(folder: Path) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    for task in json.loads((folder / FILES["labelstudio"]).read_text(encoding="utf-8")):
        for result in task["predictions"][0]["result"]:
            shape = result["original_height"], result["original_width"], 4
            alpha = np.array(unpacked(result["value"]["rle"])).reshape(shape)[..., 3]
            yield task["data"]["photo"], result["value"]["brushlabels"][0], alpha > 0


@pytest.mark.parametrize(
    ("form", "read"), [("coco", of_pycocotools), ("cvat", of_plain_cvat), ("labelstudio", of_plain_label_studio)]
)
def test_other_readers_find_the_same_pixels(
    form: str,
    read: Callable[[Path], Iterator[tuple[str, str, NDArray[np.bool_]]]],
    exported: dict[str, Path],
) -> None:
    found = {(name, label): drawn for name, label, drawn in read(exported[form])}
    wanted = {(f"{name}.png", label): levels == level for name, levels in masks()
              for label, level in (("crack", 255), ("ignore", 127)) if (levels == level).any()}  # fmt: skip
    assert found.keys() == wanted.keys()
    for key, drawn in wanted.items():
        assert np.array_equal(found[key], drawn), key


def test_label_studio_fetches_images_below_the_prefix(exported: dict[str, Path]) -> None:
    tasks = json.loads((exported["labelstudio"] / "tasks.json").read_text(encoding="utf-8"))
    assert "http://example.org/north/Br%C3%BCcke%20%26%20%27holes%27%20%3C1%3E.png" in {
        task["data"]["image"] for task in tasks
    }


def test_cvat_numbers_images_in_the_order_of_their_names(exported: dict[str, Path]) -> None:
    images = list(ElementTree.parse(exported["cvat"] / "annotations.xml").getroot().iter("image"))
    assert [image.attrib["id"] for image in images] == [str(number) for number in range(len(images))]
    assert [image.attrib["name"] for image in images] == sorted(image.attrib["name"] for image in images)
