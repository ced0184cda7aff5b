r"""How well objectives that need no mask rank options: Spearman correlation with true ODS over random trials.

    python benchmarks/maskless_objective.py data/EXPERIMENT/sets/cfd data/EXPERIMENT/evidence/resnet18/cfd --study konig

Three measures, and their product:
agreement, the correlation over the voting windows between the classifier's vote and whether a window holds a labelled
pixel; contrast, how much darker labelled pixels are than a ring of 15 px around them, over both deviations; stability,
what the labels of an image and of a slightly darker, noisy copy have in common.
"""

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr
from tqdm import tqdm

from hairline import cases, objectives, scoring, variants
from hairline.grid import PatchGrid
from hairline.images import quantise
from hairline.memo import Memo
from hairline.params import Params
from hairline.samples import read_samples
from hairline.studies import Study, replaced, value_at
from hairline.tuning import search

LABELLED = 0.5
NOISE, GAMMA, GAIN = 5.0, 1.15, 0.95


def main() -> None:
    """Try random options of a study's space; print the correlation of each measure with its interval over trials."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("evidence", type=Path)
    parser.add_argument("--study", default="konig")
    parser.add_argument("--trials", type=int, default=64)
    parser.add_argument("--images", type=int, default=12)
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    args = parser.parse_args()
    params = Params(args.params)
    study = params.entry("studies", args.study, Study)
    rows = read_samples(args.dataset)
    rows = rows[rows["has_mask"]]
    rows = rows.iloc[np.random.default_rng(3).permutation(len(rows))[: args.images]]
    loaded = cases.load(rows, args.dataset, args.evidence)
    table = measured(params, study, loaded, args.trials)
    generator = np.random.default_rng(1)
    draws = generator.integers(0, len(table), (1000, len(table)))
    for name in table.columns.drop("ods"):
        drawn = [spearmanr(table[name].iloc[draw], table["ods"].iloc[draw])[0] for draw in draws]
        low, high = np.nanquantile(drawn, [0.025, 0.975])
        print(f"{name}: {spearmanr(table[name], table['ods'])[0]:.2f} [{low:.2f}, {high:.2f}]")


def measured(params: Params, study: Study, loaded: list[cases.Case], trials: int) -> pd.DataFrame:
    """One row a trial: every measure as a mean over the images, and ODS."""
    raw, parse = params.raw("label_sets")[study.label_set]["options"], params.options_of(study.label_set)
    method = variants.resolve("hairline.labellers", params.label_set(study.label_set).method)
    copies = [perturbed(case.image, seed) for seed, case in enumerate(loaded)]
    own = {path: value_at(raw, path) for path in study.space}
    rows = []
    with Memo(2 << 30) as memo:
        for name, thing in {**cases.named(loaded), **{f"copy {n}": copy for n, copy in enumerate(copies)}}.items():
            memo.name(thing, name)
        for slot in tqdm(range(trials), "trials"):
            options = parse(replaced(raw, search.random_options(study, slot) if slot else own))
            found, told = [], []
            for case, copy in zip(loaded, copies, strict=True):
                label = method.label(case.image, case.evidence, options)
                told.append(measures(case, label, method.label(copy, case.evidence, options)))
                found.append(scoring.histograms(quantise(label), case.mask))
            means = pd.DataFrame(told).mean().to_dict()
            product = means["agreement"] * means["contrast"] * means["stability"]
            ods = objectives.ods(np.stack([crack for crack, _ in found]), np.stack([rest for _, rest in found]))
            rows.append({**means, "product": product, "ods": ods})
    return pd.DataFrame(rows)


def measures(case: cases.Case, label: NDArray[np.float32], of_copy: NDArray[np.float32]) -> dict[str, float]:
    """Agreement, contrast and stability of one label, each 0 where there is nothing to compare."""
    labelled, votes = (label >= LABELLED).astype(np.uint8), case.evidence.votes[0]
    grid = PatchGrid(*labelled.shape, votes.window_px, votes.stride_px)
    held = grid.split(labelled).any(axis=(2, 3)).ravel()
    agreement = np.corrcoef(held, votes.probabilities.ravel())[0, 1] if held.any() and not held.all() else 0.0
    together = float(np.maximum(label, of_copy).sum())
    stability = float(np.minimum(label, of_copy).sum()) / together if together > 0 else 0.0
    return {"agreement": float(agreement), "contrast": contrast(case.image, labelled), "stability": stability}


def contrast(image: NDArray[np.uint8], labelled: NDArray[np.uint8]) -> float:
    """Difference of the mean grey levels of a ring and of the labelled pixels, over the root of both variances."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1)
    wide, narrow = (cv2.dilate(labelled, np.ones((side, side), np.uint8)) for side in (15, 5))
    inside, ring = grey[labelled > 0], grey[(wide > 0) & (narrow == 0)]
    if min(len(inside), len(ring)) <= 20:
        return 0.0
    return float((ring.mean() - inside.mean()) / np.sqrt(inside.var() + ring.var() + 16))


def perturbed(image: NDArray[np.uint8], seed: int) -> NDArray[Any]:
    """The image a little darker, with noise."""
    noise = np.random.default_rng(seed).normal(0, NOISE, image.shape)
    return np.clip(255 * GAIN * (image / 255) ** GAMMA + noise, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
