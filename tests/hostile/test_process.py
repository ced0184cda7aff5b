"""The process that hostile files are tried in: every end is told apart, and none is told of the next one."""

import os
import signal
import sys
import time
from functools import partial

import pytest
from support import seen

MIB = 2**20


def told():
    print("told")


def end_by_signal():
    os.kill(os.getpid(), signal.SIGTERM)


def grow_and_keep(size):
    grow_and_keep.kept = bytearray(size)


@pytest.mark.parametrize(
    ("work", "status"),
    [
        (told, 0),
        (partial(sys.exit, 3), 3),
        (partial(int, "x"), 99),
        (partial(os._exit, 4), 4),
        (end_by_signal, -signal.SIGTERM),
        (partial(time.sleep, 60), -signal.SIGKILL),
    ],
    ids=["nothing", "exit", "an error", "a sudden exit", "a signal", "a hang"],
)
def test_an_end_is_seen_and_the_next_work_is_done(work, status, tmp_path, monkeypatch):
    monkeypatch.setattr(seen, "LONGEST_S", 0.5)
    assert seen.watched(work, tmp_path).status == status
    monkeypatch.undo()
    after = seen.watched(told, tmp_path)
    assert (after.status, after.told) == (0, "told\n")


def test_memory_that_is_kept_hides_nothing_of_the_next_work(tmp_path):
    for _ in range(2):
        assert seen.watched(partial(grow_and_keep, 200 * MIB), tmp_path).grown_mib > 190
