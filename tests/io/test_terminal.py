"""Text on terminals of any encoding, closed ones, full disks: the work goes on."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hairline.io import terminal
from hairline.io.progress import bar, progress

TEXT = "5 → 6 · ü – \udcff 裂"
SAY = f"from hairline.io import terminal; terminal.settle(); print({TEXT!a}, flush=True)"


def said(code: str, encoding: str = "utf-8") -> tuple[int, bytes, bytes]:
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "5 → 6 · ü – \\udcff 裂".encode()),
        ("latin-1", "5 -> 6 · ü - \\udcff \\u88c2".encode("latin-1")),
        ("ascii", b"5 -> 6 - \\xfc - \\udcff \\u88c2"),
        ("cp1252", "5 -> 6 · ü – \\udcff \\u88c2".encode("cp1252")),
    ],
)
def test_what_an_encoding_lacks_is_spelt_otherwise(encoding: str, expected: bytes) -> None:
    assert said(SAY, encoding) == (0, expected + b"\n", b"")


def test_closed_streams_lead_nowhere_and_no_file_takes_their_place(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom hairline.io import terminal\nfrom hairline.io.progress import progress\n"
        "terminal.settle()\nfile = open('made', 'w')\nassert file.fileno() > 2\nprint('x')\n"
        "print('x', file=sys.stderr)\nos.write(2, b'a library')\nfile.write(str(list(progress([1, 2], 'x'))))\n"
    )
    command = f"'{sys.executable}' -c \"$CODE\" 0<&- 1>&- 2>&-"
    subprocess.run(command, shell=True, cwd=tmp_path, env={**os.environ, "CODE": code}, check=True)
    assert (tmp_path / "made").read_text() == "[1, 2]"


class Gone(io.StringIO):
    """A terminal that is no longer there."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")

    def flush(self) -> None:
        raise OSError(5, "Input/output error")


@pytest.mark.parametrize("stream", [Gone(), None], ids=["gone", "closed"])
def test_a_progress_bar_that_cannot_be_shown_ends_no_work(stream: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(progress([1, 2, 3], "x")) == [1, 2, 3]
    with bar(3, "x") as shown:
        shown.update(3)


def test_a_program_ends_well_whose_reader_has_read_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with pytest.raises(BrokenPipeError):
            print("a", flush=True)
        with terminal.as_long_as_read():
            print("a" * 100_000)
            raise AssertionError("goes on though nobody reads")
        print("b", flush=True)
    with pytest.raises(ValueError, match="other"), terminal.as_long_as_read():
        raise ValueError("other")
