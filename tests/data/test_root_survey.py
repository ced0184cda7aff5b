"""Every file under a set's root is read, or passed over for a reason that is told; over all layouts."""

import inspect
import os
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from support import good_sets
from support.pictures import real

from hairline.data import passed_over
from hairline.data.layouts import cfd, crack500, deepcrack
from hairline.data.passed_over import Survey, told
from hairline.data.root_survey import survey
from hairline.errors import HairlineError
from hairline.io import plugins

LAYOUTS = plugins.names("hairline.data.layouts")
CHOOSING = [name for name in LAYOUTS if name != "synthetic"]  # which has no options


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def look(made: good_sets.GoodSet, root: Path) -> Survey:
    return survey(root, made.layout, made.options, made.layout.read(root, made.options))


def reasons(found: Survey) -> dict[str, int]:
    return dict(Counter(entry.reason for entry in found.passed_over))


def ids(made: good_sets.GoodSet, root: Path) -> set[str]:
    return {sample.id for sample in made.layout.read(root, made.options)}


def test_a_good_set_is_read_to_the_last_file(layout: str, tmp_path: Path) -> None:
    made = good_sets.make(layout, tmp_path)
    found = look(made, tmp_path)
    assert (found.read, reasons(found)) == (made.files, {})
    assert set(made.ids.values()) <= ids(made, tmp_path)


def test_what_is_not_read_is_counted_by_reason(layout: str, tmp_path: Path) -> None:
    made = good_sets.make(layout, tmp_path)
    (made.images / "old").mkdir()
    for name in ("z.heic", "y.HEIC", "w", "v.download", "old/u.psd"):
        (made.images / name).write_bytes(good_sets.jpeg())
    for name in ("README.md", "old/notes.txt", ".hidden.png", "Thumbs.db", "movie.mp4"):
        (made.images / name).write_bytes(b"no picture")
    found = look(made, tmp_path)
    expected = {".heic": 2, "without a suffix": 1, "with the suffix '.download'": 1, ".psd": 1}
    assert reasons(found) == expected
    assert found.unexpected == list(found.passed_over)
    assert sum(found.beside.values()) - found.beside["hidden"] <= 5
    assert found.beside["hidden"] == 2
    assert told(found).startswith(f"5 of {made.files + 5} files passed over: 2 .heic (")


def test_pictures_in_sub_folders_are_told(layout: str, tmp_path: Path) -> None:
    made = good_sets.make(layout, tmp_path)
    (made.images / "old").mkdir()
    (made.images / "old" / "u.png").write_bytes(good_sets.jpeg())
    found = look(made, tmp_path)
    if layout == "clicks":  # which reads those as well
        assert (found.read, list(found.passed_over)) == (made.files + 1, [])
        return
    assert [entry.file for entry in found.unexpected] == [str((made.images / "old/u.png").relative_to(tmp_path))]
    annotated = layout in ("coco", "cvat", "labelstudio")
    assert reasons(found) == {"in no annotation file" if annotated else "in sub-folders": 1}


def test_the_case_of_a_suffix_never_matters(layout: str, tmp_path: Path) -> None:
    made = good_sets.make(layout, tmp_path)
    before = ids(made, tmp_path)
    for path in [path for path in tmp_path.rglob("*") if path.suffix in (".jpg", ".png", ".mat")]:
        path.rename(path.with_suffix(path.suffix.upper()))
    assert ids(made, tmp_path) == before
    assert reasons(look(made, tmp_path)) == {}


def test_names_of_a_mac_are_the_same_names(layout: str, tmp_path: Path) -> None:
    made = good_sets.make(layout, tmp_path)
    before = {(sample.id, sample.split, sample.mask is None) for sample in made.layout.read(tmp_path, made.options)}
    for path in list(tmp_path.rglob("Br*.jpg")):
        path.rename(path.with_name(unicodedata.normalize("NFD", path.name)))
    after = {(sample.id, sample.split, sample.mask is None) for sample in made.layout.read(tmp_path, made.options)}
    assert after == before
    assert reasons(look(made, tmp_path)) == {}


@pytest.mark.parametrize("layout", CHOOSING)
@pytest.mark.parametrize("written", ["{}", "{}.jpg", "{}.JPG", "mac", "percent"])
def test_exclude_lists_compare_names_like_everything_else(layout: str, written: str, tmp_path: Path) -> None:
    whole = good_sets.make(layout, tmp_path / "whole")
    name = whole.ids["Wand 1"] if written == "percent" else whole.ids["Brücke"]
    forms = {"mac": unicodedata.normalize("NFD", name), "percent": name.replace(" ", "%20")}
    made = good_sets.make(layout, tmp_path / "less", [forms.get(written, written.format(name))])
    assert ids(whole, tmp_path / "whole") - ids(made, tmp_path / "less") == {name}
    found = look(made, tmp_path / "less")
    assert set(reasons(found)) == {"excluded"}
    assert found.unexpected == []


@pytest.mark.parametrize("layout", CHOOSING)
def test_what_is_not_read_can_be_left_out_by_its_id(layout: str, tmp_path: Path) -> None:
    ids = [f"{folder}{name}" for name in ("x", "w") for folder in ("", "Positive_")]
    made = good_sets.make(layout, tmp_path, ids)
    for name in ("x.heic", "w"):
        (made.images / name).write_bytes(good_sets.jpeg())
    found = look(made, tmp_path)
    assert (reasons(found), found.unexpected) == ({"excluded": 2}, [])


