"""Which images come back, what their masks are, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hairline.data.annotating import bringing, written
from hairline.data.annotating.bringing import Known
from hairline.data.annotating.formats import coco, cvat, labelstudio
from hairline.data.annotating.formats import masks as mask_files
from hairline.data.annotating.images import Labels
from hairline.errors import HairlineError
from hairline.imaging.images import read_grey, write_image

NOTHING = Known({}, {})


def tasks(path: Path, *found: dict[str, Any]) -> Path:
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


def task(name: str, annotations: list[dict[str, Any]], **data: object) -> dict[str, Any]:
    return {"id": 5, "data": {"image": f"/data/upload/2/1a2b3c4d-{name}", **data}, "annotations": annotations}


def rectangle(label: str, **more: object) -> dict[str, Any]:
    """The left upper quarter of a picture of 8 x 6."""
    value = {"x": 0, "y": 0, "width": 50, "height": 50, "rectanglelabels": [label], **more}
    return {"type": "rectanglelabels", "value": value, "original_width": 8, "original_height": 6}


def polygon(label: str) -> dict[str, Any]:
    value = {"points": [[0, 0], [100, 0], [100, 50], [0, 50]], "polygonlabels": [label]}
    return {"type": "polygonlabels", "value": value, "original_width": 8, "original_height": 6}


def annotation(*results: dict[str, Any], when: str = "2026-11-27T08:00:00Z", **more: object) -> dict[str, Any]:
    return {"result": list(results), "lead_time": 2.0, "completed_by": {"email": "anna@example.org"},
            "updated_at": when, **more}  # fmt: skip


def xml(path: Path, *images: str, meta: str = "") -> Path:
    path.write_text(f"<annotations><meta>{meta}</meta>{''.join(images)}</annotations>", encoding="utf-8")
    return path


def image(name: str, inside: str, number: int = 0) -> str:
    return f'<image id="{number}" name="{name}" width="8" height="6">{inside}</image>'


def mask(rle: str, left: int = 2, top: int = 1, width: int = 3, height: int = 2, label: str = "crack") -> str:
    return f'<mask label="{label}" rle="{rle}" left="{left}" top="{top}" width="{width}" height="{height}"></mask>'


def back(module: Any, path: Path, out: Path, labels: Labels | None = None, known: Known = NOTHING,
         everything: bool = False) -> bringing.Brought:  # fmt: skip
    return bringing.bring_back(module, path, out, labels or Labels(), known, everything)


def test_tasks_that_were_submitted_come_back_and_no_others(tmp_path: Path) -> None:
    path = tasks(
        tmp_path / "p.json", task("a.jpg", [annotation(polygon("crack"))]), task("b.jpg", [], width=8, height=6),
        task("c.jpg", [annotation(polygon("crack"), was_cancelled=True)], width=8, height=6),
        task("d.jpg", [annotation()], width=8, height=6),
    )  # fmt: skip
    found = back(labelstudio, path, tmp_path / "out")
    assert [(row.name, row.crack_pixels, row.outlines) for row in found.rows] == [("a", 24, 1), ("d", 0, 0)]
    assert found.left == ["b.jpg", "c.jpg"] and found.unsaid == 0
    assert (tmp_path / "out" / "corrections.csv").read_text(encoding="utf-8").splitlines() == [
        "name,who,when,changed,crack_pixels,ignored_pixels,outlines",
        "a,anna@example.org,2026-11-27T08:00:00Z,,24,0,1",
        "d,anna@example.org,2026-11-27T08:00:00Z,,0,0,0",
    ]


def test_the_newest_annotation_counts_unless_one_is_ground_truth(tmp_path: Path) -> None:
    old, new = annotation(polygon("crack"), when="2026-01-01"), annotation(when="2026-02-01")
    truth = annotation(polygon("crack"), when="2025-01-01", ground_truth=True)
    path = tasks(tmp_path / "p.json", task("a.jpg", [new, old], width=8, height=6), task("b.jpg", [new, truth]))
    assert [row.crack_pixels for row in back(labelstudio, path, tmp_path / "out").rows] == [0, 24]


def test_regions_to_ignore_win_over_crack_and_may_be_rough(tmp_path: Path) -> None:
    path = tasks(tmp_path / "p.json", task("a.jpg", [annotation(rectangle("Unsure"), polygon("crack"))]))
    back(labelstudio, path, tmp_path / "out")
    expected = np.zeros((6, 8), np.uint8)
    expected[:3], expected[:3, :4] = 255, 127
    assert np.array_equal(read_grey(tmp_path / "out" / "masks" / "a.png"), expected)


def test_of_a_region_with_several_labels_each_counts(tmp_path: Path) -> None:
    both = polygon("crack") | {"value": polygon("crack")["value"] | {"polygonlabels": ["crack", "ignore"]}}
    back(labelstudio, tasks(tmp_path / "a.json", task("a.png", [annotation(both)])), tmp_path / "out")
    assert set(np.unique(read_grey(tmp_path / "out" / "masks" / "a.png"))) == {0, 127}


@pytest.mark.parametrize("result", [None, {}, "crack"])
def test_an_annotation_without_a_list_of_results_is_never_an_image_without_crack(
    result: object, tmp_path: Path
) -> None:
    path = tasks(tmp_path / "a.json", task("a.png", [annotation() | {"result": result}], width=8, height=6))
    with pytest.raises(HairlineError, match=r"task 5: is not built as Label Studio builds its tasks"):
        back(labelstudio, path, tmp_path / "out", known=Known({"a.png": (6, 8)}, {}))


def test_a_rectangle_around_a_crack_is_no_mask_of_it(tmp_path: Path) -> None:
    path = tasks(tmp_path / "p.json", task("a.jpg", [annotation(rectangle("crack"))]))
    with pytest.raises(HairlineError, match=r"task 5: 'a\.jpg' has a region of the kind rectangle with the label 'cr"):
        back(labelstudio, path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_labels_that_are_neither_crack_nor_ignored_count_for_nothing_and_are_told(tmp_path: Path) -> None:
    path = tasks(tmp_path / "p.json", task("a.jpg", [annotation(polygon("moss"), polygon("Crack "))]))
    found = back(labelstudio, path, tmp_path / "out", Labels(("crack",)))
    assert found.rows[0].crack_pixels == 24
    assert found.notes == ["regions with the label 'moss' count for nothing, for --label names others"]
    (note, _) = back(labelstudio, path, tmp_path / "typo", Labels(("cracks", "moss"))).notes
    assert note == "--label names 'cracks', which no region has; see whether it is spelt so"


def test_several_labels_that_count_as_crack_are_told(tmp_path: Path) -> None:
    path = tasks(tmp_path / "p.json", task("a.jpg", [annotation(polygon("moss"), polygon("crack"))]))
    found = back(labelstudio, path, tmp_path / "out")
    assert found.notes == ["regions with the labels 'moss', 'crack' all count as crack; --label names those that do"]


def test_an_annotation_that_a_program_imported_counts_only_where_it_changed(tmp_path: Path) -> None:
    untouched, other = annotation(polygon("crack"), lead_time=None), annotation(lead_time=None)
    path = tasks(tmp_path / "p.json", task("a.jpg", [untouched]), task("b.jpg", [other], width=8, height=6))
    levels = np.zeros((6, 8), np.uint8)
    levels[:3] = 255
    before = {name: written.Before(name, 6, 8, written.digest(levels)) for name in ("a.jpg", "b.jpg")}
    known = Known(dict.fromkeys(before, (6, 8)), before)
    found = back(labelstudio, path, tmp_path / "out", known=known)
    assert [(row.name, row.changed) for row in found.rows] == [("b", "yes")] and found.left == ["a.jpg"]
    assert back(labelstudio, path, tmp_path / "again").unsaid == 2


def test_an_image_without_a_region_needs_a_size(tmp_path: Path) -> None:
    path = tasks(tmp_path / "p.json", task("a.jpg", [annotation()]))
    with pytest.raises(HairlineError, match=r"nothing tells the size of 'a\.jpg'; .* \(--photos\)"):
        back(labelstudio, path, tmp_path / "out")
    assert back(labelstudio, path, tmp_path / "out", known=Known({"a.jpg": (6, 8)}, {})).rows[0].crack_pixels == 0


def test_images_of_cvat_that_did_not_change_are_left_out(tmp_path: Path) -> None:
    path = xml(tmp_path / "a.xml", image("a.png", mask("0, 6")), image("b.png", mask("6")))
    levels = np.zeros((6, 8), np.uint8)
    levels[1:3, 2:5] = 255
    before = {name: written.Before(name, 6, 8, written.digest(levels)) for name in ("a.png", "b.png")}
    known = Known(dict.fromkeys(before, (6, 8)), before)
    assert [row.name for row in back(cvat, path, tmp_path / "out", known=known).rows] == ["b"]
    assert [row.changed for row in back(cvat, path, tmp_path / "all", known=known, everything=True).rows] == [
        "no",
        "yes",
    ]


def test_the_tag_checked_says_which_images_of_cvat_were_looked_at(tmp_path: Path) -> None:
    meta = ("<job><assignee>ben</assignee><updated>2026-11-01</updated></job>"
            "<task><owner><username>anna</username></owner></task>")  # fmt: skip
    tag = '<tag label="checked" source="manual"></tag>'
    path = xml(tmp_path / "a.xml", image("a.png", mask("0,6") + tag), image("b.png", mask("0,6"), 1), meta=meta)
    found = back(cvat, path, tmp_path / "out")
    assert [(row.name, row.who, row.when) for row in found.rows] == [("a", "ben", "2026-11-01")]
    assert found.left == ["b.png"]


def test_a_tag_is_of_one_image_and_not_of_its_name(tmp_path: Path) -> None:
    tag = '<tag label="checked" source="manual"></tag>'
    path = xml(tmp_path / "a.xml", image("a.png", mask("0,6") + tag), image("a.png", mask("6"), 1))
    assert [row.crack_pixels for row in back(cvat, path, tmp_path / "out").rows] == [6]


def test_who_corrected_an_image_is_told_of_its_own_task(tmp_path: Path) -> None:
    task = ("<task><id>{}</id><assignee><username>{}</username></assignee><updated>2026-0{}-01</updated>"
            "<owner><username>boss</username></owner></task>")  # fmt: skip
    meta = f"<project><tasks>{task.format(1, 'anna', 1)}{task.format(2, 'ben', 2)}</tasks></project>"
    one, other = (image(f"{name}.png", "").replace("<image", f'<image task_id="{task_id}"')
                  for name, task_id in (("a", 1), ("b", 2)))  # fmt: skip
    found = back(cvat, xml(tmp_path / "a.xml", one, other, image("c.png", ""), meta=meta), tmp_path / "out")
    assert [(row.who, row.when) for row in found.rows] == [("anna", "2026-01-01"), ("ben", "2026-02-01"), ("", "")]


def test_two_photos_of_one_file_name_are_never_taken_for_one(tmp_path: Path) -> None:
    known = Known({"wall.png": (6, 8)}, {})
    images = image("north/wall.png", mask("0,6")), image("wall.png", mask("6"), 1)
    with pytest.raises(HairlineError, match=r"'wall\.png', and an image before it 'north/wall\.png', which both would"):
        back(cvat, xml(tmp_path / "a.xml", *images), tmp_path / "out", known=known)

    def local(folder: str, *annotations: dict[str, Any]) -> dict[str, Any]:
        data = {"image": f"/data/local-files/?d=photos/{folder}/wall.png", "width": 8, "height": 6}
        return {"data": data, "annotations": list(annotations)}

    path = tasks(tmp_path / "p.json", local("north", annotation(polygon("crack"))), local("south"))
    for each in (NOTHING, known):
        with pytest.raises(HairlineError, match=r"'photos/south/wall\.png', and an image .*'photos/north/wall\.png'"):
            back(labelstudio, path, tmp_path / "out", known=each)
    both = Known(dict.fromkeys(("north/wall.png", "south/wall.png"), (6, 8)), {})
    assert [row.name for row in back(labelstudio, path, tmp_path / "out", known=both).rows] == ["north/wall"]
    again = task("a.png", [annotation(polygon("crack"))]), task("a.png", [], width=8, height=6)
    uploads = json.dumps(again).replace("1a2b3c4d", "00000000", 1)  # one photo, uploaded twice
    path.write_text(uploads, encoding="utf-8")
    assert [row.name for row in back(labelstudio, path, tmp_path / "twice").rows] == ["a"]


def test_a_task_with_two_pictures_has_the_mask_of_the_one_that_is_drawn_on(tmp_path: Path) -> None:
    drawn = {**polygon("crack"), "to_name": "after"}
    found = {"data": {"before": "a.png", "after": "b.png"}, "annotations": [annotation(drawn)]}
    path = tasks(tmp_path / "p.json", found)
    known = Known(dict.fromkeys(("a.png", "b.png"), (6, 8)), {})
    assert [row.name for row in back(labelstudio, path, tmp_path / "out", known=known).rows] == ["b"]
    for other in ({**drawn, "to_name": "before"}, {**drawn, "item_index": 1}):
        found["annotations"] = [annotation(drawn, other)]
        with pytest.raises(HairlineError, match="has regions on several pictures of one task"):
            back(labelstudio, tasks(path, found), tmp_path / "two", known=known)


def test_the_newest_annotation_is_told_by_its_moment(tmp_path: Path) -> None:
    times = "2026-01-01T10:00:00Z", "2026-01-01T10:00:00.500000Z", "2026-01-01T11:00:00+02:00"
    newest = [annotation(*([polygon("crack")] if number == 1 else []), when=when) for number, when in enumerate(times)]
    path = tasks(tmp_path / "p.json", task("a.jpg", newest, width=8, height=6))
    assert [row.crack_pixels for row in back(labelstudio, path, tmp_path / "out").rows] == [24]


def test_what_a_file_says_of_people_is_no_formula(tmp_path: Path) -> None:
    who = annotation(polygon("crack"), completed_by={"email": "=HYPERLINK(1)"})
    found = back(labelstudio, tasks(tmp_path / "p.json", task("a.jpg", [who])), tmp_path / "out")
    assert [row.who for row in found.rows] == ["_=HYPERLINK(1)"]


def test_run_lengths_along_rows_are_told_by_the_box_that_they_contradict(tmp_path: Path) -> None:
    entry = {"id": 1, "image_id": 0, "category_id": 0, "area": 60, "bbox": [0, 4, 30, 2],
             "segmentation": {"size": [10, 30], "counts": [120, 60, 120]}}  # fmt: skip
    content = {"images": [{"id": 0, "file_name": "a.png", "width": 30, "height": 10}], "annotations": [entry],
               "categories": [{"id": 0, "name": "crack"}]}  # fmt: skip
    path = tmp_path / "c.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    found = back(coco, path, tmp_path / "out")
    (note,) = found.notes
    assert note.startswith("'a': a mask of 'crack' contradicts itself: its bbox says [0, 4, 30, 2], and it is drawn at")


def test_shapes_of_cvat_are_filled(tmp_path: Path) -> None:
    shapes = ('<polygon label="crack" points="0.0,0.0;8.0,0.0;8.0,1.0;0.0,1.0"></polygon>'
              '<box label="ignore" xtl="0" ytl="4" xbr="2" ybr="6"></box>'
              '<ellipse label="ignore" cx="6" cy="4" rx="1.5" ry="1.5"></ellipse>')  # fmt: skip
    found = back(cvat, xml(tmp_path / "a.xml", image("a.png", shapes)), tmp_path / "out")
    levels = read_grey(tmp_path / "out" / "masks" / "a.png")
    assert levels[0].tolist() == [255] * 8 and (levels[4:, :2] == 127).all() and levels[4, 5] == 127
    assert found.rows[0].outlines == 3


HOSTILE_XML = {
    "runs too short": (image("a", mask("0, 5")), r"run lengths sum to 5; expected 6"),
    "runs too long": (image("a", mask("0, 999999999")), r"run lengths sum to 999,999,999; expected 6"),
    "a run beyond counting": (image("a", mask("0, " + "9" * 30)), r"no numbers between commas"),
    "no numbers": (image("a", mask("0, six")), r"no numbers between commas \('0, six'\)"),
    "a number left out": (image("a", mask("0,,6")), r"lack a number between two commas"),
    "a box outside": (image("a", mask("0, 6", left=6)), r"its box, 3 x 2 px at x 6, y 1, reaches out of"),
    "a box without sides": (image("a", mask("0, 6", width=0)), r"lacks whole numbers"),
    "a size without end": ('<image id="0" name="a" width="999999" height="999999"></image>', r"178,956,970 at most"),
    "no size": ('<image id="0" name="a"></image>', r"has the width None and the height None"),
    "a line": (image("a", '<polyline label="crack" points="0,0;8,8"></polyline>'), r"of the kind polyline"),
    "regions without end": (image("a", mask("0, 6") * 10_001), r"has 10,001 regions; expected 10,000 at most"),
    "no label": (image("a", mask("0, 6", label=" ")), r"a region of 'a' has no label"),
    "no name": (image("", mask("0, 6")), r"names the image ''; expected a path below a folder"),
    "no image": ("", r"lists no image"),
    "a video": ('<track id="0" label="crack"></track>', r"CVAT for video"),
    "nested without end": ("<a>" * 60 + "</a>" * 60, r"more than 50 elements inside one another"),
}


@pytest.mark.parametrize("name", HOSTILE_XML)
def test_what_no_tool_writes_is_refused_with_what_was_found(name: str, tmp_path: Path) -> None:
    inside, told = HOSTILE_XML[name]
    path = xml(tmp_path / "a.xml", inside)
    with pytest.raises(HairlineError, match=told):
        back(cvat, path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    lines = "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x0 "ha">{lines}]><annotations>&x9;</annotations>'
    (tmp_path / "laughs.xml").write_text(laughs, encoding="utf-8")
    outside = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{tmp_path / "secret"}">]><annotations>&x;</annotations>'
    (tmp_path / "outside.xml").write_text(outside, encoding="utf-8")
    for name in ("laughs.xml", "outside.xml"):
        with pytest.raises(HairlineError, match=r"declares a document type"):
            back(cvat, tmp_path / name, tmp_path / "out")


def test_masks_of_a_palette_keep_what_is_ignored_those_with_soft_edges_are_told_and_of_one_other_value_refused(
    tmp_path: Path,
) -> None:
    (tmp_path / "found").mkdir()
    levels = Image.fromarray(np.tile(np.array([0, 127, 255, 0], np.uint8), (6, 2)))
    levels.convert("P").save(tmp_path / "found" / "a.png")
    assert back(mask_files, tmp_path / "found", tmp_path / "palette").rows[0].ignored_pixels == 12
    soft = np.zeros((6, 8), np.uint8)
    soft[2:5] = np.array([[90], [255], [127]])
    write_image(tmp_path / "found" / "a.png", soft)
    found = back(mask_files, tmp_path / "found", tmp_path / "out")
    assert any("has soft edges" in note for note in found.notes) and found.rows[0].ignored_pixels == 0
    write_image(tmp_path / "found" / "a.png", np.full((6, 8), 77, np.uint8))
    with pytest.raises(HairlineError, match=r"a\.png: holds 77 alone"):
        back(mask_files, tmp_path / "found", tmp_path / "again")


@pytest.mark.parametrize(
    "name", ["../out.png", "a/../../b.png", "/etc/passwd.png", "..\\b.png", "C:\\b.png", ".hidden.png", "a\nb.png"]
)
def test_names_that_lead_out_of_the_folder_are_refused(name: str, tmp_path: Path) -> None:
    content = {"images": [{"id": 1, "file_name": name, "width": 8, "height": 6}], "annotations": [],
               "categories": []}  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(HairlineError, match=r"expected a path below a folder"):
        back(coco, tmp_path / "a.json", tmp_path / "deep" / "out")
    assert sorted(path.name for path in tmp_path.rglob("*.png")) == []


def test_images_that_are_not_known_are_refused(tmp_path: Path) -> None:
    path = xml(tmp_path / "a.xml", image("x.png", mask("0, 6")))
    with pytest.raises(HairlineError, match=r"shows 'x\.png', which is none of the 1 images that are known"):
        back(cvat, path, tmp_path / "out", known=Known({"a.png": (6, 8)}, {}))


def test_an_image_of_another_size_is_refused(tmp_path: Path) -> None:
    path = xml(tmp_path / "a.xml", image("A.PNG", mask("0, 6")))
    with pytest.raises(HairlineError, match=r"has 8 x 6 px there; expected 9 x 6 px"):
        back(cvat, path, tmp_path / "out", known=Known({"a.png": (6, 9)}, {}))


def test_an_image_that_comes_back_twice_is_refused(tmp_path: Path) -> None:
    path = xml(tmp_path / "a.xml", image("a.png", mask("0, 6")), image("a.jpg", mask("6"), 1))
    with pytest.raises(HairlineError, match=r"'a\.jpg' was corrected twice"):
        back(cvat, path, tmp_path / "out")


def test_masks_of_other_programs_are_read_by_the_rules_of_mask_files(tmp_path: Path) -> None:
    levels = np.zeros((6, 8), np.uint8)
    levels[2] = 1
    write_image(tmp_path / "masks" / "a.png", levels)
    back(mask_files, tmp_path, tmp_path / "out")
    assert np.array_equal(read_grey(tmp_path / "out" / "masks" / "a.png"), levels * 255)


@pytest.mark.parametrize("content", ["{}", '{"images": [{"name": "a"}]}', '{"images": 3}', "[]"])
def test_a_list_of_an_export_that_is_none_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text(content, encoding="utf-8")
    with pytest.raises(HairlineError, match=r"is no list of what 'hairline annotate export' wrote"):
        bringing.known(tmp_path, None)
