"""The picture of a model card: what a network says to a few test images, beside the image and its mask."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from hairline.config.paths import Paths, SegmenterName
from hairline.data.samples import load_image, load_mask, mask_path
from hairline.imaging.images import read_scores
from hairline.reporting.figures import canvas, image_grids
from hairline.reporting.figures.image_grids import PictureRow

IMAGES = 4


def predictions(
    paths: Paths, segmenter: SegmenterName, test_sets: Sequence[str], threshold: float
) -> bytes | None:  # fmt: skip
    """Input, annotated mask, score, and the mask at the network's own threshold, of a few images: PNG.

    Args:
        paths: Where everything lies.
        segmenter: The network.
        test_sets: Data sets whose kept predictions are shown, the first ones first.
        threshold: From which score on a pixel is crack, in (0, 1].

    Returns:
        The picture, of :data:`IMAGES` images at the most; None where no prediction was kept.
    """
    rows = list(islice(_rows(paths, segmenter, test_sets, threshold), IMAGES))
    return canvas.png(image_grids.picture_grid(rows)) if rows else None


def _rows(
    paths: Paths, segmenter: SegmenterName, test_sets: Sequence[str], threshold: float
) -> Iterator[PictureRow]:  # fmt: skip
    for test_set in test_sets:
        kept = paths.segmenter_scores(segmenter, test_set) / "predictions"
        for path in sorted(kept.rglob("*.png")):
            yield _row(paths.dataset(test_set), path.relative_to(kept).with_suffix("").as_posix(), path, threshold)


def _row(dataset: Path, sample_id: str, path: Path, threshold: float) -> PictureRow:
    scores = read_scores(path)
    mask = load_mask(dataset, sample_id) if mask_path(dataset, sample_id).is_file() else None
    found = {"score": scores, f"mask at {threshold:.2f}": scores.astype(np.float32) / 255 >= threshold}
    return PictureRow(f"{dataset.name}/{sample_id}", load_image(dataset, sample_id), mask, None, {}, found)
