from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pictures import picture, real

from hairline.data.capture_times import joined, taken
from hairline.data.grouping import with_groups
from hairline.data.layouts import crack500, folder
from hairline.data.samples import RawSample, binary_mask
from hairline.data.splits import split_of
from hairline.errors import HairlineError

START = datetime(2016, 2, 29, 23, 59, 30)


def named(seconds):
    return f"{START + timedelta(seconds=seconds):%Y%m%d_%H%M%S}"


def sample(name, split="train", shares=None):
    return RawSample(name, split, name, Path("root", f"{name}.jpg"), None, binary_mask, shares=shares)


@pytest.mark.parametrize(
    "name",
    [
        "20160222_081011", "IMG_20160222_081011", "PXL_20160222_081011123", "20160222-081011_1_361",
        "2016-02-22 08.10.11", "DJI_20160222081011_0001", "2016_02_22_08_10_11", "cam2 20160222 081011",
    ],
)  # fmt: skip
def test_the_time_in_the_names_that_cameras_give_is_found(name):
    assert taken(name) == datetime(2016, 2, 22, 8, 10, 11)


@pytest.mark.parametrize(
    "name", ["IMG_2917", "20161350_081011", "20160222_251011", "20160222", "912016022208101155", "11190-1", "", "wall"]
)
def test_a_name_without_a_time_has_none(name):
    assert taken(name) is None
    assert joined([name], 10) == {name: name}


def plain_groups(times, seconds):
    """Single linkage by its definition: joined until nothing is left to join."""
    groups = [{time} for time in times]
    while True:
        pair = next(
            (
                (one, other)
                for one in groups
                for other in groups
                if one is not other and any(abs(a - b) <= seconds for a in one for b in other)
            ),
            None,
        )
        if pair is None:
            return {frozenset(map(named, group)) for group in groups}
        groups = [group for group in groups if group is not pair[0] and group is not pair[1]] + [pair[0] | pair[1]]


@given(st.sets(st.integers(0, 200), max_size=12), st.integers(1, 40))
def test_groups_are_those_of_single_linkage_over_midnight_and_a_leap_day(times, seconds):
    found = joined(map(named, times), seconds)
    members = {frozenset(photo for photo in found if found[photo] == group) for group in found.values()}
    assert members == plain_groups(times, seconds)
    assert all(min(photo for photo in found if found[photo] == group) == group for group in found.values())


@given(st.sets(st.integers(0, 200), max_size=12))
def test_no_seconds_join_nothing(times):
    assert joined(map(named, times), 0) == {named(time): named(time) for time in times}


def test_a_walk_is_one_group_and_what_is_not_read_links_too():
    walk = [named(seconds) for seconds in range(0, 80, 8)]
    assert set(joined(walk, 8).values()) == {walk[0]}
    assert len(set(joined(walk[::2], 8).values())) == 5


CROPS = {
    "traincrop": ["20160222_081011_1_361", "20160222_081027_1_1", "IMG_2935_649_969"],
    "valcrop": ["20160222_081019_1_1", "20160222_090000_1_1", "IMG_2936_1_1"],
}


@pytest.fixture
def root(tmp_path):
    for directory, names in CROPS.items():
        for name in names:
            picture(tmp_path / directory / f"{name}.jpg")
    return tmp_path


def groups(root, folders, limit=None, **stated):
    read = crack500.read(root, crack500.Options(folders, limit or {}, []))
    return {sample.id: sample.group for sample in with_groups(read, crack500, root, **stated)}


BOTH = {"traincrop": "train", "valcrop": "val"}


def test_crack500_joins_photos_ten_seconds_apart_unless_it_is_told_otherwise(root):
    found = groups(root, BOTH)
    assert found == {
        "20160222_081011_1_361": "20160222_081011", "20160222_081027_1_1": "20160222_081011",
        "20160222_081019_1_1": "20160222_081011", "20160222_090000_1_1": "20160222_090000",
        "IMG_2935_649_969": "IMG_2935", "IMG_2936_1_1": "IMG_2936",
    }  # fmt: skip
    assert groups(root, BOTH, capture_s=10) == found
    photos = {name: crack500.photo(name) for names in CROPS.values() for name in names}
    assert groups(root, BOTH, capture_s=0) == groups(root, BOTH, capture_s=7) == photos


def test_groups_do_not_depend_on_the_part_of_crack500_that_is_read(root):
    whole = groups(root, BOTH)
    for folders in ({"traincrop": "train"}, {"valcrop": "test"}):
        part = groups(root, folders, limit={"train": 2})
        assert part == {name: whole[name] for name in part}


def test_a_pattern_for_the_photo_is_all_there_is_unless_seconds_are_given_too(root):
    ids = {name: name for names in CROPS.values() for name in names}
    assert groups(root, BOTH, parent=".*") == ids
    assert len(set(groups(root, BOTH, parent=r"\d{8}_\d{6}|.*", capture_s=10).values())) == 4


def test_a_split_by_shares_is_that_of_the_joined_group():
    shares = {"train": 0.5, "test": 0.5}
    walk = [named(seconds) for seconds in range(0, 300, 5)]
    found = with_groups([sample(name, split_of(name, shares), shares) for name in walk], folder, Path(), capture_s=5)
    assert {each.group for each in found} == {walk[0]}
    assert {each.split for each in found} == {split_of(walk[0], shares)}


def test_seconds_where_no_name_holds_a_time_are_refused():
    with pytest.raises(HairlineError, match=r"capture_s .* none of the 2 names holds one .*'wall1'; take capture_s"):
        with_groups([sample("wall1"), sample("wall2")], folder, Path(), capture_s=10)
    assert with_groups([], folder, Path(), capture_s=10) == []


@pytest.mark.parametrize(
    ("stated", "apart", "told"),
    [
        ({"capture_s": 5}, {"train": 68, "val": 114}, "at most 5 s apart"),
        (
            {},
            {"train": 110, "val": 183},
            "277 photos are 174 groups, the largest of 16 photos; 21 groups with 293 images",
        ),
        ({"capture_s": 0}, {}, ""),
    ],
)
def test_the_published_split_of_crack500_parts_photos_of_one_place(stated, apart, told, caplog):
    root = real("crack500")
    caplog.set_level("INFO")
    found = with_groups(crack500.read(root, crack500.Options(BOTH, {}, [])), crack500, root, **stated)
    splits = {}
    for each in found:
        splits.setdefault(each.group, set()).add(each.split)
    assert Counter(each.split for each in found if len(splits[each.group]) > 1) == apart
    assert told in caplog.text
