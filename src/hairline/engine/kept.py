"""What finished chunks came to, a file each, written whole or not at all: a later run goes on after them.

The folder lies in ``state/``, under a key of everything that decides the results (:mod:`hairline.io.resume`).
"""

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hairline.engine.chunks import Chunk
from hairline.io.atomic import whole_file


def read(folder: Path | None, chunk: Chunk) -> list[Any] | None:
    """The results of a chunk; None where it is not finished, or its file cannot be read, so that it is done again."""
    if folder is None:
        return None
    try:
        found = pickle.loads(_file(folder, chunk).read_bytes())
    except (OSError, EOFError, ValueError, AttributeError, ImportError, pickle.UnpicklingError):
        return None
    return found if isinstance(found, list) and len(found) == len(chunk.items) else None


def write(folder: Path | None, chunk: Chunk, results: Sequence[Any]) -> None:
    """Keep the results of a chunk."""
    if folder is not None:
        with whole_file(_file(folder, chunk)) as partial:
            partial.write_bytes(pickle.dumps(list(results), protocol=5))


def _file(folder: Path, chunk: Chunk) -> Path:
    return folder / f"{chunk.key}.chunk"
