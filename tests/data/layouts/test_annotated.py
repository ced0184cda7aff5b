"""Layouts of annotation tools whose files say which images were corrected: cvat and labelstudio."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hairline.data.layouts import cvat, labelstudio
from hairline.data.samples import RawSample
from hairline.errors import HairlineError
from hairline.imaging.images import write_image

SHARES: Any = {"train": 0.8, "val": 0.2}
CRACK = np.zeros((6, 8), bool)
CRACK[1:3, 2:5] = True
IGNORED = np.zeros((6, 8), bool)
IGNORED[4:, 6:] = True


def photos(root: Path, *names: str) -> None:
    for name in names:
        write_image(root / "images" / f"{name}.png", np.full((6, 8, 3), 99, np.uint8))


def mask(sample: RawSample) -> Any:
    assert sample.mask is not None
    return sample.read_mask(sample.mask)


def of_cvat(root: Path, inside: str, split: Any = "train", **options: Any) -> list[RawSample]:
    (root / "annotations.xml").write_text(f"<annotations>{inside}</annotations>", encoding="utf-8")
    known = {"labels": [], "ignore": ["ignore"], "shares": SHARES, "exclude": [], **options}
    return cvat.read(root, cvat.Options({"annotations.xml": split}, "images", **known))


def image(name: str, inside: str = "", size: str = 'width="8" height="6"') -> str:
    return f'<image id="0" name="{name}" {size}>{inside}</image>'


DRAWN = ('<mask label="crack" rle="0, 6" left="2" top="1" width="3" height="2"></mask>'
         '<box label="ignore" xtl="6" ytl="4" xbr="8" ybr="6"></box>')  # fmt: skip
CHECKED = '<tag label="checked"></tag>'


def test_masks_of_cvat_have_crack_and_what_is_ignored(tmp_path: Path) -> None:
    photos(tmp_path, "a", "north/b")
    first, second = of_cvat(tmp_path, image("a.png", DRAWN) + image("north/b.png"))
    found = mask(first)
    assert np.array_equal(found.crack, CRACK) and np.array_equal(found.ignored, IGNORED)
    assert (second.id, second.split) == ("north-b", "train")
    assert not mask(second).crack.any() and mask(second).ignored is None


def test_where_images_are_tagged_the_others_have_no_mask(tmp_path: Path) -> None:
    photos(tmp_path, "a", "b")
    first, second = of_cvat(tmp_path, image("a.png", CHECKED) + image("b.png", DRAWN), "shares", exclude=["c"])
    assert first.mask == tmp_path / "annotations.xml" and second.mask is None
    assert first.shares == SHARES


def test_tasks_that_nobody_submitted_have_no_mask(tmp_path: Path) -> None:
    photos(tmp_path, "a", "b", "c")
    value = {"points": [[25, 50 / 3], [62.5, 50 / 3], [62.5, 50], [25, 50]], "polygonlabels": ["crack"]}
    region = {"value": value, "original_width": 8, "original_height": 6}
    tasks = [
        {"data": {"image": "http://example.org/1a2b3c4d-a.png"}, "annotations": [{"result": [region]}]},
        {"data": {"image": "s3://bucket/deep/b.png"}, "annotations": [], "predictions": [{"result": [region]}]},
        {"data": {"image": "c.png"}, "annotations": [{"result": [region], "was_cancelled": True}]},
    ]
    (tmp_path / "project.json").write_text(json.dumps(tasks), encoding="utf-8")
    options = labelstudio.Options({"project.json": "val"}, "images", ["crack"], [], SHARES, ["c"])
    first, second = labelstudio.read(tmp_path, options)
    assert np.array_equal(mask(first).crack, CRACK)
    assert (second.id, second.split, second.mask) == ("b", "val", None)


FAULTY = {
    "an image that is not there": (image("gone.png"), r"images/gone\.png, which is no image file"),
    "an image twice": (image("a.png") + image("x/a.png"), r"'a\.png' is also in .*annotations\.xml: image 0"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_files_that_do_not_fit_the_photos_are_refused(name: str, tmp_path: Path) -> None:
    photos(tmp_path, "a")
    inside, told = FAULTY[name]
    with pytest.raises(HairlineError, match=told):
        of_cvat(tmp_path, inside)


def test_a_photo_of_another_size_is_refused_when_its_mask_is_read(tmp_path: Path) -> None:
    photos(tmp_path, "a")
    [sample] = of_cvat(tmp_path, image("a.png", DRAWN, 'width="9" height="6"'))
    with pytest.raises(HairlineError, match=r"is annotated as 9 x 6 px, and the file .*a\.png has 8 x 6"):
        mask(sample)


@pytest.mark.parametrize("files", [{}, {"../a.xml": "train"}, {"/a.xml": "train"}])
def test_options_name_files_inside_the_root(files: Any) -> None:
    with pytest.raises(HairlineError, match=r"names no file|no path inside the root"):
        cvat.Options(files, "images", [], [], SHARES, [])


@pytest.mark.parametrize("layout", [cvat, labelstudio])
def test_a_label_is_crack_or_ignored_and_not_both(layout: Any) -> None:
    with pytest.raises(HairlineError, match=r"Options: the label 'Crack' is named as crack and as ignored"):
        layout.Options({"a": "train"}, "", ["Crack"], ["crack "], {}, [])
