"""Several processes that look like one program; they are small programs here, which know nothing of torch."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

MAIN = """
import sys
from hairline.nn.runtime import supervisor
supervisor.GRACE_S, supervisor.FIRM_S = 0.3, 0.3
sys.exit(supervisor.Supervisor(int(sys.argv[1]), sys.argv[2:]).wait())
"""
BEGIN = """
import os, signal, sys, time
from pathlib import Path
rank = int(os.environ["RANK"])
def wait():
    Path(f"here{rank}").write_text(str(os.getpid()))
    while True:
        time.sleep(0.02)
"""


@pytest.fixture
def supervise(tmp_path):
    def begin(program, count=3):
        words = [sys.executable, "-c", MAIN, str(count), "-c", BEGIN + program]
        path = os.pathsep.join(entry for entry in sys.path if entry)
        return subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=os.environ | {"PYTHONPATH": path})  # fmt: skip

    return begin


def ended(process):
    said, errors = process.communicate(timeout=30)
    return process.returncode, said, errors


def wait_for(places):
    until = time.monotonic() + 30
    while not all(place.exists() and place.read_text() for place in places):
        assert time.monotonic() < until
        time.sleep(0.01)
    return [int(place.read_text()) for place in places]


def gone(number):
    """Whether a process has ended; one that nobody asked for its status has, too."""
    try:
        return Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_the_first_alone_is_heard_and_each_is_told_its_place(supervise):
    program = """
names = ["RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "MASTER_ADDR"]
print(*(os.environ[name] for name in names))
"""
    assert ended(supervise(program)) == (0, "0 0 3 3 0 127.0.0.1\n", "")


def test_one_that_fails_ends_all_with_its_message(supervise, tmp_path):
    program = """
if rank != 1:
    wait()
while not all(Path(f"here{other}").exists() for other in (0, 2)):
    time.sleep(0.01)
print("a warning", file=sys.stderr)
print("\\nhairline: the label of a01 has another size", file=sys.stderr)
sys.exit(1)
"""
    status, said, errors = ended(supervise(program))
    assert (status, said, errors) == (1, "", "\nhairline: the label of a01 has another size\n")
    assert all(gone(int((tmp_path / f"here{rank}").read_text())) for rank in (0, 2))


def test_a_failure_without_a_message_shows_its_traceback(supervise):
    status, _, errors = ended(supervise("if rank == 2: 1 / 0\nsys.exit(75 if rank else 0)"))
    assert status == 1
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("ZeroDivisionError: division by zero")


def test_those_who_lose_the_others_are_not_the_ones_to_blame(supervise):
    program = """
if rank == 2:
    wait()
while not Path("here2").exists():
    time.sleep(0.01)
if rank == 0:
    os.kill(int(Path("here2").read_text() or 0), signal.SIGKILL)
sys.exit(75)
"""
    status, _, errors = ended(supervise(program))
    assert status == 1
    assert errors.startswith("\nhairline: process 2 (of 3, from 0) of this training was ended by signal 9 (SIGKILL")


def test_one_that_takes_no_signal_is_killed(supervise, tmp_path):
    program = """
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
if rank:
    wait()
while not Path("here1").exists() or not Path("here2").exists():
    time.sleep(0.01)
sys.exit(1)
"""
    began = time.monotonic()
    assert ended(supervise(program))[0] == 1
    assert time.monotonic() - began < 20
    assert all(gone(int((tmp_path / f"here{rank}").read_text())) for rank in (1, 2))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_comes_to_each_once(supervise, tmp_path, number):
    program = """
def receive(number, frame):
    with open(f"got{rank}", "a") as file:
        file.write(f"{number} ")
    sys.exit(1)
signal.signal(signal.SIGINT, receive)
signal.signal(signal.SIGTERM, receive)
wait()
"""
    process = supervise(program)
    wait_for([tmp_path / f"here{rank}" for rank in range(3)])
    process.send_signal(number)
    assert ended(process) == (128 + number, "", "")
    assert [(tmp_path / f"got{rank}").read_text() for rank in range(3)] == [f"{int(number)} "] * 3


def test_none_outlives_a_supervisor_that_was_killed(supervise, tmp_path):
    process = supervise("from hairline.nn.runtime import processes\nprocesses.become_several(None)\nwait()", 2)
    numbers = wait_for([tmp_path / f"here{rank}" for rank in range(2)])
    process.kill()
    process.communicate()
    until = time.monotonic() + 20
    while not all(map(gone, numbers)):
        assert time.monotonic() < until
        time.sleep(0.01)