def test_ground_truth_without_an_image_is_told(tmp_path: Path) -> None:
    made = good_sets.make("cfd", tmp_path)
    (tmp_path / "groundTruth" / "z.mat").write_bytes((tmp_path / "groundTruth" / "c.mat").read_bytes())
    (made.images / "y.jpg").write_bytes(good_sets.jpeg())
    found = look(made, tmp_path)
    assert reasons(found) == {"masks without an image": 1, "without ground truth": 1}
    assert [entry.file for entry in found.unexpected] == ["groundTruth/z.mat"]


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name in ("crack500", "deepcrack", "patch_folders")])
def test_what_a_limit_leaves_out_warns_nobody(layout: str, tmp_path: Path) -> None:
    made = good_sets.make(layout, tmp_path)
    values = dict(vars(made.options)) | {"limit": 1 if layout == "patch_folders" else {"train": 1}}
    options = type(made.options)(**{key: values[key] for key in inspect.signature(made.layout.Options).parameters})
    found = survey(tmp_path, made.layout, options, made.layout.read(tmp_path, options))
    assert set(reasons(found)) == {"beyond the limit"}
    assert found.unexpected == []


def test_links_are_followed_once_and_loops_are_not(layout: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    made = good_sets.make(layout, root)
    (made.images / "loop").symlink_to(root)
    (root / "gone.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "outside").mkdir()
    (root / "away").symlink_to(tmp_path / "outside")
    (tmp_path / "link").symlink_to(root)
    for place in (root, tmp_path / "link"):
        found = look(made, place)
        assert reasons(found) == {"links that lead nowhere": 1, "links to folders elsewhere": 1}
        assert found.read == made.files


def test_folders_and_files_behind_links_are_read(layout: str, tmp_path: Path) -> None:
    made = good_sets.make(layout, tmp_path / "root")
    made.images.rename(tmp_path / "elsewhere")
    made.images.symlink_to(tmp_path / "elsewhere")
    assert reasons(look(made, tmp_path / "root")) == {}
    made.images.unlink()
    (tmp_path / "elsewhere").rename(tmp_path / "root" / "kept")
    made.images.symlink_to(tmp_path / "root" / "kept")
    assert reasons(look(made, tmp_path / "root")) == {}


def test_folders_that_may_not_be_read_are_told(layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = good_sets.make(layout, tmp_path)
    (made.images / "closed").mkdir()
    scandir = os.scandir

    def refusing(path: str) -> object:  # as root, under which tests may run, nothing is refused
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    samples = made.layout.read(tmp_path, made.options)
    monkeypatch.setattr(os, "scandir", refusing)
    assert reasons(survey(tmp_path, made.layout, made.options, samples)) == {"folders that may not be read": 1}


def test_a_relative_root_is_looked_at_like_an_absolute_one(
    layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = good_sets.make(layout, tmp_path)
    (tmp_path / "x.heic").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    for root in (Path(), Path("..") / tmp_path.name):
        assert (look(made, root).read, reasons(look(made, root))) == (made.files, {".heic": 1})


def test_tables_that_are_not_read_are_named(tmp_path: Path) -> None:
    made = good_sets.make("folder", tmp_path)
    (tmp_path / "splits.csv").write_text("id,split\n")
    (tmp_path / ".hidden").write_text("")
    line = told(look(made, tmp_path))
    assert line == "no file passed over; beside them 1 hidden, 2 that are no pictures (split.csv, splits.csv)"


def test_names_without_text_are_told_as_escapes(tmp_path: Path) -> None:
    made = good_sets.make("folder", tmp_path)
    (made.images / os.fsdecode(b"a\xff\n.heic")).write_bytes(b"")
    line = told(look(made, tmp_path))
    assert r"images/a\udcff\n.heic" in line
    line.encode("utf-8")


def test_a_record_is_read_back_as_written(tmp_path: Path) -> None:
    made = good_sets.make("folder", tmp_path / "root")
    (made.images / "ä.heic").write_bytes(b"")
    found = look(made, tmp_path / "root")
    passed_over.write(tmp_path / "found.json", found)
    assert passed_over.read(tmp_path / "found.json") == found
    assert passed_over.read(tmp_path / "gone.json") is None
    (tmp_path / "found.json").write_text('{"read": 3')
    with pytest.raises(HairlineError, match=r"found\.json: cannot be read .* ingest stage"):
        passed_over.read(tmp_path / "found.json")


def test_nothing_of_the_real_sets_is_unexpected() -> None:
    cases = [
        (cfd, cfd.Options(["042"], [], []), "cfd", {"without ground truth": 37, "excluded": 2}),
        (crack500, crack500.Options({"traincrop": "train", "valcrop": "val"}, {}, []), "crack500", {}),
        (deepcrack, deepcrack.Options({"train": "train"}, {}, []), "deepcrack", {}),
    ]
    for module, options, name, expected in cases:
        root = real(name)
        found = survey(root, module, options, module.read(root, options))
        assert (reasons(found), found.unexpected) == (expected, [])
