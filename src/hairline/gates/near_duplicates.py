"""Pictures that look alike although their files differ: saved again, scaled, brightened, turned or mirrored.

Each picture is reduced to 32 x 32 grey values. A perceptual hash of 64 bits that none of the eight rotations and flips
changes finds the pairs worth comparing; the best correlation over these eight decides. Where pictures of different sets
are compared, even light alone can make two correlate: then their detail, what a smooth surface leaves, must do so too.
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
SAME, SAME_DETAIL = 0.95, 0.9
"""From which correlation on two pictures of any sets are one, of grey values and of their detail. A gate's own bound
may be another: it tells people what to look at, this one what a number has seen."""
MIN_DETAIL = 1.0
"""Standard deviation of detail, in grey levels, from which it tells pictures apart; photos of roads have over 2."""

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
    strength = _strengths(prints)
    bits = np.packbits(strength > np.median(strength, axis=0), axis=1)
    return np.ascontiguousarray(bits).view(np.uint64).ravel()


def _strengths(prints: NDArray[Any]) -> NDArray[np.float32]:
    magnitudes = np.stack([np.abs(cv2.dct(one.astype(np.float32))) for one in prints])
    u, v = np.array(PAIRS).T
    strength = magnitudes[:, u, v] + magnitudes[:, v, u]
    return np.asarray(strength / (np.linalg.norm(strength, axis=1, keepdims=True) + 1e-9))  # contrast plays no part


def strengths(prints: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How strong each of :data:`PAIRS` is in the detail of fingerprints, uint8 [n, 64]; the same in all symmetries.

    0 throughout for those too flat to be told apart. ``benchmarks/copies.py`` measures by how much copies and other
    pictures differ (:func:`apart`).

    Args:
        prints: uint8 [n, 32, 32].
    """
    if not len(prints):
        return np.zeros((0, BITS), np.uint8)
    fine = detail(prints)
    root = np.sqrt(_strengths(fine))
    root /= np.linalg.norm(root, axis=1, keepdims=True) + 1e-9
    return np.asarray(np.rint(root * 255) * enough(fine)[:, None], dtype=np.uint8)


def apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much each of some :func:`strengths` [n, 64] differs from each of others [m, 64]: float [n, m], 0 to √2.

    2 where one of the two is too flat to be told apart.
    """
    a, b = (_unit(each.astype(np.float32)) for each in (one, other))
    found = np.sqrt(np.maximum(2 - 2 * a @ b.T, 0))
    blank, blanks = (np.flatnonzero(~each.any(axis=1)) for each in (one, other))
    found[blank], found[:, blanks] = 2, 2
    return np.asarray(found, dtype=np.float32)


def detail(prints: NDArray[Any]) -> NDArray[np.float64]:
    """What fingerprints [n, 32, 32] show beside a smooth surface of the second degree: light, vignettes."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].reshape(2, -1)
    surface, _ = np.linalg.qr(np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1))
    flat = prints.reshape(len(prints), -1).astype(np.float64)
    return np.asarray((flat - flat @ surface @ surface.T).reshape(prints.shape))


def enough(fine: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether detail [n, 32, 32] is more than rounding and noise, so that it tells pictures apart: bool [n]."""
    return np.asarray(fine.std(axis=(1, 2)) >= MIN_DETAIL)


def same(prints: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Indices (i, j), i < j, of fingerprints of one picture, wherever both are from.

    They correlate by :data:`SAME` or more, and so does their detail, by :data:`SAME_DETAIL`; what is too flat for that
    is nothing's copy.

    Args:
        prints: uint8 [n, 32, 32].
    """
    found = pairs(prints, SAME)
    if not found:
        return []
    fine = detail(prints)
    clear = enough(fine)
    return [
        (i, j)
        for i, j in found
        if clear[i] and clear[j] and _correlation(_unit(fine[i]), _unit(fine[j])) >= SAME_DETAIL
    ]


def _unit(values: NDArray[Any]) -> NDArray[Any]:
    """Values over their length, a picture or rows."""
    length = np.linalg.norm(values) if values.shape[-2:] == (SIDE, SIDE) else np.linalg.norm(values, axis=1)[:, None]
    return np.asarray(values / (length + 1e-9))


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
    return _correlation(_standardised(one), _standardised(other))


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return max(float((one * view).sum()) for view in symmetries(other))


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
