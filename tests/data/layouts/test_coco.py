import json
import unicodedata

import numpy as np
import pycocotools.mask
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support.pictures import ids, picture, splits

from hairline.data.layouts import coco
from hairline.data.parents import with_parents
from hairline.data.samples import ingest, load_mask
from hairline.data.splits import split_of
from hairline.errors import HairlineError

HEIGHT, WIDTH = 6, 8  # of the pictures of tests/pictures.py
SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}
BLOCK = np.zeros((HEIGHT, WIDTH), bool)
BLOCK[1:3, 2:6] = True
POLYGON = [[2, 1, 6, 1, 6, 3, 2, 3]]
RUNS = {"size": [HEIGHT, WIDTH], "counts": [13, 2, 4, 2, 4, 2, 4, 2, 15]}
PACKED = pycocotools.mask.encode(np.asfortranarray(BLOCK.astype(np.uint8)))
TEXT = {"size": [HEIGHT, WIDTH], "counts": PACKED["counts"].decode()}
EXPORT = "annotations/instances_default.json"


def options(annotations=None, images="images", categories=(), shares=SHARES, exclude=()):
    return coco.Options(annotations or {EXPORT: "train"}, images, list(categories), shares, list(exclude))


def image(number, name, width=WIDTH, height=HEIGHT):
    return {"id": number, "file_name": name, "width": width, "height": height}


def annotation(number, image_id, segmentation, category=1):
    return {"id": number, "image_id": image_id, "category_id": category, "segmentation": segmentation, "iscrowd": 0}


def export(images, annotations=(), categories=("crack", "joint")):
    return {
        "images": images,
        "annotations": list(annotations),
        "categories": [{"id": number, "name": name} for number, name in enumerate(categories, 1)],
    }


