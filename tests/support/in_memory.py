"""A place in memory for what tests write: databases wait for a disk tens of thousands of times a run.

No test can cut the power of a disk, so none proves less there.
"""

import os
import re
import shutil
from pathlib import Path

import psutil

HOME = Path("/dev/shm")
PREFIX = "hairline-tests-"
ROOM_BYTES = 6 << 30
"""Several times what the tests of one run write."""


def place() -> Path | None:
    """A folder of this process, after those of runs that were killed are gone; None where there is no room."""
    try:
        for old in HOME.glob(f"{PREFIX}*"):
            if not psutil.pid_exists(int(old.name.removeprefix(PREFIX))):
                shutil.rmtree(old, ignore_errors=True)
        if not _roomy():
            return None
        made = HOME / f"{PREFIX}{os.getpid()}"
        made.mkdir(mode=0o700, exist_ok=True)
    except (OSError, ValueError):
        return None
    return made


def _roomy() -> bool:
    """Whether there is memory to spare that can hold files and run programs."""
    found = os.statvfs(HOME)
    (free,) = re.findall(r"^MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text(encoding="utf-8"), re.MULTILINE)
    bytes_free = min(found.f_bavail * found.f_frsize, int(free) << 10)
    return bytes_free > ROOM_BYTES and not found.f_flag & os.ST_NOEXEC and os.access(HOME, os.W_OK | os.X_OK)
