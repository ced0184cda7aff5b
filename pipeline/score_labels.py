"""Score the pseudo-labels of one label set against the masks, split by split (table II)."""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from hairline.images import read_scores
from hairline.outputs import whole_folder, write_json
from hairline.params import Params
from hairline.samples import load_mask, read_samples
from hairline.scoretables import metrics, score_table
from pipeline import entry


def main(argv: Sequence[str] | None = None) -> None:
    """Write a score table for every data set and split with masks to ``--out``/DATASET-SPLIT.parquet."""
    args = entry.arguments(__doc__, argv, paths=["sets", "labels", "out", "metrics"])
    score(args.sets, args.labels, Params(args.params).matrix.localized, args.out, args.metrics)


def score(
    sets: Path, labels: Path, datasets: Iterable[str], out: Path, target: Path, study: Path | None = None
) -> None:
    """Write the score tables of a label set to a folder and its metrics to a file.

    Args:
        sets: Folder of the data sets.
        labels: Folder of the label set.
        datasets: Data sets that have labels in it.
        out: Folder for DATASET-SPLIT.parquet.
        target: File for the metrics.
        study: best.json of the study that the labels' options are from, kept beside their scores as study.json.
    """
    found = {}
    with whole_folder(out) as folder:
        for name in datasets:
            for split, table in _score(sets / name, labels / name).items():
                table.to_parquet(folder / f"{name}-{split}.parquet", index=False)
                found[f"{name}-{split}"] = metrics(table)
        if study is not None:
            shutil.copyfile(study, folder / "study.json")
    write_json(target, found)


def _score(dataset: Path, labels: Path) -> dict[str, pd.DataFrame]:
    samples = read_samples(dataset)
    return {
        str(split): score_table(
            part, lambda sample_id: read_scores(labels / f"{sample_id}.png"), lambda i: load_mask(dataset, i)
        )
        for split, part in samples[samples["has_mask"]].groupby("split")
    }


if __name__ == "__main__":
    entry.run(main)
