"""Give the masks the form of a label set, so that fully supervised training (FSV) runs like any other.

Every mask is trained on: the 100-pixel rule is for pseudo-labels (METHOD §4).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hairline.images import write_scores
from hairline.outputs import whole_folder
from hairline.params import MANUAL
from hairline.samples import load_mask, read_samples
from pipeline import entry


def main(argv: Sequence[str] | None = None) -> None:
    """Write the masks of every data set of ``matrix.localized`` as score maps."""
    params, paths = entry.opened(entry.arguments(__doc__, argv).params)
    with whole_folder(paths.label_set(MANUAL)) as folder:
        for dataset in params.matrix.localized:
            _write(paths.dataset(dataset), folder / dataset)


def _write(dataset: Path, folder: Path) -> None:
    samples = read_samples(dataset)
    masked = samples[samples["has_mask"]]
    rows = []
    for sample_id, split in zip(masked["id"], masked["split"], strict=True):
        mask = load_mask(dataset, sample_id)
        write_scores(folder / f"{sample_id}.png", mask.astype(np.float32))
        rows.append((sample_id, split, int(mask.sum()), True))
    folder.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(rows, columns=["id", "split", "crack_pixels", "trainable"])
    table.to_parquet(folder / "labels.parquet", index=False)


if __name__ == "__main__":
    entry.run(main)
