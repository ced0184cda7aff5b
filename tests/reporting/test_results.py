"""Score tables of another version are told, with the command that writes them anew."""

import numpy as np
import pandas as pd
import pytest

from hairline.errors import HairlineError
from hairline.io.artefacts import read_parquet, repro
from hairline.metrics import conventions, full_score_table
from hairline.reporting import results

MAKER = repro("evaluate_segmenter@konig-unet-cfd")
NEWER = ("score_sums", "squared_errors", "skeleton_4px_half", "boundary_diagonal_ods")


@pytest.fixture
def scores(tmp_path):
    mask = np.eye(6, 8, dtype=bool)
    samples = pd.DataFrame({"id": ["a"], "group": ["a"]})
    full_score_table.wide_table(samples, lambda _: mask * 0.8, lambda _: mask, 1).to_parquet(
        tmp_path / "scores.parquet"
    )
    return tmp_path / "scores.parquet"


def test_a_table_of_this_version_comes_back_with_every_convention(scores):
    back = read_parquet(scores, results.SCORES, MAKER)
    assert {each.told for each in conventions.LINES} <= set(conventions.table(back)["convention"])
    assert set(conventions.CALIBRATION) <= set(conventions.table(back)["convention"])


@pytest.mark.parametrize("column", NEWER)
def test_an_older_table_without_a_column_is_refused_with_what_makes_it_again(scores, column):
    pd.read_parquet(scores).drop(columns=column).to_parquet(scores)
    with pytest.raises(HairlineError, match=rf"has no column '{column}'.*again with .*evaluate_segmenter@konig"):
        read_parquet(scores, results.SCORES, MAKER)
