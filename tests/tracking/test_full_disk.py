"""A full disk is one line: which place is full, what is kept, what to do."""

import errno
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import workspace

from hairline.errors import HairlineError
from hairline.tracking import client

STAGE = """
import os, sys
from pathlib import Path
from hairline import tracking
from pipeline import stage

def fill():
    try:
        with open("mlruns/fill", "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    except OSError:
        pass

def main():
    with tracking.run("train", "one", "study", {}, [], {}, [], Path("run.json")) as run:
        fill()
        Path("large").write_bytes(bytes(300000))
        if sys.argv[1] == "file":
            run.artifact(Path("large"))
        while True:
            run.curves([(step, {"loss": 1.0}) for step in range(10000)])
            run.curves([(step, {"rate": 1.0}) for step in range(10000)])
            run.curves([(step, {"x": 1.0}) for step in range(100000)])

stage.run(main)
"""
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "error",
    [sqlite3.OperationalError("database or disk is full\n[SQL: INSERT INTO x]\n[parameters: 95 lines]"),
     OSError(errno.ENOSPC, "No space left on device", "a picture"),
     OSError(errno.EDQUOT, "Disk quota exceeded", "a picture"),
     shutil.Error([("from", "to", f"[Errno {errno.ENOSPC}] No space left on device: 'to'")])],
)  # fmt: skip
def test_it_is_told_in_one_line(tmp_path: Path, error: Exception) -> None:
    with (
        pytest.raises(HairlineError, match="the disk is full, so that MLflow cannot log it; what") as told,
        client.told("log it", f"sqlite:///{tmp_path}/mlflow.db"),
    ):
        raise error
    assert "\n" not in str(told.value) and "SQL" not in str(told.value)


def test_another_error_of_the_database_is_told_without_its_statements(tmp_path: Path) -> None:
    with (
        pytest.raises(HairlineError, match="cannot log it: no such table: runs; check that") as told,
        client.told("log it", f"sqlite:///{tmp_path}/mlflow.db"),
    ):
        raise sqlite3.OperationalError("no such table: runs\n[SQL: SELECT 1]")
    assert "SQL:" not in str(told.value)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A workspace whose mlruns/ is a disk of its own, of 0.7 MB."""
    place = tmp_path / "mlruns"
    place.mkdir()
    (tmp_path / ".dvc").mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(place)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk")
    yield tmp_path
    subprocess.run(["umount", str(place)], check=True)


def run_stage(folder: Path, what: str) -> "subprocess.CompletedProcess[str]":
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{STAGE}"
    return workspace.run(folder, sys.executable, "-c", code, what, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["making", "numbers", "file"])
def test_a_stage_ends_in_one_line_and_goes_on_with_space(
    small_disk: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    place = small_disk / "mlruns"
    if what != "making":
        subprocess.run(["mount", "-o", "remount,size=3m", str(place)], check=True)
        shutil.copy(empty_store, place)
    done = run_stage(small_disk, what)
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("hairline:")]
    assert done.returncode == 1 and line.startswith(f"hairline: {place}: the disk is full")
    assert "Traceback" not in done.stderr and "SQL" not in done.stderr
    if what == "making":
        assert [path.name for path in place.iterdir()] == [".mlflow.db.lock"]
