"""What finished chunks came to, a file each, written whole or not at all: a later run goes on after them.

The folder lies in ``state/``, under a key of everything that decides the results (:mod:`hairline.io.resume`).
"""

import hashlib
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hairline.engine.chunks import Chunk
from hairline.io.atomic import whole_file

DIGEST_BYTES = 32


def read(folder: Path | None, chunk: Chunk) -> list[Any] | None:
    """The results of a chunk; None where it is not finished, or its file is spoilt, so that it is done again."""
    if folder is None or not (file := _file(folder, chunk)).is_file():
        return None
    content = file.read_bytes()
    digest, results = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if digest != _digest(results):  # nothing of a spoilt file is unpickled, which may ask for any memory
        return None
    found: list[Any] = pickle.loads(results)
    return found if len(found) == len(chunk.items) else None


def write(folder: Path | None, chunk: Chunk, results: Sequence[Any]) -> None:
    """Keep the results of a chunk."""
    if folder is not None:
        content = pickle.dumps(list(results), protocol=5)
        with whole_file(_file(folder, chunk)) as partial:
            partial.write_bytes(_digest(content) + content)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _file(folder: Path, chunk: Chunk) -> Path:
    return folder / f"{chunk.key}.chunk"
