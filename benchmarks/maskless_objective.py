r"""How well objectives that need no mask rank options: Spearman correlation with true ODS over random trials.

    python benchmarks/maskless_objective.py data/EXPERIMENT/sets/cfd data/EXPERIMENT/evidence/lite0/cfd --study konig

The measures and their product are those of ``hairline.tuning.maskless``, the objective ``maskless`` of studies.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from tqdm import tqdm

from hairline.config.params import Params
from hairline.data.samples import read_samples
from hairline.io import plugins
from hairline.labelling.cache import Cache
from hairline.tuning import images, maskless, objectives, samplers
from hairline.tuning.search_space import replaced, value_at
from hairline.tuning.study import Study


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
    study = params.study(args.study)
    rows = read_samples(args.dataset)
    rows = rows[rows["has_mask"]]
    rows = rows.iloc[np.random.default_rng(3).permutation(len(rows))[: args.images]]
    loaded = images.load(rows, args.dataset, args.evidence, copies=True)
    table = measured(params, study, loaded, args.trials)
    generator = np.random.default_rng(1)
    draws = generator.integers(0, len(table), (1000, len(table)))
    for name in table.columns.drop("ods"):
        drawn = [spearmanr(table[name].iloc[draw], table["ods"].iloc[draw])[0] for draw in draws]
        low, high = np.nanquantile(drawn, [0.025, 0.975])
        print(f"{name}: {spearmanr(table[name], table['ods'])[0]:.2f} [{low:.2f}, {high:.2f}]")


def measured(params: Params, study: Study, loaded: list[images.Case], trials: int) -> pd.DataFrame:
    """One row a trial: every measure as a mean over the images, the objective, and ODS."""
    raw, parse = params.raw("label_sets")[study.label_set]["options"], params.options_of(study.label_set)
    method = plugins.resolve("hairline.labelling.methods", params.label_set(study.label_set).method)
    own = {path: value_at(raw, path) for path in study.space}
    rows = []
    with Cache(2 << 30) as cache:
        for name, thing in images.named(loaded).items():
            cache.name(thing, name)
        for slot in tqdm(range(trials), "trials"):
            changes = samplers.random_options(study, slot) if slot else own
            label = partial(method.label, options=parse(replaced(raw, changes)))
            found = images.together(loaded, [images.judged(label, case) for case in loaded])
            means = dict(zip(maskless.MEASURES, found.measures.mean(axis=0), strict=True))
            rows.append({**means, "product": maskless.value(found.measures), "ods": objectives.value("ods", found)})
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main()
