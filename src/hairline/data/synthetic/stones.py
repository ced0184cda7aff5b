"""Stones: cells of a Voronoi diagram, parted by gaps, each with a height, a brightness and a colour of its own."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.data.synthetic.noise import Plane, Rng, Shape, coloured

FINE_PX = 4.0
ROUGH_PX = 6.0


@dataclass(frozen=True)
class Stones:
    """A field of stones.

    Attributes:
        labels: int32 [height, width]; the stone a pixel is nearest to, from 0.
        count: How many there are.
        height: [height, width]; 0 in the gap, 1 on top.
        oversampling: How many pixels of these arrays are a side of a pixel of the image.
    """

    labels: NDArray[np.int32]
    count: int
    height: Plane
    oversampling: int

    def values(self, each: NDArray[np.float32]) -> NDArray[np.float32]:
        """A value (or a row of values) of each stone as an image of the stones' resolution."""
        return np.asarray(each[self.labels])

    def shrunk(self, image: NDArray[np.float32], shape: Shape) -> NDArray[np.float32]:
        """An image of the stones' resolution in that of the photo."""
        if self.oversampling == 1:
            return image
        return np.asarray(cv2.resize(image, shape[::-1], interpolation=cv2.INTER_AREA))


def scattered(rng: Rng, shape: Shape, size_px: float, gap: float, flat: float, uneven: float = 0) -> Stones:
    """Stones about ``size_px`` large.

    Args:
        rng: The source of chance.
        shape: Height and width of the image.
        size_px: Mean distance of stones.
        gap: Width of the gap, in parts of the size.
        uneven: How much larger some stones are than others, 0 for none.
        flat: How much of a stone is as high as its top, 0 for a cone and 1 for a slab.
    """
    oversampling = 2 if size_px < FINE_PX else 1
    rows, cols = (length * oversampling for length in shape)
    pitch = max(size_px * oversampling, 2.0)
    down, right = int(rows / pitch) + 2, int(cols / pitch) + 2
    y, x = np.mgrid[:down, :right].astype(np.float32) + rng.uniform(-0.25, 1.05, (2, down, right)).astype(np.float32)
    empty = np.ones((rows, cols), np.uint8)
    empty[np.clip((y * pitch).astype(int), 0, rows - 1), np.clip((x * pitch).astype(int), 0, cols - 1)] = 0
    if uneven:
        _enlarge(rng, empty, uneven * pitch)
    _, labels = cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    inside = np.ones((rows, cols), np.uint8)
    inside[:, 1:] = labels[:, 1:] == labels[:, :-1]
    inside[1:] &= labels[1:] == labels[:-1]
    edge = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    rise = max(0.45 * pitch * (1 - flat), 0.8)
    if pitch > ROUGH_PX:
        edge = edge + np.float32(rng.uniform(0, 0.09) * pitch) * coloured(rng, (rows, cols), ((1.6, 1.0),))
    height = np.clip((edge - 0.5 * gap * pitch) / np.float32(rise), 0, 1)
    return Stones(np.asarray(labels, np.int32) - 1, int(np.max(labels)), np.asarray(height, np.float32), oversampling)


def _enlarge(rng: Rng, empty: NDArray[np.uint8], reach: float) -> None:
    """Turn some of the seeds into strokes, so that what is nearest to them is larger, and longer than wide."""
    y, x = np.nonzero(empty == 0)
    some = rng.random(len(y)) < rng.uniform(0.1, 0.7)
    starts = np.stack([x[some], y[some]], axis=1)
    ends = starts + rng.normal(0, reach, starts.shape)
    pairs = np.stack([starts, ends], axis=1).round().astype(np.int32)
    for pair in np.array_split(pairs, max(len(pairs) // 64, 1)):
        cv2.polylines(empty, list(pair), False, 0, 1)
