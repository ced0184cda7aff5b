"""The picture that a report opens with: a typical test image, and over it what the best results call crack."""

from pathlib import Path
from typing import Any

import pandas as pd

from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.data.samples import load_image, load_mask
from hairline.imaging.images import read_scores
from hairline.metrics.score_table import image_f1
from hairline.reporting import headlines, html, seen_signs
from hairline.reporting.comparison import Result
from hairline.reporting.figures import agreement, image_browser

SIDE_PX = 800
"""Longest side of the picture, so that there is something to zoom into."""


def stage(params: Params, paths: Paths, results: list[Result], summary: pd.DataFrame) -> html.Stage | None:
    """The picture, of the result that the first sentence is about; None where none of its images can be shown.

    Args:
        params: The parameters.
        paths: Where things lie.
        results: What is compared.
        summary: Of :func:`hairline.reporting.comparison.summarise`, a row a result.
    """
    test_set, rows = _best(params, summary)
    drawn = [(row, _folder(paths, row, test_set)) for row in rows]
    table = _table(results, rows[0]) if rows else None
    if table is None:
        return None
    f1 = image_f1(table)[_with_crack(table)]
    sample_id = _typical(f1, drawn[0][1])
    return None if sample_id is None else _drawn(paths.dataset(test_set), test_set, sample_id, f1, drawn)


def _best(params: Params, summary: pd.DataFrame) -> tuple[str, list[dict[str, Any]]]:
    """The first test set, the row that the headline is about, and behind it that of the labels it learned from."""
    segmenters = [row for row, _ in headlines.best_segmenters(summary)]
    test_set = str(segmenters[0]["test_set"]) if segmenters else next(iter(params.matrix.test_sets), "")
    on_test = summary[summary["test_set"] == f"{test_set}-test"]
    if not segmenters:
        return test_set, headlines.best_labels(on_test)[:1]
    scored = on_test[(on_test["labels"] == segmenters[0]["labels"]) & (on_test["status"] == "scored")]
    return test_set, [segmenters[0], *headlines.records(scored)[:1]]


def _folder(paths: Paths, row: dict[str, Any], test_set: str) -> Path:
    if row["kind"] == "label":
        return paths.labels(row["labels"], test_set)
    name = SegmenterName(row["labels"], row["model"], row["training_set"])
    return paths.segmenter_scores(name, test_set) / "predictions"


def _table(results: list[Result], row: dict[str, Any]) -> pd.DataFrame | None:
    wanted = (row["kind"], row["labels"], row["model"], row["training_set"], row["test_set"])
    for each in results:
        if (each.kind, each.label_set, each.architecture, each.training_set, each.dataset) == wanted:
            return each.table
    return None


def _with_crack(table: pd.DataFrame) -> list[str]:
    cracks = table["crack_hist"].map(sum) > 0
    return [str(name) for name in table.loc[cracks, "id"]]


def _typical(f1: pd.Series, folder: Path) -> str | None:
    """Of the images whose map was kept the one nearest to the median F1 of all images with crack."""
    kept = f1[[(folder / f"{name}.png").is_file() for name in f1.index]]
    return None if kept.empty else str((kept - f1.median()).abs().sort_values(kind="stable").index[0])


def _drawn(
    dataset: Path, test_set: str, sample_id: str, f1: pd.Series, drawn: list[tuple[dict[str, Any], Path]]
) -> html.Stage:
    image, mask = load_image(dataset, sample_id), load_mask(dataset, sample_id)
    layers = {"mask": image_browser.score_map(mask, SIDE_PX, image_browser.TRUE)}
    for row, folder in reversed(drawn):
        if (path := folder / f"{sample_id}.png").is_file():
            called = agreement.at_least(read_scores(path), row["ods_threshold"])
            layers[_told(row)] = image_browser.overlay(*agreement.layer(mask, called, SIDE_PX))
    return html.Stage(
        f"Test image {sample_id} of {test_set}, of those kept the one nearest to the median F1: {f1[sample_id]:.3f}, "
        f"the median of all {len(f1)} with crack {f1.median():.3f}. Results at the threshold of their ODS.",
        f"Photo {sample_id}",
        image_browser.photo(image, SIDE_PX),
        layers,
        agreement.LEGEND,
    )


def _told(row: dict[str, Any]) -> str:
    name = f"labels of {row['labels']}" if row["kind"] == "label" else f"{row['model']} trained on {row['labels']}"
    return f"{name} {seen_signs.of_row(row)}"
