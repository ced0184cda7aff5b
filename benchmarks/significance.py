r"""Whether tests hold their level and intervals their coverage, from few photos to many: simulated on real scores.

    python benchmarks/significance.py data/EXPERIMENT/sets/cfd data/EXPERIMENT/sets/crack500

Each set is a folder that ``python -m pipeline.ingest`` wrote. Its images are scored once with methods that need no
classifier (kept in ``--cache``), and its photos are then the population that samples of 5 to 200 photos are drawn from,
with replacement. Without a set the population is synthetic, in the same form: 300 photos, difficulty and calibration
different in each.

Level, of the 5 % test of no difference, for pairs of methods:

- ``swapped``: the two were swapped in every photo of the sample at random, so that they are the same;
- ``equal``: they are as they are, but for F1 of the better one scaled down until the ODS of both populations is equal.
  They still differ in calibration and in what they find, so that swapping them is no symmetry.

``family`` is the share of samples with any p below 0.05 after Holm's correction over the ten pairs of five methods that
were permuted within photos. ``seeds`` is the level where each side is the mean of three or five trainings, drawn from
the same pool. Coverage is of 95 % intervals of ODS, OIS, AP and differences in ODS. Every figure is told with its
Monte Carlo standard error.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit

from hairline.data.samples import load_image, load_mask, read_samples
from hairline.labelling.localization import Evidence
from hairline.labelling.methods import local_otsu, otsu
from hairline.labelling.thresholding import PAPER_BILATERAL, grey, smooth
from hairline.metrics import bootstrap, permutation, significance, thresholds
from hairline.metrics.score_table import counts

Array = NDArray[np.float64]

PHOTOS = (10, 20, 50, 5, 200)
PAIRS = (
    ("sauvola_33", "contrast_33"), ("sauvola_33", "sauvola_65"), ("contrast_65", "niblack_33"),
    ("blackhat_9", "darkness"), ("sauvola_15", "local_otsu"),
)  # fmt: skip
FAMILY = ("sauvola_33", "contrast_33", "niblack_33", "blackhat_9", "darkness")
POOL = tuple(f"{name}_{side}" for name in ("sauvola", "contrast") for side in (15, 33, 65))
"""Trainings of one method, for the level over seeds: each side draws its own from these."""
SECTIONS = ("level", "coverage", "family", "seeds")
RESAMPLES, DRAWS, LEVEL, SURE = 1000, 999, 0.95, 0.05


@dataclass(frozen=True)
class Scores:
    """A method on photos: sums over the images of each.

    Attributes:
        f1: F1 at each threshold, float64 [photos, 99].
        best: Each image's best F1, float64 [photos].
        counts: Pixels, [photos, 99] each.
    """

    f1: Array
    best: Array
    counts: thresholds.Counts

    @property
    def cracks(self) -> Array:
        """Crack pixels of each photo, float64 [photos]."""
        return np.asarray((self.counts.tp + self.counts.fn)[:, 0], dtype=np.float64)

    def at(self, photos: NDArray[np.int64]) -> "Scores":
        """Those of some photos."""
        tp, fp, fn = (part[photos] for part in (self.counts.tp, self.counts.fp, self.counts.fn))
        return Scores(self.f1[photos], self.best[photos], thresholds.Counts(tp, fp, fn))


@dataclass(frozen=True)
class Population:
    """Photos that samples are drawn from.

    Attributes:
        name: Of the set.
        methods: Name of a method → its scores.
        sizes: Images of each photo, float64 [photos].
    """

    name: str
    methods: dict[str, Scores]
    sizes: Array

    def ods(self, method: str) -> float:
        """ODS on the whole population."""
        return float((self.methods[method].f1.sum(axis=0) / self.sizes.sum()).max())


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", type=Path)
    parser.add_argument("--repetitions", type=int, default=300, help="samples a pair and set; a fifth at 200 photos")
    parser.add_argument("--what", nargs="+", default=SECTIONS, choices=SECTIONS)
    parser.add_argument("--add", action="store_true", help="keep the rows of --out that are not made anew")
    parser.add_argument("--photos", type=int, nargs="+", default=PHOTOS)
    parser.add_argument("--cache", type=Path, default=Path("state/statistics"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/significance.json"))
    args = parser.parse_args()
    populations = [read(folder, args.cache) for folder in args.sets] or [synthetic()]
    kept = json.loads(args.out.read_text(encoding="utf-8")) if args.add else {"runs": [], "populations": {}, "rows": []}
    run = {"command": " ".join(["python", *sys.argv]), "commit": commit(), "resamples": RESAMPLES, "draws": DRAWS}
    kept["runs"].append(run)
    kept["populations"] |= {each.name: described(each) for each in populations}
    for photos in args.photos:
        repetitions = max(args.repetitions // (5 if photos >= 200 else 1), 1)
        for population in populations:
            found = []
            for row in simulated(population, photos, repetitions, args.what):
                found.append(row)
                print(" ".join(f"{value:.4f}" if isinstance(value, float) else str(value) for value in row.values()),
                      flush=True)  # fmt: skip
            kept["rows"] = [*without(kept["rows"], found), *found]
            args.out.parent.mkdir(parents=True, exist_ok=True)
            lines = ",\n  ".join(map(json.dumps, kept["rows"]))
            head = {name: kept[name] for name in ("runs", "populations")}
            told = json.dumps(head, indent=1).removesuffix("\n}") + f',\n "rows": [\n  {lines}\n ]\n}}\n'
            args.out.write_text(told, encoding="utf-8")
    print("\n" + table(pd.DataFrame(kept["rows"])))


def without(rows: list[dict[str, object]], found: list[dict[str, object]]) -> list[dict[str, object]]:
    """Rows that were not found anew."""
    keys = ("what", "how", "photos", "set", "pair")
    anew = {tuple(row[key] for key in keys) for row in found}
    return [row for row in rows if tuple(row[key] for key in keys) not in anew]


def commit() -> str:
    """Of the code that ran."""
    ended = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return ended.stdout.strip()


def described(population: Population) -> dict[str, object]:
    """What a population is, for the record."""
    return {
        "name": population.name, "photos": len(population.sizes), "images": int(population.sizes.sum()),
        "effective": round(float(effective(population.sizes)), 1),
        "ods": {name: round(population.ods(name), 4) for name in population.methods},
    }  # fmt: skip


def table(rows: pd.DataFrame) -> str:
    """Mean over the pairs of a set with its Monte Carlo error, least and most of one pair, as Markdown."""
    lines = ["| set | what | how | photos | samples | mean ± error | least | most |", "|" + " --- |" * 8]
    for (name, what, how, photos), part in rows.groupby(["set", "what", "how", "photos"], sort=False):
        share, samples = np.average(part["share"], weights=part["samples"]), int(part["samples"].sum())
        error = np.sqrt(share * (1 - share) / samples)
        lines.append(
            f"| {name} | {what} | {how} | {photos} | {samples} | {share:.4f} ± {error:.4f} | "
            f"{part['share'].min():.3f} | {part['share'].max():.3f} |"
        )
    return "\n".join(lines)


# Populations


def read(folder: Path, cache: Path) -> Population:
    """Score every image of a set, or take what was kept of it."""
    kept = cache / f"{folder.name}.parquet"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(scored(folder)).to_parquet(kept)
    tables = dict(iter(pd.read_parquet(kept).groupby("method")))
    return population(folder.name, {str(name): each for name, each in tables.items()})


def scored(folder: Path) -> Iterator[dict[str, object]]:
    """Rows of score tables, with the method's name."""
    samples = read_samples(folder)
    samples = samples[samples["has_mask"]]
    for sample_id, group in zip(samples["id"], samples["group"], strict=True):
        mask = load_mask(folder, sample_id)
        for name, scores in maps(load_image(folder, sample_id)):
            crack, background = thresholds.histograms(scores.astype(np.float32), mask)
            yield {"method": name, "id": sample_id, "group": group,
                   "crack_hist": crack.tolist(), "background_hist": background.tolist()}  # fmt: skip


