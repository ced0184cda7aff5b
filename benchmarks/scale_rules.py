r"""What rules that look at no mask make of the scale of a set, beside the best factor by its masks.

    python benchmarks/scale_rules.py answers.npz --network models/E/segmenters/S/L/A \
        --sets cfd=data/E/sets/cfd half=data/E/sets/crack500:train@0.5 --images 24
    python benchmarks/scale_rules.py answers.npz

The first asks the network about evenly spaced images of each set (NAME=FOLDER, FOLDER one of ``sets/`` or one of pairs
ID.jpg and ID.png; then a split after a colon and, after @, a factor that its images are resized by beforehand, so that
they stand for another set) at every candidate of :mod:`hairline.nn.segmenter.scale_rules`, keeps what the rules need in
the file, adding to what is there, and prints the tables; the second prints them again. ``--loader`` names a Python file
with ``load(folder)`` for networks that are no folder of hairline's.

Tables: ODS at every factor; then, for each rule, the factor that it chooses and its ODS, and how far that lies behind
the best factor for the set, on average and at worst; last, ODS where a rule chooses for each photo alone.
"""

import argparse
import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from hairline.data.samples import evenly, load_image, load_mask, read_samples
from hairline.imaging.images import read_image
from hairline.metrics import thresholds
from hairline.nn.segmenter import scale_rules

LEVELS = np.arange(scale_rules.LEVELS) / (scale_rules.LEVELS - 1)
Pair = tuple[NDArray[np.uint8], NDArray[np.bool_]]


@dataclass(frozen=True)
class Answers:
    """What a network says about a set at every factor.

    Attributes:
        factors: float64 [factors], ascending.
        histograms: Of scores by level, int64 [factors, images, 256].
        products: Sums of the products of the scores at two factors, over pixels, float64 [factors, images, factors].
        shapes: Of the parts that hang together above 0.2 and above 0.5: their pixels, their pixels in parts whose
            diagonal is at least a quarter of the image's shorter side, the sum of scores in these, the number of all
            parts, and the sum of distances to the edge, float64 [factors, images, 2, 5].
        darkness: Correlation of the scores with local darkness, and the mean of this over pixels above 0.5 in its
            standard deviations, float64 [factors, images, 2].
        crack: Histograms of scores on crack pixels, int64 [factors, images, 100].
        background: The same of background pixels.
    """

    factors: NDArray[np.float64]
    histograms: NDArray[np.int64]
    products: NDArray[np.float64]
    shapes: NDArray[np.float64]
    darkness: NDArray[np.float64]
    crack: NDArray[np.int64]
    background: NDArray[np.int64]

    def ods(self) -> NDArray[np.float64]:
        """ODS at every factor, float64 [factors]."""
        pairs = zip(self.crack, self.background, strict=True)
        return np.array([thresholds.ods(thresholds.f1(thresholds.counts(*pair))) for pair in pairs])

    def part(self, images: NDArray[np.int64]) -> "Answers":
        """The same of some of the images."""
        others = (getattr(self, name)[:, images] for name in list(self.__dataclass_fields__)[1:])
        return Answers(self.factors, *others)


Rule = Callable[[Answers], NDArray[np.float64]]
"""A value a factor, the highest being chosen; NaN where it is no choice."""


