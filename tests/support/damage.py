"""Ways in which a file comes to harm, for the tests of whatever reads it."""

import io
import random
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

DEEP = 100_000


def spoilt(content: bytes) -> dict[str, bytes]:
    """Name → what a file that held ``content`` may hold after an accident."""
    return {
        "empty": b"",
        "one byte": content[:1],
        "half": content[: len(content) // 2],
        "all but one byte": content[:-1],
        "random": random.Random(0).randbytes(1000),
        "random behind the first half": content[: len(content) // 2] + random.Random(1).randbytes(len(content) // 2),
        "JSON of another shape": b'{"other": [1, 2]}\n',
        "a list": b"[1, 2]\n",
        "JSON without end": b"[" * DEEP,
        "JSON of great depth": b"[" * DEEP + b"]" * DEEP,
        "text in Latin-1": "größer\n".encode("latin-1"),
        "another archive": _archive(other=np.zeros(3)),
        "an archive of pickled objects": _archive(size=np.array([print], dtype=object)),
    }


def _archive(**arrays: "np.ndarray") -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def bomb(megabytes: int) -> bytes:
    """An archive of arrays a thousandth of what it unfolds to."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("cam.npy", "w", force_zip64=True) as out,
    ):
        np.lib.format.write_array_header_1_0(out, {"descr": "<f4", "fortran_order": False, "shape": (megabytes << 18,)})
        for _ in range(megabytes):
            out.write(bytes(1 << 20))
    return file.getvalue()


@contextmanager
def holding(path: Path, content: bytes | None) -> Iterator[None]:
    """Let a file hold something else, or be a folder (None), until the block ends."""
    kept = path.with_name(f"{path.name}.kept")
    path.rename(kept)
    try:
        path.mkdir() if content is None else path.write_bytes(content)
        yield
    finally:
        shutil.rmtree(path) if content is None else path.unlink()
        kept.rename(path)


@contextmanager
def without(path: Path) -> Iterator[None]:
    """Let a file be missing until the block ends."""
    kept = path.with_name(f"{path.name}.kept")
    path.rename(kept)
    try:
        yield
    finally:
        kept.rename(path)
