"""Make the pseudo-labels of one label set for every image of every data set (docs/method.md §2-§4)."""

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline import tracking
from hairline.config.params import LabelSet, Params
from hairline.config.paths import Paths
from hairline.data.samples import NO_CRACK, evenly, load_image, load_mask, mask_path, read_samples
from hairline.errors import HairlineError
from hairline.imaging.images import write_scores
from hairline.io import plugins
from hairline.io.atomic import whole_folder, write_json
from hairline.io.threads import in_threads
from hairline.labelling import steps
from hairline.labelling import timing as label_timing
from hairline.labelling.fusion import TrainableRule, crack_pixels
from hairline.labelling.localization import Evidence
from hairline.labelling.steps import Listener, Panel, panel
from hairline.reporting import label_pictures
from pipeline import stage

COUNTS = ("windows", "degenerate windows")


def main(argv: Sequence[str] | None = None) -> None:
    """Write score maps and labels.parquet of ``--label-set`` for each data set to a folder of its name.

    An image that its data set calls crack-free gets an empty label, which is trained on. Of each chosen image every
    step to its label is kept, to be drawn.
    """
    args = stage.arguments(__doc__, argv, "label-set")
    params, paths = stage.opened(args.params)
    label_set, raw = params.label_set(args.label_set), params.raw("label_sets")[args.label_set]
    make(params, paths, args.label_set, label_set, raw, paths.classifier_record(label_set.classifier))


def make(params: Params, paths: Paths, name: str, label_set: LabelSet, raw: object, upstream: Path) -> None:
    """Make a label set and everything that goes with it.

    Args:
        params: All values.
        paths: Where everything lies.
        name: What the label set is called.
        label_set: Its method and options.
        raw: The same as plain values, for logging.
        upstream: The run.json of what it is made from.
    """
    method = partial(plugins.resolve("hairline.labelling.methods", label_set.method).label, options=label_set.options)
    datasets = params.matrix.localized
    chosen = {dataset: _chosen(params, dataset, paths.dataset(dataset)) for dataset in datasets}
    inputs = [*(paths.samples(dataset) for dataset in datasets), paths.classifier_evidence(label_set.classifier)]
    logged = {"label_set": raw, **params.some("trainable", "strips")}
    written = paths.label_set(name)
    with tracking.run("label", f"labels · {name}", params.experiment, logged, inputs, {}, [upstream],
                      paths.labels_record(name), params.tracking_wait_s) as run:  # fmt: skip
        with whole_folder(written) as folder:
            tables, timings = {}, {}
            for dataset in datasets:
                tables[dataset], timings[dataset] = _label_all(
                    method, paths.dataset(dataset), paths.evidence(label_set.classifier, dataset), folder / dataset,
                    params.trainable, chosen[dataset],
                )  # fmt: skip
        metrics = {dataset: _counts(table) for dataset, table in tables.items()}
        write_json(paths.labels_metrics(name), metrics)
        machine, asked = label_timing.machine(None, os.cpu_count() or 1), label_timing.parts(label_set.options)
        write_json(paths.labels_timing(name), {"evidence": asked, "machine": machine, "datasets": timings})
        run.metrics({f"{dataset}/{key}": value for dataset, counts in metrics.items() for key, value in counts.items()})
        run.drawing(f"labels-{name}.png", label_pictures.sheet(paths.sets, written, datasets))
        for file, png in label_pictures.strips(written, name):
            run.drawing(file, png)
        run.finish([written, paths.labels_metrics(name)])


def _chosen(params: Params, name: str, dataset: Path) -> list[str]:
    """Ids of the images of a data set of which strips are drawn."""
    asked, samples = params.strips, read_samples(dataset)
    named = asked.samples.get(name, ())
    for sample_id in named:
        if sample_id not in set(samples["id"]):
            raise HairlineError(
                f"strips.samples.{name}: '{sample_id}' is no image of this data set; choose one of the ids in "
                f"{dataset / 'samples.parquet'}, such as '{samples['id'].iloc[0]}'"
            )
    tested = list(samples.loc[samples["split"] == "test", "id"]) if name in params.matrix.test_sets else []
    return list(dict.fromkeys([*(tested[index] for index in evenly(len(tested), asked.count)), *named]))


