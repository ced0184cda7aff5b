"""What one stage makes and others read back: JSON, tables, arrays, text; or one sentence with file and way out.

A file may be cut by a full disk, taken by a folder, edited by hand or made to do harm. Every kind is read by one
function, which says what is wrong and what makes the file again, before what it claims can fill the memory; none of
them can run code.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydantic
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.io.reading import refuse_no_file

if TYPE_CHECKING:  # loaded where a table is read: whoever only reads JSON does without
    import pandas as pd

MAX_TEXT_BYTES = 32 << 20
"""Size of a text or JSON file; the largest that a stage writes are the trials of a study, some 2 KB each."""
MAX_VALUES = 1_500_000
"""Values in a JSON file, each of which may take a hundred times its characters in memory; a trial has some 100."""
MAX_ROWS = 100_000_000
"""Rows that a table may claim; a patch index has some hundred for every image."""
MAX_TABLE_BYTES = 16 << 30
"""Bytes that a table may claim to unfold to."""
MAX_ARRAY_BYTES = 256 << 20
"""Bytes that the arrays of one archive may unfold to; evidence about an image of 100 megapixels takes some 50 MB."""

TEXT, WHOLE, NUMBER, FLAG, COUNTS = "text", "whole numbers", "numbers", "true or false", "lists of one length"
BYTES = "bytes"
"""Kinds of columns."""
_KINDS = {TEXT: "OU", WHOLE: "iu", NUMBER: "iuf", FLAG: "b", COUNTS: "O", BYTES: "O"}


def repro(stage: str) -> str:
    """The command that makes what a stage of dvc.yaml writes, for the end of a sentence.

    Args:
        stage: Its name, with what stands behind its @ where that is known.
    """
    return f"'dvc repro {stage}' (or 'dvc repro -f -s {stage}', should DVC find nothing changed)"


def spoilt(path: Path, found: str, expected: str, maker: str) -> HairlineError:
    """The error about a file that is not as it was written.

    Args:
        path: The file.
        found: What is wrong with it.
        expected: What it should be.
        maker: The command that makes it, as of :func:`repro`.
    """
    return HairlineError(f"{path}: {found}; expected {expected}; make it again with {maker}")


def read_json(path: Path, shape: Any, maker: str, kind: str = "JSON as its stage wrote it") -> Any:
    """What a JSON file holds, as plain lists and mappings.

    Args:
        path: The file.
        shape: A dataclass or other type with what it must hold at least, numbers and texts told apart.
        maker: The command that makes the file, as of :func:`repro`.
        kind: What it should be, for the message.

    Raises:
        HairlineError: If the file cannot be read, is no JSON, or holds something else.
    """
    content = _bytes(path, kind, maker)
    if sum(content.count(each) for each in (b"[", b"{", b",")) > MAX_VALUES:
        raise spoilt(path, f"holds more than {MAX_VALUES:,} values", kind, maker)
    try:
        _adapter(shape).validate_json(content, strict=True)
    except pydantic.ValidationError as error:
        raise spoilt(path, _misfit(error) if content else "is empty", kind, maker) from None
    return json.loads(content)


def refuse_misfit(path: Path, content: Any, shape: Any, kind: str, maker: str) -> None:
    """Raise HairlineError unless what was read from a file by other means has a shape, as for :func:`read_json`."""
    try:
        _adapter(shape).validate_python(content)
    except pydantic.ValidationError as error:
        raise spoilt(path, _misfit(error), kind, maker) from None


def _misfit(error: pydantic.ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return f"is {first['msg'][0].lower()}{first['msg'][1:]}"
    place = ".".join(str(part) for part in first["loc"] if not str(part).startswith("_"))  # of a union, its member
    return f"holds something else ({place}{': ' * bool(place)}{first['msg']})"


@cache
def _adapter(shape: Any) -> "pydantic.TypeAdapter[Any]":
    return pydantic.TypeAdapter(shape)


def read_text(path: Path, maker: str) -> str:
    """The text of a UTF-8 file that is not empty and ends with a line.

    Raises:
        HairlineError: If the file cannot be read, or was cut.
    """
    content, expected = _bytes(path, "a text", maker), "whole lines encoded in UTF-8"
    if not content.endswith(b"\n"):
        raise spoilt(path, "its last line is cut" if content else "is empty", expected, maker)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise spoilt(path, f"is not encoded in UTF-8 (byte {error.start})", expected, maker) from None


def read_csv(path: Path, columns: Mapping[str, str], maker: str) -> "pd.DataFrame":
    """A table of comma-separated values; arguments and errors as for :func:`read_parquet`."""
    import pandas as pd

    text = read_text(path, maker)
    try:
        texts = dict.fromkeys((name for name, kind in columns.items() if kind == TEXT), str)
        table = pd.read_csv(io.StringIO(text), dtype=texts, keep_default_na=False, na_values=[""])
    except ValueError as error:  # pandas' own are
        raise spoilt(path, f"is no readable table ({error})", "comma-separated values", maker) from None
    _refuse_columns(path, table, columns, maker)
    return table


def read_parquet(path: Path, columns: Mapping[str, str], maker: str) -> "pd.DataFrame":
    """A table that a stage wrote.

    Args:
        path: The file.
        columns: Columns that it must have, and their kinds: one of :data:`TEXT`, :data:`WHOLE`, :data:`NUMBER`,
            :data:`FLAG`, :data:`COUNTS`, :data:`BYTES`; only numbers may be missing in a cell.
        maker: The command that makes the file.

    Raises:
        HairlineError: If the file cannot be read, is no such table, or claims more than :data:`MAX_ROWS` rows or
            :data:`MAX_TABLE_BYTES`.
    """
    import pandas as pd

    expected = "a table (Parquet)"
    _refuse_no_file(path, expected, maker)
    try:
        _refuse_large(path, maker)
        table = pd.read_parquet(path)
    except (HairlineError, MemoryError):
        raise
    except Exception as error:  # of a damaged file pyarrow raises its own, OSError, KeyError, UnicodeError, …
        raise spoilt(path, f"cannot be read ({_first_line(error)})", expected, maker) from None
    _refuse_columns(path, table, columns, maker)
    return table


def _refuse_large(path: Path, maker: str) -> None:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        told = file.metadata
        unfolded = sum(told.row_group(number).total_byte_size for number in range(told.num_row_groups))
        rows = max(told.num_rows, sum(told.row_group(number).num_rows for number in range(told.num_row_groups)))
    if rows > MAX_ROWS or unfolded > MAX_TABLE_BYTES:
        found = f"claims {rows:,} rows and {unfolded >> 20:,} MB"
        raise spoilt(path, found, f"at most {MAX_ROWS:,} rows and {MAX_TABLE_BYTES >> 20:,} MB", maker)


def _refuse_columns(path: Path, table: "pd.DataFrame", columns: Mapping[str, str], maker: str) -> None:
    """Raise HairlineError unless a table has some columns, of their kinds."""
    for name, kind in columns.items():
        expected = f"a table with the columns {', '.join(columns)}"
        if list(table.columns).count(name) != 1:
            raise spoilt(path, f"has no column '{name}'", expected, maker)
        if len(table) and table[name].dtype.kind not in _KINDS[kind]:
            raise spoilt(path, f"column '{name}' holds {table[name].dtype}", f"{kind} there", maker)
        if kind != NUMBER and table[name].isna().any():
            raise spoilt(path, f"column '{name}' has empty cells", f"{kind} there", maker)
        if kind == TEXT and not table[name].map(lambda cell: isinstance(cell, str)).all():
            raise spoilt(path, f"column '{name}' holds other things than text", f"{kind} there", maker)
        if kind == BYTES and not table[name].map(lambda cell: isinstance(cell, bytes)).all():
            raise spoilt(path, f"column '{name}' holds other things than bytes", f"{kind} there", maker)
        if kind == COUNTS and not _of_one_length(table[name]):
            raise spoilt(path, f"column '{name}' holds other things than lists", f"{kind} there", maker)


def _of_one_length(column: "pd.Series[Any]") -> bool:
    shapes = {cell.shape if isinstance(cell, np.ndarray) and cell.dtype.kind in "iuf" else () for cell in column}
    return len(shapes - {()}) == len(shapes) <= 1


def read_arrays(path: Path, maker: str) -> dict[str, NDArray[Any]]:
    """Name → array of an NPZ archive.

    Raises:
        HairlineError: If the file cannot be read, is no such archive, holds pickled objects, which are never loaded, or
            claims to unfold to more than :data:`MAX_ARRAY_BYTES`.
    """
    expected = "an archive of arrays (NPZ)"
    _refuse_no_file(path, expected, maker)
    try:
        with zipfile.ZipFile(path) as archive:
            claimed = sum(entry.file_size for entry in archive.infolist())
            if claimed > MAX_ARRAY_BYTES:
                limit = f"at most {MAX_ARRAY_BYTES >> 20} MB"
                raise spoilt(path, f"claims to unfold to {claimed >> 20:,} MB", limit, maker)
            return {entry.filename.removesuffix(".npy"): _array(archive.read(entry)) for entry in archive.infolist()}
    except (HairlineError, MemoryError):
        raise
    except (
        Exception
    ) as error:  # of a damaged archive zipfile and zlib raise their own, NumPy ValueError, SyntaxError, …
        raise spoilt(path, f"cannot be read ({_first_line(error)})", expected, maker) from None


def _array(content: bytes) -> NDArray[Any]:
    """The array of an NPY file; ValueError where its header claims other bytes than there are."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in read:
        raise ValueError(f"arrays of version {version}")
    shape, _, dtype = read[version](file)
    if dtype.hasobject:
        raise ValueError("it holds pickled objects, which are never loaded")
    claimed, found = dtype.itemsize * int(np.prod(shape, dtype=object)), len(content) - file.tell()
    if claimed != found:
        raise ValueError(f"an array claims {claimed:,} bytes and has {found:,}")
    file.seek(0)
    return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


def _bytes(path: Path, expected: str, maker: str) -> bytes:
    _refuse_no_file(path, expected, maker)
    if path.stat().st_size > MAX_TEXT_BYTES:
        limit = f"at most {MAX_TEXT_BYTES >> 20} MB"
        raise spoilt(path, f"has {path.stat().st_size >> 20:,} MB", limit, maker)
    return path.read_bytes()


def _refuse_no_file(path: Path, expected: str, maker: str) -> None:
    try:
        refuse_no_file(path, expected)
    except HairlineError as error:
        raise HairlineError(f"{error}; {maker} makes it") from None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
