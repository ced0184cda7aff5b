"""What a user sees of a stage: its exit status and the lines it leaves, in a process of its own that may not hang."""

import gc
import io
import logging
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from pipeline import stage

LONGEST_S = 20.0  # a hang, even on a machine that is busy with other tests


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


def see(program: ModuleType, folder: Path, arguments: Sequence[str]) -> Seen:
    """Run a stage in a folder as its command does."""
    return watched(lambda: stage.run(lambda: program.main(arguments)), folder)


def watched(work: Callable[[], object], folder: Path) -> Seen:
    """Do work in a forked process, whose libraries are loaded already, and see how it ends."""
    reader, writer = os.pipe()
    start = time.monotonic()
    child = os.fork()
    if not child:
        os.close(reader)
        _work(work, folder, writer)
    os.close(writer)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, LONGEST_S)
    try:
        with os.fdopen(reader, "rb") as pipe:
            content = pipe.read()
        _, ended = os.waitpid(child, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    told, grown = pickle.loads(content) if content else ("", 0.0)  # from our own child
    return Seen(os.waitstatus_to_exitcode(ended), told, time.monotonic() - start, grown)


def _work(work: Callable[[], object], folder: Path, writer: int) -> None:
    gc.freeze()  # so that no collection copies what the libraries made
    status, printed, before = 0, io.StringIO(), _resident_mib("VmRSS")
    try:
        os.chdir(folder)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts anew
        sys.stdout = sys.stderr = printed
        logging.getLogger().handlers.clear()  # pytest's own, which keep what a stage would print
        work()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc(file=printed)
        status = 99
    finally:
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump((printed.getvalue(), _resident_mib("VmHWM") - before), pipe)
        os._exit(status)


def _resident_mib(key: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(key))
