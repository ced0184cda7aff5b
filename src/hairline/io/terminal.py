"""Text for terminals of any encoding: what one cannot show becomes something that it can, and ends no program."""

import codecs
import sys
from io import TextIOWrapper

PLAIN = {
    "→": "->", "←": "<-", "↔": "<->", "–": "-", "—": "-", "−": "-", "…": "...", "×": "x", "·": "-", "±": "+-",
    "≥": ">=", "≤": "<=", "≠": "!=", "≈": "~", "“": '"', "”": '"', "•": "*",
}  # fmt: skip
"""What stands for a sign that an encoding lacks."""
ERRORS = "hairline.plain"


def settle() -> None:
    """Let the standard output and error take any text; what their encoding lacks is as in :data:`PLAIN`, or escaped.

    Streams that are closed, or no text streams, stay as they are.
    """
    codecs.register_error(ERRORS, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=ERRORS)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    told = "".join(PLAIN.get(sign) or _escaped(sign) for sign in error.object[error.start : error.end])
    return told, error.end


def _escaped(sign: str) -> str:
    return sign.encode("ascii", "backslashreplace").decode("ascii")
