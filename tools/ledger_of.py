"""What the results of a profile have seen, without training anything: the ledger of a workspace that has only its data.

    python tools/ledger_of.py WORKSPACE

reads the data sets of the params.yaml there, and writes their identities, patch index and ``data/EXPERIMENT/ledger`` as
the stages do. Which of the images get a label that is worth learning from is known only once they are labelled: here
all of them do, so that an image that was left out of a training counts as learned from. For comparisons of versions
that had no ledger; ``tools/signs.py RUN=data/EXPERIMENT/ledger/results.json`` takes the signs over.
"""

import argparse
import os
from pathlib import Path
from unittest import mock

import pandas as pd

from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.data import training_table
from hairline.data.samples import read_samples
from pipeline import identify, index_patches, ingest, ledger


def main() -> None:
    """Write the ledger of a workspace."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "workspace", type=Path, help="where params.yaml, gates.yaml, studies.yaml and the data sets lie"
    )
    os.chdir(parser.parse_args().workspace)
    params = Params(Path("params.yaml"))
    paths = Paths(Path(), params.experiment)
    for name in params.names("datasets"):
        for stage, made in ((ingest, paths.samples(name)), (identify, paths.identities(name)),
                            (index_patches, paths.patch_index(name))):  # fmt: skip
            if not made.exists():
                stage.main(["--dataset", name])
    with mock.patch.object(training_table, "_rows", _unlabelled):
        for name in params.matrix.training_sets:
            for label_set in params.matrix.label_sets:
                rows = training_table.table(params.training_set(name), label_set, paths.data)
                file = paths.training_table(name, label_set)
                file.parent.mkdir(parents=True, exist_ok=True)
                rows.to_parquet(file, index=False)
    ledger.main([])


def _unlabelled(data: Path, dataset: str, split: str, label_set: str) -> pd.DataFrame:
    """Rows of a training table for every image of a split, the labels of which are not there."""
    samples = read_samples(data / "sets" / dataset, split)
    return samples[["id", "group", "split", "image_sha256"]].assign(
        dataset=dataset, label_set=label_set, label="", label_sha256="", pixels=1, crack_pixels=1, crack_free=False,
        trainable=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