def maps(image: NDArray[np.uint8]) -> Iterator[tuple[str, NDArray[np.floating]]]:
    """Score maps in [0, 1] of methods that need no classifier; those with a threshold as the k that would reach it."""
    nothing = Evidence(*image.shape[:2], (), np.zeros((1, 1), np.float32), 1, 0.0)
    levels = grey(smooth(image, PAPER_BILATERAL)).astype(np.float32)
    yield "otsu", otsu.label(image, nothing, otsu.PAPER)
    yield "local_otsu", local_otsu.label(image, nothing, local_otsu.PAPER)
    yield "darkness", 1 - levels / 255
    for side in (15, 33, 65):
        mean, squares = (cv2.blur(each, (side, side), borderType=cv2.BORDER_REFLECT) for each in (levels, levels**2))
        spread = np.sqrt(np.maximum(squares - mean**2, 0))
        yield f"sauvola_{side}", np.clip((1 - levels / np.maximum(mean, 1)) / (1 - spread / 127.5), 0, 1)
        yield f"niblack_{side}", np.clip((mean - levels) / np.maximum(spread, 1e-3) / 4, 0, 1)
        yield f"contrast_{side}", np.clip((mean - levels) / 100, 0, 1)
    yield "blackhat_9", cv2.morphologyEx(levels, cv2.MORPH_BLACKHAT, np.ones((9, 9), np.uint8)) / 255


