"""Temporary files that no killed process leaves for ever."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "hairline-"
LOCK = "owner.lock"


@contextmanager
def scratch() -> Iterator[Path]:
    """Have all temporary files of this process and those it starts in one folder, which is removed in the end.

    It lies in TMPDIR, as they would. A lock in it lives as long as its process, however that ends; folders whose lock
    nobody holds any more are removed first.
    """
    outer = Path(tempfile.gettempdir())
    for left in outer.glob(f"{PREFIX}*/{LOCK}"):
        _remove_if_left(left)
    home = Path(tempfile.mkdtemp(prefix=PREFIX))
    before, lock = (os.environ.get("TMPDIR"), tempfile.tempdir), FileLock(home / LOCK)
    lock.acquire()
    os.environ["TMPDIR"] = tempfile.tempdir = str(home)
    try:
        yield home
    finally:
        tempfile.tempdir = before[1]
        if before[0] is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before[0]
        lock.release()
        shutil.rmtree(home, ignore_errors=True)


def _remove_if_left(lock_file: Path) -> None:
    lock = FileLock(lock_file)
    try:
        lock.acquire(blocking=False)
    except (Timeout, OSError):  # somebody's at work, another user's, or just removed
        return
    try:
        shutil.rmtree(lock_file.parent, ignore_errors=True)
    finally:
        lock.release()
