r"""Which measure ranks photos best: correlation with the true F1 of their labels, and what correcting the first buys.

    python benchmarks/ranking.py data/rivals-cpu crack500:train cfd:test --labels multiscale --beside konig

Labels of ``data/EXPERIMENT/labels/LABELS/SET`` are ranked by every measure of :mod:`hairline.metrics.ranking`, of the
labels alone and beside each label set of ``--beside``; a folder may be named as well that has a folder for each set, as
of a network's scores. No training: masks take the place of the first k labels, which then have F1 1, and ODS is that of
all labels. ``random`` is the mean of random orders with the range that holds 95 % of them; ``perfect`` knows the F1.
Spearman's ρ is between a measure and 1 − F1 at the threshold of ODS, its interval by bootstrap over parent photos.
``in turn``: groups take turns (:func:`hairline.metrics.ranking.in_turn`).
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr
from tqdm import tqdm

from hairline.data.samples import load_mask, read_samples
from hairline.imaging.images import read_scores
from hairline.metrics import bootstrap, ranking, thresholds
from hairline.metrics.bootstrap import BootstrapOptions

ORDERS = 400
BOOTSTRAP = BootstrapOptions(resamples=1000, level=0.95, seed=1)
Scores = NDArray[np.uint8]


def main() -> None:
    """Print a table a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="+", metavar="SET:SPLIT")
    parser.add_argument("--labels", required=True)
    parser.add_argument("--beside", nargs="*", default=[])
    parser.add_argument("--images", nargs="+", type=int, default=[5, 20, 50, 100])
    args = parser.parse_args()
    for each in args.sets:
        name, _, split = each.partition(":")
        print(f"\n{each}, labels of {args.labels}\n")
        print("\n".join(table(args.data, name, split, args.labels, args.beside, args.images)), flush=True)


def table(data: Path, name: str, split: str, labels: str, beside: Sequence[str], images: Sequence[int]) -> list[str]:
    """Lines of Markdown of one set."""
    samples = read_samples(data / "sets" / name, split)
    samples = samples[samples["has_mask"]].reset_index(drop=True)
    f1, values = scored(data, name, samples, labels, beside)
    groups, budgets = samples["group"].to_list(), [count for count in images if count < len(samples)]
    gain = 1 - f1[:, f1.mean(axis=0).argmax()]
    rng = np.random.default_rng(1)
    orders = np.array([[ods(f1, rng.permutation(len(f1)), count) for count in budgets] for _ in range(ORDERS)])
    low, high = np.quantile(orders, [0.025, 0.975], axis=0)
    shown = [f"{mean:.3f} [{a:.3f}, {b:.3f}]" for mean, a, b in zip(orders.mean(axis=0), low, high, strict=True)]
    lines = ["| measure | of | Spearman's ρ | " + " | ".join(f"ODS at {count}" for count in budgets) + " |"]
    lines += ["| --- | --- | --- |" + " --- |" * len(budgets), "| random | – | 0 | " + " | ".join(shown) + " |"]
    for (measure, of), column in values.items():
        order = ranking.descending(list(column))
        turns = ranking.in_turn(order, groups)
        found = [f"{ods(f1, order, count):.3f}, in turn {ods(f1, turns, count):.3f}" for count in budgets]
        lines.append(f"| {measure} | {of} | {correlation(column, gain, groups)} | " + " | ".join(found) + " |")
    perfect = [f"{ods(f1, ranking.descending(list(gain)), count):.3f}" for count in budgets]
    return [*lines, "| perfect | masks | 1 | " + " | ".join(perfect) + " |"]


def scored(
    data: Path, name: str, samples: pd.DataFrame, labels: str, beside: Sequence[str]
) -> tuple[NDArray[np.float64], Mapping[tuple[str, str], NDArray[np.float64]]]:
    """F1 of every label at every threshold [images, 99], and every measure of every combination [images]."""
    folders = {each: (Path(each) if "/" in each else data / "labels" / each) / name for each in [labels, *beside]}
    combined = {labels: [labels], **{f"{labels}, {Path(each).name}": [labels, each] for each in beside}}
    if len(beside) > 1:
        combined["all"] = [labels, *beside]
    f1: list[NDArray[np.float64]] = []
    values: dict[tuple[str, str], list[float]] = {}
    for sample in tqdm(samples["id"], disable=None):
        maps = {each: read_scores(folder / f"{sample}.png") for each, folder in folders.items()}
        crack, background = thresholds.histograms(maps[labels], load_mask(data / "sets" / name, sample))
        f1.append(thresholds.f1(thresholds.counts(crack[None], background[None]))[0])
        units = {each: found.astype(np.float32) / np.float32(255) for each, found in maps.items()}
        for of, sources in combined.items():
            for measure, value in ranking.MEASURES.items():
                if len(sources) > 1 or measure == "expected":
                    values.setdefault((measure, of), []).append(value([units[each] for each in sources]))
    return np.array(f1), {key: np.array(found) for key, found in values.items()}


def ods(f1: NDArray[np.float64], order: Sequence[int] | NDArray[np.intp], count: int) -> float:
    """ODS where the first of an order have their masks."""
    corrected = f1.copy()
    corrected[np.asarray(order)[:count]] = 1
    return thresholds.ods(corrected)


def correlation(values: NDArray[np.float64], gain: NDArray[np.float64], groups: Sequence[str]) -> str:
    """Spearman's ρ with its interval over photos."""
    rho = spearmanr(values, gain).statistic
    drawn = [
        spearmanr(np.repeat(values, times), np.repeat(gain, times)).statistic
        for times in bootstrap.resample_weights(groups, BOOTSTRAP)
    ]
    ends = bootstrap.interval("rho", np.array(drawn), groups, BOOTSTRAP)
    return f"{rho:+.2f}" + (f" [{ends['rho_low']:+.2f}, {ends['rho_high']:+.2f}]" if ends else "")


if __name__ == "__main__":
    main()
