"""`hairline annotate`: from folders and from a set of a workspace, out and back."""

import csv
import json
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from click.testing import Result
from support import parameters
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.config.paths import Paths
from hairline.data.layouts import folder
from hairline.data.samples import ingest, read_samples
from hairline.errors import HairlineError
from hairline.imaging.images import read_grey, write_image

FILES = {"coco": "annotations/instances_default.json", "cvat": "annotations.xml", "masks": "masks"}


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["annotate", *map(str, words)], catch_exceptions=False)


def refused(*words: object) -> str:
    with pytest.raises(HairlineError) as told:
        run(*words)
    return str(told.value)


@pytest.fixture
def found(tmp_path: Path) -> Path:
    """What a prediction of three photos leaves, one of them in a folder, and a photo without a mask."""
    for number, name in enumerate(["a", "b", "day 2/c"]):
        mask = np.zeros((20, 30), np.uint8)
        mask[4 + number] = 255
        write_image(tmp_path / "photos" / f"{name}.png", np.dstack([200 - mask // 2] * 3))
        write_image(tmp_path / "found" / "masks" / f"{name}.png", mask)
        write_image(tmp_path / "found" / "scores" / f"{name}.png", mask // 2)
    (tmp_path / "found" / "predictions.csv").write_text("photo\n", encoding="utf-8")
    write_image(tmp_path / "photos" / "new.png", np.full((20, 30, 3), 99, np.uint8))
    return tmp_path / "found"


@pytest.mark.parametrize("form", FILES)
def test_only_what_was_changed_comes_back(form: str, found: Path, tmp_path: Path) -> None:
    done = run("export", tmp_path / "photos", "--masks", found, "--format", form, "--out", tmp_path / "out")
    assert done.exit_code == 0 and "3 images written" in done.output
    assert "1 photos without a mask are left out: new.png" in done.output
    file = tmp_path / "out" / FILES[form]
    if form == "masks":
        write_image(file / "b.png", np.zeros((20, 30), np.uint8))
    else:  # the mask of b.png, one row of 30 pixels, moves down by a row
        text = file.read_text(encoding="utf-8")
        runs = read_runs(text) if form == "coco" else ('top="5"', 'top="6"')
        file.write_text(text.replace(*runs), encoding="utf-8")
    back = run("import", file, "--before", tmp_path / "out", "--out", tmp_path / "back")
    assert "1 corrected masks, 2 images left out" in back.output
    expected = np.zeros((20, 30), np.uint8)
    expected[6] = 0 if form == "masks" else 255
    assert np.array_equal(read_grey(tmp_path / "back" / "masks" / "b.png"), expected)
    assert (tmp_path / "back" / "corrections.csv").read_text(encoding="utf-8").splitlines()[1].startswith("b,,,yes,")


def read_runs(text: str) -> tuple[str, str]:
    """The compressed runs of a row 5 of 20 in the file, and those of a row 6."""
    import pycocotools.mask

    rows = []
    for row in (5, 6):
        mask = np.zeros((20, 30), np.uint8, "F")
        mask[row] = 1
        box = f'"bbox":[0.0,{row}.0,30.0,1.0]'
        rows.append((pycocotools.mask.encode(mask)["counts"].decode(), box))
    (old, old_box), (new, new_box) = rows
    assert json.dumps(old)[1:-1] in text and old_box in text
    start = text.index(json.dumps(old))
    whole = text[start : text.index(old_box) + len(old_box)]
    return whole, whole.replace(json.dumps(old), json.dumps(new)).replace(old_box, new_box)


def test_corrected_masks_are_measured_and_go_out_again(found: Path, tmp_path: Path) -> None:
    run("export", tmp_path / "photos", "--masks", found, "--format", "masks", "--out", tmp_path / "out")
    levels = np.zeros((20, 30), np.uint8)
    levels[8:12, 5:25], levels[14:18] = 255, 127
    write_image(tmp_path / "out" / "masks" / "b.png", levels)
    write_image(tmp_path / "out" / "masks" / "day 2" / "c.png", np.where(levels == 127, levels, 0))
    run("import", tmp_path / "out", "--before", tmp_path / "out", "--out", tmp_path / "back")
    words = ["measure", tmp_path / "back", "--photos", tmp_path / "photos", "--out", tmp_path / "measured"]
    done = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)
    assert "2 masks measured, 0 done before, 0 failed; 1 cracks" in done.output  # what is ignored is no crack
    with (tmp_path / "measured" / "cracks.csv").open(newline="", encoding="utf-8") as file:
        assert [(row["photo"], row["area_px"]) for row in csv.DictReader(file)] == [("b", "80")]
    run("export", tmp_path / "photos", "--masks", tmp_path / "back", "--format", "masks", "--out", tmp_path / "again")
    assert np.array_equal(read_grey(tmp_path / "again" / "masks" / "b.png"), levels)


def test_scores_are_masks_from_a_threshold_on(found: Path, tmp_path: Path) -> None:
    words = ["export", tmp_path / "photos", "--masks", found / "scores", "--format", "masks"]
    run(*words, "--threshold", 0.4, "--out", tmp_path / "low")
    run(*words, "--threshold", 0.6, "--out", tmp_path / "high")
    assert read_grey(tmp_path / "low" / "masks" / "a.png").sum() == 30 * 255
    assert read_grey(tmp_path / "high" / "masks" / "a.png").sum() == 0


def test_masks_without_crack_in_which_127_is_ignored_are_told_of(found: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "half" / "a.png", np.tile(np.array([0, 127, 127], np.uint8), (20, 10)))
    words = ["export", tmp_path / "photos", "--masks", tmp_path / "half", "--format", "masks"]
    done = run(*words, "--out", tmp_path / "out")
    assert "no pixel of any mask is crack, and 400 are ignored" in done.output
    assert "no pixel" not in run(*words, "--threshold", 0.4, "--out", tmp_path / "cut").output
    assert (read_grey(tmp_path / "cut" / "masks" / "a.png") == 255).sum() == 400


def test_a_list_chooses_images_and_their_order(found: Path, tmp_path: Path) -> None:
    (tmp_path / "ranking.csv").write_text("id,gain\nday 2/c,0.9\nb.png,0.5\na,0.1\n", encoding="utf-8")
    run("export", tmp_path / "photos", "--masks", found, "--format", "labelstudio", "--out", tmp_path / "out",
        "--only", tmp_path / "ranking.csv", "--first", 2, "--url-prefix", "https://example.org/")  # fmt: skip
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text(encoding="utf-8"))
    assert [task["data"]["image"] for task in tasks] == [
        "https://example.org/day%202/c.png",
        "https://example.org/b.png",
    ]


def test_photos_that_are_called_like_formulas_are_found_by_the_tables_that_name_them(tmp_path: Path) -> None:
    names = "=SUM(1)", "-front", "wall"
    for name in names:
        write_image(tmp_path / "photos" / f"{name}.png", np.full((9, 8, 3), 99, np.uint8))
        write_image(tmp_path / "found" / f"{name}.png", np.diag([255] * 9).astype(np.uint8)[:, :8])
        write_image(tmp_path / "other" / f"{name}.png", np.zeros((9, 8), np.uint8))
    ranked = ["rank", tmp_path / "photos", "--maps", tmp_path / "found", "--maps", tmp_path / "other"]
    CliRunner().invoke(app, [*map(str, ranked), "--out", str(tmp_path / "r")], catch_exceptions=False)
    cells = [cell for row in csv.reader((tmp_path / "r" / "ranking.csv").open(encoding="utf-8")) for cell in row]
    assert "_=SUM(1)" in cells and "_-front" in cells and not [cell for cell in cells if cell[:1] in "=+-@"]
    words = ["export", tmp_path / "photos", "--masks", tmp_path / "found", "--format", "masks"]
    assert run(*words, "--out", tmp_path / "out", "--only", tmp_path / "r" / "ranking.csv").exit_code == 0
    assert {path.stem for path in (tmp_path / "out" / "masks").iterdir()} == set(names)
    run("import", tmp_path / "out", "--out", tmp_path / "back")
    rows = (tmp_path / "back" / "corrections.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert {row.partition(",")[0] for row in rows} == {"_=SUM(1)", "_-front", "wall"}


def test_masks_may_be_annotations_of_label_studio(found: Path, tmp_path: Path) -> None:
    run("export", tmp_path / "photos", "--masks", found, "--format", "labelstudio", "--out", tmp_path / "out",
        "--as", "annotations")  # fmt: skip
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text(encoding="utf-8"))
    assert all(task["data"]["image"].startswith("/data/local-files/?d=photos/") for task in tasks)
    assert all("predictions" not in task and task["annotations"][0]["result"] for task in tasks)
    told = refused("import", tmp_path / "out" / "tasks.json", "--before", tmp_path / "out", "--out", tmp_path / "back")
    assert "none of its 3 images was corrected" in told


def test_a_folder_with_a_file_of_a_tool_is_not_taken_for_masks(found: Path, tmp_path: Path) -> None:
    run("export", tmp_path / "photos", "--masks", found, "--format", "cvat", "--out", tmp_path / "unpacked")
    shutil.copytree(tmp_path / "photos", tmp_path / "unpacked" / "images")
    done = run("import", tmp_path / "unpacked", "--out", tmp_path / "back")
    assert "3 corrected masks" in done.output
    assert read_grey(tmp_path / "back" / "masks" / "a.png").sum() == 30 * 255


def test_what_lies_in_the_folder_is_not_written_over_unless_it_is_said(found: Path, tmp_path: Path) -> None:
    words = ["export", tmp_path / "photos", "--masks", found, "--format", "masks", "--out", tmp_path / "out"]
    run(*words)
    assert "state --again" in refused(*words)
    assert run(*words, "--again").exit_code == 0
    (tmp_path / "out" / "project.json").write_text("[]", encoding="utf-8")
    assert "holds project.json already" in refused(*words, "--again")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    assert "holds thesis.txt already" in refused(*words[:-1], tmp_path / "mine", "--again")
    write_image(tmp_path / "drawn" / "masks" / "a.png", np.zeros((20, 30), np.uint8))  # nothing that was exported
    assert "holds masks already" in refused(*words[:-1], tmp_path / "drawn", "--again")


def test_the_address_of_photos_is_one_whatever_their_folder_is_called(found: Path, tmp_path: Path) -> None:
    photos = (tmp_path / "photos").rename(tmp_path / "nord & süd #1")
    assert run("export", photos, "--masks", found, "--format", "labelstudio", "--out", tmp_path / "out").exit_code == 0
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text(encoding="utf-8"))
    asked = [parse_qs(urlsplit(task["data"]["image"]).query) for task in tasks]
    assert asked == [{"d": [f"{photos.name}/{task['data']['photo']}"]} for task in tasks]


def test_what_contradicts_itself_is_refused(found: Path, tmp_path: Path) -> None:
    out = ["--format", "coco", "--out", tmp_path / "out"]
    assert "neither --masks nor --labels" in refused("export", tmp_path / "photos", *out)
    both = refused("export", tmp_path / "photos", "--masks", found, "--labels", "konig", *out)
    assert "leave out --labels" in both
    assert "expected a confidence" in refused("export", tmp_path, "--masks", found, "--threshold", 2, *out)
    assert "give --labels in place" in refused("export", "bridge", "--masks", found, *out)
    assert "none of its 3 masks" in refused("export", found / "scores" / "day 2", "--masks", found, *out)
    write_image(found / "masks" / "a.png", np.zeros((20, 31), np.uint8))
    assert "has 31 x 20 px, and its image" in refused("export", tmp_path / "photos", "--masks", found, *out)
    assert not (tmp_path / "out").exists()
    both = refused("import", tmp_path / "a.json", "--label", "Crack", "--label", "Unsure ", "--out", tmp_path / "back")
    assert "the label 'Unsure ' is named as crack and as ignored" in both
    assert "unpack an archive" in refused("import", tmp_path / "export.zip", "--out", tmp_path / "back")


def test_a_set_of_a_workspace_goes_out_by_its_ids(found: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values = parameters.base()
    parameters.write(tmp_path, values)
    paths = Paths(Path(), values["experiment"])
    raw = tmp_path / "raw"
    for kind, source in (("images", tmp_path / "photos"), ("masks", found / "masks")):
        (raw / kind).mkdir(parents=True)
        for name in "ab":
            shutil.copy(source / f"{name}.png", raw / kind / f"{name}.png")
    paths.dataset("synthetic").mkdir(parents=True)
    ingest(folder.read(raw, folder.Options({"train": 1.0}, [])), paths.dataset("synthetic"))
    assert list(read_samples(paths.dataset("synthetic"))["id"]) == ["a", "b"]
    run("export", "synthetic", "--labels", "manual", "--format", "cvat", "--out", "out")
    assert 'name="a.png"' in Path("out/annotations.xml").read_text(encoding="utf-8")
    write_image(paths.labels("konig", "synthetic") / "b.png", np.full((20, 30), 128, np.uint8))
    done = run("export", "synthetic", "--labels", "konig", "--format", "masks", "--out", "labels", "--split", "train")
    assert "1 images written" in done.output
    assert read_grey(Path("labels/masks/b.png")).min() == 255
    words = ["export", "synthetic", "--labels", "otsu", "--format", "coco", "--out", "none"]
    assert "has no label for any of the 2 images" in refused(*words)


@pytest.mark.parametrize("name", ["day 2 /a", "a ", "a" * 201])
def test_a_photo_whose_mask_could_not_come_back_by_its_name_is_refused_before_anybody_works(
    name: str, tmp_path: Path
) -> None:
    for place, picture in (("photos", np.full((4, 4, 3), 99, np.uint8)), ("found", np.zeros((4, 4), np.uint8))):
        write_image(tmp_path / place / f"{name}.png", picture)
    told = refused("export", tmp_path / "photos", "--masks", tmp_path / "found", "--format", "coco",
                   "--out", tmp_path / "out")  # fmt: skip
    assert told.startswith(f"{tmp_path}/photos/{name[:9]}") and "200 bytes" in told
    assert not (tmp_path / "out").exists()
