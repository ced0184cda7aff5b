"""MATLAB files from anywhere: measured before they are unpacked, since a small one may unpack to anything.

scipy's reader follows what a file claims: it unpacks without a limit, and reads matrices inside of matrices by a
recursion in C, which ends the process where they are nested too deeply.
"""

import io
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hairline.imaging.limits import DECODING

UNPACKED_BYTES = 128 << 20
"""Most bytes of a file unpacked: doubles for 16 million pixels."""

MATRICES = 1000
"""Most matrices in a file, those inside of others counted; the published files have four."""

HEADER_BYTES, TAG_BYTES = 128, 8
COMPRESSED, MATRIX = 15, 14
DEFLATE_RATIO = 1032  # most bytes that a byte can unpack to
CONTAINERS = (1, 2, 3)  # classes of cells, structures and objects
FLAGS, DIMENSIONS = 4, 8  # words of a matrix at which its class and its dimensions stand
LONGEST_HEADER = 4 * (DIMENSIONS + 32)


@contextmanager
def held(path: Path) -> Iterator[io.BytesIO]:
    """A file in memory that is small enough to be read, for which room is kept beside the threads' images.

    Raises:
        ValueError: If it has or unpacks to too many bytes or matrices.
        zlib.error: If it cannot be unpacked.
    """
    if path.stat().st_size > UNPACKED_BYTES:
        raise ValueError(f"it has more than {UNPACKED_BYTES:,} bytes")
    content = path.read_bytes()
    with DECODING.share(2 * min(len(content) * DEFLATE_RATIO, UNPACKED_BYTES)):
        _refuse_bombs(content)
        yield io.BytesIO(content)


def _refuse_bombs(content: bytes) -> None:
    """Raise ValueError for a file of version 5 that is too large when unpacked; other versions are not packed."""
    order = {b"IM": "<", b"MI": ">"}.get(content[126:HEADER_BYTES])
    if order is None:
        return
    position, total, matrices = HEADER_BYTES, 0, 0
    while position + TAG_BYTES <= len(content) and total <= UNPACKED_BYTES and matrices <= MATRICES:
        kind, size = struct.unpack_from(f"{order}II", content, position)
        element = content[position : position + TAG_BYTES + size]
        if kind == COMPRESSED:
            element = zlib.decompressobj().decompress(element[TAG_BYTES:], UNPACKED_BYTES + 1)
        total += len(element)
        matrices += _elements(element, order)
        position += TAG_BYTES + size
    if total > UNPACKED_BYTES or matrices > MATRICES:
        raise ValueError(f"it unpacks to more than {UNPACKED_BYTES:,} bytes or {MATRICES:,} matrices")


def _elements(content: bytes, order: str) -> int:
    """How many matrices there are, or are claimed to be, inside of an element; an upper bound."""
    tag, position, found = struct.pack(f"{order}I", MATRIX), -1, 0
    while found <= MATRICES and (position := content.find(tag, position + 1)) >= 0:
        found += _claimed(content[position : position + LONGEST_HEADER], order)
    return found


def _claimed(header: bytes, order: str) -> int:
    """What a matrix says to hold, where these are matrices (cells and structures); 1 for numbers and text."""
    numbers = struct.unpack(f"{order}{len(header) // 4}I", header[: len(header) // 4 * 4])
    if len(numbers) <= DIMENSIONS or numbers[FLAGS] & 255 not in CONTAINERS:
        return 1
    packed = numbers[DIMENSIONS - 2] >> 16  # up to four bytes may share the words of their tag
    count = 0 if packed else numbers[DIMENSIONS - 1] // 4
    if DIMENSIONS + count > len(numbers):
        return MATRICES + 1
    dimensions: tuple[int, ...] = numbers[DIMENSIONS : DIMENSIONS + count]
    return max(1, math.prod(dimensions))
