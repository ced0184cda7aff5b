from pathlib import Path

import pytest
from support.pictures import picture

from hairline.data.layouts import folder, patch_folders
from hairline.data.parents import with_parents
from hairline.data.samples import RawSample, binary_mask
from hairline.data.splits import split_of
from hairline.errors import HairlineError

SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}


def sample(path, group="", split="train", shares=None):
    name = path.replace("/", "-")
    return RawSample(name, split, group or name, Path("root", f"{path}.jpg"), None, binary_mask, shares=shares)


def groups(*paths, pattern=""):
    return [found.group for found in with_parents([sample(path) for path in paths], pattern)]


OTHERS = ("other", "another", "a third", "a fourth", "a fifth", "a sixth")


@pytest.mark.parametrize(
    "copy",
    [
        "IMG_1_jpg.rf.0123456789abcdef0123456789abcdef",
        "IMG_1_JPG.rf.0123456789abcdef",
        "IMG_1.png.rf.AbCdEf0123456789",
        "IMG_1.rf.0123456789abcdef",
        "valid/IMG_1_jpg.rf.0123456789abcdef",
        "IMG_1_aug3_jpg.rf.0123456789abcdef",
        "IMG_1_aug3",
        "IMG_1-aug-12",
        "IMG_1_augmented",
        "IMG_1_flip",
        "IMG_1_hflip",
        "IMG_1_flip_lr",
        "IMG_1_rot90",
        "IMG_1_rotated_180",
        "IMG_1_rot90_vflip",
        "IMG_1_mirrored",
        "IMG_1 (1)",
        "IMG_1(2)",
        "IMG_1 copy",
        "IMG_1_copy2",
        "IMG_1 - Copy",
        "IMG_1 - Copy (2)",
        "IMG_1 - Kopie",
    ],
)
def test_a_copy_is_of_the_group_of_its_photo(copy):
    assert groups("IMG_1", copy, *OTHERS) == ["IMG_1", "IMG_1", *OTHERS]


@pytest.mark.parametrize(
    "name",
    [
        "IMG_1_2",
        "IMG_10",
        "IMG_1_641_361",
        "IMG_1-2",
        "IMG_1b",
        "IMG_1_rotunda",
        "IMG_1_august",
        "flip",
        "_aug3",
        "IMG_1.rf",
    ],
)
def test_other_names_are_photos_of_their_own(name):
    assert groups("IMG_1", name, *OTHERS) == ["IMG_1", name, *OTHERS]


def test_photos_numbered_in_brackets_are_no_copies_unless_the_first_is_there():
    numbered = [f"crack ({number})" for number in range(9)]
    assert groups(*numbered) == numbered
    assert groups("crack (1)", "crack (1) (1)", *OTHERS)[:2] == ["crack (1)"] * 2


def test_a_photo_of_more_than_half_of_the_set_is_none():
    names = [f"wall_aug{number}" for number in range(9)]
    assert groups(*names) == names
    assert set(groups(*names, *(f"floor_aug{number}" for number in range(9)))) == {"wall", "floor"}


def test_what_the_layout_knows_of_the_photo_stays():
    assert [found.group for found in with_parents([sample("a_aug1", "site"), sample("a", "a")])] == ["site", "a"]


def test_a_pattern_takes_the_place_of_names_and_of_the_layouts_groups():
    known = [sample("p1_0_0", "x"), sample("p1_0_64", "y"), sample("p2_0_0", "z"), sample("q_jpg.rf.0123456789")]
    by_match = [found.group for found in with_parents(known, r"p\d")]
    by_group = [found.group for found in with_parents(known, r"(p\d)_\d+")]
    assert by_match == by_group == ["p1", "p1", "p2", "q_jpg.rf.0123456789"]
    assert [found.group for found in with_parents(known, ".*")] == [one.id for one in known]


def test_a_pattern_that_matches_nothing_is_told():
    with pytest.raises(HairlineError, match=r"'z\+' \(parent of this data set\) .* none of its 2 ids, e\.g\. 'a'"):
        groups("a", "b", pattern="z+")


def test_a_split_by_hash_follows_the_photo_and_a_published_one_stays():
    names = [f"{n}_jpg.rf.{copy:032x}" for n in range(30) for copy in range(3)]
    hashed = [sample(name, split=split_of(name, SHARES), shares=SHARES) for name in names]
    assert all(found.split == split_of(found.group, SHARES) for found in with_parents(hashed))
    assert len({(found.group, found.split) for found in with_parents(hashed)}) == 30
    published = [sample("train/1_jpg.rf.0123456789"), sample("test/1_jpg.rf.1234567890", split="test")]
    assert [(found.group, found.split) for found in with_parents(published)] == [("1", "train"), ("1", "test")]


def copies(folder):
    for photo in range(10):
        for copy in range(3):
            picture(folder / f"{photo}_aug{copy}.jpg")


@pytest.mark.parametrize(
    ("layout", "place", "options", "below"),
    [
        (folder, "images", folder.Options(SHARES, []), ""),
        (patch_folders, "Positive", patch_folders.Options(["Positive"], [], "", SHARES, 0, []), "Positive_"),
    ],
)
def test_layouts_that_split_by_hash_follow_the_photo(tmp_path, layout, place, options, below):
    copies(tmp_path / place)
    found = {(one.group, one.split) for one in with_parents(layout.read(tmp_path, options))}
    assert found == {(f"{below}{photo}", split_of(f"{below}{photo}", SHARES)) for photo in range(10)}
    each = with_parents(layout.read(tmp_path, options), ".*")
    assert [one.group for one in each] == [one.id for one in each]
