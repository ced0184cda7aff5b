r"""How far a chooser's estimate of F1 is off: against the same classifiers on every patch of photos they did not see.

    PYTHONPATH=benchmarks python benchmarks/click_estimates.py data/EXPERIMENT/sets/crack500:train --images 120

For each number of clicks: the mean estimate and truth, their difference with its standard error over seeds, how often
the interval holds the truth, and by how much F1 on all clicks would be off.
"""

import argparse
from pathlib import Path

import numpy as np
from clicks import SCREEN, Clickable
from numpy.typing import NDArray

from hairline.clicking import estimating
from hairline.clicking.choosing import Chooser
from hairline.clicking.patches import Patch
from hairline.nn.classifier import frozen
from hairline.nn.classifier.linear import fit, standard

CLICKS = (100, 200, 400)


def main() -> None:
    """Click, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clicked", metavar="FOLDER[:SPLIT]")
    parser.add_argument("--images", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--cache", type=Path, default=Path("state/clicks"))
    args = parser.parse_args()
    pool = Clickable(args.clicked, args.images, frozen.Frozen(frozen.network()), args.cache)
    crack, features = crack_and_features(pool)
    by, found = standard([features], pool.emphasis), {clicks: list[tuple[float, ...]]() for clicks in CLICKS}
    for seed in range(args.seeds):
        chooser = Chooser(pool.patches, pool.features.__getitem__, seed, emphasis=pool.emphasis)
        labels = dict[Patch, bool]()
        for stop in CLICKS:
            while len(labels) < stop:
                labels |= {patch: pool.truth[patch] for patch in chooser.next(labels, SCREEN)}
            told, fold = chooser.estimate(labels), estimating.folds(list(labels), seed)
            of = {patch.photo: number for patch, number in fold.items()}
            folds = np.array([of.get(patch.photo, 0) for patch in pool.patches])
            clicked, said = np.array([patch in labels for patch in pool.patches]), np.zeros(len(crack), np.bool_)
            for number in set(of.values()):
                others = clicked & (folds != number)
                line = fit(features[others], crack[others], by)
                if line is not None:
                    said[folds == number] = line.probabilities(features[folds == number]) >= 0.5
            true, naive = estimating.scores(said, crack)[2], estimating.scores(said[clicked], crack[clicked])[2]
            assert None not in (told.f1, told.low, told.high, true, naive)
            found[stop].append((told.f1, true, told.low, told.high, naive))  # type: ignore[arg-type]
    for clicks, rows in found.items():
        f1, true, low, high, naive = np.array(rows).T
        off = f1 - true
        print(f"{clicks} clicks: told {f1.mean():.3f}, true {true.mean():.3f}, off {off.mean():+.3f} ± "
              f"{off.std() / np.sqrt(len(off)):.3f}, held {int(((low <= true) & (true <= high)).sum())} of {len(off)}, "
              f"all clicks off {(naive - true).mean():+.3f}")  # fmt: skip


def crack_and_features(pool: Clickable) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """What the masks say of all patches of a set, and their features, in its order."""
    return np.array(list(pool.truth.values())), np.concatenate(list(pool.features.values()))


if __name__ == "__main__":
    main()
