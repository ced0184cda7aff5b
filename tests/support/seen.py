"""What a user sees of a stage: its exit status and the lines it leaves, in a process that may not hang.

One forked process, whose libraries are loaded already, does one work after the other for as long as each ends by
itself; what hangs, crashes or keeps memory ends that process too, and the next work gets a new one.
"""

import gc
import io
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from pipeline import stage

LONGEST_S = 20.0  # a hang, even on a machine that is busy with other tests
MOST_KEPT_MIB = 100.0  # of memory after a work over that at the start; more could hide how far the next one grows

Work = Callable[[], object]


@dataclass(frozen=True)
class Seen:
    """The end of a stage.

    Attributes:
        status: Exit status, negative where a signal ended it (-9: it hung).
        told: All that it printed, without progress bars.
        seconds: How long it took.
        grown_mib: How far its memory grew at most over what it started with, MiB.
    """

    status: int
    told: str
    seconds: float
    grown_mib: float


@dataclass(frozen=True)
class _Process:
    """A forked process that waits for work."""

    pid: int
    connection: Connection

    def end(self) -> int:
        """Wait for its end, which comes when nobody can ask it any more, and give its exit status."""
        self.connection.close()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


_waiting: list[_Process] = []
"""The one that there is, or none."""


def see(program: ModuleType, folder: Path, arguments: Sequence[str]) -> Seen:
    """Run a stage in a folder as its command does."""
    return watched(partial(_run, program.__name__, list(arguments)), folder)


def watched(work: Work, folder: Path) -> Seen:
    """Do work, which can be pickled, in a folder, and see how it ends."""
    process = _waiting.pop() if _waiting else _started()
    start = time.monotonic()
    process.connection.send((work, folder))
    try:
        if not process.connection.poll(LONGEST_S):
            os.kill(process.pid, signal.SIGKILL)
        status, told, grown, kept = process.connection.recv()
    except (EOFError, ConnectionResetError):  # it was killed, or crashed
        return Seen(process.end(), "", time.monotonic() - start, 0.0)
    if kept > MOST_KEPT_MIB:
        process.end()
    else:
        _waiting.append(process)
    return Seen(status, told, time.monotonic() - start, grown)


def end() -> None:
    """End the process that waits for work, if there is one."""
    while _waiting:
        _waiting.pop().end()


def _run(program: str, arguments: list[str]) -> None:
    stage.run(lambda: sys.modules[program].main(arguments))


def _started() -> _Process:
    ours, theirs = Pipe()
    child = os.fork()
    if not child:
        ours.close()
        _serve(theirs)
    theirs.close()
    return _Process(child, ours)


def _serve(connection: Connection) -> NoReturn:
    """Do what is asked for until nobody asks any more."""
    gc.freeze()  # so that no collection copies what the libraries made
    start = _resident_mib("VmRSS")
    try:
        while True:
            work, folder = connection.recv()
            ended = _ended(work, folder)
            gc.collect()
            connection.send((*ended, _resident_mib("VmRSS") - start))
    except (EOFError, OSError):
        os._exit(0)
    finally:
        os._exit(1)


def _ended(work: Work, folder: Path) -> tuple[int, str, float]:
    """The exit status of work, what it printed, and how far memory grew."""
    status, printed, before = 0, io.StringIO(), _resident_mib("VmRSS")
    os.chdir(folder)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts anew
    sys.stdout = sys.stderr = printed
    logging.getLogger().handlers.clear()  # pytest's own, which keep what a stage would print, or of the work before
    try:
        work()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc(file=printed)
        status = 99
    return status, printed.getvalue(), _resident_mib("VmHWM") - before


def _resident_mib(key: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(key))
