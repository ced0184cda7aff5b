"""Make the pseudo-labels of one label set for every image of every data set (docs/method.md §2-§4)."""

import os
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from hairline import tracking
from hairline.config.params import LabelSet, Params
from hairline.config.paths import Paths
from hairline.data.samples import NO_CRACK, evenly, read_samples
from hairline.engine.choice import opened
from hairline.engine.engine import Engine, Terms
from hairline.errors import HairlineError
from hairline.io import plugins
from hairline.io.atomic import write_json
from hairline.labelling import timing as label_timing
from hairline.labelling.fusion import TrainableRule
from hairline.reporting import label_pictures
from pipeline import label_one, stage


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
    with tracking.run("label", f"labels {name}", params.experiment, logged, inputs,
                      {"label_set": name, "method": label_set.method}, [upstream],
                      paths.labels_record(name), params.tracking_wait_s) as run:  # fmt: skip
        decisive = {"label_set": raw, **params.some("strips", "trainable")}
        made_by = ("pipeline.label", f"hairline.labelling.methods.{label_set.method}")
        evidence = [paths.evidence(label_set.classifier, dataset) for dataset in datasets]
        with (
            opened(params.engine) as engine,
            stage.grown(engine, written, "label", decisive, [*inputs[:-1], *evidence], *made_by) as (folder, kept),
        ):
            tables, timings = {}, {}
            for dataset in datasets:
                samples = read_samples(paths.dataset(dataset))
                blank = frozenset(samples.loc[_crack_free(samples), "id"])
                one = label_one.Labelled(
                    method, paths.dataset(dataset), paths.evidence(label_set.classifier, dataset), folder / dataset,
                    params.trainable, frozenset(chosen[dataset]), blank,
                )  # fmt: skip
                tables[dataset], timings[dataset] = _label_all(
                    engine, one, samples, params.trainable, kept and kept / dataset
                )
        metrics = {dataset: _counts(table) for dataset, table in tables.items()}
        write_json(paths.labels_metrics(name), metrics)
        machine, asked = label_timing.machine(None, os.cpu_count() or 1), label_timing.parts(label_set.options)
        write_json(paths.labels_timing(name), {"evidence": asked, "machine": machine, "datasets": timings})
        told = {f"{key}/{dataset}": value for dataset, counts in metrics.items() for key, value in counts.items()}
        run.metrics({name: value for name, value in told.items() if name.startswith("trainable/")})
        run.table("counts", told)
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
    engine: Engine, one: label_one.Labelled, samples: pd.DataFrame, rule: TrainableRule, kept: Path | None
) -> tuple[pd.DataFrame, Mapping[str, float]]:
    """Write the labels of a data set, and the steps to those of the chosen; their table, how many took how long."""
    resumed = kept is not None and kept.is_dir()
    begun = time.perf_counter()
    rows = list(engine.map(one, list(samples["id"]), Terms(f"label {one.dataset.name}", kept=kept)))
    labelled = 0 if resumed else len(samples) - len(one.blank)  # of a part of them no time is told
    timing = {"images": labelled, "seconds": time.perf_counter() - begun}
    counted = pd.DataFrame(rows, columns=["crack_pixels", *(name.replace(" ", "_") for name in label_one.COUNTS)])
    table = samples[["id", "split"]].join(counted.astype("Int64").astype({"crack_pixels": "int64"}))
    table["trainable"] = (table["crack_pixels"] >= rule.min_crack_pixels) | _crack_free(samples)
    one.folder.mkdir(parents=True, exist_ok=True)
    table.to_parquet(one.folder / "labels.parquet", index=False)
    return table, timing


def _crack_free(samples: pd.DataFrame) -> "pd.Series[bool]":
    return (samples["image_label"] == NO_CRACK) & ~samples["has_mask"]


def _counts(table: pd.DataFrame) -> dict[str, float]:
    """What the labels of one data set hold, over all its splits; of windows, where the method has any."""
    columns = [name for name in table.columns.drop(["id", "split", "trainable"]) if table[name].notna().any()]
    found = {"images": len(table), "trainable": table["trainable"].sum(), **table[columns].sum()}
    return {name: float(value) for name, value in found.items()}


if __name__ == "__main__":
    stage.run(main)
