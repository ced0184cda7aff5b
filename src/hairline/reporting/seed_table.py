"""Trainings that differ in nothing but the seed, put together: mean and standard deviation of their scores."""

from collections.abc import Sequence

import pandas as pd

from hairline.metrics import significance
from hairline.metrics.significance import METRICS, Scored
from hairline.reporting.comparison import Cell, called

COLUMNS = (
    "labels",
    "model",
    "training_set",
    "test_set",
    "seeds",
    *(f"{m}_{end}" for m in METRICS for end in ("mean", "sd")),
)


def over_seeds(cells: Sequence[Cell]) -> pd.DataFrame:
    """A row for each group of scored segmenters that differ in the seed alone, of two or more, with :data:`COLUMNS`.

    ``model`` is the name of the first; deviations are those of a sample (n - 1).

    Raises:
        HairlineError: If two of a group were scored on different images.
    """
    groups: dict[tuple[str, str, str, str], list[pd.DataFrame]] = {}
    for cell in cells:
        if cell.kind == "segmenter" and cell.table is not None:
            key = (cell.label_set, cell.replicate_of or str(cell.architecture), cell.training_set, cell.dataset)
            groups.setdefault(key, []).append(cell.table)
    rows = [
        (*key, *significance.over_seeds(Scored(called(*key[:3]), tables)).values())
        for key, tables in groups.items()
        if len(tables) > 1
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def readable(found: pd.DataFrame) -> pd.DataFrame:
    """The same as cells of text, mean ± standard deviation."""
    return pd.DataFrame(
        {
            "Labels": called(row["labels"], None, ""),
            "Model": row["model"],
            "Training set": row["training_set"],
            "Test set": row["test_set"],
            "Seeds": str(row["seeds"]),
            **{name.upper(): f"{row[f'{name}_mean']:.3f} ± {row[f'{name}_sd']:.3f}" for name in METRICS},
        }
        for row in found.to_dict("records")
    )
