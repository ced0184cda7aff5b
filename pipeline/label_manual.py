"""Give the masks the form of a label set, so that fully supervised training (FSV) runs like any other.

Every mask is trained on: the 100-pixel rule is for pseudo-labels (König et al. 2021, section III-D).
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hairline.data.names import MANUAL
from hairline.data.samples import IGNORED_PIXELS, load_ignored, load_mask, read_samples
from hairline.imaging.images import write_mask
from hairline.io.atomic import whole_folder
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write the masks of every data set of ``matrix.datasets`` as score maps."""
    params, paths = stage.opened(stage.arguments(__doc__, argv).params)
    with whole_folder(paths.label_set(MANUAL)) as folder:
        for dataset in params.matrix.datasets:
            _write(paths.dataset(dataset), folder / dataset)


def _write(dataset: Path, folder: Path) -> None:
    samples = read_samples(dataset)
    masked = samples[samples["has_mask"]]
    rows, ignored_of = [], load_ignored(dataset, samples)
    for sample_id, split in zip(masked["id"], masked["split"], strict=True):
        mask = load_mask(dataset, sample_id)
        write_mask(folder / f"{sample_id}.png", mask, ignored_of(sample_id))
        rows.append((sample_id, split, int(mask.sum()), True))
    folder.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(rows, columns=["id", "split", "crack_pixels", "trainable"])
    if IGNORED_PIXELS in masked:
        table[IGNORED_PIXELS] = masked[IGNORED_PIXELS].to_numpy()
    table.to_parquet(folder / "labels.parquet", index=False)


if __name__ == "__main__":
    stage.run(main)
