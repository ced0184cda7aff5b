import json

import pytest

from hairline.data.coco_annotations import read_annotations
from hairline.errors import HairlineError

IMAGE = {"id": 1, "file_name": "a.jpg", "width": 8, "height": 6}
ANNOTATION = {"id": 5, "image_id": 1, "category_id": 2, "segmentation": []}
CATEGORIES = [{"id": 2, "name": "crack"}, {"id": 3, "name": "joint"}]


def content(**changes):
    return {"images": [IMAGE], "annotations": [ANNOTATION], "categories": CATEGORIES} | changes


def put(folder, value):
    path = folder / "export.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_annotations_stand_by_their_image(tmp_path):
    other = {**IMAGE, "id": "two", "file_name": "b.jpg"}
    joint = {**ANNOTATION, "category_id": 3}
    path = put(tmp_path, content(images=[IMAGE, other], annotations=[ANNOTATION, joint]))
    everything = read_annotations(path, [])
    assert [image["file_name"] for image in everything.images] == ["a.jpg", "b.jpg"]
    assert everything.of == {1: [ANNOTATION, joint], "two": []}
    assert read_annotations(path, ["joint"]).of == {1: [joint], "two": []}


def test_a_byte_order_mark_is_passed_over(tmp_path):
    (tmp_path / "export.json").write_text(json.dumps(content()), encoding="utf-8-sig")
    assert read_annotations(tmp_path / "export.json", []).of == {1: [ANNOTATION]}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("{", r"cannot be read as JSON \("),
        ("[" * 200_000, r"cannot be read as JSON \("),
        ("[]", "holds a list; expected a mapping"),
        ("{}", r"has no list 'images' \(its keys are \(none\)\)"),
        (
            content(annotations=None),
            r"has no list 'annotations' \(its keys are 'images', 'annotations', 'categories'\)",
        ),
        (content(categories={}), "has no list 'categories'"),
        (content(images=[IMAGE, "a.jpg"]), r"images\[1\] has no id, no file_name, no width, no height"),
        (
            content(images=[{**IMAGE, "width": 8.5}]),
            r"images\[0\] has width = '8\.5'; expected width to be a whole number",
        ),
        (content(images=[{**IMAGE, "height": True}]), r"images\[0\] has height = 'True'"),
        (content(images=[{**IMAGE, "id": [1]}]), r"id = '\[1\]'; expected id to be a whole number or text"),
        (content(images=[IMAGE, IMAGE]), r"images\[1\] has the id 1 of an image before"),
        (content(annotations=[{"id": 5}]), r"annotations\[0\] has no image_id, no category_id"),
        (
            content(annotations=[{**ANNOTATION, "image_id": 9}]),
            r"annotations\[0\] has the image_id 9, which the file does",
        ),
        (
            content(annotations=[{**ANNOTATION, "image_id": "1"}]),
            r"annotations\[0\] has the image_id '1', which the file defines as 1; write both as numbers or as text",
        ),
        (
            content(annotations=[{**ANNOTATION, "category_id": 9}]),
            "has the category_id 9, which the file does not define",
        ),
        (
            content(categories=[{"id": 2, "name": "spalling"}, {"id": 2, "name": "crack"}]),
            r"the category id 2 stands for 'spalling' and for 'crack', so that .*options\.annotations",
        ),
        (
            content(images=[{**IMAGE, "width": 0}]),
            r"images\[0\], 'a\.jpg', has the width 0; expected its width in",
        ),
        (content(images=[{**IMAGE, "height": 10**9}]), r"has the height 1000000000; expected .* 1 to 1,000,000"),
        (json.dumps(content()).replace('"id": 5', '"id": 5, "id": 6'), "the key 'id' twice, as 5 and 6"),
        (json.dumps(content()).replace('"width": 8', f'"width": {"8" * 5000}'), "a whole number of more than 4,300"),
        (content(categories=[{"id": 2}]), r"categories\[0\] has no name; expected name to be text"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, value, told):
    path = put(tmp_path, value)
    with pytest.raises(HairlineError, match=rf"export\.json: .*{told}"):
        read_annotations(path, [])


def test_an_unknown_category_is_answered_with_those_there_are(tmp_path):
    with pytest.raises(HairlineError, match=r"has no category 'cracks'; it has 'crack', 'joint'; correct options\.cat"):
        read_annotations(put(tmp_path, content()), ["crack", "cracks"])


def test_a_name_may_have_two_ids_and_an_id_be_listed_twice(tmp_path):
    categories = [*CATEGORIES, {"id": 4, "name": "crack"}, {"id": 2, "name": "crack", "supercategory": "damage"}]
    other = {**ANNOTATION, "category_id": 4}
    path = put(tmp_path, content(categories=categories, annotations=[ANNOTATION, other]))
    assert read_annotations(path, ["crack"]).of == {1: [ANNOTATION, other]}


@pytest.mark.parametrize("other", ["Crack", "crack ", "CRACK"])
def test_a_category_that_differs_in_capitals_or_spaces_alone_is_not_lost(tmp_path, other):
    categories = [*CATEGORIES, {"id": 4, "name": other}]
    path = put(tmp_path, content(categories=categories))
    assert read_annotations(path, ["crack"]).of == {1: [ANNOTATION]}  # unused
    path = put(tmp_path, content(categories=categories, annotations=[ANNOTATION, {**ANNOTATION, "category_id": 4}]))
    with pytest.raises(HairlineError, match=rf"has annotations of '{other}' beside the category 'crack'"):
        read_annotations(path, ["crack"])
    assert len(read_annotations(path, ["crack", other]).of[1]) == 2
    assert len(read_annotations(path, []).of[1]) == 2


def test_a_missing_file_says_what_is_there(tmp_path):
    put(tmp_path, content())
    with pytest.raises(HairlineError, match=r"gone\.json: no such file \(in .*: export\.json\).*options\.annotations"):
        read_annotations(tmp_path / "gone.json", [])


def test_a_file_that_is_no_text_is_told(tmp_path):
    (tmp_path / "export.json").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(HairlineError, match="cannot be read as JSON"):
        read_annotations(tmp_path / "export.json", [])
