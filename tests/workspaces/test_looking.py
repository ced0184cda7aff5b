"""What is found out about photos, and what follows from it."""

from pathlib import Path

import pytest
from support import own_photos
from support.own_photos import photo

from hairline.errors import HairlineError
from hairline.imaging import heic
from hairline.imaging.images import read_image
from hairline.workspaces import found, looking, making, taking


def told(look: looking.Look) -> str:
    return "\n".join(found.lines(look, found.grid(look.photos)))


def test_photos_below_are_found_under_names_of_any_letters(tmp_path: Path) -> None:
    for number, name in enumerate(["Brücke 1.jpg", "day 2/a.JPG", "day 2/.hidden.jpg", ".git/x.jpg", "notes.txt"]):
        photo(tmp_path / name, number) if name != "notes.txt" else (tmp_path / name).write_text("x")
    look = looking.look(tmp_path)
    assert [each.name for each in look.photos] == ["Brücke 1.jpg", "day 2/a.JPG"]
    assert "2 photos in" in told(look) and "in 2 folders" in told(look)


def test_turned_photos_have_the_size_that_people_see(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg", 1, orientation=6)
    (one,) = looking.look(tmp_path).photos
    assert (one.width, one.height, one.orientation) == (48, 64, 6)
    assert "EXIF: 1 (a.jpg) stored turned" in told(looking.look(tmp_path))


def test_what_cannot_be_read_is_left_out_and_told(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg", 1)
    (tmp_path / "broken.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:400])
    (tmp_path / "raw.dng").write_bytes(b"II*\0")
    look = looking.look(tmp_path)
    assert [each.name for each in look.photos] == ["a.jpg"]
    assert set(look.left_out) == {"broken.jpg", "raw.dng"}
    assert "develop them to JPEG" in look.left_out["raw.dng"] and "broken.jpg" in told(look)


def test_the_same_file_counts_once_and_photos_that_look_alike_are_told(tmp_path: Path) -> None:
    source = photo(tmp_path / "a.png", 1, 256, 192)
    (tmp_path / "b.png").write_bytes(source.read_bytes())
    photo(tmp_path / "c.jpg", 1, 128, 96)  # the same picture, scaled and saved anew
    for number in range(2, 12):
        photo(tmp_path / f"d{number}.png", number, 256, 192)
    look = looking.look(tmp_path)
    assert look.copies == {"b.png": "a.png"}
    assert look.alike == (("a.png", "c.jpg"),)
    assert "b.png: the same file as a.png" in told(look) and "look alike: 1 pairs, a.png and c.jpg" in told(look)


def test_groups_follow_the_time_of_capture_by_exif_and_by_name(tmp_path: Path) -> None:
    photo(tmp_path / "x.jpg", 1, taken="2024:05:01 10:00:00")
    photo(tmp_path / "y.jpg", 2, taken="2024:05:01 10:00:09")
    photo(tmp_path / "IMG_20240501_100018.jpg", 3)
    photo(tmp_path / "IMG_20240501_110000.jpg", 4)
    photo(tmp_path / "z.jpg", 5)
    look = looking.look(tmp_path)
    group = found.groups(look.photos)
    assert group["x.jpg"] == group["y.jpg"] == group["IMG_20240501_100018.jpg"]
    assert len(set(group.values())) == 3
    assert "groups: 3, of photos taken at most 10 s apart by EXIF and names; the largest has 3" in told(look)
    assert found.seconds(look.photos) is None  # those with a time in their names are an hour apart


def test_times_in_names_join_photos_of_the_data_set(tmp_path: Path) -> None:
    photo(tmp_path / "20240501_100000.jpg", 1)
    photo(tmp_path / "20240501_100004.jpg", 2)
    assert found.seconds(looking.look(tmp_path).photos) == 10


@pytest.mark.parametrize(
    ("width", "height", "window", "stride"),
    [(640, 360, 64, 16), (2560, 1440, 128, 16), (4000, 3000, 256, 32), (3000, 4000, 256, 32), (1600, 1066, 96, 16)],
)
def test_the_window_shows_as_much_as_on_photos_of_crack500(width: int, height: int, window: int, stride: int) -> None:
    class Sized:
        def __init__(self) -> None:
            self.width, self.height = width, height

    assert found.grid([Sized()]) == found.Grid(window, stride)  # type: ignore[list-item]
    assert found.grid([Sized()], 100).window_px == 100  # type: ignore[list-item]


@pytest.mark.parametrize("content", ["nothing", "text", "broken"])
def test_a_folder_without_photos_is_one_sentence(tmp_path: Path, content: str) -> None:
    if content != "nothing":
        (tmp_path / ("a.txt" if content == "text" else "a.jpg")).write_text("no photo")
    with pytest.raises(HairlineError, match=r"no photos found|none of the 1 pictures can be used") as error:
        looking.look(tmp_path)
    assert "\n" not in str(error.value)


def test_heic_without_its_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heic, "readable", lambda: False)
    (tmp_path / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(HairlineError, match=r"pip install 'hairline\[photos\]'"):
        looking.look(tmp_path)
    own_photos.some(tmp_path, 1)
    assert looking.look(tmp_path).left_out == {"IMG_1.HEIC": heic.MISSING}


def test_heic_becomes_upright_jpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heic, "readable", lambda: True)  # a JPEG under that name, which Pillow opens by its content
    written = photo(tmp_path / "from" / "a.jpg", 1, orientation=6)
    source = written.rename(written.with_suffix(".heic"))
    assert looking.look(source.parent).photos[0].width == 48
    names = taking.names(["a.heic"])
    ways = taking.take({names["a.heic"]: source}, tmp_path / "to", "auto")
    assert dict(ways) == {"converted to JPEG": 1}
    assert read_image(tmp_path / "to" / "a.jpg").shape == (64, 48, 3)
    assert source.is_file()


def test_sorted_patches_among_photos_are_no_photos(tmp_path: Path) -> None:
    own_photos.some(tmp_path, 1)
    photo(tmp_path / "clicks" / "no-crack" / "p0_0_0.jpg", 2)
    photo(tmp_path / "clicks" / "day 2" / "a.jpg", 3)
    look = making.looked(tmp_path / "ws", tmp_path)
    assert [each.name for each in look.photos] == ["clicks/day 2/a.jpg", "p0.jpg"]


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    photo(tmp_path / "elsewhere" / "a.jpg", 1)
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "from" / "same").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "circle").symlink_to(tmp_path / "from")
    assert [each.name for each in looking.look(tmp_path / "from").photos] == ["link/a.jpg"]
