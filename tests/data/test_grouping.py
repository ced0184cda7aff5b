"""Published splits in the place of a layout's."""

from pathlib import Path
from types import ModuleType

import pytest
from support.pictures import real

from hairline.data import grouping
from hairline.data.capture_times import taken
from hairline.data.grouping import arranged, with_split
from hairline.data.layouts import crack500, folder
from hairline.data.published_splits import PUBLISHED, read
from hairline.data.samples import RawSample, binary_mask
from hairline.errors import HairlineError

CFD = {entry.id: entry.split for entry in read("cfd-1").entries}


def sample(name):
    return RawSample(name, "train", name, Path("root", f"{name}.jpg"), None, binary_mask, shares={"train": 1.0})


def test_images_get_the_split_that_is_published_and_others_are_left_out():
    found = with_split([sample(name) for name in [*CFD, "042", "155"]], "cfd-1")
    assert {each.id: each.split for each in found} == CFD
    assert {each.shares for each in found} == {None}


def test_an_image_of_the_split_that_is_not_read_is_refused_unless_it_is_excluded():
    samples = [sample(name) for name in CFD if name not in ("001", "073")]
    with pytest.raises(HairlineError, match="lists 117 images, of which 2 are not read, first '001'; complete the set"):
        with_split(samples, "cfd-1")
    assert len(with_split(samples, "cfd-1", exclude=["001", "073.jpg", "073"])) == 115


def test_without_a_name_the_layout_s_split_stays():
    samples = [sample("073")]
    assert arranged(samples, folder, Path(), None) == samples
    assert arranged([sample(name) for name in CFD], folder, Path(), None, split="cfd-1")[-1].split == "test"


def group_of(layout, ids, seconds):
    samples = [RawSample(name, "", crack500.photo(name), Path(), None, binary_mask) for name in ids]
    return {each.id: each.group for each in grouping.with_groups(samples, layout, Path(), capture_s=seconds)}


@pytest.mark.parametrize("seconds", [10, 30, 60])
def test_the_disjoint_split_parts_no_photos_of_one_minute(seconds):
    entries = read("crack500-disjoint-1").entries
    groups = group_of(ModuleType("crack500"), [entry.id for entry in entries], seconds)
    splits = {}
    for entry in entries:
        splits.setdefault(groups[entry.id], set()).add(entry.split)
    assert all(len(found) == 1 for found in splits.values())
    assert {entry.split for entry in entries if taken(entry.id) is None} == {"train"}


def test_the_published_split_of_crack500_does():
    entries = read("crack500-1").entries
    groups = group_of(ModuleType("crack500"), [entry.id for entry in entries], 10)
    assert len({groups[entry.id] for entry in entries if entry.split == "train"} & {
        groups[entry.id] for entry in entries if entry.split == "val"
    }) == 21  # fmt: skip


def test_the_disjoint_split_has_the_images_of_the_published_one():
    one, other = (
        {entry.id: (entry.image, entry.pixels_sha256, entry.crack_sha256) for entry in read(name).entries}
        for name in ("crack500-1", "crack500-disjoint-1")
    )
    assert one == other
    assert set(PUBLISHED) >= {"crack500-1", "crack500-disjoint-1"}


def test_crack500_is_read_in_the_disjoint_split(caplog):
    root = real("crack500")
    caplog.set_level("INFO")
    options = crack500.Options({"traincrop": "train", "valcrop": "val"}, {}, [])
    found = arranged(crack500.read(root, options), crack500, root, options, split="crack500-disjoint-1")
    assert {each.id: each.split for each in found} == {
        entry.id: entry.split for entry in read("crack500-disjoint-1").entries
    }
    assert "277 photos are 174 groups, the largest of 16 photos; 0 groups with 0 images lie in several" in caplog.text
