"""Text for terminals of any encoding: what one cannot show becomes something that it can, and ends no program."""

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Any, TextIO

PLAIN = {
    "→": "->", "←": "<-", "↔": "<->", "–": "-", "—": "-", "−": "-", "…": "...", "×": "x", "·": "-", "±": "+-",
    "≥": ">=", "≤": "<=", "≠": "!=", "≈": "~", "“": '"', "”": '"', "•": "*",
    "○": "[0]", "◔": "[1]", "◑": "[2]", "◕": "[3]", "●": "[4]", "≟": "?=",
}  # fmt: skip
"""What stands for a sign that an encoding lacks."""
ERRORS = "hairline.plain"


def settle() -> None:
    """Let the standard output and error take any text; what their encoding lacks is as in :data:`PLAIN`, or escaped.

    Closed streams (``2>&-``) lead nowhere from then on: else the next file that is opened would take their place, and
    get the warnings of C libraries. Streams that are no text streams stay as they are.
    """
    codecs.register_error(ERRORS, _plain)
    for number in range(3):
        with suppress(OSError):
            if _closed(number):
                os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=ERRORS)


def _closed(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return True
    return False


@contextmanager
def as_long_as_read() -> Iterator[None]:
    """Let a program that prints end well where its reader has enough, as ``head`` has after ten lines."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Unfailing:
    """A text stream for what is good to know alone: where it cannot be written to, the work goes on without."""

    def __init__(self, stream: TextIO | None) -> None:
        """Wrap a stream; None writes nowhere."""
        self._stream = stream

    def write(self, text: str) -> None:
        """Write a text, if possible."""
        with suppress(OSError, ValueError):  # the terminal is gone, the disk is full, the file is closed
            if self._stream is not None:
                self._stream.write(text)

    def flush(self) -> None:
        """Write what is held back, if possible."""
        with suppress(OSError, ValueError):
            if self._stream is not None:
                self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        """Everything else is the stream's own."""
        return getattr(self._stream, name)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    told = "".join(PLAIN.get(sign) or _escaped(sign) for sign in error.object[error.start : error.end])
    return told, error.end


def _escaped(sign: str) -> str:
    return sign.encode("ascii", "backslashreplace").decode("ascii")
