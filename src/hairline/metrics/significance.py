"""Differences between cells scored on the same images: intervals, p-values with Holm's correction, effect sizes.

A cell is a list of score tables, one a seed of its training; most have one. Its ODS is the mean over its tables, each
with its own best threshold, chosen anew in every resample. Resamples draw whole groups of images (parent photos), the
same for both sides, so that a difference is paired. They speak of other images, not of other trainings: what another
seed would give is told by the standard deviation over seeds, where there are several.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.metrics import thresholds
from hairline.metrics.bootstrap import BootstrapOptions, interval, resample_weights, resampled_ods
from hairline.metrics.score_table import counts

COLUMNS = ("first", "second", "difference", "difference_low", "difference_high", "p", "p_holm", "effect", "images",
           "groups")  # fmt: skip
METRICS = ("ods", "ois", "ap")


@dataclass(frozen=True, eq=False)
class Scored:
    """A cell of a comparison.

    Attributes:
        name: What to call it.
        tables: Score tables of the same images, one a seed, at least one.
    """

    name: str
    tables: Sequence[pd.DataFrame]

    def __post_init__(self) -> None:
        if not self.tables or any(table.empty for table in self.tables):
            raise HairlineError(f"{self.name}: nothing was scored; evaluate it on at least one image")
        for table in self.tables[1:]:
            _refuse_other_images(self.name, _ids(self.tables[0]), f"another seed of {self.name}", _ids(table))

    @property
    def ids(self) -> list[str]:
        """Its images, in order."""
        return _ids(self.tables[0])

    @property
    def groups(self) -> list[str]:
        """Parent photo of each image, in order of id."""
        return [str(group) for group in self.tables[0].sort_values("id")["group"]]


def over_seeds(cell: Scored) -> dict[str, float]:
    """Mean and standard deviation over seeds as ``ods_mean``, ``ods_sd`` and so on, and the number of ``seeds``.

    The deviation is that of a sample (n - 1), missing (NaN) where there is one seed.
    """
    found: dict[str, float] = {"seeds": len(cell.tables)}
    values = np.array([_metrics(table) for table in cell.tables])
    for name, column in zip(METRICS, values.T, strict=True):
        found[f"{name}_mean"] = float(column.mean())
        found[f"{name}_sd"] = float(column.std(ddof=1)) if len(column) > 1 else float("nan")
    return found


def compared(pairs: Sequence[tuple[Scored, Scored]], bootstrap: BootstrapOptions) -> pd.DataFrame:
    """One row a pair with :data:`COLUMNS`; the pairs are one family, of which ``p_holm`` speaks.

    ``difference`` is ODS of the first minus ODS of the second with its percentile interval; ``p`` as :func:`p_value`
    has it; ``effect`` as :func:`standardised` has it, of F1 of the same image at each one's best threshold. Interval
    and p-values are missing where there are fewer than two groups to draw from.

    Raises:
        HairlineError: If the two of a pair were not scored on the same images, or differ in how these are grouped.
    """
    drawn = {cell: _drawn(cell, bootstrap) for pair in pairs for cell in pair}
    rows = [_row(one, other, drawn, bootstrap) for one, other in pairs]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    adjusted = holm(table["p"].dropna().to_numpy(dtype=np.float64))
    table.loc[table["p"].notna(), "p_holm"] = adjusted
    return table.astype(dict.fromkeys(COLUMNS[2:8], "float64"))


def p_value(resampled: NDArray[np.float64]) -> float:
    """Two-sided p-value of "no difference" from resampled differences [resamples].

    Twice the smaller share of resamples on one side of 0, those on 0 being on both, one being added to each count and
    to their number (Davison and Hinkley 1997, Bootstrap Methods and their Application). This is the percentile interval
    turned round: below 0.05 about where the 95 % interval leaves out 0. It is never below 2 / (resamples + 1).
    """
    below, above = (resampled <= 0).sum(), (resampled >= 0).sum()
    return min(1.0, 2 * float(min(below, above) + 1) / (len(resampled) + 1))


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """p-values adjusted for a family of comparisons by Holm (1979, Scand. J. Stat. 6:65), in their order, float64 [n].

    The smallest of n counts n times, the next n - 1 times and so on, none less than the one before, none above 1. If
    those below 0.05 are called differences, the chance of any false one is at most 5 %.
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted


def standardised(differences: NDArray[np.float64]) -> float:
    """Paired standardised difference d_z: mean of the images' differences over their standard deviation (n - 1).

    Cohen (1988, Statistical Power Analysis for the Behavioral Sciences); Lakens (2013, Front. Psychol. 4:863). About
    0.2 is small, 0.5 medium, 0.8 large. Images of one photo are not independent, so it describes these images and tests
    nothing. 0 where no image differs; missing (NaN) where all differ by the same, or there is one image that does.
    """
    if not differences.any():
        return 0.0
    spread = float(differences.std(ddof=1)) if len(differences) > 1 else 0.0
    return float(differences.mean()) / spread if spread > 1e-12 else float("nan")


@dataclass(frozen=True, eq=False)
class _Drawn:
    """ODS of a cell, that of every resample [resamples], and F1 of each image at the best threshold [images]."""

    ods: float
    resampled: NDArray[np.float64]
    images: NDArray[np.float64]


def _drawn(cell: Scored, bootstrap: BootstrapOptions) -> _Drawn:
    weights, seeds = resample_weights(cell.groups, bootstrap), [_f1(table) for table in cell.tables]
    return _Drawn(
        float(np.mean([thresholds.ods(f1) for f1 in seeds])),
        np.mean([resampled_ods(f1, weights) for f1 in seeds], axis=0),
        np.mean([f1[:, f1.mean(axis=0).argmax()] for f1 in seeds], axis=0),
    )


def _row(
    one: Scored, other: Scored, drawn: Mapping[Scored, _Drawn], bootstrap: BootstrapOptions
) -> dict[str, float | str]:
    _refuse_other_images(one.name, one.ids, other.name, other.ids)
    if one.groups != other.groups:
        raise HairlineError(
            f"{one.name} and {other.name}: the same images have other parent photos; evaluate both on the same set"
        )
    groups, differences = len(set(one.groups)), drawn[one].resampled - drawn[other].resampled
    return {
        "first": one.name, "second": other.name, "difference": drawn[one].ods - drawn[other].ods,
        **interval("difference", differences, groups, bootstrap),
        "p": p_value(differences) if groups > 1 else float("nan"),
        "effect": standardised(drawn[one].images - drawn[other].images), "images": len(one.ids), "groups": groups,
    }  # fmt: skip


def _f1(table: pd.DataFrame) -> NDArray[np.float64]:
    return thresholds.f1(counts(table))


def _metrics(table: pd.DataFrame) -> tuple[float, ...]:
    counted = counts(table)
    f1 = thresholds.f1(counted)
    return thresholds.ods(f1), thresholds.ois(f1), thresholds.average_precision(counted)


def _ids(table: pd.DataFrame) -> list[str]:
    return sorted(table["id"])


def _refuse_other_images(name: str, ids: list[str], other: str, theirs: list[str]) -> None:
    if ids != theirs:
        lone = sorted(set(ids) ^ set(theirs)) or ids
        raise HairlineError(
            f"{name} and {other} were scored on different images ({len(ids)} and {len(theirs)}; '{lone[0]}' is not in "
            "both); evaluate both on the same images (dvc repro)"
        )