def population(name: str, tables: dict[str, pd.DataFrame]) -> Population:
    """Score tables as sums by photo."""
    methods: dict[str, Scores] = {}
    for method, rows in tables.items():
        groups = rows.sort_values("id")["group"].astype(str).to_list()
        counted = counts(rows)
        f1 = thresholds.f1(counted)
        pools = (permutation.by_photo(part, groups) for part in (counted.tp, counted.fp, counted.fn))
        methods[method] = Scores(
            permutation.by_photo(f1, groups),
            permutation.by_photo(f1.max(axis=1), groups),
            thresholds.Counts(*(pool.astype(np.int64) for pool in pools)),
        )
    return Population(name, methods, permutation.by_photo(np.ones(len(groups)), groups))


def synthetic(photos: int = 300) -> Population:
    """Photos that differ in how hard they are, methods that differ in skill and in where their best threshold lies."""
    rng = np.random.default_rng(0)
    names = sorted({name for pair in PAIRS for name in pair} | set(FAMILY) | set(POOL))
    hard, images = rng.beta(2, 2, photos), rng.integers(1, 8, photos)
    tables: dict[str, pd.DataFrame] = {}
    levels = np.arange(thresholds.BINS)
    for number, name in enumerate(names):
        middle, rows = 20 + 6 * (number % 9), []
        for photo in range(photos):
            for image in range(images[photo]):
                skill = np.clip(0.9 - 0.5 * hard[photo] + rng.normal(0, 0.1), 0.05, 0.98)
                place = middle + rng.normal(0, 6)
                crack = rng.multinomial(900, shares(levels, place + 25 * skill, 9))
                ground = rng.multinomial(40_000, shares(levels, place - 40 * skill, 9))
                rows.append({"id": f"{photo:03}-{image}", "group": f"{photo:03}",
                             "crack_hist": crack.tolist(), "background_hist": ground.tolist()})  # fmt: skip
        tables[name] = pd.DataFrame(rows)
    return population("synthetic", tables)


def shares(levels: NDArray[np.int64], middle: float, width: float) -> Array:
    """Shares of pixels by bin, float64 [bins]."""
    weight = np.exp(-(((levels - middle) / width) ** 2) / 2) + 1e-4
    return np.asarray(weight / weight.sum())


# Simulation


def simulated(
    population: Population, photos: int, repetitions: int, asked: Sequence[str] = SECTIONS
) -> Iterator[dict[str, object]]:
    """Rows of one population at one number of photos, of the sections asked for."""
    for number, (one, other) in enumerate(PAIRS):
        a, b = population.methods[one], population.methods[other]
        scale = population.ods(other) / population.ods(one)
        equal = a.f1 * min(scale, 1), b.f1 * min(1 / scale, 1)
        kinds = (("swapped", (a.f1, b.f1), True), ("equal", equal, False)) if "level" in asked else ()
        for what, pair, swap in kinds:
            found = level(pair, population.sizes, photos, repetitions, swap, number)
            for how, share in found.items():
                yield row(population, photos, f"level, {what}", how, f"{one} - {other}", share, repetitions)
        covered = coverage(a, b, population.sizes, photos, repetitions, number) if "coverage" in asked else {}
        for (what, how), share in covered.items():
            yield row(population, photos, f"coverage, {what}", how, f"{one} - {other}", share, repetitions)
    for how, share in family(population, photos, repetitions).items() if "family" in asked else ():
        yield row(population, photos, "family after Holm", how, "10 pairs", share, repetitions)
    for seeds in (3, 5) if "seeds" in asked else ():
        for how, share in over_seeds(population, photos, repetitions, seeds).items():
            yield row(population, photos, f"level, {seeds} seeds", how, "one pool", share, repetitions)


def row(
    population: Population, photos: int, what: str, how: str, pair: str, share: float, samples: int
) -> dict[str, object]:
    """A share of samples with its Monte Carlo standard error."""
    error = float(np.sqrt(share * (1 - share) / samples))
    return {"what": what, "how": how, "photos": photos, "set": population.name, "pair": pair, "samples": samples,
            "share": round(float(share), 5), "error": round(error, 5)}  # fmt: skip


