"""Memory that was freed is used again instead of asked for anew, where the C library can be told so."""

import resource
import sys

import pytest

from hairline.io.memory import keep_freed

BYTES, PAGE = 1 << 26, 1 << 12


def new_pages() -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytearray(b"x") * BYTES
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is changed")
def test_a_large_array_after_another_takes_its_pages() -> None:
    keep_freed()
    new_pages()
    assert new_pages() < BYTES // PAGE / 10
