"""What the system around a data set does: rights, a full disk, a killed run; and stages as programs."""

import errno
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import parameters
from support.kinds import (
    ARGUMENTS,
    GOOD,
    OPTIONS,
    contents,
    crack,
    encoded,
    grey,
    put,
    run,
    sets,
    truth,
    wall,
    write_params,
)

from hairline.data.layouts import cfd
from hairline.data.samples import read_binary_mask
from hairline.errors import HairlineError
from hairline.imaging.images import read_image
from hairline.io.atomic import whole_file, whole_folder
from pipeline import ingest, stage

ROOT = Path(__file__).parents[2]
NOBODY = 65534
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def program(bench, before="pass", **how):
    """Ingest as a user's own process, after some Python; what it left and said."""
    code = f"{before}\nimport runpy; runpy.run_module('pipeline.ingest', run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-B", "-c", code, *ARGUMENTS],
        cwd=bench, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}, **how,
    )  # fmt: skip


def told(done):
    """The one message of a run that was refused."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("hairline: ") == 1
    return done.stderr.partition("hairline: ")[2]


@pytest.fixture
def bench(tmp_path, values):
    write_params(tmp_path, values, "folder")
    GOOD["folder"](tmp_path / "raw")
    return tmp_path


@pytest.fixture
def open_bench(values):
    """A place that every user may read, unlike pytest's, where only its owner may."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        bench = Path(place) / "bench"
        bench.mkdir(mode=0o777)
        bench.chmod(0o777)
        yield bench


def powerless():
    """Who the program is run as: a user without rights where the tests are run by root."""
    if os.geteuid() != 0:
        return {}
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    try:
        tried = subprocess.run([sys.executable, "-c", "import hairline"], cwd=ROOT, capture_output=True, **who)
    except OSError as error:
        pytest.skip(f"no process can be started as another user here: {error}")
    if tried.returncode:
        pytest.skip(f"another user cannot read {sys.executable} or {ROOT}: {tried.stderr.decode()[-200:]}")
    return who


@pytest.mark.parametrize(
    ("layout", "closed", "mode", "named"),
    [
        ("folder", "raw", 0o000, "raw"),
        ("folder", "raw/images", 0o000, "raw/images"),
        ("folder", "raw/images", 0o444, "a.png"),  # may be listed, but nothing in it opened
        ("folder", "raw/masks", 0o000, "raw/masks"),
        ("folder", "raw/images/b.png", 0o000, "images/b.png"),
        ("folder", "raw/masks/b.png", 0o000, "masks/b.png"),
        ("folder", "raw/split.csv", 0o000, "split.csv"),
        ("crack500", "raw/traincrop", 0o000, "raw/traincrop"),
        ("crack500", "raw/train.txt", 0o000, "train.txt"),
        ("cfd", "raw/image", 0o000, "raw/image"),
        ("cfd", "raw/groundTruth/b.mat", 0o000, "b.mat"),
        ("synthetic", "raw/split.csv", 0o000, "split.csv"),
    ],
)
def test_what_may_not_be_read_is_named(layout, closed, mode, named, open_bench, values):
    write_params(open_bench, values, layout)
    GOOD[layout](open_bench / "raw")
    (open_bench / closed).chmod(mode)
    message = told(program(open_bench, **powerless()))
    assert named in message
    assert "Permission denied" in message
    assert contents(sets(open_bench)) == {}


def test_where_may_not_be_written_is_named(open_bench, values):
    write_params(open_bench, values, "folder")
    GOOD["folder"](open_bench / "raw")
    sets(open_bench).parent.mkdir(parents=True)
    sets(open_bench).mkdir(mode=0o555)
    message = told(program(open_bench, **powerless()))
    assert message.startswith("data/tiny/sets/walls: Permission denied; this user may not do so")
    assert contents(sets(open_bench)) == {}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (put("images/b.jpg", b""), ("images/b.jpg: cannot be decoded", "replace the file")),
        (put("split.csv", "id|split\n"), ("split.csv: found the columns id|split",)),
        (shutil.rmtree, ("raw/images: no images found",)),
    ],
    ids=["empty file", "bars", "no such root"],
)
def test_a_refusal_is_one_message_and_status_1(spoil, words, bench):
    spoil(bench / "raw")
    message = told(program(bench))
    assert all(word in message for word in words)
    assert contents(sets(bench)) == {}


def test_a_name_without_unicode_is_printed(bench):
    (bench / "raw" / "images" / os.fsdecode(b"z\xff.png")).write_bytes(b"")
    (bench / "raw" / "split.csv").unlink()
    assert r"'z\udcff' cannot be the name of a sample" in told(program(bench))