def marked_above(answers: Answers, least: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixels above a score, pooled [factors, 256], and whether there are enough of them [factors]."""
    counted = answers.histograms.sum(axis=1) * (least < LEVELS)
    marked = counted.sum(axis=1)
    enough = (marked > 0) & (marked >= 0.1 * np.median(marked))
    return counted, np.where(enough & (marked >= 2e-4 * answers.histograms[0].sum()), 1.0, np.nan)


def mean_score(least: float, images: bool = False) -> Rule:
    """Mean score of pixels above a level: of all together, or the mean over images that have any."""

    def rule(answers: Answers) -> NDArray[np.float64]:
        counted, enough = marked_above(answers, least)
        if not images:
            return enough * (counted @ LEVELS) / np.maximum(counted.sum(axis=1), 1)
        each = answers.histograms * (least < LEVELS)
        with np.errstate(invalid="ignore"):
            return enough * np.nanmean((each @ LEVELS) / each.sum(axis=2), axis=1)

    return rule


def sure_share(low: float, high: float) -> Rule:
    """Share of the pixels above a low level that are above a high one too."""

    def rule(answers: Answers) -> NDArray[np.float64]:
        counted, enough = marked_above(answers, low)
        return enough * (counted * (high < LEVELS)).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)

    return rule


def soft_dice(answers: Answers) -> NDArray[np.float64]:
    """F1 that the network expects of itself: Σ p² · 2 / (Σ p + Σ p)."""
    pooled = answers.histograms.sum(axis=1)
    return marked_above(answers, 0.2)[1] * (pooled @ LEVELS**2) / np.maximum(pooled @ LEVELS, 1e-9)


def expected_f1(answers: Answers) -> NDArray[np.float64]:
    """Best F1 over thresholds that the network expects of itself, its scores being taken for probabilities."""
    pooled = answers.histograms.sum(axis=1).astype(np.float64)
    above = pooled[:, ::-1].cumsum(axis=1)[:, ::-1]
    right = (pooled * LEVELS)[:, ::-1].cumsum(axis=1)[:, ::-1]
    return marked_above(answers, 0.2)[1] * (2 * right / (above + right[:, :1])).max(axis=1)


def bimodal(answers: Answers) -> NDArray[np.float64]:
    """Minus the entropy, summed over pixels, for each pixel that is likely crack."""
    pooled = answers.histograms.sum(axis=1)
    p = np.clip(LEVELS, 1e-6, 1 - 1e-6)
    entropy = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    return -marked_above(answers, 0.2)[1] * (pooled @ entropy) / np.maximum(pooled @ LEVELS, 1e-9)


def cosines(answers: Answers) -> NDArray[np.float64]:
    """Cosine of the scores at two factors, all images together, float64 [factors, factors]."""
    products = answers.products.sum(axis=1)
    lengths = np.sqrt(np.maximum(np.diag(products), 1e-12))
    return products / np.outer(lengths, lengths)


def agreement(reach: int) -> Rule:
    """Mean cosine of the scores at a factor with those at so many on both sides."""

    def rule(answers: Answers) -> NDArray[np.float64]:
        found, places = cosines(answers), np.arange(len(answers.factors))
        apart = np.abs(np.subtract.outer(places, places))
        beside = np.where((apart > 0) & (apart <= reach), found, np.nan)
        return marked_above(answers, 0.2)[1] * np.nanmean(beside, axis=1)

    return rule


def long_parts(level: int, what: str) -> Rule:
    """Share of marked pixels in long parts, or their mean score times it, or minus the parts for each such pixel."""

    def rule(answers: Answers) -> NDArray[np.float64]:
        marked, long, summed, parts, _ = np.moveaxis(answers.shapes.sum(axis=1)[:, level], -1, 0)
        values = {"share": long, "score": summed, "parts": -np.sqrt(parts)}[what]
        return marked_above(answers, 0.2)[1] * values / np.maximum(marked, 1)

    return rule


def dark(which: int) -> Rule:
    """Mean over images of one of :attr:`Answers.darkness`."""
    return lambda answers: marked_above(answers, 0.2)[1] * np.nanmean(answers.darkness[..., which], axis=1)


def both(first: Rule, second: Rule) -> Rule:
    """The product of two."""
    return lambda answers: first(answers) * second(answers)


RULES: dict[str, Rule] = {
    "as it is": lambda answers: np.where(answers.factors == 1, 1.0, np.nan),
    "mean score > 0.2": mean_score(0.2),
    "mean score > 0.1": mean_score(0.1),
    "mean score > 0.3": mean_score(0.3),
    "mean score > 0.5": mean_score(0.5),
    "mean score > 0.2 by image": mean_score(0.2, images=True),
    "mean score > 0.5 by image": mean_score(0.5, images=True),
    "share > 0.8 of those > 0.2": sure_share(0.2, 0.8),
    "share > 0.5 of those > 0.1": sure_share(0.1, 0.5),
    "soft Dice with itself": soft_dice,
    "expected F1": expected_f1,
    "least entropy": bimodal,
    "agreement": agreement(1),
    "agreement, two on each side": agreement(2),
    "agreement with all": agreement(99),
    "long parts > 0.2": long_parts(0, "share"),
    "long parts > 0.5": long_parts(1, "share"),
    "score in long parts > 0.2": long_parts(0, "score"),
    "score in long parts > 0.5": long_parts(1, "score"),
    "few parts > 0.5": long_parts(1, "parts"),
    "darkness": dark(0),
    "darkness > 0.5": dark(1),
    "mean score > 0.2 · agreement": both(mean_score(0.2), agreement(1)),
    "expected F1 · agreement": both(expected_f1, agreement(1)),
    "expected F1 · darkness": both(expected_f1, dark(0)),
    "the library's": lambda answers: scale_rules.sureness(answers.histograms),
}


def main() -> None:
    """Ask where a network is given; print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--network", type=Path)
    parser.add_argument("--loader", type=Path)
    parser.add_argument("--sets", nargs="+", default=[])
    parser.add_argument("--images", type=int, default=scale_rules.IMAGES)
    parser.add_argument("--most", type=int, default=scale_rules.MOST_PIXELS, help="pixels of an enlarged image")
    args = parser.parse_args()
    kept = dict(np.load(args.answers)) if args.answers.exists() else {}
    for each in args.sets:
        name, _, source = each.partition("=")
        found = asked(args.network, args.loader, list(pairs(source, args.images)), name, args.most)
        kept |= {f"{name}/{part}": value for part, value in vars(found).items()}
        np.savez_compressed(args.answers, **kept)
    names = list(dict.fromkeys(key.partition("/")[0] for key in kept))
    parts = Answers.__dataclass_fields__
    report({name: Answers(**{part: kept[f"{name}/{part}"] for part in parts}) for name in names})


def pairs(source: str, count: int) -> Iterator[Pair]:
    """Evenly spaced images with their masks: FOLDER[:SPLIT][@FACTOR]."""
    source, _, factor = source.partition("@")
    place, _, split = source.partition(":")
    for image, mask in _pairs(Path(place), split, count):
        if factor:
            size = tuple(round(side * float(factor)) for side in mask.shape[::-1])
            how = cv2.INTER_AREA if float(factor) < 1 else cv2.INTER_LINEAR
            image = np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)
            mask = cv2.resize(mask.astype(np.float32), size, interpolation=how) >= 0.5
        yield image, mask


