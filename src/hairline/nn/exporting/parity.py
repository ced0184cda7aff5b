"""Whether an exported network answers as the network itself does: on images of sizes that are not round."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from hairline.data import synthetic
from hairline.nn.exporting.properties import Difference

Ask = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From an image RGB uint8 [height, width, 3] to scores, float32 [height, width]."""

SIZES = ((1, 1), (1, 40), (33, 57), (64, 96), (131, 258), (512, 500))
"""Height and width of images that both are asked about."""
LARGEST = 1e-4
"""Most that a score may differ."""
TILE_PX = 1024
"""Larger photos are compared tile by tile."""
SEED = 23


def generated(count: int, height: int, width: int, seed: int = SEED) -> Iterator[NDArray[np.uint8]]:
    """Generated photos of surfaces with cracks, as different as real ones are: RGB uint8 [height, width, 3]."""
    options = synthetic.Options(seed, count, 0, 0, max(height, 32), max(width, 32), 0.2, "wide")
    for index in range(count):
        yield synthetic.make(options, "train", index)[0][:height, :width]


def images(photos: Iterable[NDArray[np.uint8]] = ()) -> Iterator[NDArray[np.uint8]]:
    """What is compared: generated images of :data:`SIZES`, and photos tile by tile."""
    for number, (height, width) in enumerate(SIZES):
        yield from generated(1, height, width, SEED + number)
    for photo in photos:
        for top in range(0, photo.shape[0], TILE_PX):
            for left in range(0, photo.shape[1], TILE_PX):
                yield photo[top : top + TILE_PX, left : left + TILE_PX]


def compared(one: Ask, other: Ask, asked: Iterable[NDArray[np.uint8]]) -> Difference:
    """The largest difference between what two networks say; infinite where a score of one is no number."""
    found, total, pixels = [], 0.0, 0
    for image in asked:
        apart = np.abs(one(image).astype(np.float64) - other(image))
        apart = np.where(np.isfinite(apart), apart, np.inf)
        found.append((float(apart.max()), *image.shape[:2]))
        total, pixels = total + float(apart.sum()), pixels + apart.size
    largest, height, width = max(found)
    return Difference(largest, total / pixels, height, width, len(found))
