"""Drift: how far the images of a set have moved from those that were once accepted (``hairline accept``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from annotated_types import Len

from hairline.io.artefacts import read_json
from hairline.io.atomic import write_json
from hairline.io.reading import there

QUANTITIES = ("brightness", "spread", "sharpness", "shortest_px", "crack_share", "contrast")
LEVELS = tuple(step / 20 for step in range(21))

Baseline = Mapping[str, object]


@dataclass
class _Baseline:
    images: int
    quantiles: dict[str, Annotated[list[float], Len(len(LEVELS), len(LEVELS))]]


def baseline(columns: pd.DataFrame) -> dict[str, object]:
    """What is kept of a data set: number of images, and 21 quantiles of each quantity that is known.

    Args:
        columns: With the columns :data:`QUANTITIES`, NaN where unknown.
    """
    known = {name: columns[name].dropna().astype(float) for name in QUANTITIES}
    quantiles = {
        name: [round(float(value), 6) for value in np.quantile(values, LEVELS, method="inverted_cdf")]
        for name, values in known.items()
        if len(values)
    }
    return {"images": len(columns), "quantiles": quantiles}


def path(baselines: Path, experiment: str, dataset: str) -> Path:
    """Where the baseline of a data set belongs."""
    return baselines / experiment / f"{dataset}.json"


def write(path: Path, content: Baseline) -> None:
    """Write a baseline, whole or not at all."""
    write_json(path, content)


def read(path: Path) -> Baseline | None:
    """A baseline as written by :func:`write`, None where there is no such file.

    Raises:
        HairlineError: If the file is something else.
    """
    if not there(path):
        return None
    return dict(read_json(path, _Baseline, "'hairline accept'", "a baseline"))


def shifts(columns: pd.DataFrame, accepted: Baseline | None) -> pd.DataFrame:
    """How far each quantity has moved.

    The shift is the largest difference between the cumulated share of the accepted quantiles and that of the images
    at the same values (a Kolmogorov-Smirnov distance at 21 points): 0 for the same distribution, 1 for no overlap.

    Returns:
        One row a quantity known on both sides: ``id``, ``shift``, ``old_median``, ``new_median``.
    """
    quantiles = {} if accepted is None else accepted["quantiles"]
    rows = []
    for name in QUANTITIES:
        values = np.sort(columns[name].dropna().to_numpy(float))
        if len(values) and isinstance(quantiles, Mapping) and name in quantiles:
            old = np.asarray(quantiles[name], float)
            rows.append((name, shift(values, old), old[len(old) // 2], float(np.median(values))))
    return pd.DataFrame(rows, columns=["id", "shift", "old_median", "new_median"])


def shift(values: np.ndarray, quantiles: np.ndarray) -> float:
    """Distance of sorted values from quantiles at :data:`LEVELS`, see :func:`shifts`."""
    levels = np.asarray(LEVELS)
    below = np.searchsorted(values, quantiles - 1e-6, side="left") / len(values)
    up_to = np.searchsorted(values, quantiles + 1e-6, side="right") / len(values)
    return float(max(np.max(levels - up_to), np.max(below - levels), 0))