def _pairs(folder: Path, split: str, count: int) -> Iterator[Pair]:
    if (folder / "samples.parquet").exists():
        samples = read_samples(folder, *([split] if split else []))
        ids = samples.loc[samples["has_mask"], "id"].to_list()
        for place in evenly(len(ids), count):
            yield load_image(folder, ids[place]), load_mask(folder, ids[place])
        return
    files = sorted(folder.glob("*.jpg"))
    for place in evenly(len(files), count):
        yield read_image(files[place]), read_image(files[place].with_suffix(".png"))[..., 0] > 127


def asked(network: Path, loader: Path | None, images: list[Pair], name: str, most: int) -> Answers:
    """Ask a network about images at every candidate."""
    from hairline.nn.runtime.device import resolve
    from hairline.nn.runtime.recipes import ALONE, Runtime
    from hairline.nn.segmenter import scaling, segmenter

    model = runpy.run_path(str(loader))["load"](network) if loader else segmenter.load(network)[0]
    placement = resolve(Runtime("auto", "auto", 0, 0, ALONE, 60))
    largest = max(mask.size for _, mask in images)
    candidates = scale_rules.candidates([(mask.shape[0], mask.shape[1]) for _, mask in images])
    factors = [each for each in candidates if each <= 1 or each**2 * largest <= most]
    rows = []
    for image, mask in tqdm(images, name):
        maps = [scaling.predict_at(model, image, placement, factor) for factor in factors]
        split = [thresholds.histograms(scores, mask) for scores in maps]
        flat = np.array([scores.ravel() for scores in maps], np.float64)
        rows.append((
            [scale_rules.histogram(scores) for scores in maps], flat @ flat.T, [_shapes(scores) for scores in maps],
            [_darkness(image, scores) for scores in maps],
            [crack for crack, _ in split], [background for _, background in split],
        ))  # fmt: skip
    arrays = (np.array(column).swapaxes(0, 1) for column in zip(*rows, strict=True))
    return Answers(np.array(factors), *arrays)


