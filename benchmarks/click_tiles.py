r"""What a cheaper look at a photo costs in F1 of clicks: tiles with narrower margins, and no look at its own size.

    PYTHONPATH=benchmarks python benchmarks/click_tiles.py data/EXPERIMENT/sets/crack500:train --every 24
    PYTHONPATH=benchmarks python benchmarks/click_tiles.py data/EXPERIMENT/sets/crack500:train --every 3 --scale 0.25

Each crop is looked at in one piece, and in tiles so small that nearly every patch lies at an edge of one; with
``--scale`` crops are reduced instead, and patches with them, so that cracks are thinner. Patches at random of half the
parent photos teach, F1 is that on all patches of the others: means over seeds. ``other words``: of how many patches a
classifier that was taught on crops in one piece says something else.
"""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from click_features import SIDE_PX, places
from numpy.typing import NDArray
from tqdm import tqdm

from hairline.clicking import estimating
from hairline.data.samples import load_image, load_mask, read_samples
from hairline.nn.classifier import evidence, frozen, scales
from hairline.nn.classifier.linear import fit, standard

TILE_PX, WHOLE_PX = 256, 1 << 20
MARGINS_PX = (64, 128)
CLICKS = (50, 200)
Found = NDArray[np.float32]


def main() -> None:
    """Look, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clicked", metavar="FOLDER[:SPLIT]")
    parser.add_argument("--every", type=int, default=24, help="so many-th image, from the second on")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--seeds", type=int, default=20)
    args = parser.parse_args()
    told, _, split = args.clicked.partition(":")
    folder, table = Path(told), read_samples(Path(told), *([split] if split else []))
    ids, parents = list(table["id"])[1 :: args.every], dict(zip(table["id"], table["group"], strict=True))
    squares = {name: places(load_mask(folder, name)) for name in ids}
    crack = np.array([shown for name in ids for _, shown in squares[name]])
    parent = np.array([parents[name] for name in ids for _ in squares[name]])
    network = frozen.Frozen(frozen.network())

    def look(tile_px: int, margin_px: int, what: str) -> Found:
        frozen.TILE_PX, scales.MARGIN_PX = tile_px, margin_px
        found = []
        for name in tqdm(ids, what):
            under = [tuple(round(px * args.scale) for px in (left, top, SIDE_PX)) for (top, left), _ in squares[name]]
            found.append(network.features(evidence.resized(load_image(folder, name), args.scale), under))
        return np.concatenate(found).astype(np.float16).astype(np.float32)

    whole, every = look(WHOLE_PX, 0, "in one piece"), np.arange(network.length)
    smaller = np.setdiff1d(every, network.model.body.columns(1))
    variants = {"in one piece": (whole, every), "without the photo's own size": (whole, smaller)}
    if args.scale == 1:
        for margin in MARGINS_PX:
            variants[f"tiles of {TILE_PX} px, {margin} px around"] = look(TILE_PX, margin, f"margin {margin}"), every
    print(f"{len(ids)} images, {len(set(parent))} parents, {len(crack)} patches, {crack.mean():.3f} with a crack")
    for name, (values, columns) in variants.items():
        rows = np.array([list(one(values, whole, columns, network.emphasis, crack, parent, seed))
                         for seed in range(args.seeds)])  # fmt: skip
        told = " | ".join(f"{f1:.3f} | {'–' if math.isnan(words) else f'{words:.2%}'}" for f1, words in rows.mean(0))
        print(f"| {name} | {told} |", flush=True)


def one(
    values: Found, whole: Found, columns: NDArray[np.intp], emphasis: NDArray[np.float64], crack: NDArray[np.bool_],
    parent: NDArray[np.str_], seed: int,
) -> Iterator[tuple[float, float]]:  # fmt: skip
    """For each number of clicks F1, and of how many patches the classifier of whole crops says otherwise (or NaN)."""
    draws, names = np.random.default_rng(seed), np.unique(parent)
    half = np.isin(parent, draws.permutation(names)[: len(names) // 2])
    order = draws.permutation(np.flatnonzero(half))
    by = standard([values[half][:, columns]], emphasis[columns])
    by_whole = standard([whole[half]], emphasis)
    for clicks in CLICKS:
        taught = order[:clicks]
        line = fit(values[taught][:, columns], crack[taught], by)
        of_whole = fit(whole[taught], crack[taught], by_whole)
        assert line is not None and of_whole is not None
        said = line.probabilities(values[~half][:, columns]) >= 0.5
        f1 = estimating.scores(said, crack[~half])[2] or 0.0
        if len(columns) < whole.shape[1]:
            yield f1, math.nan
            continue
        other = (of_whole.probabilities(values[~half]) >= 0.5) != (of_whole.probabilities(whole[~half]) >= 0.5)
        yield f1, float(other.mean())


if __name__ == "__main__":
    main()