def put(root, content, name=EXPORT, images="images"):
    """An export, and an image file for each of its images."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    for entry in content["images"]:
        picture(root / images / entry["file_name"].replace("\\", "/"))
    return path


def mask(sample):
    return sample.read_mask(sample.mask).crack


@pytest.fixture
def root(tmp_path):
    images = [image(1, "a.jpg"), image(2, "b.jpg"), image(3, "c.v2.png"), image(4, "empty.jpg")]
    put(tmp_path, export(images, [annotation(7, 1, POLYGON), annotation(8, 2, RUNS), annotation(9, 3, TEXT)]))
    return tmp_path


def test_polygons_and_both_kinds_of_run_lengths_give_one_mask(root):
    samples = coco.read(root, options())
    assert ids(samples) == ["a", "b", "c.v2", "empty"]
    assert [sample.group for sample in samples] == ids(samples)
    assert all(np.array_equal(mask(sample), BLOCK) for sample in samples[:3])
    assert mask(samples[3]).shape == BLOCK.shape
    assert not mask(samples[3]).any()


def test_the_masks_survive_ingest(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    table = ingest(coco.read(root, options()), folder)
    assert table["crack_pixels"].tolist() == [8, 8, 8, 0]
    assert table["has_mask"].all()
    assert np.array_equal(load_mask(folder, "b"), BLOCK)


@settings(deadline=None, max_examples=20)
@given(boxes=st.lists(st.tuples(*[st.integers(0, 3)] * 4, st.sampled_from([1, 2])), max_size=5))
def test_a_mask_is_the_union_of_the_annotations_of_the_chosen_categories(tmp_path_factory, boxes):
    root, annotations, expected = tmp_path_factory.mktemp("set"), [], np.zeros((HEIGHT, WIDTH), bool)
    for number, (x, y, more_x, more_y, category) in enumerate(boxes):
        right, low = x + 1 + more_x, min(y + 1 + more_y, HEIGHT)
        annotations.append(annotation(number, 1, [[x, y, right, y, right, low, x, low]], category))
        if category == 1:
            expected[y:low, x:right] = True
    put(root, export([image(1, "a.jpg")], annotations))
    [sample] = coco.read(root, options(categories=["crack"]))
    assert np.array_equal(mask(sample), expected)


def test_no_categories_are_all_categories(tmp_path):
    boxes = [annotation(1, 1, POLYGON, 1), annotation(2, 1, [[0, 4, 2, 4, 2, 6, 0, 6]], 2)]
    put(tmp_path, export([image(1, "a.jpg")], boxes))
    [everything] = coco.read(tmp_path, options())
    [joint] = coco.read(tmp_path, options(categories=["joint"]))
    assert (mask(everything).sum(), mask(joint).sum()) == (12, 4)
    assert mask(joint)[4:, :2].all()


def test_a_category_that_is_not_wanted_may_have_boxes_alone(tmp_path):
    put(tmp_path, export([image(1, "a.jpg")], [annotation(1, 1, POLYGON), annotation(2, 1, [], 2)]))
    [sample] = coco.read(tmp_path, options(categories=["crack"]))
    assert np.array_equal(mask(sample), BLOCK)


def test_annotation_files_become_the_splits_they_are_given(tmp_path):
    put(tmp_path, export([image(1, "a.jpg")]), "one.json")
    put(tmp_path, export([image(1, "b.jpg")]), "two.json")
    put(tmp_path, export([image(n, f"{n}.jpg") for n in range(20)]), "rest.json")
    samples = coco.read(tmp_path, options({"one.json": "val", "two.json": "test", "rest.json": "shares"}))
    expected = {"a": "val", "b": "test"} | {str(n): split_of(str(n), SHARES) for n in range(20)}
    assert splits(samples) == expected


def test_roboflow_keeps_images_beside_their_annotations(tmp_path):
    for folder in ("train", "valid"):
        put(tmp_path, export([image(0, "1.jpg")]), f"{folder}/_annotations.coco.json", folder)
    both = {"train/_annotations.coco.json": "train", "valid/_annotations.coco.json": "val"}
    assert splits(coco.read(tmp_path, options(both, ""))) == {"train-1": "train", "valid-1": "val"}


def test_label_studio_names_the_folder_of_images_in_file_name(tmp_path):
    put(tmp_path, export([image(0, "images/1.jpg"), image(1, "images\\sub\\2.jpg")]), "result.json", ".")
    samples = coco.read(tmp_path, options({"result.json": "train"}, "."))
    assert ids(samples) == ["images-1", "images-sub-2"]
    assert ids(coco.read(tmp_path, options({"result.json": "train"}, ".", exclude=["images-1"]))) == ["images-sub-2"]


def test_sub_folders_keep_equal_names_apart(tmp_path):
    put(tmp_path, export([image(1, "north/1.jpg"), image(2, "south/1.jpg")]))
    assert ids(coco.read(tmp_path, options())) == ["north-1", "south-1"]


@pytest.mark.parametrize("name", ["../a.jpg", "sub/../../a.jpg", "/etc/a.jpg", "C:\\a.jpg", "..\\a.jpg", "", ".", ".."])
def test_a_file_name_must_stay_in_its_folder(tmp_path, name):
    (tmp_path / "annotations").mkdir()
    (tmp_path / EXPORT).write_text(json.dumps(export([image(1, name)])))
    with pytest.raises(HairlineError, match=r"names the image '.*'; expected a path inside the folder of images"):
        coco.read(tmp_path, options())


@pytest.mark.parametrize("name", ["a\0.jpg", "a" * 5000 + ".jpg", "\ud800.jpg"])
def test_what_cannot_be_the_name_of_a_file_is_told(tmp_path, name):
    (tmp_path / "annotations").mkdir()
    (tmp_path / EXPORT).write_text(json.dumps(export([image(1, name)])))
    with pytest.raises(HairlineError, match="cannot be the name of a file; correct it") as refusal:
        coco.read(tmp_path, options())
    assert str(refusal.value).isascii() and len(str(refusal.value)) < 500


def test_missing_image_files_are_counted_and_the_first_is_named(root):
    (root / "images" / "a.jpg").unlink()
    (root / "images" / "b.jpg").unlink()
    with pytest.raises(
        HairlineError, match=r"2 of the 4 images are missing, first .*images/a\.jpg \(in .*: c\.v2\.png"
    ):
        coco.read(root, options())
    assert ids(coco.read(root, options(exclude=["a", "b"]))) == ["c.v2", "empty"]
    with pytest.raises(HairlineError, match=r"4 of the 4 .*no such folder.*options\.images"):
        coco.read(root, options(images="pictures"))


def test_one_image_listed_twice_is_refused(root):
    put(root, export([image(1, "b.jpg")]), "again.json")
    with pytest.raises(
        HairlineError, match=r"again\.json: the image .*b\.jpg is listed in .*instances_default\.json before"
    ):
        coco.read(root, options({EXPORT: "train", "again.json": "test"}))
    put(root, export([image(1, "b.jpg"), image(2, "b.jpg")]), "twice.json")
    with pytest.raises(HairlineError, match=r"twice\.json: the image .*b\.jpg is listed in .*twice\.json before"):
        coco.read(root, options({"twice.json": "train"}))


def test_the_size_must_be_that_of_the_file(tmp_path):
    put(tmp_path, export([image(1, "a.jpg", HEIGHT, WIDTH)]))
    [sample] = coco.read(tmp_path, options())
    with pytest.raises(HairlineError, match=r"annotates .*a\.jpg as 6 x 8 pixels; the file has 8 x 6"):
        mask(sample)


def test_a_size_before_the_orientation_is_told_with_a_remedy_that_works(tmp_path):
    put(tmp_path, export([image(1, "a.jpg")], [annotation(1, 1, POLYGON)]))
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = Image.new("RGB", (WIDTH, HEIGHT))
    stored.save(tmp_path / "images" / "a.jpg", exif=exif)
    [sample] = coco.read(tmp_path, options())
    with pytest.raises(
        HairlineError, match=r"8 x 6 pixels, its size before its EXIF orientation 6 .* makes it 6 x 8; .*rem"
    ):
        mask(sample)
    stored.save(tmp_path / "images" / "a.jpg")
    assert np.array_equal(mask(sample), BLOCK)


def test_outlines_that_draw_nothing_leave_no_blank_mask(tmp_path):
    flat = annotation(7, 1, [[2, 1, 5, 1, 3, 1]])
    put(tmp_path, export([image(1, "a.jpg")], [flat]))
    [sample] = coco.read(tmp_path, options())
    with pytest.raises(
        HairlineError, match=r"the annotations of a\.jpg \(7\) draw no pixel, as their outlines are thinner"
    ):
        mask(sample)
    put(tmp_path, export([image(1, "a.jpg")], [annotation(1, 1, POLYGON), flat]))
    [sample] = coco.read(tmp_path, options())
    assert ingest([sample], tmp_path).loc[0, "mask_remarks"] == "annotation 7 draws no pixel: its outline is too thin"
    assert np.array_equal(mask(sample), BLOCK)


def test_an_empty_object_counts_for_nothing(tmp_path):
    empty = annotation(2, 1, []) | {"area": 0, "bbox": [0, 0, 0, 0]}
    for others, expected in (([annotation(1, 1, POLYGON)], BLOCK), ([], np.zeros_like(BLOCK))):
        put(tmp_path, export([image(1, "a.jpg")], [*others, empty]))
        [sample] = coco.read(tmp_path, options())
        assert np.array_equal(mask(sample), expected)
        assert sample.read_mask(sample.mask).remarks == ["annotation 2 is an empty object, which counts for nothing"]


def test_annotations_drawn_twice_are_told(tmp_path):
    again = [annotation(1, 1, POLYGON), annotation(1, 1, POLYGON), annotation(2, 1, RUNS)]
    put(tmp_path, export([image(1, "a.jpg")], again))
    [sample] = coco.read(tmp_path, options())
    assert sample.read_mask(sample.mask).remarks == [
        "annotation 1 draws the same as 1", "annotation 2 draws the same as 1", "2 annotations have the id 1",
    ]  # fmt: skip


def test_copies_of_a_photo_share_a_split(tmp_path):
    names = [f"{n}_jpg.rf.{copy:032x}.jpg" for n in range(12) for copy in range(3)]
    put(tmp_path, export([image(number, name) for number, name in enumerate(names)]))
    samples = with_parents(coco.read(tmp_path, options({EXPORT: "shares"})))
    assert {(sample.group, sample.split) for sample in samples} == {
        (f"{n}", split_of(f"{n}", SHARES)) for n in range(12)
    }


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("MAX_ANNOTATIONS", "has 2 annotations; expected at most 1"),
        ("MAX_LENGTH_PX", "annotation 1 of .* longer than 1 px together"),
    ],
)
def test_the_annotations_of_an_image_are_limited(tmp_path, monkeypatch, limit, told):
    put(tmp_path, export([image(1, "a.jpg")], [annotation(1, 1, POLYGON), annotation(2, 1, POLYGON)]))
    [sample] = coco.read(tmp_path, options())
    monkeypatch.setattr(coco, limit, 1)
    with pytest.raises(HairlineError, match=told):
        mask(sample)


def test_the_size_is_that_of_the_upright_image(tmp_path):
    put(tmp_path, export([image(1, "a.jpg", HEIGHT, WIDTH)], [annotation(1, 1, [[0, 0, 2, 0, 2, 8, 0, 8]])]))
    exif = Image.Exif()
    exif[0x0112] = 6  # stored on its side
    Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "images" / "a.jpg", exif=exif)
    [sample] = coco.read(tmp_path, options())
    assert mask(sample).shape == (WIDTH, HEIGHT)
    assert mask(sample)[:, :2].all()
    table = ingest([sample], tmp_path)
    assert table.loc[0, ["height", "width"]].tolist() == table.loc[0, ["mask_height", "mask_width"]].tolist()


@pytest.mark.parametrize(
    ("segmentation", "told"),
    [
        ([[1, 1, 2, 2]], "4 coordinates"),
        ([[1, 1, 2, 2, 3]], "5 coordinates"),
        ([[9, 1, 12, 1, 12, 4]], "lies outside of the image, which is 8 x 6"),
        ({"size": [WIDTH, HEIGHT], "counts": [48]}, r"size \[8, 6\]; expected \[6, 8\]"),
        ([], "no outline"),
    ],
)
def test_an_outline_that_does_not_fit_names_file_annotation_and_image(tmp_path, segmentation, told):
    put(tmp_path, export([image(1, "a.jpg")], [annotation(1, 1, POLYGON), annotation(77, 1, segmentation)]))
    [sample] = coco.read(tmp_path, options())
    with pytest.raises(HairlineError, match=rf"default\.json: annotation 77 of a\.jpg: .*{told}.*options\.exclude"):
        mask(sample)


def test_an_annotation_without_id_is_named_by_its_number(tmp_path):
    entry = {"image_id": 1, "category_id": 1}
    put(tmp_path, export([image(1, "a.jpg")], [annotation(1, 1, POLYGON), entry]))
    [sample] = coco.read(tmp_path, options())
    with pytest.raises(HairlineError, match=r"annotation number 1 of a\.jpg: it has no outline"):
        mask(sample)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"annotations": {}}, "names no file"),
        ({"annotations": {"../a.json": "train"}}, r"'\.\./a\.json' is no path inside the root"),
        ({"images": "/images"}, "'/images' is no path inside the root"),
        ({"annotations": {"a.json": "shares"}, "shares": {"train": 0.5}}, "sum to 1"),
    ],
)
def test_options_are_checked(values, told):
    usual = {"annotations": {"a.json": "train"}, "images": "", "categories": [], "shares": {}, "exclude": []}
    with pytest.raises(HairlineError, match=told):
        coco.Options(**(usual | values))


@pytest.mark.parametrize(
    ("on_disk", "in_export"),
    [
        (unicodedata.normalize("NFD", "Brücke.png"), "Brücke.png"),
        ("Brücke.png", unicodedata.normalize("NFD", "Brücke.png")),
        ("Wand 1.png", "Wand%201.png"),
        ("Wand 1.PNG", "wand 1.png"),
        ("süd/a b.png", "s%C3%BCd%2Fa%20b.png"),
    ],
)
def test_a_name_written_otherwise_is_found(tmp_path, on_disk, in_export):
    put(tmp_path, export([image(1, on_disk)], [annotation(7, 1, POLYGON)]))
    (tmp_path / EXPORT).write_text(json.dumps(export([image(1, in_export)], [annotation(7, 1, POLYGON)])))
    (sample,) = coco.read(tmp_path, options())
    assert sample.image.is_file()
    assert sample.id == unicodedata.normalize("NFC", on_disk).rpartition(".")[0].replace("/", "-")
    assert np.array_equal(mask(sample), BLOCK)


def test_of_two_files_like_the_name_none_is_taken(tmp_path):
    put(tmp_path, export([image(1, "A b.png"), image(2, "a B.png")]))
    (tmp_path / EXPORT).write_text(json.dumps(export([image(1, "a%20b.png")])))
    with pytest.raises(HairlineError, match=r"first .*a%20b\.png \(in .*: A b\.png, a B\.png\)"):
        coco.read(tmp_path, options())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_outlines_are_drawn_on_the_picture_as_a_viewer_shows_it(tmp_path, kind, turn):
    back = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    put(tmp_path, export([image(1, "a.png")], [annotation(7, 1, POLYGON)]))
    stored = Image.fromarray(np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    stored = stored.transpose(back[turn]) if turn in back else stored
    exif = Image.Exif()
    exif[274] = turn
    how = {"tiffinfo": {274: turn}} if kind == "TIFF" else {"exif": exif}
    stored.save(tmp_path / "images" / "a.png", kind, **how)
    (sample,) = coco.read(tmp_path, options())
    assert np.array_equal(mask(sample), BLOCK)
    (tmp_path / "set").mkdir()
    row = ingest([sample], tmp_path / "set").loc[0]
    assert (row["height"], row["width"], row["exif_orientation"]) == (HEIGHT, WIDTH, turn)
