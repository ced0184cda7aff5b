"""Which photos show one place, by time, by content and by name."""

import shutil
from pathlib import Path

import pytest
from support.own_photos import photo

from hairline.clicking import groups
from hairline.data import photo_files
from hairline.errors import HairlineError


def found(folder: Path, parent: str = "", seconds: float = groups.SECONDS) -> dict[str, str]:
    return groups.of_photos(photo_files.find(folder).files, parent, seconds)


def test_bursts_by_exif_and_by_names_are_groups(tmp_path: Path) -> None:
    photo(tmp_path / "DSC_1.jpg", 1, taken="2024:05:01 10:00:00")
    photo(tmp_path / "DSC_2.jpg", 2, taken="2024:05:01 10:00:08")
    photo(tmp_path / "b/IMG_20240501_100016.jpg", 3)
    photo(tmp_path / "IMG_20240501_110000.jpg", 4)
    photo(tmp_path / "wall.jpg", 5)
    photo(tmp_path / "door.jpg", 6)
    of = found(tmp_path)
    assert of["DSC_1.jpg"] == of["DSC_2.jpg"] == of["b/IMG_20240501_100016.jpg"]
    assert len(set(of.values())) == 4
    assert len(set(found(tmp_path, seconds=0).values())) == 6


def test_the_same_file_twice_and_copies_by_name_are_groups(tmp_path: Path) -> None:
    photo(tmp_path / "wall.jpg", 1)
    shutil.copy(tmp_path / "wall.jpg", tmp_path / "another name.jpg")
    photo(tmp_path / "wall (1).jpg", 2)
    photo(tmp_path / "door.jpg", 3)
    of = found(tmp_path)
    assert of["wall.jpg"] == of["another name.jpg"] == of["wall (1).jpg"] != of["door.jpg"]


def test_a_pattern_says_which_photos_belong_together(tmp_path: Path) -> None:
    for number, name in enumerate(["pier1_a.jpg", "pier1_b.jpg", "pier2_a.jpg"]):
        photo(tmp_path / name, number)
    of = found(tmp_path, r"pier\d+")
    assert of["pier1_a.jpg"] == of["pier1_b.jpg"] != of["pier2_a.jpg"]
    with pytest.raises(HairlineError, match="matches the start of none of its 3 ids"):
        found(tmp_path, "wall")
