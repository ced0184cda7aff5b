"""What is compared: segmenters on every test set and on several together, labels, classifiers."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from hairline.config import training_sets
from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.data.training_set import TrainingSet
from hairline.labelling import timing as label_timing
from hairline.metrics import published
from hairline.metrics.classification import scores
from hairline.reporting import comparison
from hairline.reporting.comparison import Result, Status, Training
from hairline.reporting.paper_tables import ClassifierResult


def compared(params: Params, paths: Paths) -> Iterator[Result]:
    """All segmenters, then all label sets."""
    yield from segmenters(params, paths)
    yield from labels(params, paths)


def segmenters(params: Params, paths: Paths) -> Iterator[Result]:
    """Every segmenter on every test set, then on every pooled one, without another evaluation."""
    matrix = params.matrix
    results = {name: list(_on(params, paths, name)) for name in matrix.test_sets}
    for found in results.values():
        yield from found
    for name, members in params.pooled_test_sets.items():
        for same in zip(*(results[member] for member in members), strict=True):
            yield comparison.pooled(name, same)


def _on(params: Params, paths: Paths, test_set: str) -> Iterator[Result]:
    matrix = params.matrix
    for name, training_set in training_sets.chosen(params).items():
        for label_set in matrix.label_sets:
            for architecture in matrix.architectures:
                segmenter = SegmenterName(label_set, architecture, name)
                folder = paths.segmenter_scores(segmenter, test_set)
                told = _told(folder, f"{segmenter}-{test_set}")
                scored = told["status"] == "scored"
                table = pd.read_parquet(folder / "scores.parquet") if scored else None
                yield Result("segmenter", label_set, architecture, _printed(training_set, label_set), test_set,
                           told["status"], told["reason"], table, training_set=name,
                           network=params.raw("architectures")[architecture]["network"],
                           training=_training(told), replicate_of=_first_alike(params, architecture))  # fmt: skip


def _first_alike(params: Params, architecture: str) -> str:
    """The first architecture of the matrix that is the same but for the seed of its training."""

    def recipe(name: str) -> tuple[object, ...]:
        found = params.architecture(name)
        return found.network, found.options, {**params.training(name)[1], "seed": None}

    return next(name for name in params.matrix.architectures if recipe(name) == recipe(architecture))


def _told(folder: Path, name: str) -> Any:
    """What an evaluation says; where it was left out, that it was."""
    path = folder / "status.json"
    if path.is_file():
        return _read(path)
    return {"status": "not run", "reason": f"dvc repro evaluate_segmenter@{name}", "training": None}


def labels(params: Params, paths: Paths) -> Iterator[Result]:
    """Label scores on the images that segmenters train on (table II) and on every test split."""
    tested = [(name, "test") for name in params.matrix.test_sets]
    for dataset, split in dict.fromkeys([*training_sets.used(params), *tested]):
        for label_set, base in params.labelled().items():
            asked = params.label_set(base).classifier
            classifier = params.classifier(asked)
            evidence, own = _read(paths.evidence_timing(asked, dataset)), _read(paths.labels_timing(label_set))
            timing = label_timing.measured(evidence, own, dataset)
            path = paths.label_scores(label_set) / f"{dataset}-{split}.parquet"
            table = pd.read_parquet(path) if path.is_file() else None
            status: Status = "no masks" if table is None else "scored"
            reason = f"no {split} image has a mask" if table is None else ""
            yield Result("label", label_set, classifier.backbone, _trained_on(params, classifier.dataset),
                       f"{dataset}-{split}", status, reason, table, timing,
                       training=_training(_about(paths, asked)))  # fmt: skip


def classifiers(params: Params, paths: Paths) -> Iterator[ClassifierResult]:
    """Every classifier on the patches of each split that it did not learn from (table I)."""
    bootstrap = params.comparison
    for name in params.matrix.classifiers:
        options = params.classifier(name)
        table = pd.read_parquet(paths.classifier_scores(name) / "patches.parquet")
        for split, rows in table.groupby("split"):
            yield ClassifierResult(name, options.backbone, _trained_on(params, options.dataset),
                                 f"{options.dataset}-{split}", scores(rows, bootstrap), rows["sample"].nunique(),
                                 _training(_about(paths, name)))  # fmt: skip


def _about(paths: Paths, classifier: str) -> Any:
    """What was written down about a classifier when it was scored."""
    return _read(paths.classifier_scores(classifier) / "status.json")


def _training(told: Mapping[str, Any]) -> Training | None:
    return Training(**told["training"]) if told["training"] else None


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _trained_on(params: Params, dataset: str) -> str:
    """The paper's name of what a classifier learned from; empty where it is not the data that the paper's did."""
    return published.CRACK500 if params.layout(dataset) == "crack500" else ""


def _printed(training_set: TrainingSet, label_set: str) -> str:
    """The paper's name of a training set; empty where a part always has labels that are not those of the label set."""
    fixed = {part.labels for part in training_set.parts} - {None}
    return training_set.paper or "" if fixed <= {label_set} else ""
