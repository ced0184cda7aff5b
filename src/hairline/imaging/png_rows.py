"""Grey PNG files written row by row: a map of hundreds of megapixels need not be in memory to be saved."""

import struct
import zlib
from collections.abc import Mapping
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
UP = 2  # the filter that stores what a row adds to the one above
LEVEL = 1
PIECE_BYTES = 1 << 20


class PngRows:
    """A PNG file of 8-bit grey that grows from top to bottom; use it as a context, and write every row once.

    (OpenCV and Pillow encode whole images only.)
    """

    def __init__(self, file: BinaryIO, height: int, width: int, texts: Mapping[str, str]) -> None:
        """Begin a file.

        Args:
            file: Opened for writing.
            height: In pixels.
            width: In pixels.
            texts: What else it tells, by keywords of at most 79 Latin letters.
        """
        self._file, self._left, self._width = file, height, width
        self._above = np.zeros(width, np.uint8)
        self._packer = zlib.compressobj(LEVEL, strategy=zlib.Z_FILTERED)
        self._held = bytearray()
        file.write(SIGNATURE)
        self._chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        for key, text in texts.items():
            self._chunk(b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode())

    def __enter__(self) -> Self:
        return self

    def write(self, rows: NDArray[np.uint8]) -> None:
        """Add rows below those that are there, uint8 [rows, width].

        Raises:
            ValueError: If they are as wide as another image, or more than the file has.
        """
        if rows.shape[1] != self._width or len(rows) > self._left:
            raise ValueError(f"rows of shape {rows.shape} for a file with {self._left} rows of {self._width} left")
        if not len(rows):
            return
        above = np.concatenate([self._above[None], rows[:-1]])
        filtered = np.empty((len(rows), self._width + 1), np.uint8)
        filtered[:, 0] = UP
        np.subtract(rows, above, out=filtered[:, 1:])
        self._above, self._left = rows[-1].copy(), self._left - len(rows)
        self._held += self._packer.compress(filtered.data)
        if len(self._held) >= PIECE_BYTES:
            self._flush()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            return
        if self._left:
            raise ValueError(f"{self._left} rows of the file were not written")
        self._held += self._packer.flush()
        self._flush()
        self._chunk(b"IEND", b"")

    def _flush(self) -> None:
        self._chunk(b"IDAT", bytes(self._held))
        self._held.clear()

    def _chunk(self, name: bytes, data: bytes) -> None:
        self._file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))