def level(
    pair: tuple[Array, Array], sizes: Array, photos: int, repetitions: int, swap: bool, seed: int
) -> dict[str, float]:
    """Share of samples in which a pair that does not differ is called different, by every test."""
    rng, small = np.random.default_rng(seed), dict.fromkeys(("before", "plain permutation", "permutation", "ours"), 0)
    for _ in range(repetitions):
        chosen = rng.integers(0, len(sizes), photos)
        first, second, images = pair[0][chosen], pair[1][chosen], sizes[chosen]
        if swap:
            turned = (rng.integers(0, 2, photos) > 0)[:, None]
            first, second = np.where(turned, second, first), np.where(turned, first, second)
        for how, p in p_values(first, second, images, int(rng.integers(1 << 30))).items():
            small[how] += p <= SURE
    return {how: count / repetitions for how, count in small.items()}


def p_values(first: Array, second: Array, sizes: Array, seed: int) -> dict[str, float]:
    """P-values by the percentile bootstrap, by the difference permuted, by it over its error, and as told."""
    photos = len(sizes)
    exact = photos <= permutation.EXACT_PHOTOS
    swaps = permutation.every_swap(photos) if exact else permutation.drawn_swaps(photos, seed, DRAWS)
    signs = np.concatenate([*swaps] if exact else [np.ones((1, photos)), *swaps])
    lead, error = permutation.differences([first], [second], sizes, signs)
    ratio = permutation.over_error(lead, error)
    plain, over = (float((np.abs(values) >= np.abs(values[0]) * (1 - 1e-9) - 1e-12).mean()) for values in (lead, ratio))
    student = permutation.t_test(lead[0], [error[0] ** 2], [max(effective(sizes) - 1, 0.1)])
    return {"before": percentile_p(first, second, sizes, seed), "plain permutation": plain, "permutation": over,
            "ours": max(over, student)}  # fmt: skip


