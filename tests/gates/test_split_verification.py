import errno
import gzip
import hashlib
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.pictures import picture, real
from typer.testing import CliRunner

from hairline.cli.splits import app
from hairline.data import published_splits
from hairline.data.layouts import deepcrack
from hairline.data.published_splits import COLUMNS, PUBLISHED, Manifest, read
from hairline.errors import HairlineError
from hairline.gates.split_verification import bits_apart, entry, look, quotation, verify

NAMES = ("11190-1", "11190-2", "11215", "7Q3A9060-1")


def texture(seed):
    coarse = np.random.default_rng(seed).integers(40, 216, (6, 8, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((64, 48), Image.Resampling.BICUBIC))


def mask(seed):
    return np.random.default_rng(seed).random((48, 64)) < 0.1


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "deepcrack"
    for seed, name in enumerate(NAMES):
        picture(folder / "train_img" / f"{name}.jpg", texture(seed))
        picture(folder / "train_lab" / f"{name}.png", mask(seed))
    return folder


@pytest.fixture
def manifest(root, tmp_path):
    """The path of a manifest of the root, as tools/make_splits.py makes it."""
    samples = deepcrack.read(root, deepcrack.Options({"train": "train"}, {}, []))
    path = tmp_path / "tiny-1.csv.gz"
    path.write_bytes(gzip.compress(published_splits.text(entry(each, root) for each in samples).encode()))
    return str(path)


def hairline(*words):
    return CliRunner().invoke(app, list(map(str, words)))


def test_files_as_they_were_are_complete_and_identical(root, manifest):
    found = verify(root, read(manifest))
    assert found.complete
    assert found.identical
    assert set(found.images.values()) == set(found.masks.values()) == {"same file"}
    assert (found.moved, found.extra) == (0, {})
    done = hairline("verify", root, "--split", manifest, "--strict")
    assert done.exit_code == 0, done.output
    assert "train  4 of 4" in done.output
    assert f"to quote: {quotation(found)}" in done.output
    text = gzip.decompress(Path(manifest).read_bytes())
    assert f"Split tiny-1 (hairline; SHA-256 {hashlib.sha256(text).hexdigest()[:16]}" in quotation(found)


def saved_again(root):
    Image.open(root / "train_img/11215.jpg").save(root / "train_img/11215.jpg", quality=30)


def other_file_of_the_same_pixels(root):
    bits = Image.open(root / "train_lab/11215.png")
    bits.convert("L").save(root / "train_lab/11215.png")


def another_image(root):
    picture(root / "train_img/11215.jpg", texture(99))


def turned_image(root):
    picture(root / "train_img/11215.jpg", texture(2)[::-1, ::-1])


def another_mask(root):
    wrong = mask(2)
    wrong[0, 0] = ~wrong[0, 0]
    picture(root / "train_lab/11215.png", wrong)


def gone(root):
    (root / "train_img/11215.jpg").unlink()


def gone_mask(root):
    (root / "train_lab/11215.png").unlink()


def cut(root):
    path = root / "train_img/11215.jpg"
    path.write_bytes(path.read_bytes()[:200])


def a_folder_in_its_place(root):
    gone(root)
    (root / "train_img/11215.jpg").mkdir()


@pytest.mark.parametrize(
    ("change", "image", "of_mask", "status", "strict"),
    [
        (saved_again, "saved again", "same file", 0, 1),
        (other_file_of_the_same_pixels, "same file", "same pixels", 0, 0),
        (another_image, "another", "same file", 1, 1),
        (turned_image, "another", "same file", 1, 1),
        (another_mask, "same file", "another", 1, 1),
        (gone, "missing", "same file", 1, 1),
        (gone_mask, "same file", "missing", 1, 1),
        (cut, "unreadable", "same file", 1, 1),
        (a_folder_in_its_place, "missing", "same file", 1, 1),
    ],
)
def test_each_change_is_told_by_its_name_and_by_the_status(change, image, of_mask, status, strict, root, manifest):
    change(root)
    found = verify(root, read(manifest))
    assert (found.images["11215"], found.masks["11215"]) == (image, of_mask)
    assert {found.images[name] for name in NAMES if name != "11215"} == {"same file"}
    done = hairline("verify", root, "--split", manifest)
    assert (done.exit_code, hairline("verify", root, "--split", manifest, "--strict").exit_code) == (status, strict)
    if status:
        assert "NOT as published" in done.output
        assert (
            f"{'missing' if 'missing' in (image, of_mask) else image if image != 'same file' else of_mask}: 11215"
            in (done.output)
        )
        assert "train  3 of 4" in done.output


def test_files_in_other_places_and_extra_pictures_are_told(root, manifest):
    (root / "images").mkdir()
    shutil.move(root / "train_img" / "11215.jpg", root / "images" / "11215.JPG")
    picture(root / "test_img" / "11300.jpg", texture(50))
    picture(root / "train_img" / ".hidden.jpg", texture(51))
    found = verify(root, read(manifest))
    assert found.identical
    assert (found.moved, found.extra) == (1, {"test_img": 1})
    done = hairline("verify", root, "--split", manifest)
    assert done.exit_code == 0
    assert "extra  1 pictures in test_img" in done.output


def test_images_saved_in_another_format_are_found_by_their_names(root, manifest):
    for path in sorted((root / "train_img").iterdir()):
        Image.open(path).save(path.with_suffix(".png"))  # as its mask is called, in another folder
        path.unlink()
    (root / "train_lab" / "11215.png").rename(root / "train_lab" / "11215.bmp")
    found = verify(root, read(manifest))
    assert set(found.images.values()) == {"same pixels"}
    assert set(found.masks.values()) == {"same file"}
    assert (found.moved, found.extra) == (len(NAMES) + 1, {})


def test_an_image_that_is_gone_is_not_its_mask(root, manifest):
    (root / "train_img" / "11215.jpg").unlink()
    found = verify(root, read(manifest))
    assert (found.images["11215"], found.masks["11215"]) == ("missing", "same file")


def test_of_files_with_one_name_the_one_in_the_folder_of_the_split_is_taken(root, tmp_path):
    for path in sorted((root / "train_img").iterdir()):
        Image.open(path).save(path.with_suffix(".png"))
        path.unlink()
    rows = [entry(each, root) for each in deepcrack.read(root, deepcrack.Options({"train": "train"}, {}, []))]
    found = verify(tmp_path, Manifest("tiny", "", "0" * 64, tuple(rows)))  # images and masks have the same names
    assert set(found.images.values()) == set(found.masks.values()) == {"same file"}
    assert found.moved == 2 * len(NAMES)


def test_links_to_folders_are_followed_and_loops_end(root, manifest, tmp_path):
    shutil.move(root / "train_img", tmp_path / "elsewhere")
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "train_lab" / "loop").symlink_to(root)
    found = verify(root, read(manifest))
    assert set(found.images.values()) == {"same file"}
    assert (found.moved, found.extra) == (len(NAMES), {})


