"""Intervals by bootstrap over groups of images (parent photos), because crops of one photo are not independent."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import NDArray

from hairline.io import bounds
from hairline.io.options import checked_dataclass


@checked_dataclass
class BootstrapOptions:
    """How intervals are drawn.

    Attributes:
        resamples: Number of resamples, at least 100.
        level: Share of the resamples an interval holds, in (0, 1), as 0.95.
        seed: Seed of the resamples, not negative.
    """

    resamples: Annotated[int, Ge(100), Le(bounds.RESAMPLES)]
    level: Annotated[float, Gt(0), Lt(1)]
    seed: Annotated[int, Ge(0), Le(bounds.SEED)]


def resample_weights(groups: Sequence[str], bootstrap: BootstrapOptions) -> NDArray[np.int64]:
    """How often each image is in each resample, int64 [resamples, images].

    A resample draws as many groups as there are, with replacement; an image is there as often as its group. The same
    groups in the same order give the same resamples.
    """
    names, members = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    generator = np.random.default_rng(bootstrap.seed)
    draws = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), size=bootstrap.resamples)
    return draws[:, members]


def resampled_ods(f1: NDArray[np.float64], weights: NDArray[np.int64]) -> NDArray[np.float64]:
    """ODS of every resample, float64 [resamples], from F1 [images, 99] and weights [resamples, images]."""
    return np.asarray((weights.astype(np.float64) @ f1).max(axis=1) / weights.sum(axis=1))


def resampled_ois(f1: NDArray[np.float64], weights: NDArray[np.int64]) -> NDArray[np.float64]:
    """OIS of every resample, float64 [resamples], from F1 [images, 99] and weights [resamples, images]."""
    return resampled_ods(f1.max(axis=1, keepdims=True), weights)


def interval(name: str, values: NDArray[np.float64], groups: int, bootstrap: BootstrapOptions) -> dict[str, float]:
    """Percentile interval of resampled values as ``NAME_low`` and ``NAME_high``; none with fewer than two groups."""
    if groups < 2:
        return {}
    low, high = np.quantile(values, [(1 - bootstrap.level) / 2, (1 + bootstrap.level) / 2])
    return {f"{name}_low": float(low), f"{name}_high": float(high)}
