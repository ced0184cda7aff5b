r"""When clicking may end: agreement of classifiers of half the clicks, and what more clicks would have gained.

    PYTHONPATH=benchmarks python benchmarks/click_enough.py data/EXPERIMENT/sets/crack500:train --images 120

Two thirds of the parent photos are clicked on, by a :class:`hairline.clicking.choosing.Chooser`; F1 is that on all
patches of the others. For each kappa: the number of clicks from which the agreement reaches it, and by how much F1 is
below that at 1,000 clicks, means over seeds; the agreement alone decides, looked at after every screen from 50 clicks
on. Annotators whose agreement never reaches it count with all their clicks and no loss, and their number is told. And
the same where, as on the page, there must be so many cracks among the random patches besides.
"""

import argparse
import math
from pathlib import Path

import numpy as np
from click_estimates import crack_and_features
from clicks import LARGE_FROM, LARGE_SCREEN, SCREEN, Clickable

from hairline.clicking import estimating
from hairline.clicking.choosing import Chooser
from hairline.clicking.patches import Patch
from hairline.data.samples import read_samples
from hairline.nn.classifier import frozen
from hairline.nn.classifier.linear import fit, standard

MOST, FIRST = 1000, 50
KAPPAS = (0.8, 0.9, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97)

Row = tuple[int, float, float, int]
"""Clicks, agreement, F1 on the photos that were not clicked on, and cracks among the random patches."""


def main() -> None:
    """Click, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clicked", metavar="FOLDER[:SPLIT]")
    parser.add_argument("--images", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--cache", type=Path, default=Path("state/clicks"))
    args = parser.parse_args()
    pool = Clickable(args.clicked, args.images, frozen.Frozen(frozen.network()), args.cache)
    samples = read_samples(pool.folder)
    parents = dict(zip(samples["id"], samples["group"], strict=True))
    courses = [course(pool, parents, seed) for seed in range(args.seeds)]
    for clicks in sorted({clicks for run in courses for clicks, _, _, _ in run}):
        of = [row for run in courses for row in run if row[0] == clicks]
        print(
            f"{clicks:5d} clicks: kappa {np.mean([row[1] for row in of]):.3f}, F1 {np.mean([row[2] for row in of]):.3f}"
        )
    for cracks in (0, estimating.LEAST_CRACKS):
        for least in KAPPAS:
            told(courses, least, cracks)


def told(courses: list[list[Row]], least: float, cracks: int) -> None:
    """Print what an end at this kappa and so many random cracks would cost."""
    ends = [next((row for row in run if row[1] >= least and row[3] >= cracks), None) for run in courses]
    clicks = [run[-1][0] if end is None else end[0] for run, end in zip(courses, ends, strict=True)]
    lost = [0.0 if end is None else run[-1][2] - end[2] for run, end in zip(courses, ends, strict=True)]
    reached = len(ends) - ends.count(None)
    cost = f"F1 less by {np.mean(lost):.3f} (at most {max(lost):.3f}), reached by {reached} of {len(ends)}"
    print(f"kappa {least}, {cracks} cracks: {np.mean(clicks):.0f} clicks {sorted(clicks)}, {cost}")


def course(pool: Clickable, parents: dict[str, str], seed: int) -> list[Row]:
    """What was so after each screen of one annotator."""
    names = np.random.default_rng(seed).permutation(sorted({parents[name] for name in pool.ids}))
    others = set(names[: math.ceil(len(names) / 3)])
    mine = [patch for patch in pool.patches if parents[patch.photo] not in others]
    crack, features = crack_and_features(pool)
    scored = np.array([parents[patch.photo] in others for patch in pool.patches])
    rows = dict(zip(pool.patches, features, strict=True))
    by_photo = {name: np.stack([rows[patch] for patch in mine if patch.photo == name])
                for name in {patch.photo for patch in mine}}  # fmt: skip
    chooser, labels = Chooser(mine, by_photo.__getitem__, seed, emphasis=pool.emphasis), dict[Patch, bool]()
    order = estimating.audit_order(mine, seed)
    by, found = standard(list(by_photo.values()), pool.emphasis), list[Row]()

    def taught(patches: list[Patch]) -> np.ndarray:
        said = np.array([pool.truth[patch] for patch in patches])
        line = fit(np.stack([rows[patch] for patch in patches]), said, by)
        return np.full(len(features), bool(said[0])) if line is None else line.probabilities(features) >= 0.5

    while len(labels) < min(MOST, len(mine)):
        count = min(SCREEN if len(labels) < LARGE_FROM else LARGE_SCREEN, MOST - len(labels))
        labels |= {patch: pool.truth[patch] for patch in chooser.next(labels, count)}
        if len(labels) >= FIRST:
            every = taught(sorted(labels))
            halves = [taught(sorted(half)) for half in estimating.halves(list(labels), seed)]
            kappa = np.mean([estimating.kappa(half[~scored], every[~scored]) for half in halves])
            f1 = estimating.scores(every[scored], crack[scored])[2] or 0.0
            cracks = sum(pool.truth[patch] for patch in estimating.audited(order, labels))
            found.append((len(labels), float(kappa), f1, cracks))
    return found


if __name__ == "__main__":
    main()
