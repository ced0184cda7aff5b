"""Pictures that show a part of the same: crops, pictures turned by some degrees, painted over, or changed in places.

Corners of each picture (ORB: Rublee et al. 2011), which brightness, scale and turns leave as they are, are looked up in
tables of a few of their bits. Pictures that meet often there are compared: they overlap where one affine map takes
enough corners of one to their places in the other. Mirrored pictures are looked up by the corners of their mirror
image. On the published sets the bounds here find no two pictures that do not show one place.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX = 256
"""Longer side that pictures are reduced to."""
CORNERS = 200
"""Most corners of a picture."""
AROUND_PX = 31
"""Side of the part of a reduced picture that describes a corner."""
CONTRAST = 8
"""Grey levels by which a corner must differ from what is around it."""
TABLES = [np.random.default_rng(table).permutation(32)[:4] for table in range(16)]
"""The bytes of a description that are looked up, a table each."""
CROWD = 16
"""Most corners alike in a table; what looks like everything else tells nothing."""
MEETINGS = 4
"""Least number of meetings of two pictures that are compared."""
PARTNERS = 6
"""Most pictures that one is compared with, those it meets most often."""
MAX_BITS = 50
"""Most of 256 bits by which the descriptions of one corner in two pictures may differ."""
AGREEING = 18
"""Least number of corners that one map must take to their places."""
OFF_PX = 3.0
"""How far from its place a corner may land, in pixels of the reduced picture."""
SCALES = (0.3, 3.0)
"""Factors by which the map may scale lengths."""


class Corners(NamedTuple):
    """Places and descriptions of the corners of a picture and of its mirror image.

    Attributes:
        places: float32 [n, 2], x and y in the reduced picture.
        bits: uint8 [n, 32].
        mirrored: uint8 [n, 32], descriptions of the same corners in the mirror image.
    """

    places: NDArray[np.float32]
    bits: NDArray[np.uint8]
    mirrored: NDArray[np.uint8]


def corners(grey: NDArray[np.uint8]) -> Corners:
    """The corners of a picture, uint8 [height, width]."""
    scale = min(1.0, SIDE_PX / max(grey.shape))
    size = tuple(max(1, round(side * scale)) for side in reversed(grey.shape))
    none = Corners(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8), np.zeros((0, 32), np.uint8))
    if min(size) < AROUND_PX:  # the finder halves it to nothing
        return none
    small = grey if scale == 1 else np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))
    finder = cv2.ORB_create(  # type: ignore[attr-defined]
        nfeatures=CORNERS, edgeThreshold=AROUND_PX // 3, patchSize=AROUND_PX, fastThreshold=CONTRAST
    )
    found, bits = finder.detectAndCompute(small, None)
    if bits is None:
        return none
    there, mirrored = finder.compute(np.ascontiguousarray(small[:, ::-1]), _mirrored(found, small.shape[1]))
    kept = [one.class_id for one in there]
    return Corners(np.array([found[n].pt for n in kept], np.float32).reshape(-1, 2), bits[kept], mirrored[: len(kept)])


def _mirrored(found: Sequence[cv2.KeyPoint], width: int) -> list[cv2.KeyPoint]:
    """The same corners in the mirror image, each with its number."""
    return [
        cv2.KeyPoint(
            width - 1 - one.pt[0], one.pt[1], one.size, (180 - one.angle) % 360, one.response, one.octave, number
        )
        for number, one in enumerate(found)
    ]


def pairs(pictures: Sequence[Corners], parts: Sequence[str]) -> list[tuple[int, int]]:
    """Indices (i, j), i < j, of the pictures of two parts of a set that show a part of the same, in order.

    Args:
        pictures: Corners of all pictures.
        parts: The part of each, e.g. its split; pictures of one part are not compared.
    """
    found = {
        (i, j)
        for i, j, mirrored in _met(pictures, np.unique(np.array(parts, dtype=str), return_inverse=True)[1])
        if agreeing(pictures[i], pictures[j], mirrored) >= AGREEING
    }
    return sorted(found)


def _met(pictures: Sequence[Corners], parts: NDArray[np.intp]) -> list[tuple[int, int, bool]]:
    """Pairs (i, j, whether one is mirrored), i < j, that meet often, those that do so most often first."""
    count = len(pictures)
    if len(set(parts.tolist())) < 2:
        return []
    bits = np.concatenate([part for one in pictures for part in (one.bits, one.mirrored)])
    owner = np.repeat(np.arange(2 * count), [len(one.bits) for one in pictures for _ in range(2)])
    codes, times = np.zeros(0, np.int64), np.zeros(0, np.int64)  # 2i is picture i, 2i + 1 its mirror image
    for table in TABLES:
        more = _meetings(bits[:, table], owner, parts, count)
        codes, at = np.unique(np.concatenate([codes, more]), return_inverse=True)
        times = np.bincount(at, np.concatenate([times, np.ones(len(more))])).astype(np.int64)
    partners = Counter[int]()
    met = []
    for code in codes[times >= MEETINGS][np.argsort(-times[times >= MEETINGS], kind="stable")].tolist():
        i, j = divmod(code // 2, count)
        if max(partners[i], partners[j]) < PARTNERS:
            partners.update((i, j))
            met.append((i, j, bool(code % 2)))
    return met


def _meetings(
    looked_up: NDArray[np.uint8], owner: NDArray[np.int64], parts: NDArray[np.intp], count: int
) -> NDArray[np.int64]:
    """Codes of the pairs of pictures with equal bytes: (i · count + j) · 2 + whether one is mirrored."""
    keys = np.zeros((len(looked_up), 8), np.uint8)
    keys[:, : looked_up.shape[1]] = looked_up
    _, key, size = np.unique(keys.view(np.int64).ravel(), return_inverse=True, return_counts=True)
    few = np.flatnonzero((size > 1)[key] & (size <= CROWD)[key])
    order = few[np.argsort(key[few], kind="stable")]
    key, owner = key[order], owner[order]
    found = [np.zeros(0, np.int64)]
    for step in range(1, CROWD):
        same = key[step:] == key[:-step]
        if not same.any():
            break
        one, other = owner[:-step][same], owner[step:][same]
        apart = (parts[one // 2] != parts[other // 2]) & (one % 2 + other % 2 < 2)  # two mirror images are the pictures
        low, high = np.minimum(one, other)[apart], np.maximum(one, other)[apart]
        found.append((low // 2 * count + high // 2) * 2 + (low % 2 != high % 2))
    return np.concatenate(found)


def agreeing(one: Corners, other: Corners, mirrored: bool) -> int:
    """Number of corners of two pictures that one affine map takes to their places."""
    if min(len(one.bits), len(other.bits)) < AGREEING:
        return 0
    bits = other.mirrored if mirrored else other.bits
    nearest = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(one.bits, bits)
    matches = [match for match in nearest if match.distance <= MAX_BITS]
    if len(matches) < AGREEING:
        return 0
    here = one.places[[match.queryIdx for match in matches]]
    there = other.places[[match.trainIdx for match in matches]]
    linear, agree = cv2.estimateAffine2D(there, here, ransacReprojThreshold=OFF_PX, maxIters=500)
    if linear is None:
        return 0
    scales = np.linalg.svd(linear[:, :2], compute_uv=False)
    return int(agree.sum()) if SCALES[0] <= scales.min() and scales.max() <= SCALES[1] else 0