def test_what_the_system_refuses_is_told_without_a_stage(root, manifest, monkeypatch):
    def refused(*_):
        raise PermissionError(errno.EACCES, "Permission denied", str(root))

    monkeypatch.setattr("hairline.gates.split_verification.verify", refused)
    done = hairline("verify", root, "--split", manifest)
    assert str(done.exception) == f"{root}: Permission denied; this user may not do so: 'ls -ld' tells who may"


def test_a_set_without_masks_has_none_to_miss(root, tmp_path):
    shutil.rmtree(root / "train_lab")
    (root / "train_lab").mkdir()
    picture(root / "train_lab" / "11190-1.png", mask(0))
    rows = [entry(each, root) for each in deepcrack.read(root, deepcrack.Options({"train": "train"}, {}, []))]
    found = verify(root, Manifest("tiny", "", "0" * 64, tuple(rows)))
    assert list(found.masks.values()) == ["same file", *["none listed"] * 3]
    assert found.complete


def test_looks_part_other_images_from_those_saved_again(root):
    again = [np.asarray(Image.open(root / "train_img" / f"{name}.jpg")) for name in NAMES]
    for seed, image in enumerate(again):
        assert bits_apart(look(image), look(texture(seed))) <= 4
        assert all(bits_apart(look(image), look(texture(other))) > 22 for other in range(4) if other != seed)


def row(**changed):
    values = {"id": "a", "split": "train", "image": "i/a.jpg", "mask": "m/a.png", "look": "0" * 32}
    values |= {name: "0" * 64 for name in COLUMNS if name.endswith("sha256")}
    return ",".join((values | changed)[name] for name in COLUMNS)


