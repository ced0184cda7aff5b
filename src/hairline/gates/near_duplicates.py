"""Pictures that look alike although their files differ: saved again, scaled, brightened, turned or mirrored.

Each picture is reduced to 32 x 32 grey values. A perceptual hash of 64 bits that none of the eight rotations and flips
changes finds the pairs worth comparing; the best correlation over these eight decides.
"""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 32
BITS = 64
MAX_BITS = 12
BLOCK = 128

# The lowest 64 pairs of cosine frequencies (u, v), u ≤ v, without the mean brightness (0, 0).
PAIRS = sorted(((u, v) for u in range(16) for v in range(u, 16) if u + v), key=lambda pair: (sum(pair), pair))[:BITS]


def fingerprint(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture [height, width] reduced to uint8 [32, 32] by area averages."""
    return np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def symmetries(prints: NDArray[Any]) -> list[NDArray[Any]]:
    """The eight rotations and flips of square pictures [..., n, n], as views; the first is the picture itself."""
    turned = [prints, prints.swapaxes(-1, -2)]
    turned += [view[..., ::-1, :] for view in turned]
    return turned + [view[..., ::-1] for view in turned]


def perceptual_hash(prints: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """64 bits for each fingerprint: in which frequencies it is stronger than most pictures of the set.

    Flips change the signs of cosine coefficients alone and transposition exchanges (u, v) with (v, u), so that the sum
    of the two magnitudes is the same for all eight symmetries of a picture.

    Args:
        prints: uint8 [n, 32, 32].

    Returns:
        uint64 [n].
    """
    magnitudes = np.stack([np.abs(cv2.dct(one.astype(np.float32))) for one in prints])
    u, v = np.array(PAIRS).T
    strength = magnitudes[:, u, v] + magnitudes[:, v, u]
    strength /= np.linalg.norm(strength, axis=1, keepdims=True) + 1e-9  # the picture's contrast plays no part
    bits = np.packbits(strength > np.median(strength, axis=0), axis=1)
    return np.ascontiguousarray(bits).view(np.uint64).ravel()


def pairs(prints: NDArray[np.uint8], min_correlation: float) -> list[tuple[int, int]]:
    """Indices (i, j), i < j, of the fingerprints that look alike, in order.

    Args:
        prints: uint8 [n, 32, 32].
        min_correlation: Smallest Pearson correlation of the grey values of two pictures that look alike, in the best of
            the eight rotations and flips.
    """
    if len(prints) < 2:
        return []
    return [(i, j) for i, j in _near(perceptual_hash(prints)) if correlation(prints[i], prints[j]) >= min_correlation]


def correlation(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Best Pearson correlation of a fingerprint [32, 32] with the eight symmetries of another; 0 if one is flat."""
    a, b = _standardised(one), _standardised(other)
    return max(float((a * view).sum()) for view in symmetries(b))


def _near(hashes: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Pairs whose hashes differ in few bits, block by block so that memory stays bounded."""
    for start in range(0, len(hashes), BLOCK):
        block = hashes[start : start + BLOCK]
        distance = np.bitwise_count(block[:, None] ^ hashes[None, start + 1 :])
        for row, column in np.argwhere(distance <= MAX_BITS).tolist():
            i, j = start + row, start + 1 + column
            if i < j:
                yield i, j


def _standardised(one: NDArray[np.uint8]) -> NDArray[np.float64]:
    centred = one.astype(np.float64) - one.mean()
    length = np.linalg.norm(centred)
    return np.asarray(centred / length if length > 0 else centred, dtype=np.float64)
