"""Score the pseudo-labels of one label set against the masks, split by split (table II)."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.data.samples import load_ignored, load_mask, read_samples
from hairline.engine.choice import opened
from hairline.imaging.images import read_scores
from hairline.io.atomic import write_json
from hairline.metrics.score_table import metrics, score_table
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write a score table DATASET-SPLIT.parquet for every data set and split with masks, of ``--label-set``."""
    args = stage.arguments(__doc__, argv, "label-set")
    score(*stage.opened(args.params), args.label_set)


def score(params: Params, paths: Paths, label_set: str, study: Path | None = None) -> None:
    """Write the score tables of a label set and its metrics.

    Args:
        params: All values.
        paths: Where everything lies.
        label_set: Its name.
        study: best.json of the study that the labels' options are from, kept beside their scores as study.json.
    """
    found = {}
    labels = [paths.labels(label_set, name) for name in params.matrix.localized]
    samples = [paths.samples(name) for name in params.matrix.localized]
    with (
        opened(params.engine) as engine,
        stage.grown(engine, paths.label_scores(label_set), "score_labels", {"label_set": label_set},
                    [*samples, *labels], "pipeline.score_labels") as (folder, kept),
    ):  # fmt: skip
        for name in params.matrix.localized:
            each = stage.Each(engine, "", lambda named: str(named[0]), kept and kept / name)
            for split, table in _score(paths.dataset(name), paths.labels(label_set, name), each).items():
                table.to_parquet(folder / f"{name}-{split}.parquet", index=False)
                found[f"{name}-{split}"] = metrics(table)
        if study is not None:
            shutil.copyfile(study, folder / "study.json")
    write_json(paths.label_score_metrics(label_set), found)


def _score(dataset: Path, labels: Path, each: stage.Each) -> dict[str, pd.DataFrame]:
    samples = read_samples(dataset)
    return {
        str(split): score_table(
            part,
            lambda sample_id: read_scores(labels / f"{sample_id}.png"),
            lambda sample_id: load_mask(dataset, sample_id),
            load_ignored(dataset, part),
            each,
        )
        for split, part in samples[samples["has_mask"]].groupby("split")
    }


if __name__ == "__main__":
    stage.run(main)
