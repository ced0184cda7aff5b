"""MATLAB files that claim or unpack to more than they hold, for the layout CFD."""

import struct
import time
import zlib

import numpy as np
import pytest
from support.kinds import truth

from hairline.data.layouts import cfd
from hairline.errors import HairlineError

HEADER = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
NUMBERS, CELLS, STRUCTURE = 9, 1, 2


def element(kind, data):
    return struct.pack("<II", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def matrix(kind, shape, body, name=b"groundTruth"):
    dimensions = element(5, struct.pack(f"<{len(shape)}i", *shape))
    return element(14, element(6, struct.pack("<II", kind, 0)) + dimensions + element(1, name) + body)


def packed(data):
    content = zlib.compress(data)
    return struct.pack("<II", 15, len(content)) + content


def nested(depth):
    """Cells in cells in cells."""
    inner = matrix(NUMBERS, (1, 1), element(2, b"\1"), b"")
    head = element(6, struct.pack("<II", CELLS, 0)) + element(5, struct.pack("<2i", 1, 1)) + element(1, b"")
    sizes = [len(inner) + level * (len(head) + 8) for level in range(depth)]
    return b"".join(struct.pack("<II", 14, len(head) + size) + head for size in reversed(sizes)) + inner


FIELD = element(5, struct.pack("<i", 32)) + element(1, b"Segmentation".ljust(32, b"\0"))
HOSTILE = {
    "unpacks to 200 MB": packed(matrix(NUMBERS, (1 << 14, 12800), struct.pack("<II", 2, 200 << 20) + bytes(200 << 20))),
    "2^50 numbers": matrix(NUMBERS, (1 << 30, 1 << 20), element(2, b"\1")),
    "2^32 cells": packed(matrix(CELLS, (1 << 30, 4), b"")),
    "2^30 structures": matrix(STRUCTURE, (1 << 30, 1), FIELD),
    "structures of 100 dimensions": matrix(STRUCTURE, (2,) * 100, FIELD),
    "a million empty cells": packed(matrix(CELLS, (1, 1), struct.pack("<II", 14, 0) * 1_000_000)),
    "cells 50,000 deep": nested(50_000),
    "cells 50,000 deep, packed": packed(nested(50_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_soon(name, tmp_path):
    (tmp_path / "a.mat").write_bytes(HEADER + HOSTILE[name])
    started = time.monotonic()
    with pytest.raises(HairlineError, match=r"a\.mat: found no readable MATLAB file .*options\.exclude"):
        cfd.read_truth(tmp_path / "a.mat")
    assert time.monotonic() - started < 5


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "a.mat").open("wb") as file:
        file.truncate(1 << 33)
    with pytest.raises(HairlineError, match="it has more than 134,217,728 bytes"):
        cfd.read_truth(tmp_path / "a.mat")


@pytest.mark.parametrize("kind", [np.uint8, np.float64])
@pytest.mark.parametrize("compressed", [True, False])
def test_large_photos_are_read(kind, compressed, tmp_path):
    labels = np.ones((1500, 2000), kind)
    labels[700:705] = 2
    (tmp_path / "a.mat").write_bytes(truth(labels, do_compression=compressed))
    assert np.array_equal(cfd.read_truth(tmp_path / "a.mat").crack, labels == 2)


def test_labels_equal_to_the_number_of_a_matrix_are_told_as_labels(tmp_path):
    (tmp_path / "a.mat").write_bytes(truth(np.full((100, 200), 14, np.uint32)))
    with pytest.raises(HairlineError, match=r"a\.mat: found"):
        cfd.read_truth(tmp_path / "a.mat")
