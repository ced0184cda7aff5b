"""Promote the best segmenter of a comparison: what `hairline promote` does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from hairline import model_cards, run_store, training_sets
from hairline.errors import HairlineError
from hairline.lineage import RunRecord, read_record, workspace_root
from hairline.params import Params
from hairline.tracking import registry
from hairline.tracking.registry import ALIAS

__all__ = ["ALIAS", "promote"]
PARTS = ["labels", "model", "training_set"]


def promote(folder: Path, params: Params, test_set: str | None) -> tuple[str, str, str]:
    """Set the alias and write the model cards.

    Args:
        folder: The workspace.
        params: Its params.yaml.
        test_set: Where the best must be best; None where there is one only.

    Returns:
        Version, name of the registered model, and the rule in words.

    Raises:
        HairlineError: If there is no comparison, nothing to choose from, or the store does not know the best.
    """
    experiment = params.experiment
    table = folder / "reports" / experiment / "comparison" / "comparison.csv"
    if not table.is_file():
        raise HairlineError(f"{table}: not found; run 'dvc repro' first")
    summary = pd.read_csv(table)
    row, rule = model_cards.best(summary, test_set)
    found = {
        parts: (record, _card(folder, params, rows, *parts))
        for parts, rows in _segmenters(summary)
        if (record := _record(folder, experiment, *parts)) is not None
    }
    labels, model, training_set = (str(row[part]) for part in PARTS)
    if (labels, model, training_set) not in found:
        raise HairlineError(f"{labels} · {model}: its run.json is missing; 'dvc pull' or 'dvc repro' brings it")
    best, _ = found[labels, model, training_set]
    name, uri = registry.name(experiment, "segmenter"), run_store.store_uri(workspace_root(folder))
    told = f"{rule}: ODS {row['ods']:.3f}"
    return registry.promote(uri, name, best, told, list(found.values())), name, told


def _segmenters(summary: pd.DataFrame) -> Iterator[tuple[tuple[str, str, str], pd.DataFrame]]:
    """Labels, model and training set of each scored segmenter, and its rows."""
    scored = summary[(summary["kind"] == "segmenter") & (summary["status"] == "scored")]
    for key, rows in scored.groupby(PARTS, sort=False):
        labels, model, training_set = map(str, key)
        yield (labels, model, training_set), rows


def _record(folder: Path, experiment: str, labels: str, model: str, training_set: str) -> RunRecord | None:
    runs = folder / "reports" / experiment / "runs"
    return read_record(runs / f"segmenter-{labels}-{model}-{training_set}.json")


def _card(folder: Path, params: Params, rows: pd.DataFrame, labels: str, model: str, training_set: str) -> str:
    segmenters = folder / "models" / params.experiment / "segmenters"
    info: dict[str, Any] = json.loads((segmenters / training_set / labels / model / "model.json").read_text())
    names = dict.fromkeys(part.dataset for part in training_sets.chosen(params)[training_set].parts)
    return model_cards.card(rows, info, [(name, params.dataset(name).layout) for name in names])
