import numpy as np
import pytest
from support.pictures import ids, picture, real, splits

from hairline.data.layouts import deepcrack
from hairline.data.samples import ingest
from hairline.errors import HairlineError
from hairline.imaging.images import read_image

MASK = np.eye(6, 8, dtype=bool)
TRAIN = ["11190", "11190-1", "7Q3A9060-12", "IMG5", "IMG_6536-6"]
TEST = ["11142-1", "11142-2"]


def options(folders=None, limit=None, exclude=()):
    return deepcrack.Options(folders or {"train": "train"}, limit or {}, list(exclude))


@pytest.fixture
def root(tmp_path):
    for half, names in (("train", TRAIN), ("test", TEST)):
        for name in names:
            picture(tmp_path / f"{half}_img" / f"{name}.jpg")
            picture(tmp_path / f"{half}_lab" / f"{name}.png", MASK * np.uint8(255))
    return tmp_path


def test_halves_become_the_splits_they_are_given(root):
    samples = deepcrack.read(root, options({"train": "train", "test": "val"}))
    assert splits(samples) == {**dict.fromkeys(TRAIN, "train"), **dict.fromkeys(TEST, "val")}
    assert all(np.array_equal(sample.read_mask(sample.mask).crack, MASK) for sample in samples)


def test_a_group_is_the_photo_a_picture_shows_a_part_of(root):
    samples = deepcrack.read(root, options({"train": "train", "test": "test"}))
    found = {sample.id: sample.group for sample in samples}
    assert found == {
        "11190": "11190", "11190-1": "11190", "7Q3A9060-12": "7Q3A9060", "IMG5": "IMG5", "IMG_6536-6": "IMG_6536",
        "11142-1": "11142", "11142-2": "11142",
    }  # fmt: skip


def test_a_half_that_is_not_named_need_not_be_there(root):
    for folder in ("test_img", "test_lab"):
        (root / folder).rename(root / f"old_{folder}")
    assert ids(deepcrack.read(root, options())) == TRAIN
    with pytest.raises(HairlineError, match=r"test_img: no images found \(in .*train_img.*\).*take test out"):
        deepcrack.read(root, options({"train": "train", "test": "test"}))


def test_limits_are_evenly_spaced_and_exclusions_come_first(root):
    assert ids(deepcrack.read(root, options(limit={"train": 2}))) == [TRAIN[0], TRAIN[2]]
    assert ids(deepcrack.read(root, options(limit={"train": 2}, exclude=["11190"]))) == [TRAIN[1], TRAIN[3]]
    both = options({"train": "train", "test": "test"}, {"train": 1, "test": 0})
    assert ids(deepcrack.read(root, both)) == [TRAIN[0], *TEST]


def test_a_missing_mask_is_left_to_the_gate(root):
    (root / "train_lab" / "IMG5.png").unlink()
    samples = deepcrack.read(root, options())
    assert [sample.id for sample in samples if sample.mask is None] == ["IMG5"]


def test_a_mask_without_image_is_refused_unless_excluded(root):
    (root / "train_img" / "IMG5.jpg").unlink()
    with pytest.raises(
        HairlineError, match=r"train_lab/IMG5\.png: there is no image of that name in .*\(1 such masks\)"
    ):
        deepcrack.read(root, options())
    assert "IMG5" not in ids(deepcrack.read(root, options(exclude=["IMG5"])))


def test_a_missing_folder_of_masks_says_what_is_there(root):
    (root / "train_lab").rename(root / "labels")
    with pytest.raises(
        HairlineError, match=r"train_lab: no images found \(in .*: labels, test_img.*train_lab/NAME\.png"
    ):
        deepcrack.read(root, options())
    (root / "train_lab").mkdir()
    with pytest.raises(HairlineError, match=r"train_lab: no images found \(in .*train_lab: nothing\)"):
        deepcrack.read(root, options())


def test_one_id_in_both_halves_is_refused(root):
    picture(root / "test_img" / "IMG5.jpg")
    with pytest.raises(HairlineError, match="'IMG5' is in train_img and in test_img"):
        deepcrack.read(root, options({"train": "train", "test": "test"}))


def test_no_half_is_refused():
    with pytest.raises(HairlineError, match="names no half"):
        deepcrack.Options({}, {}, [])


def test_the_real_training_half(tmp_path):
    samples = deepcrack.read(real("deepcrack"), options())
    assert len(samples) == 300
    groups = [sample.group for sample in samples]
    assert groups.count("7Q3A9060") == groups.count("7Q3A9064") == 20
    assert groups.count("11190") == 8
    assert groups.count("IMG_6536") == 1
    table = ingest(samples[::60], tmp_path)
    assert table[["height", "width", "mask_height", "mask_width"]].to_numpy().tolist() == [[384, 544] * 2] * 5
    assert set(table["mask_unusual_pixels"]) == {0}
    shares = table["crack_pixels"] / (384 * 544)
    assert shares.between(0.001, 0.5).all()
    assert read_image(samples[0].image).shape == (384, 544, 3)
