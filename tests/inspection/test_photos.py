"""Photos as people name them, and a name of its own for what is written of each."""

from pathlib import Path, PurePosixPath

import pytest

from hairline.errors import HairlineError
from hairline.inspection.photos import WRITTEN, Photo, find, name_all


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_folders_are_searched_in_order_and_everything_counts_once(tmp_path: Path) -> None:
    touch(tmp_path, "p/b.JPG", "p/a/z.png", "p/.hidden.png", "p/a/notes.txt", "q/raw", "p/out/masks/b.png")
    given = [tmp_path / "q/raw", tmp_path / "p", tmp_path / "p/../p/b.JPG", tmp_path / "p"]
    photos, other = find(given, tmp_path / "q/../p/out")
    assert [(photo.path, str(photo.name)) for photo in photos] == [
        (tmp_path / "q/raw", "raw"), (tmp_path / "p/a/z.png", "a/z.png"), (tmp_path / "p/b.JPG", "b.JPG"),
    ]  # fmt: skip
    assert {path.name for path in other} == {"notes.txt"}


def test_what_is_no_photo_is_told(tmp_path: Path) -> None:
    touch(tmp_path, "p/notes.txt", "out/masks/a.png")
    for given, told in (("none", "not found"), ("p", "has no photo"), ("out/masks", "is the folder that --out names")):
        with pytest.raises(HairlineError, match=told):
            find([tmp_path / given], tmp_path / "out")


def photo(path: str, name: str) -> Photo:
    return Photo(Path(path), PurePosixPath(name))


def test_names_are_short_where_they_can_be_and_never_shared() -> None:
    photos = [photo("/p/a.jpg", "a.jpg"), photo("/p/a.png", "a.png"), photo("/q/A.jpg", "A.jpg"),
              photo("/q/sub/a.jpg", "sub/a.jpg"), photo("/r/q/a.jpg", "a.jpg"),
              photo("/s/q/a.jpg", "a.jpg")]  # fmt: skip
    names = name_all(photos, {})
    assert list(names.values()) == ["a", "a_png", "A_jpg", "sub/a", "q/a", "s/q/a"]
    assert len({name.casefold() for name in names.values()}) == len(photos)


def test_a_photo_keeps_the_name_it_had() -> None:
    first, other = photo("/p/a.jpg", "a.jpg"), photo("/q/a.jpg", "a.jpg")
    known = {str(other.path): "a"}
    assert name_all([first, other], known) == {first.path: "a_jpg", other.path: "a"}
    assert name_all([first], known) == {first.path: "a_jpg"}
    many = [photo(f"/{number}.jpg", "x.jpg") for number in range(5)]
    assert list(name_all(many, {}).values()) == ["x", "x_jpg", "x_jpg_2", "x_jpg_3", "x_jpg_4"]


def test_patterns_are_searched_where_no_file_has_their_name(tmp_path: Path) -> None:
    touch(tmp_path, "p/a/1.jpg", "p/b/2.jpg", "p/b/3.PNG", "p/b/notes.txt", "p/.h/4.jpg", "p/[x].jpg")
    names = lambda pattern: [str(photo.name) for photo in find([tmp_path / pattern], tmp_path / "out")[0]]  # noqa: E731
    assert names("p/**/*.jpg") == ["[x].jpg", "a/1.jpg", "b/2.jpg"]
    assert names("p/*/[23].*") == ["b/2.jpg", "b/3.PNG"]
    assert names("p/?") == ["a/1.jpg", "b/2.jpg", "b/3.PNG"]
    assert names("p/[x].jpg") == ["[x].jpg"]
    _, other = find([tmp_path / "p/b/*"], tmp_path / "out")
    assert [path.name for path in other] == ["notes.txt"]
    for pattern, told in (
        ("p/*.tif", "has no photo"),
        ("p/a**b/*", "is no pattern|has no photo"),
        ("q.jpg", "not found"),
    ):
        with pytest.raises(HairlineError, match=told):
            find([tmp_path / pattern], tmp_path / "out")


def test_no_photo_is_called_as_a_folder_of_another_is(tmp_path: Path) -> None:
    """masks/wall.png is no folder and a mask at once."""
    touch(tmp_path / "p", "wall.jpg", "wall.png/1.jpg", "X.tif/1.png", "x.webp", "b.jpg/c.jpg/2.png", "b.jpg/c.webp")
    found, _ = find([tmp_path / "p"], tmp_path / "out")
    for order in (found, found[::-1]):
        names = name_all(order, {}).values()
        for suffix in WRITTEN:
            files = {f"{name}{suffix}".casefold() for name in names}
            folders = {parent.as_posix().casefold() for name in names for parent in PurePosixPath(name).parents}
            assert len(files) == len(names) == 6 and not files & folders
    assert name_all(found[:1], {})[found[0].path] == found[0].name.with_suffix("").as_posix()


@pytest.mark.parametrize("name", ["=1+1.jpg", "@a.jpg", "-2.jpg", "+3.jpg"])
def test_no_name_is_a_formula_to_a_spreadsheet(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    found, _ = find([tmp_path], tmp_path / "out")
    assert list(name_all(found, {}).values()) == [f"_{name.removesuffix('.jpg')}"]


def test_links_in_a_circle_are_passed_over_and_the_others_count(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/below/b.jpg")
    (tmp_path / "p/below/up").symlink_to(tmp_path / "p")
    (tmp_path / "p/self.jpg").symlink_to("self.jpg")
    found, other = find([tmp_path / "p"], tmp_path / "out")
    assert [photo.name.as_posix() for photo in found] == ["a.jpg", "below/b.jpg", "self.jpg"]
    assert other == [tmp_path / "p/below/up"]


def test_what_was_written_below_photos_is_no_photo(tmp_path: Path) -> None:
    written = [f"found/{kind}/a.png" for kind in ("masks", "scores", "overlays")] + ["report/index_pictures/x.webp"]
    touch(tmp_path / "p", "a.jpg", "masks/a.png", "found/predictions.csv", "report/index.html", *written)
    named = lambda given, too: [photo.name.as_posix() for photo in find([given], tmp_path / "out", 1, too)[0]]  # noqa: E731
    assert named(tmp_path / "p", False) == ["a.jpg", "masks/a.png"]
    assert len(named(tmp_path / "p", True)) == 6
    assert named(tmp_path / "p/found/masks", False) == ["a.png"]  # which somebody asks for
    with pytest.raises(HairlineError, match="no photo but what hairline wrote itself"):
        named(tmp_path / "p/found", False)
