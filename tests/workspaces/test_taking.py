"""Photos come into a workspace linked or copied, never moved, each under a name of its own that can be an id."""

import os
import sys
from pathlib import Path

import pytest
from support.own_photos import some

from hairline.data.samples import usable_id
from hairline.workspaces import taking

ODD = ["a.jpg", "A.JPG", "a.png", "day/a.jpg", "day-a.jpg", "x/y?.jpg", " b .jpg", "._c.jpg", "ü" * 150 + ".jpg",
       "ü" * 151 + ".jpg", "u\u0308.jpg", "line\nend.jpg"]  # fmt: skip


def test_every_name_can_be_an_id_and_is_nobody_elses() -> None:
    stems = [Path(name).stem for name in taking.names(ODD).values()]
    assert all(map(usable_id, stems)), stems
    assert len({stem.casefold() for stem in stems}) == len(ODD)


@pytest.mark.parametrize("how", ["auto", "link", "copy"])
def test_photos_are_taken_and_the_originals_stay(tmp_path: Path, how: taking.How) -> None:
    source = some(tmp_path / "from", 1) / "p0.jpg"
    before = source.read_bytes()
    taking.take({"q.jpg": source}, tmp_path / "to", how)
    taken = tmp_path / "to" / "q.jpg"
    assert taken.read_bytes() == before == source.read_bytes()
    assert taken.is_symlink() == (how == "link")
    assert (taken.stat().st_ino == source.stat().st_ino) == (how != "copy")


def test_where_the_disk_allows_no_hard_link_photos_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    source = some(tmp_path / "from", 1) / "p0.jpg"
    assert dict(taking.take({"q.jpg": source}, tmp_path / "to", "auto")) == {"copied": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="no permissions")
def test_copies_of_read_only_photos_can_be_removed_again(tmp_path: Path) -> None:
    source = some(tmp_path / "from", 1) / "p0.jpg"
    source.chmod(0o444)
    taking.take({"q.jpg": source}, tmp_path / "to", "copy")
    assert (tmp_path / "to" / "q.jpg").stat().st_mode & 0o200


def test_a_failure_leaves_no_half_folder(tmp_path: Path) -> None:
    source = some(tmp_path / "from", 1) / "p0.jpg"
    with pytest.raises(FileNotFoundError):
        taking.take({"q.jpg": source, "r.jpg": tmp_path / "gone.jpg"}, tmp_path / "to", "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["from"]
