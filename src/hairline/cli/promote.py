"""Promote the best segmenter of a comparison: what `hairline promote` does."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hairline.config import training_sets
from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.errors import HairlineError
from hairline.io.hashing import workspace_root
from hairline.metrics import operating_point
from hairline.reporting import card_pictures, comparison, model_cards
from hairline.tracking import registry, store
from hairline.tracking.records import RunRecord, read_record
from hairline.tracking.registry import ALIAS, Card

__all__ = ["ALIAS", "promote"]

log = logging.getLogger(__name__)
PARTS = ["labels", "model", "training_set"]  # the columns that make a SegmenterName


def promote(folder: Path, params: Params, test_set: str | None) -> tuple[str, str, str]:
    """Set the alias and write the model cards.

    Args:
        folder: The workspace.
        params: Its params.yaml.
        test_set: Where the best must be best; None where there is one only.

    Returns:
        Version, name of the registered model, and the rule in words.

    Raises:
        HairlineError: If there is no comparison of what the parameters have, nothing to choose from, or the store does
            not know the best.
    """
    paths = Paths(folder, params.experiment)
    if not paths.comparison_table.is_file():
        raise HairlineError(f"{paths.comparison_table}: not found; run 'dvc repro' first")
    summary = comparison.read_summary(paths.comparison_table)
    row, rule = model_cards.best(summary, test_set, strict=params.learned != "off")
    found = {
        segmenter: _card(params, paths, rows, segmenter, record)
        for segmenter, rows in _segmenters(summary)
        if (record := read_record(paths.segmenter_record(segmenter))) is not None
    }
    chosen = SegmenterName(*(str(row[part]) for part in PARTS))
    if chosen not in found:
        raise HairlineError(
            f"{chosen.label_set} · {chosen.architecture}: its run.json is missing; 'dvc pull' or 'dvc repro' brings it"
        )
    best = found[chosen].run
    name, uri = registry.name(params.experiment, "segmenter"), store.store_uri(workspace_root(folder))
    told = f"{rule}: ODS {row['ods']:.3f}"
    return registry.promote(uri, name, best, told, list(found.values())), name, told


def _segmenters(summary: pd.DataFrame) -> Iterator[tuple[SegmenterName, pd.DataFrame]]:
    """Each scored segmenter and its rows."""
    scored = summary[(summary["kind"] == "segmenter") & (summary["status"] == "scored")]
    for key, rows in scored.groupby(PARTS, sort=False):
        yield SegmenterName(*map(str, key)), rows


def _card(
    params: Params, paths: Paths, rows: pd.DataFrame, segmenter: SegmenterName, record: RunRecord
) -> Card:  # fmt: skip
    learned_from = training_sets.chosen(params).get(segmenter.training_set)
    if learned_from is None:
        raise HairlineError(
            f"{paths.comparison_table}: compares networks of the training set '{segmenter.training_set}', which "
            "matrix.training_sets no longer has; 'dvc repro' compares those that it has"
        )
    names = dict.fromkeys(part.dataset for part in learned_from.parts)
    info: dict[str, Any] = model_cards.read_info(paths.segmenter(segmenter), str(segmenter))
    text = model_cards.card(rows, info, [(name, params.layout(name)) for name in names])
    tested, threshold = [str(each) for each in rows["test_set"]], operating_point.of(info)
    return Card(record, text, _picture(paths, segmenter, tested, threshold))


def _picture(paths: Paths, segmenter: SegmenterName, tested: Sequence[str], threshold: float) -> bytes | None:
    """The picture of a card; none, with a note, where an image of it cannot be read, as before `dvc pull`."""
    try:
        return card_pictures.predictions(paths, segmenter, tested, threshold)
    except HairlineError as error:
        log.warning("the model card of %s has no picture: %s ('dvc pull' brings what is missing)", segmenter, error)
        return None