def percentile_p(first: Array, second: Array, sizes: Array, seed: int) -> float:
    """The p-value until version 0.19: twice the smaller share of resamples on one side of 0."""
    weights = drawn(np.random.default_rng(seed), len(sizes), RESAMPLES // 2)
    values = ((weights @ first).max(axis=1) - (weights @ second).max(axis=1)) / (weights @ sizes)
    return min(1.0, 2 * (min((values <= 0).sum(), (values >= 0).sum()) + 1) / (len(values) + 1))


def family(population: Population, photos: int, repetitions: int) -> dict[str, float]:
    """Share of samples with any difference after Holm's correction, of five methods permuted within photos."""
    rng, small = np.random.default_rng(7), dict.fromkeys(("before", "ours"), 0)
    every = np.stack([population.methods[name].f1 for name in FAMILY])
    for _ in range(repetitions):
        chosen, seed = rng.integers(0, len(population.sizes), photos), int(rng.integers(1 << 30))
        order = rng.permuted(np.tile(np.arange(len(FAMILY)), (photos, 1)), axis=1)
        mixed = every[order, chosen[:, None]].swapaxes(0, 1)
        found = [p_values(mixed[i], mixed[j], population.sizes[chosen], seed)
                 for i, j in combinations(range(len(FAMILY)), 2)]  # fmt: skip
        for how in small:
            small[how] += significance.holm(np.array([each[how] for each in found])).min() <= SURE
    return {how: count / repetitions for how, count in small.items()}


def over_seeds(population: Population, photos: int, repetitions: int, seeds: int) -> dict[str, float]:
    """Level where both sides draw their trainings from one pool, by photos alone and with seeds as a second level."""
    rng, small = np.random.default_rng(8), dict.fromkeys(("photos alone", "ours"), 0)
    for _ in range(repetitions):
        chosen, seed = rng.integers(0, len(population.sizes), photos), int(rng.integers(1 << 30))
        sizes = population.sizes[chosen]
        sides = [[population.methods[POOL[one]].f1[chosen] for one in rng.integers(0, len(POOL), seeds)] for _ in "ab"]
        ods = [np.array([sums.sum(axis=0).max() / sizes.sum() for sums in side]) for side in sides]
        _, error = permutation.differences(*sides, sizes, np.ones((1, photos)))
        freedom = max(effective(sizes) - 1, 0.1)
        variances = [float(error[0]) ** 2, *(float(each.var(ddof=1)) / seeds for each in ods)]
        p = permutation.permuted(*sides, sizes, seed, DRAWS).p
        lead = float(ods[0].mean() - ods[1].mean())
        small["photos alone"] += max(p, permutation.t_test(lead, variances[:1], [freedom])) <= SURE
        small["ours"] += max(p, permutation.t_test(lead, variances, [freedom, seeds - 1, seeds - 1])) <= SURE
    return {how: count / repetitions for how, count in small.items()}


def effective(sizes: Array) -> float:
    """As :func:`hairline.metrics.bootstrap.effective_photos` has it."""
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def drawn(rng: np.random.Generator, photos: int, resamples: int) -> Array:
    """How often each photo is in each resample, float64 [resamples, photos]."""
    return rng.multinomial(photos, np.full(photos, 1 / photos), size=resamples).astype(np.float64)


def coverage(
    one: Scores, other: Scores, sizes: Array, photos: int, repetitions: int, seed: int
) -> dict[tuple[str, str], float]:
    """Share of samples whose interval holds the population's value, by metric and kind of interval."""
    rng, hits = np.random.default_rng(100 + seed), dict[tuple[str, str], int]()
    whole = np.ones((1, len(sizes)))
    truth = {name: float(values[0]) for name, (values, _) in measured(one, other, sizes, whole).items()}
    for _ in range(repetitions):
        chosen = rng.integers(0, len(sizes), photos)
        sample, images = (one.at(chosen), other.at(chosen)), sizes[chosen]
        weights = np.concatenate([np.ones((1, photos)), drawn(rng, photos, RESAMPLES)])
        for name, (values, influence) in measured(*sample, images, weights).items():
            counting = sample[0].cracks if name == "AP" else images
            for how, (low, high) in intervals(values, influence, weights, images, effective(counting)).items():
                hits[name, how] = hits.get((name, how), 0) + (low <= truth[name] <= high)
    return {key: count / repetitions for key, count in hits.items()}


def measured(one: Scores, other: Scores, sizes: Array, weights: Array) -> dict[str, tuple[Array, Array | None]]:
    """Metrics of every resample, and how much each photo sways those in ODS, float64 [resamples, photos]."""
    ods, influence = swayed(one.f1, sizes, weights)
    theirs, their_influence = swayed(other.f1, sizes, weights)
    return {
        "ODS": (ods, influence),
        "difference": (ods - theirs, influence - their_influence),
        "OIS": ((weights @ one.best) / (weights @ sizes), None),
        "AP": (bootstrap.resampled_ap(one.counts, weights.astype(np.int64)), None),
    }


def swayed(f1: Array, sizes: Array, weights: Array) -> tuple[Array, Array]:
    """ODS of every resample, and the influence of each photo on it, float64 [resamples, photos]."""
    images = weights @ sizes
    means = (weights @ f1) / images[:, None]
    best = means.argmax(axis=1)
    ods = means[np.arange(len(weights)), best]
    return ods, (np.ascontiguousarray(f1.T)[best] - ods[:, None] * sizes) / images[:, None]


def intervals(
    values: Array, influence: Array | None, weights: Array, sizes: Array, worth: float
) -> dict[str, tuple[float, float]]:
    """Kinds of interval from a sample's value and its resamples; the last ones need influences."""
    own, drawn_values, worth = values[0], values[1:], max(worth, bootstrap.LEAST_WORTH)
    half, tail = (1 - LEVEL) / 2, bootstrap.tail(worth, LEVEL)
    found = {"percentile": ends(drawn_values, half, 1 - half),
             "expanded (ours)": ends(drawn_values, tail, 1 - tail)}  # fmt: skip
    if influence is None:
        return found
    photos = len(sizes)
    errors = np.sqrt((weights * influence**2).sum(axis=1) * photos / (photos - 1))
    below = np.clip((drawn_values < own).mean() + (drawn_values == own).mean() / 2, 1 / RESAMPLES, 1 - 1 / RESAMPLES)
    middle, squares = ndtri(below), (influence[0] ** 2).sum()
    skew = (influence[0] ** 3).sum() / (6 * squares**1.5) if squares else 0.0
    shifted = [middle + ndtri(share) for share in (half, 1 - half)]
    found["BCa"] = ends(drawn_values, *(float(ndtr(middle + each / (1 - skew * each))) for each in shifted))
    sure = errors[1:] > 1e-12
    ratios = (drawn_values - own)[sure] / errors[1:][sure]
    if len(ratios):
        low, high = np.quantile(ratios, [half, 1 - half])
        found["studentised"] = (own - high * errors[0], own - low * errors[0])
        reach = np.quantile(np.abs(ratios), LEVEL) * errors[0]
        found["studentised, symmetric"] = (own - reach, own + reach)
    reach = stdtrit(worth - 1, 1 - half) * errors[0]
    found["t"] = (own - reach, own + reach)
    return found


def ends(values: Array, low: float, high: float) -> tuple[float, float]:
    """Two quantiles."""
    found: Callable[..., Sequence[float]] = np.quantile
    first, last = found(values, [low, high])
    return float(first), float(last)


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"\n{time.perf_counter() - started:.0f} s")
