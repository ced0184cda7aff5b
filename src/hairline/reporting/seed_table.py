"""Trainings that differ in nothing but the seed, put together: mean and standard deviation of their scores."""

from collections.abc import Sequence

import pandas as pd

from hairline.data.seen import Seen
from hairline.metrics import significance
from hairline.metrics.significance import METRICS, Scored
from hairline.reporting import seen_signs
from hairline.reporting.comparison import Result, called

COLUMNS = (
    "labels",
    "model",
    "training_set",
    "test_set",
    "seeds",
    *(f"{m}_{end}" for m in METRICS for end in ("mean", "sd")),
    "seen",
)


def over_seeds(results: Sequence[Result]) -> pd.DataFrame:
    """A row for each group of scored segmenters that differ in the seed alone, of two or more, with :data:`COLUMNS`.

    ``model`` is the name of the first; deviations are those of a sample (n - 1); ``seen`` is the strongest word.

    Raises:
        HairlineError: If two of a group were scored on different images.
    """
    groups: dict[tuple[str, str, str, str], list[tuple[pd.DataFrame, Seen | None]]] = {}
    for result in results:
        if result.kind == "segmenter" and result.table is not None:
            key = (
                result.label_set,
                result.replicate_of or str(result.architecture),
                result.training_set,
                result.dataset,
            )
            groups.setdefault(key, []).append((result.table, result.seen))
    rows = [
        (
            *key,
            *significance.over_seeds(Scored(called(*key[:3]), [table for table, _ in found])).values(),
            seen_signs.strongest_word(seen for _, seen in found),
        )
        for key, found in groups.items()
        if len(found) > 1
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
            "Seen": seen_signs.of_row(row),
            **{name.upper(): f"{row[f'{name}_mean']:.3f} ± {row[f'{name}_sd']:.3f}" for name in METRICS},
        }
        for row in found.to_dict("records")
    )
