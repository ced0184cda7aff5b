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
the best factor, on average and at worst.
"""

import argparse
import itertools
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
        agreement: Sums of a·b, a² and b² over the pixels of each image, of the scores a at a factor and b at the next,
            float64 [factors - 1, images, 3].
        edges: Mean difference of the score of marked pixels to their neighbours', float64 [factors, images].
        crack: Histograms of scores on crack pixels, int64 [factors, images, 100].
        background: The same of background pixels.
    """

    factors: NDArray[np.float64]
    histograms: NDArray[np.int64]
    agreement: NDArray[np.float64]
    edges: NDArray[np.float64]
    crack: NDArray[np.int64]
    background: NDArray[np.int64]

    def ods(self) -> NDArray[np.float64]:
        """ODS at every factor, float64 [factors]."""
        pairs = zip(self.crack, self.background, strict=True)
        return np.array([thresholds.ods(thresholds.f1(thresholds.counts(*pair))) for pair in pairs])

    def part(self, images: NDArray[np.int64]) -> "Answers":
        """The same of some of the images."""
        return Answers(
            self.factors, self.histograms[:, images], self.agreement[:, images], self.edges[:, images],
            self.crack[:, images], self.background[:, images],
        )  # fmt: skip


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


def agreement(answers: Answers) -> NDArray[np.float64]:
    """Mean cosine of the scores at a factor with those at its neighbours."""
    ab, aa, bb = np.moveaxis(answers.agreement.sum(axis=1), -1, 0)
    cosine = ab / np.maximum(np.sqrt(aa * bb), 1e-9)
    ends = np.r_[np.nan, cosine], np.r_[cosine, np.nan]
    return marked_above(answers, 0.2)[1] * np.nanmean(ends, axis=0)


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
    "agreement": agreement,
    "mean score > 0.2 · agreement": both(mean_score(0.2), agreement),
    "expected F1 · agreement": both(expected_f1, agreement),
    "the library's": lambda answers: scale_rules.mean_scores(answers.histograms),
}


def main() -> None:
    """Ask where a network is given; print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--network", type=Path)
    parser.add_argument("--loader", type=Path)
    parser.add_argument("--sets", nargs="+", default=[])
    parser.add_argument("--images", type=int, default=scale_rules.IMAGES)
    args = parser.parse_args()
    kept = dict(np.load(args.answers)) if args.answers.exists() else {}
    for each in args.sets:
        name, _, source = each.partition("=")
        found = asked(args.network, args.loader, list(pairs(source, args.images)), name)
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


def asked(network: Path, loader: Path | None, images: list[Pair], name: str) -> Answers:
    """Ask a network about images at every candidate."""
    import torch

    from hairline.nn.runtime.device import Placement
    from hairline.nn.segmenter import scaling, segmenter

    model = runpy.run_path(str(loader))["load"](network) if loader else segmenter.load(network)[0]
    placement = Placement(torch.device("cpu"), False, "cpu", "32-true")
    factors = scale_rules.candidates(max(mask.size for _, mask in images))
    rows = []
    for image, mask in tqdm(images, name):
        maps = [scaling.predict_at(model, image, placement, factor) for factor in factors]
        split = [thresholds.histograms(scores, mask) for scores in maps]
        sums = [[float((a * b).sum()), float((a * a).sum()), float((b * b).sum())] for a, b in itertools.pairwise(maps)]
        rows.append((
            [scale_rules.histogram(scores) for scores in maps], sums, [_edge(scores) for scores in maps],
            [crack for crack, _ in split], [background for _, background in split],
        ))  # fmt: skip
    arrays = (np.array(column).swapaxes(0, 1) for column in zip(*rows, strict=True))
    return Answers(np.array(factors), *arrays)


def _edge(scores: NDArray[np.float32]) -> float:
    """Mean difference of marked pixels to the mean of the nine around them."""
    marked = scores > scale_rules.MARKED
    return float((scores - cv2.blur(scores, (3, 3)))[marked].mean()) if marked.any() else 0.0


def report(sets: dict[str, Answers]) -> None:
    """Print the tables."""
    factors = max((each.factors for each in sets.values()), key=len)
    print(
        "| ODS at | images | "
        + " | ".join(f"×{factor:.3g}" for factor in factors)
        + " |\n"
        + "| --- " * (len(factors) + 2)
        + "|"
    )
    for name, answers in sets.items():
        shown = [f"{value:.3f}" for value in answers.ods()] + ["–"] * (len(factors) - len(answers.factors))
        print(f"| {name} | {answers.crack.shape[1]} | {' | '.join(shown)} |")
    print(
        "\n| rule | " + " | ".join(sets) + " | behind the best: mean | at worst |\n" + "| --- " * (len(sets) + 3) + "|"
    )
    best = {name: answers.ods() for name, answers in sets.items()}
    rows = {"best by masks": {name: float(sets[name].factors[ods.argmax()]) for name, ods in best.items()}}
    for rule, of in RULES.items():
        rows[rule] = {name: scale_rules.best(answers.factors.tolist(), of(answers)) for name, answers in sets.items()}
    for rule, chosen in rows.items():
        at = {name: float(best[name][sets[name].factors == factor][0]) for name, factor in chosen.items()}
        behind = [best[name].max() - value for name, value in at.items()]
        cells = " | ".join(f"×{chosen[name]:.3g} {at[name]:.3f}" for name in sets)
        print(f"| {rule} | {cells} | {np.mean(behind):.3f} | {max(behind):.3f} |")


if __name__ == "__main__":
    main()
