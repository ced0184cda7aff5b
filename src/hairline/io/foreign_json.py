"""JSON that other programs wrote, read within limits, so that no file fills the memory or takes minutes to be refused.

The limits stand here. They are counted on the file's bytes, before anything is made of them; together they keep what
is read under a gigabyte.
"""

import json
from pathlib import Path
from typing import Any

from hairline.errors import HairlineError
from hairline.io.reading import refuse_no_file, unreadable

MAX_BYTES = 100_000_000
"""Largest file: 100 MB, some 5 million points of outlines."""
MAX_VALUES = 10_000_000
"""Most values: commas of the file."""
MAX_CONTAINERS = 2_500_000
"""Most lists and mappings: opening brackets of the file."""
MAX_DIGITS = 4_300
"""Longest whole number: what Python converts without growing slow (``sys.set_int_max_str_digits``)."""


def read_json(path: Path, expected: str, smaller: str, again: str) -> Any:
    """What a JSON file in UTF-8 holds, with or without a byte order mark.

    Args:
        path: The file.
        expected: What it should be, e.g. ``a COCO annotation file``.
        smaller: What to do where it is too large, e.g. ``split it into several files``.
        again: What to do where it cannot be read, e.g. ``export the annotations again``.

    Raises:
        HairlineError: If it is no file, over a limit, not in UTF-8, no JSON, nested too deeply, or has a key
            twice in one mapping with two values, of which other programs would keep one or the other.
    """
    refuse_no_file(path, expected)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _over(path, f"{path.stat().st_size:,} bytes", f"{MAX_BYTES:,}", smaller)
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None
    counts = {
        "values": (content.count(b","), MAX_VALUES),
        "lists and mappings": (content.count(b"[") + content.count(b"{"), MAX_CONTAINERS),
    }
    for what, (found, most) in counts.items():
        if found > most:
            raise _over(path, f"{found:,} {what}", f"{most:,}", smaller)
    try:
        text = content.decode("utf-8-sig")
        del content
        return json.loads(text, object_pairs_hook=_mapping)
    except RecursionError:
        raise HairlineError(f"{path}: cannot be read as JSON (its lists are nested too deeply); {again}") from None
    except UnicodeDecodeError as error:
        raise HairlineError(
            f"{path}: cannot be read as JSON (byte {error.start + 1} is not UTF-8); save the file as UTF-8"
        ) from None
    except ValueError as error:
        told = f"a whole number of more than {MAX_DIGITS:,} digits" if "integer string" in str(error) else error
        raise HairlineError(f"{path}: cannot be read as JSON ({told}); {again}") from None


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        for key, value in pairs:
            if value != values[key]:
                raise ValueError(f"a mapping has the key {key[:40]!r} twice, as {value!s:.40} and {values[key]!s:.40}")
    return values


def _over(path: Path, found: str, most: str, smaller: str) -> HairlineError:
    return HairlineError(f"{path}: holds {found}; expected at most {most}; {smaller}")
