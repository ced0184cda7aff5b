"""Photos and clicks as a data set, the page's own and those made elsewhere."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.pictures import picture

from hairline.data import patch_index, root_survey, samples
from hairline.data.layouts import clicks
from hairline.data.samples import LabelledPatch
from hairline.errors import HairlineError

HEAD = "photo,x,y,size,label,who,when\n"
WIDE = np.full((100, 200, 3), 120, np.uint8)


def options(labels: dict[str, Any] | None = None, exclude: list[str] | None = None) -> clicks.Options:
    return clicks.Options(labels=labels or {}, shares={"train": 1}, exclude=exclude or [])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.png", "north/day 2/b.png", "ü 'x'.png"):
        picture(tmp_path / "images" / name, WIDE)
    return tmp_path


def click(root: Path, rows: str, name: str = "anna.csv") -> None:
    (root / "clicks").mkdir(exist_ok=True)
    (root / "clicks" / name).write_text(HEAD + rows, encoding="utf-8")


def patches(root: Path, chosen: clicks.Options | None = None) -> dict[str, tuple[LabelledPatch, ...]]:
    return {sample.id: sample.patches for sample in clicks.read(root, chosen or options())}


def test_photos_are_samples_and_clicks_their_patches(root: Path) -> None:
    click(root, "a.png,64,32,32,crack,anna,\nnorth/day 2/b.png,0,0,32,no_crack,anna,\na.png,0,0,32,unsure,anna,\n")
    assert patches(root) == {
        "a": (LabelledPatch(32, 64, 32, True),),
        "north-day 2_b": (LabelledPatch(0, 0, 32, False),),
        "ü 'x'": (),
    }
    assert all(sample.mask is None and sample.image_label == "" for sample in clicks.read(root, options()))


def test_what_is_disputed_or_undone_takes_no_part(root: Path) -> None:
    click(
        root,
        "a.png,0,0,32,crack,anna,\na.png,32,0,32,crack,anna,\na.png,32,0,32,undo,anna,\na.png,64,0,32,crack,anna,\n",
    )
    click(root, "a.png,0,0,32,no_crack,bob,\n", "bob.csv")
    assert patches(root)["a"] == (LabelledPatch(0, 64, 32, True),)


def test_the_same_clicks_are_the_patch_index(root: Path, tmp_path: Path) -> None:
    click(root, "a.png,64,32,32,crack,anna,\na.png,180,90,32,no_crack,anna,\nnorth/day 2/b.png,0,0,48,no_crack,anna,\n")
    out = tmp_path / "set"
    out.mkdir()
    table = samples.ingest(clicks.read(root, options()), out)
    index = patch_index.index(table, out, patch_index.Options(window_px=32, stride_px=16))
    assert list(index.columns) == list(patch_index.COLUMNS)
    assert index[["sample", "y", "x", "side", "crack"]].values.tolist() == [
        ["a", 32, 64, 32, True], ["a", 90, 180, 32, False], ["north-day 2_b", 0, 0, 48, False],
    ]  # fmt: skip
    assert set(index["split"]) == {"train"} and index["crack"].dtype == bool
    index.to_parquet(tmp_path / "index.parquet")
    pd.testing.assert_frame_equal(patch_index.read(tmp_path / "index.parquet"), index)
    assert not [path for path in out.rglob("*.png") if path.parent.name != "images"]  # no patch is an image


def test_a_photo_that_is_excluded_takes_its_clicks_along(root: Path) -> None:
    click(root, "a.png,0,0,32,crack,anna,\nü 'x'.png,0,0,32,crack,anna,\n")
    assert set(patches(root, options(exclude=["a"]))) == {"north-day 2_b", "ü 'x'"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            "gone.png,0,0,32,crack,anna,\n",
            r"images/gone\.png: no such photo, but .*anna\.csv has 1 rows about it .*put it back",
        ),
        ("../a.png,0,0,32,crack,anna,\n", r"images/\.\./a\.png: no such photo"),
        ("a.png,200,0,32,crack,anna,\n", r"x 200, y 0 of 'a\.png' does not lie in that photo, which has 200 x 100"),
        ("a.png,0,100,32,crack,anna,\n", "does not lie in that photo"),
        ("a.png,0,0,999999999,crack,anna,\n", "a patch of 999999999 px"),
        ("a.png,0,0,32,unsure,anna,\n", "no patch of the 3 photos has the label crack or no_crack yet; click some"),
        ("a.png,0,0,32,rissig,anna,\n", "line 2 has the label 'rissig'.*options.labels"),
    ],
)
def test_clicks_that_do_not_fit_are_told(root: Path, rows: str, words: str) -> None:
    click(root, rows)
    with pytest.raises(HairlineError, match=words):
        clicks.read(root, options())


def test_without_clicks_or_photos_it_says_what_to_do(root: Path, tmp_path: Path) -> None:
    with pytest.raises(HairlineError, match="hairline click"):
        clicks.read(root, options())
    with pytest.raises(HairlineError, match=r"images: no images found .*; expected photos"):
        clicks.read(tmp_path / "images", options())


def export(root: Path, *tasks: dict[str, Any]) -> None:
    (root / "clicks").mkdir(exist_ok=True)
    (root / "clicks" / "project-1.json").write_text(json.dumps(list(tasks)), encoding="utf-8")


def task(image: str, *results: dict[str, Any], who: Any = 1, **data: Any) -> dict[str, Any]:
    annotation = {"id": 1, "completed_by": who, "was_cancelled": False, "result": list(results)}
    return {"id": 7, "data": {"image": image} | data, "annotations": [annotation]}


def rectangle(label: str, x: float, y: float, width: float, height: float, **more: Any) -> dict[str, Any]:
    value = {"x": x, "y": y, "width": width, "height": height, "rotation": 0, "rectanglelabels": [label]}
    return {"type": "rectanglelabels", "value": value | more, "original_width": 200, "original_height": 100}


def choice(label: str) -> dict[str, Any]:
    return {"type": "choices", "value": {"choices": [label]}}


def test_rectangles_of_label_studio_become_squares_of_which_the_label_holds(root: Path) -> None:
    export(
        root,
        task("/data/upload/1/0a1b2c3d-a.png", rectangle("Crack", 10, 20, 20, 20), rectangle("No crack", 50, 0, 20, 20)),
        task("/data/local-files/?d=photos%2Fnorth%2Fday%202%2Fb.png", rectangle("Crack", 95, 90, 5, 10)),
    )
    assert patches(root) == {
        "a": (LabelledPatch(10, 20, 40, True), LabelledPatch(0, 110, 20, False)),
        "north-day 2_b": (LabelledPatch(90, 190, 10, True),),
        "ü 'x'": (),
    }


def test_choices_of_label_studio_are_of_the_patch_that_the_task_names_or_of_the_photo(root: Path) -> None:
    export(
        root,
        task("https://host/crops/0001.png", choice("rissig"), photo="a.png", x=32, y=0, size=32),
        task("s3://bucket/b.png", choice("no crack"), photo="north/day 2/b.png"),
        task("a.png", {"type": "textarea", "value": {"text": ["wet"]}}),
    )
    found = patches(root, options({"rissig": "crack"}))
    assert found["a"] == (LabelledPatch(0, 32, 32, True),)
    assert found["north-day 2_b"] == (LabelledPatch(0, 0, 200, False),)


def test_people_of_label_studio_and_of_the_page_must_agree(root: Path) -> None:
    click(root, "a.png,0,0,32,crack,anna,\nü 'x'.png,0,0,32,crack,anna,\n")
    export(root, task("a.png", choice("no_crack"), who={"id": 3, "email": "bob@x"}, x=0, y=0, size=32))
    assert patches(root)["a"] == ()


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        (
            [task("gone.png", choice("crack"))],
            r"project-1\.json: task 7: shows 'gone\.png', which is none of the photos",
        ),
        ([task("a.png", choice("wet"))], "task 7.*'wet'.*options.labels"),
        (
            [task("a.png", {"type": "choices", "value": {"choices": ["crack", "no crack"]}})],
            "'crack', 'no crack' at once",
        ),
        ([task("a.png", rectangle("crack", 0, 0, 9, 9, rotation=30))], "turned by 30 degrees"),
        ([task("a.png", rectangle("crack", 0, 0, None, 9))], "no number"),  # type: ignore[arg-type]
        ([task("a.png", choice("crack"), x=1, y="?", size=3)], "no whole numbers"),
        ([task("a.png", {"type": "choices"})], "is not built as Label Studio builds its tasks"),
        ([{"id": 1, "data": {}, "annotations": [3]}], "is not built as Label Studio builds"),
        ([task("a.png", {"type": "brushlabels", "value": {"rle": []}})], "none of its 1 tasks chooses a label"),
        ([{"image": "a.png", "choice": "crack"}], "is no export of Label Studio in its format 'JSON'"),
    ],
)
def test_exports_that_do_not_fit_are_told(root: Path, tasks: list[dict[str, Any]], words: str) -> None:
    export(root, *tasks)
    with pytest.raises(HairlineError, match=words):
        clicks.read(root, options())


def test_annotations_that_were_skipped_say_nothing(root: Path) -> None:
    skipped = task("a.png", choice("crack"))
    skipped["annotations"][0]["was_cancelled"] = True
    export(
        root,
        skipped,
        {"id": 8, "data": {"image": "elsewhere.png"}, "annotations": []},
        task("a.png", choice("no_crack")),
    )
    assert patches(root)["a"] == (LabelledPatch(0, 0, 200, False),)


def test_a_torn_last_row_is_told_and_the_rest_read(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    click(root, "a.png,0,0,32,crack,anna,2026-11-27T00:22:10.123Z\na.png,32,0,32,cra")
    assert patches(root)["a"] == (LabelledPatch(0, 0, 32, True),)
    assert "half-written" in caplog.text


PHOTO = np.random.default_rng(0).integers(0, 255, (5, 10, 3), np.uint8).repeat(20, 0).repeat(20, 1)  # 200 x 100 px


def cut(root: Path, folder: str, name: str, x: int, y: int, width: int = 32, height: int = 32) -> None:
    picture(root / folder / name, PHOTO[y : y + height, x : x + width])


@pytest.fixture
def sorted_root(tmp_path: Path) -> Path:
    for name in ("wall_7.png", "north/b.png"):
        picture(tmp_path / "images" / name, PHOTO)
    return tmp_path


def test_sorted_patches_whose_names_tell_the_place_are_patches_of_the_photos(sorted_root: Path) -> None:
    cut(sorted_root, "clicks/crack", "wall_7_64_32.png", 64, 32)
    cut(sorted_root, "clicks/No crack", "wall_7-x0-y60.JPG", 0, 60)
    cut(sorted_root, "clicks/unscha\u0308dlich", "north_b_128_0.png", 128, 0)  # as macOS writes ä
    cut(sorted_root, "clicks/unsure", "north_b.png_0_0.png", 0, 0)
    found = patches(sorted_root, options(labels={"unschädlich": "no_crack"}))
    assert found == {
        "wall_7": (LabelledPatch(60, 0, 32, False), LabelledPatch(32, 64, 32, True)),
        "north_b": (LabelledPatch(0, 128, 32, False),),
    }


def test_a_patch_in_two_folders_takes_no_part_and_tables_count_beside_folders(sorted_root: Path) -> None:
    cut(sorted_root, "clicks/crack", "wall_7_64_32.png", 64, 32)
    cut(sorted_root, "clicks/no-crack", "wall_7_64_32.png", 64, 32)
    cut(sorted_root, "clicks/no-crack", "wall_7_0_0.png", 0, 0)
    click(sorted_root, "wall_7.png,0,0,32,no_crack,anna,\nwall_7.png,96,0,32,crack,anna,\n")
    assert patches(sorted_root)["wall_7"] == (LabelledPatch(0, 0, 32, False), LabelledPatch(0, 96, 32, True))


def test_oblong_patches_become_squares_for_which_the_label_holds(sorted_root: Path) -> None:
    cut(sorted_root, "clicks/crack", "wall_7_180_40.png", 180, 40, 20, 32)  # at the right edge
    cut(sorted_root, "clicks/no_crack", "wall_7_0_80.png", 0, 80, 40, 20)
    assert patches(sorted_root)["wall_7"] == (LabelledPatch(80, 10, 20, False), LabelledPatch(40, 168, 32, True))


@pytest.mark.parametrize(
    "folder, name, x, y, words",
    [
        (
            "crack",
            "wall_7_32_64.png",
            64,
            32,
            r"wall_7_32_64.png: does not show what 'wall_7.png' shows from column 32",
        ),
        ("crack", "wall_7_300_0.png", 0, 0, r"at x 300, y 0 of 'wall_7.png' does not lie in that photo"),
        ("crack", "wall.png", 0, 0, r"wall.png: its name tells no photo and place; expected PHOTO_X_Y"),
        ("crack", "door_0_0.png", 0, 0, r"door: no such photo, but .*crack has 1 patches"),
        ("rissig", "wall_7_0_0.png", 0, 0, r"rissig: holds images, so its name has the label 'rissig'; expected crack"),
    ],
)
def test_sorted_patches_that_do_not_fit_are_told(
    sorted_root: Path, folder: str, name: str, x: int, y: int, words: str
) -> None:
    cut(sorted_root, f"clicks/{folder}", name, x, y)
    with pytest.raises(HairlineError, match=words):
        clicks.read(sorted_root, options())


def test_patches_without_their_photos_are_photos_of_one_patch(tmp_path: Path) -> None:
    cut(tmp_path, "patches/crack", "7001-115.png", 0, 0, 48, 40)
    cut(tmp_path, "patches/no-crack", "7001-115.png", 64, 0)
    cut(tmp_path, "patches/unsure", "7002-1.png", 64, 0)
    found = clicks.read(tmp_path, options())
    assert [(each.id, each.image_label) for each in found] == [
        ("crack_7001-115", "crack"), ("no-crack_7001-115", "no crack"),
    ]  # fmt: skip
    out = tmp_path / "set"
    out.mkdir()
    table = samples.ingest(found, out)
    index = patch_index.index(table, out, patch_index.Options(window_px=32, stride_px=16))
    assert index[["sample", "side", "crack"]].values.tolist() == [
        ["crack_7001-115", 48, True], ["no-crack_7001-115", 32, False],
    ]  # fmt: skip


def test_photos_with_clicks_and_patches_without_photos_are_one_set(sorted_root: Path) -> None:
    cut(sorted_root, "patches/crack", "1.png", 0, 0)
    click(sorted_root, "wall_7.png,0,0,32,no_crack,anna,\n")
    assert [each.id for each in clicks.read(sorted_root, options())] == ["crack_1", "north_b", "wall_7"]


@pytest.mark.parametrize("folder", ["patches", "clicks"])
def test_loose_patches_are_told(sorted_root: Path, folder: str) -> None:
    cut(sorted_root, folder, "wall_7_0_0.png", 0, 0)
    told = rf"wall_7_0_0.png: lies in no folder that tells its label; expected .*{folder}/crack"
    with pytest.raises(HairlineError, match=told):
        clicks.read(sorted_root, options())
    click(sorted_root, "wall_7.png,0,0,32,no_crack,anna,\n")
    if folder == "clicks":  # where a picture beside tables is nobody's concern
        assert clicks.read(sorted_root, options())


def test_sorted_patches_are_not_told_as_passed_over(sorted_root: Path) -> None:
    cut(sorted_root, "clicks/crack", "wall_7_64_32.png", 64, 32)
    found = root_survey.survey(sorted_root, clicks, options(), clicks.read(sorted_root, options()))
    assert (found.read, found.passed_over) == (2, [])
