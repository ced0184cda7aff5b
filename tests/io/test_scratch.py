"""Temporary files of stages: in one folder, which no killed process leaves for ever."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hairline.io.scratch import scratch

PROGRAM = """
import os, signal, subprocess, sys, tempfile
from hairline.io.scratch import scratch
with scratch():
    tempfile.mkstemp()
    subprocess.run([sys.executable, "-c", "import tempfile; tempfile.mkstemp()"], check=True)
    print(flush=True)
    input()
"""


@pytest.fixture
def outer(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def started():
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    return process


def test_temporary_files_are_gone_in_the_end(outer):
    with scratch() as home:
        assert home.parent == outer
        assert Path(tempfile.mkdtemp()).parent == home
        assert os.environ["TMPDIR"] == str(home)
        with scratch() as inner:
            assert inner.parent == home
        assert Path(tempfile.mkdtemp()).parent == home
    assert list(outer.iterdir()) == []
    assert Path(tempfile.gettempdir()) == outer


def test_those_of_a_killed_process_are_removed_by_the_next_and_those_of_a_living_one_are_not(outer):
    living, killed = started(), started()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert len(list(outer.iterdir())) == 2
    with scratch():
        assert len(list(outer.iterdir())) == 2
        assert sum(1 for path in outer.rglob("tmp*") if path.is_file()) == 2  # the living one's, and its child's
    living.communicate("\n")
    assert living.returncode == 0
    assert list(outer.iterdir()) == []
