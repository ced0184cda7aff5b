"""Every layout refuses hostile pictures in one sentence that names the file, quickly, and leaves nothing."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hostile import files
from support import walls
from support.seen import Seen

IN_PICTURES = [name for name in walls.MASKED if name not in ("cfd", "coco")]
"""Layouts whose masks are pictures of their own."""


def folder(path: Path) -> None:
    path.mkdir()


def link_to_nothing(path: Path) -> None:
    path.symlink_to("gone.png")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def link_to_zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


PLACES: dict[str, Callable[[Path], object]] = {
    "a folder": folder,
    "a link to nothing": link_to_nothing,
    "a link to itself": link_to_itself,
    "a pipe": os.mkfifo,
    "a link to endless zeros": link_to_zeros,
}
HOSTILE = [*files.PICTURES, *PLACES]


def cases(layouts: Iterable[str]) -> list[tuple[str, str]]:
    """Every picture in one layout, and every third in each other, by turns: all read pictures by the same code."""
    return [
        (layout, what)
        for place, layout in enumerate(layouts)
        for number, what in enumerate(HOSTILE)
        if layout == "folder" or (number + place) % 3 == 0
    ]


def put(what: str, path: Path) -> None:
    path.unlink()
    if what in PLACES:
        PLACES[what](path)
    else:
        path.write_bytes(files.PICTURES[what])


def assert_refused(seen: Seen, path: Path, folder: Path) -> None:
    """One sentence about the file, no traceback, in time, in little memory."""
    assert seen.status == 1, (seen.status, seen.told)
    told = seen.told.rpartition("\nhairline: ")[2]
    assert str(path.relative_to(folder)) in told, seen.told
    assert "Traceback" not in seen.told
    assert told.count("\n") == 1, told
    assert re.search(r"; (expected|\w+ .*)", told), f"no remedy: {told}"
    assert seen.seconds < 5
    assert seen.grown_mib < 1000


@pytest.mark.parametrize(("layout", "what"), cases(walls.LAYOUTS))
def test_an_image(layout, what, attempt):
    trial = attempt(layout)
    put(what, trial.image)
    assert_refused(trial.ingest(), trial.image, trial.folder)
    assert trial.written() == []


@pytest.mark.parametrize(
    ("what", "told"), [("a pointer of Git LFS", "git lfs pull"), ("HEIC", "since it is HEIC; convert it to JPEG")]
)
def test_the_cause_is_told_where_the_bytes_say_it(what, told, attempt):
    trial = attempt("folder")
    put(what, trial.image)
    assert told in trial.ingest().told


@pytest.mark.parametrize(("layout", "what"), cases(IN_PICTURES))
def test_a_mask(layout, what, attempt):
    trial = attempt(layout)
    put(what, trial.mask)
    assert_refused(trial.ingest(), trial.mask, trial.folder)
    assert trial.written() == []


@pytest.mark.parametrize("layout", walls.LAYOUTS)
def test_the_good_set_itself_is_taken(layout, attempt):
    trial = attempt(layout)
    done = trial.ingest()
    assert done.status == 0, done.told
    done = trial.validate()
    assert done.status == 0, done.told
