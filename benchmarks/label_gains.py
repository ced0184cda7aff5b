r"""What a change of options is worth: ODS of the same label sets of two params.yaml on the same evidence, paired.

    python benchmarks/label_gains.py before/params.yaml params.yaml data/labels-cpu \
        --sets crack500:val cfd deepcrack --label-sets konig crf multiscale

Labels are made in memory from the archives of ``data/EXPERIMENT/evidence/CLASSIFIER/SET`` and scored against the masks
of ``data/EXPERIMENT/sets/SET``, or of its one split that is named after a colon. Intervals are those of
:mod:`hairline.metrics.significance`: over parent photos, the same for both sides. Evidence of an older version does not
tell where its cells look; ``--backbone`` tells whose it is. ``--keep`` names a folder that keeps the score tables.
"""

import argparse
import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from hairline.config.params import Params
from hairline.data.samples import load_image, load_mask, read_samples
from hairline.imaging.images import quantise
from hairline.io import plugins
from hairline.labelling.cache import Cache
from hairline.labelling.localization import Evidence
from hairline.metrics import score_table, significance, thresholds
from hairline.metrics.bootstrap import BootstrapOptions

MEMORY = 1 << 30
BOOTSTRAP = BootstrapOptions(resamples=2000, level=0.95, seed=1)
Label = Callable[[NDArray[np.uint8], Evidence], NDArray[np.float32]]


def main() -> None:
    """Label, score, print a table a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", required=True)
    parser.add_argument("--label-sets", nargs="+", required=True)
    parser.add_argument("--classifier", default="lite0")
    parser.add_argument("--backbone")
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    labels = {(name, side): labeller(Params(path), name) for name in args.label_sets
              for side, path in (("before", args.before), ("after", args.after))}  # fmt: skip
    print("| set | images | labels | before | after | difference |\n| --- | --- | --- | --- | --- | --- |")
    for each in args.sets:
        name, _, split = each.partition(":")
        samples = read_samples(args.data / "sets" / name, *([split] if split else []))
        evidence = args.data / "evidence" / args.classifier / name
        tables = scored(labels, samples[samples["has_mask"]], args.data / "sets" / name, evidence, args.backbone)
        if args.keep:
            for (label_set, side), table in tables.items():
                args.keep.mkdir(parents=True, exist_ok=True)
                table.to_parquet(args.keep / f"{name}-{label_set}-{side}.parquet")
        for label_set in args.label_sets:
            print(f"| {name} | {row(label_set, tables)} |", flush=True)


def labeller(params: Params, name: str) -> Label:
    """What makes the labels of a label set."""
    label_set = params.label_set(name)
    return partial(plugins.resolve("hairline.labelling.methods", label_set.method).label, options=label_set.options)


def scored(
    labels: Mapping[tuple[str, str], Label], samples: pd.DataFrame, dataset: Path, evidence: Path, backbone: str | None
) -> dict[tuple[str, str], pd.DataFrame]:
    """A score table for each labeller, as of labels on 256 levels; what two have in common is computed once."""
    rows: dict[tuple[str, str], list[tuple[Any, ...]]] = {which: [] for which in labels}
    for sample_id, group in tqdm(list(zip(samples["id"], samples["group"], strict=True)), dataset.name):
        image, mask = load_image(dataset, sample_id), load_mask(dataset, sample_id)
        found = told(Evidence.load(evidence / f"{sample_id}.npz"), backbone)
        with Cache(MEMORY) as cache:
            cache.name(image, "image")
            cache.name(found, "evidence")
            for which, label in labels.items():
                crack, background = thresholds.histograms(quantise(label(image, found)), mask)
                rows[which].append((sample_id, group, crack.tolist(), background.tolist()))
    return {which: pd.DataFrame(each, columns=list(score_table.COLUMNS)) for which, each in rows.items()}


def told(evidence: Evidence, backbone: str | None) -> Evidence:
    """Evidence that tells where its cells and votes look."""
    if evidence.centre_px is not None or backbone is None:
        return evidence
    from hairline.nn.classifier import centres  # torch, which takes long to import

    cells, windows = centres.of(backbone, tuple(votes.window_px for votes in evidence.votes))
    votes = tuple(dataclasses.replace(each, centre_px=at) for each, at in zip(evidence.votes, windows, strict=True))
    return dataclasses.replace(evidence, votes=votes, centre_px=cells)


def row(label_set: str, tables: Mapping[tuple[str, str], pd.DataFrame]) -> str:
    """ODS before and after, and their difference with its interval."""
    before, after = (significance.Scored(side, [tables[label_set, side]]) for side in ("before", "after"))
    (found,) = significance.compared([(after, before)], BOOTSTRAP).to_dict("records")
    ods = [score_table.metrics(each.tables[0])["ods"] for each in (before, after)]
    interval = f"{found['difference']:+.3f} [{found['difference_low']:+.3f}, {found['difference_high']:+.3f}]"
    return f"{found['images']} | {label_set} | {ods[0]:.3f} | {ods[1]:.3f} | {interval}"


if __name__ == "__main__":
    main()
