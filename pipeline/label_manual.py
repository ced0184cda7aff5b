"""Give the masks the form of a label set, so that fully supervised training (FSV) runs like any other."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hairline.fusion import TrainableRule, crack_pixels
from hairline.images import write_scores
from hairline.outputs import whole_folder
from hairline.params import Params
from hairline.samples import load_mask, read_samples
from pipeline import entry


def main(argv: Sequence[str] | None = None) -> None:
    """Write the masks of every data set under ``--sets`` as score maps to ``--out``."""
    args = entry.arguments(__doc__, argv, paths=["sets", "out"])
    params = Params(args.params)
    rule = params.get("trainable", TrainableRule)
    with whole_folder(args.out) as folder:
        for dataset in params.matrix().localized:
            _write(args.sets / dataset, folder / dataset, rule)


def _write(dataset: Path, folder: Path, rule: TrainableRule) -> None:
    samples = read_samples(dataset)
    masked = samples[samples["has_mask"]]
    rows = []
    for sample_id, split in zip(masked["id"], masked["split"], strict=True):
        scores = load_mask(dataset, sample_id).astype(np.float32)
        write_scores(folder / f"{sample_id}.png", scores)
        pixels = crack_pixels(scores, rule)
        rows.append((sample_id, split, pixels, pixels >= rule.min_crack_pixels))
    folder.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(rows, columns=["id", "split", "crack_pixels", "trainable"])
    table.to_parquet(folder / "labels.parquet", index=False)


if __name__ == "__main__":
    entry.run(main)
