"""What is written for annotation tools, in the tools' own readers, and what their writers write: every pixel."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import annotation_tools

from benchmarks import annotation

READERS = ["label-studio-sdk", "datumaro, CVAT", "datumaro, COCO", "pycocotools"]
WRITERS = ["label-studio-sdk", "datumaro, CVAT", "datumaro, COCO"]


def read(folder: Path) -> subprocess.CompletedProcess[str]:
    """Have the tools read what is in a folder, and write it anew, in a process of their own."""
    path = os.pathsep.join([str(annotation_tools.folder()), os.environ.get("PYTHONPATH", "")])
    return subprocess.run([sys.executable, annotation.__file__, "read", folder], capture_output=True, text=True,
                          check=False, env=os.environ | {"PYTHONPATH": path})  # fmt: skip


@pytest.mark.slow
def test_the_tools_own_readers_and_writers_lose_no_pixel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    annotation.make(tmp_path)
    done = read(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    for name in READERS:
        assert f"{name}: 29 masks read, 0 of 58 differ []" in done.stdout
    annotation.back(tmp_path)
    told = capsys.readouterr().out
    for name in WRITERS:
        assert f"by {name}: 29 masks read, 0 differ []" in told