HEAD = ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "found no row; expected the columns id, split"),
        (f"{HEAD}\n", "found no row"),
        ("id,split\na,train\n", "found id, split; expected the columns"),
        (f"{HEAD}\n{row(split='training')}\n", "line 2 has the split 'training', none of train, val, test"),
        (f"{HEAD}\n{row()}\n{row()}\n", "line 3 has an id of a line before"),
        (f"{HEAD}\n{row(id=' ')}\n", "line 2 has no id"),
        (f"{HEAD}\n{row(image='../../secret.jpg')}\n", "the image '../../secret.jpg', no path below the root"),
        (f"{HEAD}\n{row(mask='/secret.png')}\n", "the mask '/secret.png', no path below the root"),
        (f"{HEAD}\n{row(image='')}\n", "the image '', no path"),
        (f"{HEAD}\n{row(look='xyz')}\n", "the look 'xyz', not 32 hexadecimal digits"),
        (f"{HEAD}\n{row(mask='')}\n", "mask_sha256 '0000"),
        (f"{HEAD}\n{row()},more\n", "line 2 has not 9 values"),
        (f"{HEAD}\na,train\n", "line 2 has not 9 values"),
        (b"\xff\xfe\0", "is no table in UTF-8"),
        (gzip.compress(b"x" * 1000, mtime=0)[:-9], "cannot be unpacked"),
        (gzip.compress(bytes(70 * 10**6), mtime=0), "holds more than 64 MB"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused_in_one_sentence(content, told, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(HairlineError) as caught:
        read(str(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["show", "crack50-1"], "no split 'crack50-1'; did you mean 'crack500-1'?"),
        (["verify", "{root}", "--split", "nonsense"], "no split 'nonsense'; there are crack500-1, "),
        (["verify", "{root}/gone"], "no such folder; expected the root of a set"),
        (["verify", "{root}", "--split", "{root}/gone.csv"], "gone.csv"),
        (["verify", "{root}/train_lab"], "holds no image of crack500-1, "),
    ],
)
def test_mistakes_are_one_sentence(words, told, root):
    done = hairline(*[word.format(root=root) for word in words])
    assert isinstance(done.exception, HairlineError)
    assert told in str(done.exception)
    assert "\n" not in str(done.exception)


def test_the_split_that_fits_best_is_found_without_a_name(root):
    shutil.copy(root / "train_img" / "11215.jpg", root / "train_img" / "11111.jpg")
    done = hairline("verify", root)
    assert done.exit_code == 1
    assert "deepcrack-train-1 in " in done.output


def test_published_splits_are_listed_and_printed_as_a_table():
    done = hairline("list")
    assert done.exit_code == 0
    for name in PUBLISHED:
        assert f"{name} " in done.output
    shown = hairline("show", "cfd-1")
    assert "117 images: 64 train, 7 val, 46 test" in shown.output
    lines = hairline("show", "cfd-1", "--ids").output.splitlines()
    assert lines[:2] == ["id,split", "001,train"]
    assert (len(lines), lines.count("042,train"), lines.count("073,test")) == (118, 0, 1)


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("crack500-1", {"train": 591, "val": 348}),
        ("crack500-disjoint-1", {"train": 561, "val": 96, "test": 282}),
        ("cfd-1", {"train": 64, "val": 7, "test": 46}),
        ("deepcrack-train-1", {"train": 300}),
    ],
)
def test_every_published_split_is_whole(name, counts):
    assert read(name).counts == counts


def test_a_manifest_that_is_not_the_published_one_is_refused(monkeypatch):
    wrong = published_splits.Published("cfd-1.csv.gz", "0" * 64, "")
    monkeypatch.setattr(published_splits, "PUBLISHED", {"cfd-1": wrong})
    with pytest.raises(HairlineError, match="is not the manifest of cfd-1 that was published; install hairline again"):
        read("cfd-1")


@pytest.mark.parametrize(("name", "root"), [("crack500-1", "crack500"), ("cfd-1", "cfd")])
def test_the_real_sets_are_those_of_their_splits(name, root):
    entries = random.Random(1).sample(read(name).entries, 20)
    found = verify(real(root), Manifest(name, "", "", tuple(entries)))
    assert set(found.images.values()) == set(found.masks.values()) == {"same file"}
