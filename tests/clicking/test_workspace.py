"""What `hairline click` is pointed at: a workspace, a folder of photos, or something else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import clicking
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.clicking import server, workspace
from hairline.clicking.session import Session
from hairline.data.clicks import Place
from hairline.errors import HairlineError

WALLS = {
    "layout": "clicks", "root": "data/raw/walls",
    "options": {"labels": {"rissig": "crack"}, "shares": {"train": 1}, "exclude": []},
}  # fmt: skip


def test_a_folder_of_photos_is_enough(tmp_path: Path) -> None:
    plain = workspace.of(tmp_path, None, None)
    assert (plain.images, plain.clicks, plain.size) == (tmp_path, tmp_path / "clicks", 128)
    (tmp_path / "images").mkdir()
    inside = workspace.of(tmp_path, None, 64)
    assert (inside.images, inside.clicks, inside.size) == (tmp_path / "images", tmp_path / "clicks", 64)


def test_a_workspace_says_where_photos_lie_and_how_large_patches_are(
    values: dict[str, Any], write_params: Callable[[dict[str, Any]], Path]
) -> None:
    values["datasets"]["walls"] = WALLS
    folder = write_params(values).parent
    found = workspace.of(folder, None, None)
    assert found.images == folder / "data/raw/walls/images" and found.clicks == folder / "data/raw/walls/clicks"
    assert found.state == folder / "state/clicking/walls"
    assert (found.size, found.labels) == (values["patches"]["window_px"], {"rissig": "crack"})
    assert workspace.of(folder, "walls", 48).size == 48
    assert (found.parent, found.seconds) == ("", 10)
    values["datasets"]["walls"] = WALLS | {"parent": "wall"}
    by_name = workspace.of(write_params(values).parent, None, None)
    assert (by_name.parent, by_name.seconds) == ("wall", 0)
    values["datasets"]["walls"] = WALLS | {"capture_s": 60}
    assert workspace.of(write_params(values).parent, None, None).seconds == 60
    values["datasets"]["walls"] = WALLS
    values["datasets"]["stairs"] = {**WALLS, "root": "data/raw/stairs"}
    write_params(values)
    with pytest.raises(HairlineError, match=r"datasets has (stairs, walls|walls, stairs); name one by --dataset"):
        workspace.of(folder, None, None)
    assert workspace.of(folder, "stairs", None).images == folder / "data/raw/stairs/images"
    with pytest.raises(HairlineError, match="no 'synthetic' of the layout 'clicks'; it has"):
        workspace.of(folder, "synthetic", None)


def test_what_is_no_place_to_click_is_told_in_a_sentence(tmp_path: Path) -> None:
    for arguments, words in (
        ([str(tmp_path / "gone")], "gone: no such folder; expected a workspace or a folder of photos"),
        ([str(tmp_path)], "has no photo that can be read; expected files with the suffixes .png"),
        ([str(tmp_path), "--dataset", "walls"], "params.yaml: not found, so there is no data set 'walls'"),
    ):
        done = CliRunner().invoke(app, ["click", *arguments, "--no-browser"])
        assert isinstance(done.exception, HairlineError) and words in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_told_and_another_is_found(tmp_path: Path) -> None:
    with server.listening(None) as one, server.listening(None) as other:
        assert one.getsockname()[0] == other.getsockname()[0] == "127.0.0.1"
        assert one.getsockname()[1] != other.getsockname()[1]
        with pytest.raises(HairlineError, match=r"--port \d+: cannot be used .*name another, or leave it out"):
            server.listening(one.getsockname()[1])


def test_the_command_tells_where_the_page_is(tmp_path: Path) -> None:
    clicking.photos(tmp_path / "images", ["a.jpg"])
    with clicking.server(tmp_path) as running:
        assert running.ask("/join", {"who": "anna"})["state"]["patches"] == 12
        assert running.stop() == 0
        assert (tmp_path / "clicks" / "anna.csv").is_file()


def test_sorted_patches_beside_photos_are_labels_and_no_photos(tmp_path: Path) -> None:
    clicking.photos(tmp_path, ["a.jpg", "b.jpg"], (64, 96))
    pixels = clicking.Image.open(tmp_path / "a.jpg")
    for label, left in (("crack", 32), ("no-crack", 64)):
        (tmp_path / "clicks" / label).mkdir(parents=True)
        pixels.crop((left, 0, left + 32, 32)).save(tmp_path / "clicks" / label / f"a_{left}_0.png")
    found = workspace.of(tmp_path, None, 32)
    opened = Session(found.images, found.clicks, found.size)
    assert list(opened.files) == ["a.jpg", "b.jpg"]
    assert opened.labels() == {Place("a.jpg", 32, 0, 32): "crack", Place("a.jpg", 64, 0, 32): "no_crack"}
    assert opened.state("")["left"] == 10
    opened.close()
