"""Run lengths of Label Studio's brush, against a reader and a writer made bit by bit from rle-pack's description."""

import random

import numpy as np
import pytest
from support.rle_pack import packed, unpacked

from hairline.data.annotating import brush

RNG = np.random.default_rng(24)
MASKS = {
    "one pixel": np.ones((1, 1), bool),
    "empty": np.zeros((30, 41), bool),
    "full, longer than the longest run": np.ones((200, 401), bool),
    "noise": RNG.random((37, 53)) < 0.5,
    "a column": np.eye(1, 40, 7, dtype=bool).repeat(60, axis=0),
    "the last pixel": np.arange(35).reshape(5, 7) == 34,
    "the first pixel": np.arange(35).reshape(5, 7) == 0,
}


@pytest.mark.parametrize("name", MASKS)
def test_another_reader_finds_the_same_four_channels(name: str) -> None:
    mask = MASKS[name]
    values = unpacked(brush.encoded(mask))
    assert np.array_equal(np.array(values, np.uint8).reshape(*mask.shape, 4), mask[..., None].repeat(4, 2) * 255)


@pytest.mark.parametrize("name", MASKS)
def test_what_is_written_is_read_again_to_the_pixel(name: str) -> None:
    mask = MASKS[name]
    assert np.array_equal(brush.decoded(brush.encoded(mask), *mask.shape), mask)


@pytest.mark.parametrize("sizes", [(3, 4, 8, 16), (1, 2, 5, 9), (16, 1, 1, 1)])
def test_streams_of_another_writer_are_read_by_their_alpha(sizes: tuple[int, int, int, int]) -> None:
    rng = random.Random(7)
    pixels = [rng.choice([(0, 0, 0, 0), (9, 8, 7, 255), (9, 8, 7, 128), (0, 0, 0, 127)]) for _ in range(60)]
    values = [value for pixel in pixels for value in pixel]
    found = brush.decoded(packed(values, sizes), 6, 10)
    assert found.ravel().tolist() == [pixel[3] > 127 for pixel in pixels]


def test_parts_that_cross_the_blocks_of_the_reader_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brush, "BLOCK_BYTES", 3)
    mask = MASKS["noise"]
    assert np.array_equal(brush.decoded(brush.encoded(mask), *mask.shape), mask)


GOOD = brush.encoded(MASKS["noise"])
HOSTILE = {
    "nothing": ([], r"have 0 bytes"),
    "text": ("0a", r"no list of bytes"),
    "a number above 255": ([*GOOD[:-1], 256], r"no list of bytes"),
    "truth values": ([True] * 20, r"no list of bytes"),
    "another size": (brush.encoded(MASKS["empty"]), r"hold 4,920 values; expected 7,844, four for each of the 53 x 37"),
    "a head alone": (GOOD[:7], r"end after|end within"),
    "cut in half": (GOOD[: len(GOOD) // 2], r"end after 3,\d+ of 7,844"),
    "values of another size": ([*GOOD[:4], GOOD[4] ^ 64, *GOOD[5:]], r"values of \d+ bits; expected 8"),
    "a run beyond the last": ([*packed([0] * 7844, (3, 4, 8, 16))[:7], *[0xFF] * 40], r"overrun the last by"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_stream_that_is_none_is_refused_with_what_was_found(name: str) -> None:
    stream, told = HOSTILE[name]
    with pytest.raises(ValueError, match=told):
        brush.decoded(stream, 37, 53)  # type: ignore[arg-type]


def test_a_stream_that_claims_a_huge_picture_is_refused_before_anything_is_made_of_it() -> None:
    with pytest.raises(ValueError, match=r"hold 4,294,967,295 values; expected 7,844"):
        brush.decoded([255] * 4 + GOOD[4:], 37, 53)
