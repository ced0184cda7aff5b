"""Differences between cells scored on the same images: intervals, p-values with Holm's correction, effect sizes.

A cell is a list of score tables, one a seed of its training; most have one. Its ODS is the mean over its tables, each
with its own best threshold, chosen anew in every resample and after every swap. Resamples draw whole groups of images
(parent photos), the same for both sides, so that a difference is paired. Of a cell with several seeds they then draw
seeds too, so that interval and p-value speak of other trainings as well as of other photos; of a cell with one they
cannot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.metrics import permutation, thresholds
from hairline.metrics.bootstrap import (
    BootstrapOptions,
    effective_photos,
    interval,
    resample_weights,
    resampled_ods,
    too_few,
)
from hairline.metrics.score_table import counts

COLUMNS = ("first", "second", "difference", "difference_low", "difference_high", "p", "p_error", "p_holm", "effect",
           "effective_groups", "images", "groups", "unsure")  # fmt: skip
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

    ``difference`` is ODS of the first minus ODS of the second with its interval (:mod:`hairline.metrics.bootstrap`);
    ``p`` the larger of two p-values: of the paired permutation of :mod:`hairline.metrics.permutation`, with its Monte
    Carlo error ``p_error``, and of the t-test by the same standard error. ``effect`` is as :func:`standardised` has it,
    of F1 of the same image at each one's best threshold. ``effective_groups`` is how many groups of one size would tell
    as much. Where these are too few, interval and p-values are missing and ``unsure`` says why.

    Raises:
        HairlineError: If the two of a pair were not scored on the same images, or differ in how these are grouped.
    """
    drawn = {cell: _drawn(cell, bootstrap) for pair in pairs for cell in pair}
    rows = [_row(one, other, drawn, bootstrap) for one, other in pairs]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    adjusted = holm(table["p"].dropna().to_numpy(dtype=np.float64))
    table.loc[table["p"].notna(), "p_holm"] = adjusted
    return table.astype(dict.fromkeys(COLUMNS[2:10], "float64"))


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
    """A cell as its pairs need it.

    Attributes:
        seeds: ODS of every table.
        resampled: ODS of every resample of photos, and of seeds where there are several, float64 [resamples].
        images: F1 of each image at the best threshold, mean over the tables, float64 [images].
        sums: F1 summed over the images of each photo, float64 [photos, 99], one array a table.
    """

    seeds: NDArray[np.float64]
    resampled: NDArray[np.float64]
    images: NDArray[np.float64]
    sums: permutation.Sums

    @property
    def ods(self) -> float:
        return float(self.seeds.mean())

    @property
    def variance(self) -> float:
        """Of the mean over the seeds, so far as it is theirs; 0 of one seed."""
        return float(self.seeds.var(ddof=1)) / len(self.seeds) if len(self.seeds) > 1 else 0.0


def _drawn(cell: Scored, bootstrap: BootstrapOptions) -> _Drawn:
    groups, tables = cell.groups, [_f1(table) for table in cell.tables]
    weights = resample_weights(groups, bootstrap)
    return _Drawn(
        np.array([thresholds.ods(f1) for f1 in tables]),
        _over_drawn_seeds(np.array([resampled_ods(f1, weights) for f1 in tables]), cell.name, bootstrap),
        np.mean([f1[:, f1.mean(axis=0).argmax()] for f1 in tables], axis=0),
        [permutation.by_photo(f1, groups) for f1 in tables],
    )


def _over_drawn_seeds(values: NDArray[np.float64], name: str, bootstrap: BootstrapOptions) -> NDArray[np.float64]:
    """Mean over as many seeds as there are, drawn for every resample, from values [seeds, resamples].

    Means of n drawn of n vary by (n - 1) / n of what the mean of n trainings does: their distance is stretched.
    """
    seeds, mean = len(values), np.asarray(values.mean(axis=0))
    if seeds == 1:
        return mean
    generator = np.random.default_rng([bootstrap.seed, crc32(name.encode())])  # no two cells draw the same
    times = generator.multinomial(seeds, np.full(seeds, 1 / seeds), size=values.shape[1]).T
    return np.asarray(mean + np.sqrt(seeds / (seeds - 1)) * ((times * values).mean(axis=0) - mean))


def _row(
    one: Scored, other: Scored, drawn: Mapping[Scored, _Drawn], bootstrap: BootstrapOptions
) -> dict[str, float | str]:
    _refuse_other_images(one.name, one.ids, other.name, other.ids)
    if one.groups != other.groups:
        raise HairlineError(
            f"{one.name} and {other.name}: the same images have other parent photos; evaluate both on the same set"
        )
    groups, first, second = one.groups, drawn[one], drawn[other]
    return {
        "first": one.name, "second": other.name, "difference": first.ods - second.ods,
        **({} if too_few(groups) else _sureness(first, second, groups, bootstrap)),
        "effect": standardised(first.images - second.images), "effective_groups": effective_photos(groups),
        "images": len(one.ids), "groups": len(set(groups)), "unsure": too_few(groups),
    }  # fmt: skip


def _sureness(first: _Drawn, second: _Drawn, groups: Sequence[str], bootstrap: BootstrapOptions) -> dict[str, float]:
    """Interval and p-value of a difference."""
    sizes = permutation.by_photo(np.ones(len(groups)), groups)
    _, error = permutation.differences(first.sums, second.sums, sizes, np.ones((1, len(sizes))))
    lead, variances = first.ods - second.ods, [float(error[0]) ** 2, first.variance, second.variance]
    freedoms = [effective_photos(groups) - 1, *(max(len(each.seeds) - 1, 1) for each in (first, second))]
    tested = permutation.permuted(first.sums, second.sums, sizes, bootstrap.seed)
    return {
        **interval("difference", first.resampled - second.resampled, groups, bootstrap,
                   permutation.welch(variances, freedoms)),
        "p": max(tested.p, permutation.t_test(lead, variances, freedoms)), "p_error": tested.error,
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
