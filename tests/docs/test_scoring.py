"""docs/scoring.md: its example is what the code makes of it, and it names every metric, convention and column."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hairline.metrics import conventions, full_score_table
from hairline.reporting.metric_columns import METRICS

PAGE = (Path(__file__).parents[2] / "docs" / "scoring.md").read_text()
FIELDS = ("ods", "ods_threshold", "ois", "ap", "at_half", "mean", "threshold_free")
ROWS = re.findall(r"^\| ([^|]+) \| (counted|left out|alone) \| (.+) \|$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def wide():
    mask, scores, other = np.zeros((5, 6), dtype=bool), np.zeros((5, 6)), np.zeros((5, 6))
    mask[1, 1:5] = True
    scores[1, 1:3], scores[2, 3], scores[4, 0], other[0, 0] = 0.9, 0.6, 0.5, 0.3
    pairs = {"first": (scores, mask), "second": (other, np.zeros_like(mask))}
    samples = pd.DataFrame({"id": list(pairs), "group": list(pairs)})
    return full_score_table.wide_table(samples, lambda name: pairs[name][0], lambda name: pairs[name][1], 1)


def test_the_example(wide):
    found = conventions.table(wide).set_index(["convention", "empty_masks"])
    assert len(ROWS) > 10
    for told, policy, cells in ROWS:
        row = found.loc[(told, policy)]
        shown = ["–" if np.isnan(row[field]) else f"{row[field]:.4f}" for field in FIELDS]
        expected = [cell if cell == "–" else f"{float(cell):.4f}" for cell in cells.split(" | ")]
        assert shown == expected, (told, policy)


def test_every_convention_is_in_the_example(wide):
    assert {told for told, policy, _ in ROWS if policy != "left out"} == set(conventions.table(wide)["convention"])


def test_every_column_is_named(wide):
    short = {name.replace("5px", "2px").replace("diagonal", "2px") for name in wide.columns} - {"id", "group"}
    assert [name for name in sorted(short) if f"`{name}`" not in PAGE] == []


def test_every_metric_of_the_comparison_is_explained():
    section = PAGE.partition("## Columns of the comparison\n")[2].partition("\n## ")[0]
    explained = re.findall(r"^\| `(\w+)` \| \w", section, re.MULTILINE)
    assert explained == [metric.column for metric in METRICS]
