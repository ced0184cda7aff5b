"""What is shown of a training and decides nothing: sheets on the way, curves on validation images."""

from collections.abc import Sequence

import pandas as pd

from hairline.metrics.score_table import counts, metrics
from hairline.nn.segmenter.training import Row
from hairline.reporting.figures import canvas, curves, image_grids


def sheet(rows: Sequence[Row]) -> bytes:
    """A picture of what a network says to a few images beside what it learns from them: PNG."""
    drawn = [
        image_grids.PictureRow(name, image, None, None, {"learned from": target}, {"now": scores})
        for name, image, target, scores in rows
    ]
    return canvas.png(image_grids.picture_grid(drawn))


def validation_curve(table: pd.DataFrame, title: str, name: str) -> tuple[dict[str, float], bytes]:
    """Scores of a segmenter on validation images against their labels, and its precision-recall curve: PNG.

    Args:
        table: Its score table on them, at least one row.
        title: What stands above the curve.
        name: What the segmenter is called beside it.

    Returns:
        Name of a metric, beginning with ``val/``, to its value, and the picture.
    """
    found = {f"val/{metric}": value for metric, value in metrics(table).items()}
    return found, canvas.png(curves.pr_curves({title: {name: counts(table)}}))
