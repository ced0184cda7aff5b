"""Make the pseudo-labels of one label set for every image of every data set (METHOD §2-§4)."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline import plotting, tracking, variants
from hairline.fusion import TrainableRule, crack_pixels
from hairline.images import read_scores, write_scores
from hairline.localization import Evidence
from hairline.outputs import whole_folder, write_json
from hairline.params import Params
from hairline.samples import NO_CRACK, evenly, load_image, read_samples
from pipeline import entry

ON_SHEET = 18


def main(argv: Sequence[str] | None = None) -> None:
    """Write score maps and labels.parquet of ``--label-set`` for each data set to a folder of its name in ``--out``.

    An image that its data set calls crack-free gets an empty label, which is trained on.
    """
    args = entry.arguments(
        __doc__, argv, paths=["sets", "evidence", "out", "metrics", "sheet", "upstream", "record"], names=["label-set"]
    )
    params = Params(args.params)
    label_set, rule = params.label_set(args.label_set), params.get("trainable", TrainableRule)
    method = partial(variants.resolve("hairline.labellers", label_set.method).label, options=label_set.options)
    datasets, training = params.matrix().localized, params.raw("segmenter")["dataset"]
    inputs = [*(args.sets / name / "samples.parquet" for name in datasets), args.evidence]
    logged = {"label_set": params.raw("label_sets")[args.label_set], **params.some("trainable")}
    with tracking.run("label", f"labels · {args.label_set}", params.experiment(), logged, inputs, {}, args.upstream,
                      args.record) as run:  # fmt: skip
        with whole_folder(args.out) as folder:
            tables = {
                name: _label_all(method, args.sets / name, args.evidence / name, folder / name, rule)
                for name in datasets
            }
        metrics = {name: _counts(table) for name, table in tables.items()}
        write_json(args.metrics, metrics)
        run.metrics({f"{name}/{key}": value for name, counts in metrics.items() for key, value in counts.items()})
        _draw(args.sets / training, args.out / training, args.sheet)
        run.figure(args.sheet)
        run.finish([args.out, args.metrics])


def _label_all(
    method: Callable[..., NDArray[np.float32]], dataset: Path, evidence: Path, folder: Path, rule: TrainableRule
) -> pd.DataFrame:
    samples = read_samples(dataset)
    crack_free = (samples["image_label"] == NO_CRACK) & ~samples["has_mask"]
    blank = set(samples.loc[crack_free, "id"])

    def label(sample_id: str) -> int:
        image = load_image(dataset, sample_id)
        scores = np.zeros(image.shape[:2], np.float32)
        if sample_id not in blank:
            scores = method(image, Evidence.load(evidence / f"{sample_id}.npz"))
        write_scores(folder / f"{sample_id}.png", scores)
        return crack_pixels(scores, rule)

    pixels = entry.in_threads(label, list(samples["id"]), f"label {dataset.name}")
    table = samples[["id", "split"]].assign(crack_pixels=pixels)
    table["trainable"] = (table["crack_pixels"] >= rule.min_crack_pixels) | crack_free
    folder.mkdir(parents=True, exist_ok=True)
    table.to_parquet(folder / "labels.parquet", index=False)
    return table


def _counts(table: pd.DataFrame) -> dict[str, float]:
    """What the labels of one data set hold, over all its splits."""
    return {
        "images": float(len(table)),
        "trainable": float(table["trainable"].sum()),
        "crack_pixels": float(table["crack_pixels"].sum()),
    }


def _draw(dataset: Path, labels: Path, target: Path) -> None:
    """Contact sheet of some labels of the data set that segmenters train on."""
    samples = read_samples(dataset, "train")["id"]
    chosen = [samples[index] for index in evenly(len(samples), ON_SHEET)]
    images = [load_image(dataset, sample_id) for sample_id in chosen]
    maps = [read_scores(labels / f"{sample_id}.png") for sample_id in chosen]
    plotting.save_png(plotting.contact_sheet(images, maps, chosen), target)


if __name__ == "__main__":
    entry.run(main)