def _label_all(
    method: Callable[..., NDArray[np.float32]], dataset: Path, evidence: Path, folder: Path, rule: TrainableRule,
    chosen: Collection[str],
) -> tuple[pd.DataFrame, Mapping[str, float]]:  # fmt: skip
    """Write the labels of a data set, and the steps to those of the chosen; their table, how many took how long."""
    samples = read_samples(dataset)
    crack_free = (samples["image_label"] == NO_CRACK) & ~samples["has_mask"]
    blank = set(samples.loc[crack_free, "id"])

    def label(sample_id: str) -> tuple[int | None, ...]:
        image, listener = load_image(dataset, sample_id), Listener(sample_id in chosen)
        scores = np.zeros(image.shape[:2], np.float32)
        if sample_id not in blank:
            scores = method(image, Evidence.load(evidence / f"{sample_id}.npz"), tell=listener)
        _refuse_no_scores(scores, image.shape[:2], f"label set on {dataset.name}/{sample_id}")
        write_scores(folder / f"{sample_id}.png", scores)
        if sample_id in chosen:
            panels = _panels(dataset, sample_id, image, listener, scores)
            steps.write(folder / "steps" / f"{sample_id}.npz", panels, listener.counts)
        return crack_pixels(scores, rule), *(listener.counts.get(name) for name in COUNTS)

    begun = time.perf_counter()
    rows = in_threads(label, list(samples["id"]), f"label {dataset.name}")
    timing = {"images": len(samples) - len(blank), "seconds": time.perf_counter() - begun}
    counted = pd.DataFrame(rows, columns=["crack_pixels", *(name.replace(" ", "_") for name in COUNTS)])
    table = samples[["id", "split"]].join(counted.astype("Int64").astype({"crack_pixels": "int64"}))
    table["trainable"] = (table["crack_pixels"] >= rule.min_crack_pixels) | crack_free
    folder.mkdir(parents=True, exist_ok=True)
    table.to_parquet(folder / "labels.parquet", index=False)
    return table, timing


def _refuse_no_scores(scores: NDArray[np.float32], shape: tuple[int, ...], where: str) -> None:
    """Raise HairlineError unless a labeller gave a score in [0, 1] for every pixel."""
    if scores.shape != shape or not (np.isfinite(scores).all() and scores.min() >= 0 and scores.max() <= 1):
        found = f"shape {scores.shape}, from {np.nanmin(scores):.3g} to {np.nanmax(scores):.3g}"
        raise HairlineError(f"{where}: the labeller gave no scores in [0, 1] for the {shape} pixels; found {found}, "
                            f"{np.isnan(scores).sum()} missing; mend its 'label'")  # fmt: skip


def _panels(
    dataset: Path, sample_id: str, image: NDArray[np.uint8], listener: Listener, scores: NDArray[np.float32]
) -> list[Panel]:
    """From the image over every step to the label and the mask, where there is one."""
    shown = [panel("image", image), *listener.panels, panel("label", scores)]
    if mask_path(dataset, sample_id).is_file():
        shown.append(panel("mask", load_mask(dataset, sample_id)))
    return shown


def _counts(table: pd.DataFrame) -> dict[str, float]:
    """What the labels of one data set hold, over all its splits; of windows, where the method has any."""
    columns = [name for name in table.columns.drop(["id", "split", "trainable"]) if table[name].notna().any()]
    found = {"images": len(table), "trainable": table["trainable"].sum(), **table[columns].sum()}
    return {name: float(value) for name, value in found.items()}


if __name__ == "__main__":
    stage.run(main)