def _shapes(scores: NDArray[np.float32]) -> list[list[float]]:
    """What :attr:`Answers.shapes` says of one map."""
    found = []
    for least in (0.2, 0.5):
        marked = (scores > least).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(marked, connectivity=8)
        diagonals = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
        long = diagonals >= min(scores.shape) / 4
        long[0] = False
        inside = long[labels]
        depth = cv2.distanceTransform(marked, cv2.DIST_L2, 3)
        found.append([marked.sum(), inside.sum(), scores[inside].sum(), len(stats) - 1, depth.sum()])
    return found


def _darkness(image: NDArray[np.uint8], scores: NDArray[np.float32]) -> tuple[float, float]:
    """What :attr:`Answers.darkness` says of one map."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    local = cv2.GaussianBlur(grey, (0, 0), min(grey.shape) / 12) - grey
    local = (local - local.mean()) / (local.std() + 1e-6)
    spread, marked = scores.std(), scores > 0.5
    return (
        float(((scores - scores.mean()) * local).mean() / spread) if spread > 1e-6 else 0.0,
        float(local[marked].mean()) if marked.any() else np.nan,
    )


def report(sets: dict[str, Answers]) -> None:
    """Print the tables."""
    factors = sorted({float(factor) for each in sets.values() for factor in each.factors})
    titles = " | ".join(f"×{factor:.3g}" for factor in factors)
    print(f"| ODS at | images | {titles} |\n" + "| --- " * (len(factors) + 2) + "|")
    for name, answers in sets.items():
        known = dict(zip(answers.factors.tolist(), answers.ods().tolist(), strict=True))
        shown = " | ".join(f"{known[factor]:.3f}" if factor in known else "–" for factor in factors)
        print(f"| {name} | {answers.crack.shape[1]} | {shown} |")
    print(f"\n| rule | {' | '.join(sets)} | behind the best: mean | at worst |\n" + "| --- " * (len(sets) + 3) + "|")
    best = {name: answers.ods() for name, answers in sets.items()}
    rows = {"best by masks": {name: float(sets[name].factors[ods.argmax()]) for name, ods in best.items()}}
    for rule, of in RULES.items():
        rows[rule] = {name: scale_rules.best(answers.factors.tolist(), of(answers)) for name, answers in sets.items()}
    for rule, chosen in rows.items():
        at = {name: float(best[name][sets[name].factors == factor][0]) for name, factor in chosen.items()}
        behind = [best[name].max() - value for name, value in at.items()]
        cells = " | ".join(f"×{chosen[name]:.3g} {at[name]:.3f}" for name in sets)
        print(f"| {rule} | {cells} | {np.mean(behind):.3f} | {max(behind):.3f} |")
    for rule in ("expected F1", "the library's"):
        found = {name: photo_by_photo(answers, RULES[rule]) for name, answers in sets.items()}
        behind = [best[name].max() - value for name, value in found.items()]
        cells = " | ".join(f"{value:.3f}" for value in found.values())
        print(f"| {rule}, photo by photo | {cells} | {np.mean(behind):.3f} | {max(behind):.3f} |")


def photo_by_photo(answers: Answers, rule: Rule) -> float:
    """ODS where each image is asked at the factor that a rule finds for it alone."""
    images = np.arange(answers.crack.shape[1])
    factors = answers.factors.tolist()
    places = [factors.index(scale_rules.best(factors, rule(answers.part(images[[each]])))) for each in images]
    counted = thresholds.counts(answers.crack[places, images], answers.background[places, images])
    return thresholds.ods(thresholds.f1(counted))


if __name__ == "__main__":
    main()
