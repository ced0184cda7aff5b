"""Masks with cracks, measured plainly: a skeleton as it is, widths of the distance transform."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.morphology import skeletonize

from hairline.imaging.images import write_image, write_mask, write_scores
from hairline.inspection.exports.photos import MeasuredPhoto
from hairline.inspection.georeference import Georeference
from hairline.inspection.measuring.cracks import Branch, Crack

CLASSES = ("fine", "medium", "wide")
LIMITS_MM = (0.3, 1.0)


def measured(mask: NDArray[np.bool_]) -> list[Crack]:
    """Every connected component as a crack of one branch, the longest first."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    cracks = []
    for label in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[label])
        pixels = labels[top : top + height, left : left + width] == label
        inside = np.pad(pixels, 1).astype(np.uint8)
        distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
        y, x = np.nonzero(skeletonize(inside > 0))
        order = np.argsort(x + 1e-3 * y) if width >= height else np.argsort(y + 1e-3 * x)
        y, x = y[order], x[order]
        widths = np.asarray(2 * distance[y, x] - 0.5, dtype=np.float64)
        line = np.stack([x - 1.0 + left, y - 1.0 + top], axis=1)
        at = line[int(widths.argmax())]
        angle = None if area < 2 else float(np.degrees(np.arctan2(height, width)))
        branch = Branch(line, widths, float(len(line)))
        cracks.append(
            Crack(
                0,
                (branch,),
                0,
                float(len(line)),
                float(widths.mean()),
                float(np.percentile(widths, 95)),
                float(widths.max()),
                (float(at[0]), float(at[1])),
                area,
                angle,
                (left, top, left + width, top + height),
            )
        )
    cracks.sort(key=lambda crack: -crack.length_px)
    return [Crack(number, *list(vars(crack).values())[1:]) for number, crack in enumerate(cracks, 1)]


def classes(cracks: Sequence[Crack], mm_per_px: float | None) -> list[str | None]:
    """Width class of each crack by its 95th percentile; None where the scale is not known."""
    if mm_per_px is None:
        return [None] * len(cracks)
    return [CLASSES[int(np.searchsorted(LIMITS_MM, crack.width_p95_px * mm_per_px))] for crack in cracks]


def photo(
    folder: Path,
    name: str,
    mask: NDArray[np.bool_],
    image: NDArray[np.uint8] | None = None,
    georeference: Georeference | None = None,
    mm_per_px: float | None = None,
    scores: NDArray[np.floating] | None = None,
) -> MeasuredPhoto:
    """A photo on the disk with its mask and its cracks."""
    path, mask_file, scores_file = folder / "photos" / f"{name}.png", folder / "masks" / f"{name}.png", None
    write_mask(mask_file, mask)
    write_image(path, np.where(mask[..., None], 40, 170).repeat(3, 2).astype(np.uint8) if image is None else image)
    if scores is not None:
        scores_file = folder / "scores" / f"{name}.png"
        write_scores(scores_file, scores)
    cracks = measured(mask)
    height, width = mask.shape
    return MeasuredPhoto(
        path, f"{name}.png", name, width, height, mask_file, cracks, classes(cracks, mm_per_px), scores_file,
        georeference, mm_per_px,
    )  # fmt: skip


def scribbles(seed: int, height: int = 120, width: int = 160, lines: int = 4) -> NDArray[np.bool_]:
    """A mask of a few lines of chance, some of them one pixel wide, with loops, touching corners and dots."""
    rng = np.random.default_rng(seed)
    canvas = np.zeros((height, width), np.uint8)
    for _ in range(lines):
        start = rng.random(2) * (width, height)
        points = start + np.cumsum(rng.normal(0, 9, (30, 2)), axis=0)
        cv2.polylines(canvas, [np.rint(points).astype(np.int32)], False, 1, int(rng.integers(1, 6)))
    canvas[rng.integers(0, height, 3), rng.integers(0, width, 3)] = 1
    return canvas > 0
