"""The patches of photos that somebody may be asked about: side by side, inside the photo where it is large enough."""

from collections.abc import Mapping

import numpy as np

from hairline.clicking.patches import Patch

MOST = 100_000
"""Patches of all photos together; of more, each photo has its share at random."""


def of_photo(photo: str, width: int, height: int, size: int) -> list[Patch]:
    """The patches that cover a photo, row by row; the last of a row and of a column end with the photo.

    >>> [(patch.x, patch.y) for patch in of_photo("a.jpg", 300, 128, 128)]
    [(0, 0), (128, 0), (172, 0)]
    """
    return [Patch(photo, x, y, size) for y in _starts(height, size) for x in _starts(width, size)]


def _starts(length: int, size: int) -> list[int]:
    return list(dict.fromkeys([*range(0, max(length - size, 0), size), max(length - size, 0)]))


def of_photos(sizes: Mapping[str, tuple[int, int]], size: int, seed: int, most: int = MOST) -> list[Patch]:
    """The patches of all photos, at most ``most``, at least one a photo.

    Args:
        sizes: Photo → width and height in pixels.
        size: Side of a patch in pixels.
        seed: Of the choice where there are more.
        most: How many there may be.
    """
    a_photo = max(most // max(len(sizes), 1), 1)
    draws, found = np.random.default_rng(seed), list[Patch]()
    for photo, (width, height) in sizes.items():
        there = of_photo(photo, width, height, size)
        chosen = range(len(there)) if len(there) <= a_photo else sorted(draws.permutation(len(there))[:a_photo])
        found += [there[index] for index in chosen]
    return found
