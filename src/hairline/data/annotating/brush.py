"""Run lengths of Label Studio's brush: a stream of bits, as the library rle-pack of thi.ng writes it.

The stream holds the four channels of a picture, pixel by pixel, of which the fourth (alpha) is the mask. It begins with
the number of values (32 bits), the bits of a value less one (5) and four sizes less one (4 each). Then parts follow:
one bit (1 for a value that is repeated, 0 for values one by one), two bits that choose one of the sizes, the number of
values less one in a field of that size, and the value, or the values.
"""

import numpy as np
from numpy.typing import NDArray

CHANNELS = 4
HEAD_BITS = 53
SIZES = (3, 4, 8, 16)
"""Sizes that are written, as Label Studio's own; all are read."""
LONGEST = 1 << 16
MOST_VALUES = (1 << 32) - 1
OPAQUE = 127
"""Alpha above which a pixel is marked."""
BLOCK_BYTES = 1 << 16


def encoded(mask: NDArray[np.bool_]) -> list[int]:
    """The bytes of a mask, bool [height, width], as Label Studio's JSON lists them.

    Raises:
        ValueError: If the mask is so large that its number of values does not fit the stream.
    """
    if mask.size * CHANNELS > MOST_VALUES:
        raise ValueError(f"{mask.size:,} pixels are more than Label Studio's run lengths can count")
    flat = mask.ravel()
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1]) if flat.size else np.zeros(0, np.int64)
    lengths = np.diff(starts, append=flat.size) * CHANNELS
    values = np.where(flat[starts], 255, 0)
    pieces = -(-lengths // LONGEST)
    values, last = np.repeat(values, pieces), np.cumsum(pieces) - 1
    split = np.full(len(values), LONGEST, np.int64)
    split[last] = lengths - (pieces - 1) * LONGEST
    found: list[int] = _stream(mask.size * CHANNELS, split, values).tolist()
    return found


def _stream(count: int, lengths: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Repeated values as bytes; the smallest size that holds a length is used."""
    choice = np.searchsorted([1 << size for size in SIZES], lengths)
    size = np.array(SIZES)[choice]
    code = ((((4 | choice) << size) | (lengths - 1)) << 8) | values
    bits = 3 + size + 8
    head = (count << 21) | (7 << 16) | sum(part - 1 << 4 * (3 - place) for place, part in enumerate(SIZES))
    codes = np.concatenate([[head >> 32, (head >> 16) & 0xFFFF, head & 0xFFFF], code]).astype(np.uint64)
    return _packed(codes, np.concatenate([[21, 16, 16], bits]).astype(np.int64))


def _packed(codes: NDArray[np.uint64], bits: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Numbers of at most 32 bits each, one behind the other, the highest bit first; the last byte is filled by 0."""
    ends = np.cumsum(bits)
    starts = ends - bits
    first = starts >> 3
    shifted = codes << (40 - bits - (starts & 7)).astype(np.uint64)
    made = np.zeros((int(ends[-1]) + 7 >> 3) + 5, np.uint8)
    for place in range(5):
        part = ((shifted >> np.uint64(8 * (4 - place))) & np.uint64(255)).astype(np.float64)
        made += np.bincount(first + place, part, minlength=len(made)).astype(np.uint8)
    return made[: int(ends[-1]) + 7 >> 3]


def decoded(stream: list[int], height: int, width: int) -> NDArray[np.bool_]:
    """The mask of a stream, bool [height, width].

    Args:
        stream: Its bytes.
        height: Of the picture, in pixels.
        width: Of the picture, in pixels.

    Raises:
        ValueError: If it is no such stream, holds more or fewer values than four a pixel, or ends before its last;
            says what was found.
    """
    data = _bytes(stream)
    if len(data) * 8 < HEAD_BITS:
        raise ValueError(f"its run lengths have {len(data)} bytes; expected a head of 7 and what follows")
    head = int.from_bytes(data[:7].tobytes(), "big") >> 3
    count, word = head >> 21, (head >> 16 & 31) + 1
    sizes = np.array([(head >> 4 * place & 15) + 1 for place in (3, 2, 1, 0)])
    if count != height * width * CHANNELS:
        raise ValueError(
            f"its run lengths hold {count:,} values; expected {height * width * CHANNELS:,}, four for each of the "
            f"{width} x {height} pixels"
        )
    if word != 8:
        raise ValueError(f"its run lengths have values of {word} bits; expected 8")
    lengths, values = _runs(data, sizes, count)
    ends = np.cumsum(lengths)
    pixels = np.diff(ends // CHANNELS, prepend=0)  # of each run, those whose fourth value lies in it
    return np.repeat(values > OPAQUE, pixels).reshape(height, width)


def _bytes(stream: list[int]) -> NDArray[np.uint8]:
    if not isinstance(stream, list) or not all(type(each) is int and 0 <= each < 256 for each in stream):
        raise ValueError("its run lengths are no list of bytes, numbers from 0 to 255")
    return np.frombuffer(bytes(stream), np.uint8)


def _runs(data: NDArray[np.uint8], sizes: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Lengths and values of the runs of a stream; a part of values one by one gives a run for each."""
    five = _five_bytes(data)
    starts, many, held = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, bool)]
    place, found = HEAD_BITS, 0
    for block in range(0, len(data), BLOCK_BYTES):
        if place >= min(block + BLOCK_BYTES, len(data)) * 8 or found >= count:
            continue
        at, place = _parts(five[block : block + BLOCK_BYTES], sizes, block * 8, place)
        repeated, size, length = _fields(five, sizes, at)
        starts.append(at + 3 + size)
        many.append(length)
        held.append(repeated)
        found += int(length.sum())
    begins, lengths, repeated = np.concatenate(starts), np.concatenate(many), np.concatenate(held)
    ends = np.cumsum(lengths)
    parts = int(np.searchsorted(ends, count)) + 1
    if found < count or ends[parts - 1] != count:
        told = f"end after {found:,}" if found < count else f"overrun the last by {int(ends[parts - 1]) - count:,}"
        raise ValueError(f"its run lengths {told} of {count:,} values")
    return _values(five, len(data), begins[:parts], lengths[:parts], repeated[:parts])


def _five_bytes(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """From each byte on, five bytes as one number; behind the last are zeros."""
    padded = np.concatenate([data, np.zeros(4, np.uint8)]).astype(np.uint64)
    found = np.zeros(len(data), np.uint64)
    for place in range(5):
        found |= padded[place : place + len(data)] << np.uint64(8 * (4 - place))
    return found


def _parts(five: NDArray[np.uint64], sizes: NDArray[np.int64], first: int, place: int) -> tuple[NDArray[np.int64], int]:
    """Where parts begin among the bytes of a block, and where the next one does: the step from each bit is known."""
    bits = np.arange(len(five) * 8)
    repeated, size, length = _fields(five, sizes, bits)
    steps = (3 + size + np.where(repeated, 8, 8 * length)).tolist()
    at, place, end = [], place - first, len(bits)
    while place < end:
        at.append(place)
        place += steps[place]
    return np.array(at, np.int64) + first, place + first


def _fields(
    five: NDArray[np.uint64], sizes: NDArray[np.int64], at: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Of parts that begin at bits: whether a value is repeated, the size chosen, the number of values."""
    window = (five[at >> 3] >> (21 - (at & 7)).astype(np.uint64)).astype(np.int64) & 0x7FFFF
    size = sizes[window >> 16 & 3]
    return window >> 18 == 1, size, ((window & 0xFFFF) >> (16 - size)) + 1


def _values(
    five: NDArray[np.uint64],
    size: int,
    begins: NDArray[np.int64],
    lengths: NDArray[np.int64],
    repeated: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    last = int(begins[-1] + 8 * (1 if repeated[-1] else lengths[-1])) if len(begins) else 0
    if last > size * 8:
        raise ValueError("its run lengths end within a part")
    times = np.where(repeated, 1, lengths)
    ends = np.cumsum(times)
    inside = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - times, times)
    at = np.repeat(begins, times) + 8 * inside
    values = (five[at >> 3] >> (32 - (at & 7)).astype(np.uint64)) & np.uint64(255)
    return np.where(np.repeat(repeated, times), np.repeat(lengths, times), 1), values.astype(np.uint8)
