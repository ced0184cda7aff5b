"""The segmenters of a comparison as cells: one on every test set, and on several test sets together."""

import json
from argparse import Namespace
from collections.abc import Iterator

import pandas as pd

from hairline import comparison, training_sets
from hairline.comparison import Cell
from hairline.params import Params
from hairline.training_sets import TrainingSet


def segmenters(args: Namespace, params: Params) -> Iterator[Cell]:
    """Every segmenter on every test set, then on every pooled one, without another evaluation."""
    matrix = params.matrix()
    cells = {name: list(_on(args, params, name)) for name in matrix.test_sets}
    for found in cells.values():
        yield from found
    for name, members in params.pooled_test_sets().items():
        for same in zip(*(cells[member] for member in members), strict=True):
            yield comparison.pooled(name, same)


def _on(args: Namespace, params: Params, test_set: str) -> Iterator[Cell]:
    matrix = params.matrix()
    for name, training_set in training_sets.chosen(params).items():
        for label_set in matrix.label_sets:
            for architecture in matrix.architectures:
                folder = args.scores / "segmenters" / name / label_set / architecture / test_set
                told = json.loads((folder / "status.json").read_text())
                scored = told["status"] == "scored"
                table = pd.read_parquet(folder / "scores.parquet") if scored else None
                yield Cell("segmenter", label_set, architecture, _printed(training_set, label_set), test_set,
                           told["status"], told["reason"], table, training_set=name)  # fmt: skip


def _printed(training_set: TrainingSet, label_set: str) -> str:
    """The paper's name of a training set; empty where a part always has labels that are not those of the label set."""
    fixed = {part.labels for part in training_set.parts} - {None}
    return training_set.paper or "" if fixed <= {label_set} else ""