def test_all_that_is_wrong_is_told_at_once_but_not_more_than_can_be_read(bench):
    for number in range(20):
        (bench / "raw" / "images" / f"x{number:02d}.png").write_bytes(b"")
    (bench / "raw" / "split.csv").unlink()
    with pytest.raises(HairlineError) as error:
        run(ingest, bench)
    *named, more = str(error.value).splitlines()
    assert len(named) == 8
    assert all(f"x{number:02d}.png: cannot be decoded" in line for number, line in enumerate(named))
    assert more == "… and 12 more"


@pytest.mark.parametrize("writer", [(Path, "write_bytes"), (pd.DataFrame, "to_parquet")], ids=["picture", "table"])
def test_a_full_disk_is_one_line_and_leaves_what_was_there(writer, bench, monkeypatch, capsys):
    run(ingest, bench)
    before = contents(sets(bench))

    def full(*args, **how):
        raise OSError(*FULL.args)

    monkeypatch.setattr(*writer, full)
    monkeypatch.setattr(sys, "argv", ["ingest", *ARGUMENTS])
    monkeypatch.chdir(bench)
    with pytest.raises(SystemExit, match="1"):
        stage.run(ingest.main)
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("hairline: data/tiny/sets/walls: No space left on device (")
    assert "free some there: what was finished before is kept, and 'dvc repro' goes on from there" in told
    monkeypatch.undo()
    assert contents(sets(bench)) == before


def test_a_file_that_may_not_grow_is_one_line(bench):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))"
    assert told(program(bench, limit)) == "data/tiny/sets/walls: File too large\n"
    assert contents(sets(bench)) == {}


def test_what_a_killed_run_left_is_no_harm(bench):
    left = sets(bench) / ".walls.partial" / "images"
    left.mkdir(parents=True)
    (left / "z.png").write_bytes(b"half")
    run(ingest, bench)
    assert [path.name for path in sets(bench).iterdir()] == ["walls"]
    assert not (sets(bench) / "walls" / "images" / "z.png").exists()


def test_a_failed_write_leaves_nothing_beside_the_target(tmp_path):
    for whole in (whole_file, whole_folder):
        with pytest.raises(OSError, match=rf"No space left on device: '{tmp_path}/target'"), whole(tmp_path / "target"):
            raise OSError(*FULL.args)
        with pytest.raises(ZeroDivisionError), whole(tmp_path / "target") as partial:
            (partial if whole is whole_file else partial / "a").write_text("half")
            raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [TypeError("a bug"), OSError("a library's own"), ConnectionRefusedError(111, "no")])
def test_a_programming_error_keeps_its_traceback(error):
    def broken():
        raise error

    with pytest.raises(type(error)) as raised:
        stage.run(broken)
    assert raised.value is error


def test_parameters_in_another_encoding_are_told(bench, values):
    path = bench / "params.yaml"
    path.write_bytes(path.read_bytes() + "# gemäß\n".encode("latin-1"))
    with pytest.raises(HairlineError, match=r"params\.yaml: is not encoded in UTF-8"):
        run(ingest, bench)
    path = parameters.write(bench, values)
    path.write_text("# gemäß\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    run(ingest, bench)


FILES = {
    "jpg": (encoded(wall("b"), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"),
            read_image),
    "png": (encoded(wall("b"), "PNG"), read_image),
    "tif": (encoded(wall("b"), "TIFF", compression="tiff_lzw"), read_image),
    "webp": (encoded(wall("b"), "WEBP"), read_image),
    "mask": (encoded(grey(crack("b")), "PNG"), read_binary_mask),
    "mat": (truth(crack("b") + np.uint8(1), do_compression=True), cfd.read_truth),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, on damaged metadata
@pytest.mark.parametrize("kind", FILES)
def test_damage_anywhere_is_told_or_harmless(kind, tmp_path):
    whole, read = FILES[kind]
    chance = random.Random(kind)
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 1, 4])):
            damaged[chance.randrange(min(len(whole), chance.choice([300, 10**6])))] = chance.randrange(256)
        (tmp_path / "b").write_bytes(damaged[: chance.choice([len(whole), chance.randrange(len(whole))])])
        try:
            read(tmp_path / "b")
        except HairlineError as error:
            assert str(tmp_path / "b") in str(error)


def test_every_layout_has_a_good_set():
    assert set(GOOD) == set(OPTIONS)
