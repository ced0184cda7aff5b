"""COCO files that state what is not so: refused in one sentence, told by the gate, or read as the file states it."""

import copy
import json

import pytest
from support import walls

from hairline.config.paths import Paths
from hairline.data.samples import read_samples

CONTENT = walls.coco_content()


def edited(edit):
    content = copy.deepcopy(CONTENT)
    edit(content)
    return json.dumps(content).encode()


def first(**changes):
    """The first annotation, changed."""
    return edited(lambda content: content["annotations"][0].update(changes))


def image(**changes):
    """The first image, changed."""
    return edited(lambda content: content["images"][0].update(changes))


def runs(counts, size=(48, 64)):
    return first(segmentation={"size": list(size), "counts": counts})


def without(key, entry=None):
    def edit(content):
        del (content if entry is None else content[entry][0])[key]

    return edited(edit)


def box(x, y, width, height):
    return [x, y, x + width, y, x + width, y + height, x, y + height]


OUTLINE = CONTENT["annotations"][0]["segmentation"]
REFUSED = {
    "no JSON": b"not json",
    "cut": json.dumps(CONTENT).encode()[:-40],
    "empty": b"",
    "random bytes": bytes(range(256)) * 9,
    "UTF-16": json.dumps(CONTENT).encode("utf-16"),
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "nested 100,000 deep": b"[" * 100_000,
    "nested below a key": b'{"images": ' + b'{"a":' * 50_000,
    "a number of 5,000 digits": image(width=0).replace(b'"width": 0', b'"width": ' + b"9" * 5000),
    "not a number": first(segmentation=[[float("nan")] * 8]),
    "infinity": first(segmentation=[[1, 1, float("inf"), 1, 9, 9]]),
    "a huge coordinate": first(segmentation=[[1, 1, 1e300, 1, 9, 9]]),
    "no images": without("images"),
    "no annotations": without("annotations"),
    "no categories": without("categories"),
    "an image without a name": without("file_name", "images"),
    "an image without a width": without("width", "images"),
    "a width of nothing": image(width=0),
    "a negative width": image(width=-64),
    "a width as text": image(width="64"),
    "another size": image(width=640, height=480),
    "width and height exchanged": image(width=48, height=64),
    "a size of 10^6 x 10^6": image(width=10**6, height=10**6),
    "a name out of the set": image(file_name="../../../etc/passwd"),
    "an absolute name": image(file_name="/etc/passwd"),
    "a name of Windows": image(file_name="C:\\data\\a.png"),
    "an empty name": image(file_name=""),
    "a name of nothing": image(file_name="zz.png"),
    "a NUL in a name": image(file_name="a\0.png"),
    "one image twice": edited(lambda content: content["images"].append({**content["images"][0], "id": 77})),
    "one id for two images": edited(lambda content: content["images"].append({**content["images"][0], "id": 1})),
    "one category id for two names": edited(lambda content: content["categories"].append({"id": 1, "name": "spall"})),
    "an image of nowhere": first(image_id=99),
    "a category of nowhere": first(category_id=99),
    "a category as text": first(category_id="1"),
    "an image id as text": first(image_id="0"),
    "a box alone": first(segmentation=None),
    "text for an outline": first(segmentation="crack"),
    "two points": first(segmentation=[[1, 1, 5, 5]]),
    "an odd number of coordinates": first(segmentation=[[1, 1, 5, 5, 9]]),
    "an outline outside of the image": first(segmentation=[box(100, 100, 9, 9)], area=81, bbox=[100, 100, 9, 9]),
    "coordinates as text": first(segmentation=[["1"] * 8]),
    "points nested once more": first(segmentation=[[[1, 1], [5, 1], [5, 5]]]),
    "area and box of a larger picture": first(area=14100, bbox=[30, 110, 470, 30]),
    "run lengths that do not fill the image": runs([5, 5]),
    "run lengths of another size": runs([9, 9, 82], (10, 10)),
    "negative run lengths": runs([-5, 3072, 5]),
    "run lengths as floats": runs([1.5, 3070.5]),
    "run lengths of 10^12": runs([10**12]),
    "run lengths as text that is none": runs("\u00e9\u00e9"),
    "3 MB of text": runs("o" * 3_000_000),
    "10^6 points": first(segmentation=[[1.0, 2.0] * 10**6]),
}  # fmt: skip


TOLD = {
    "a hole as a second polygon": (first(segmentation=[box(3, 3, 40, 30), box(5, 5, 36, 26)], area=264,
                                         bbox=[3, 3, 40, 30]), 264),
    "a polygon inside another, and no area": (first(segmentation=[box(3, 3, 40, 30), box(5, 5, 36, 26)], area=0,
                                                    bbox=[3, 3, 40, 30]), 1200),
    "an area that is another": (first(area=2000), 141),
    "an empty object": (edited(lambda content: content["annotations"].append(
        {"id": 99, "image_id": 0, "category_id": 1, "segmentation": [], "area": 0, "bbox": [0, 0, 0, 0]})), 141),
    "an annotation twice": (edited(lambda content: content["annotations"].append(
        {**content["annotations"][0], "id": 99})), 141),
    "an annotation id twice": (edited(lambda content: content["annotations"].append(
        {**content["annotations"][0], "segmentation": [box(3, 40, 10, 3)], "area": 30, "bbox": [3, 40, 10, 3]})), 171),
}  # fmt: skip
"""What is read, into how many pixels of the first image, and told by the gate."""


@pytest.mark.parametrize("what", TOLD)
def test_what_is_odd_is_told_by_the_gate(what, attempt):
    trial = attempt("coco")
    content, pixels = TOLD[what]
    (trial.root / "labels.json").write_bytes(content)
    assert trial.ingest().status == 0
    assert read_samples(Paths(trial.folder, "tiny").dataset("walls")).set_index("id").loc["a", "crack_pixels"] == pixels
    assert "mask_remarks" in trial.validate().told


def test_several_categories_that_are_all_read_as_crack_are_told(attempt):
    trial = attempt("coco")
    content = copy.deepcopy(CONTENT)
    content["categories"].append({"id": 2, "name": "spalling"})
    content["annotations"][0]["category_id"] = 2
    (trial.root / "labels.json").write_text(json.dumps(content), encoding="utf-8")
    seen = trial.ingest()
    assert seen.status == 0
    assert "has annotations of 'crack', 'spalling', and all are read as crack" in seen.told


def assert_refused(seen):
    assert seen.status == 1, (seen.status, seen.told)
    told = seen.told.rpartition("\nhairline: ")[2]
    assert "labels.json" in told, seen.told
    assert "Traceback" not in seen.told
    assert told.count("\n") == 1, told
    assert len(told) < 1500
    assert seen.seconds < 5
    assert seen.grown_mib < 1000


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_cannot_be_right(what, attempt):
    trial = attempt("coco")
    (trial.root / "labels.json").write_bytes(REFUSED[what])
    assert_refused(trial.ingest())
    assert trial.written() == []
