"""What every metric that stands as a column has to keep to; a new entry of METRICS is tested by itself."""

import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from support.results import BOOTSTRAP, random_table, row

from hairline.metrics import published
from hairline.metrics.bootstrap import resample_weights
from hairline.metrics.score_table import counts
from hairline.metrics.thresholds import Counts
from hairline.reporting import comparison, metric_columns
from hairline.reporting.formatting import ABSENT
from hairline.reporting.metric_columns import METRICS

EACH = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.column)
EXTREMES = {
    "mask and prediction empty": row("a", "x", {}, {0: 100}),
    "mask empty, all predicted": row("a", "x", {}, {99: 100}),
    "mask full, nothing predicted": row("a", "x", {0: 100}, {}),
    "mask full, all predicted": row("a", "x", {99: 100}, {}),
    "one pixel found": row("a", "x", {60: 1}, {0: 99}),
    "one pixel missed": row("a", "x", {0: 1}, {0: 99}),
}


def counted(*rows):
    return counts(pd.DataFrame(rows))


def picked(found, places):
    return Counts(found.tp[places], found.fp[places], found.fn[places])


def test_names_and_headings_are_each_there_once():
    for names in (comparison.COLUMNS, [metric.heading for metric in METRICS]):
        assert [name for name, times in Counter(names).items() if times > 1] == []


def test_what_is_recorded_or_beside_the_paper_exists():
    assert set(metric_columns.RECORDED) <= {name for metric in METRICS for name in metric.columns}
    assert {metric.column for metric in metric_columns.IN_PAPER} <= set(published.results()["metric"])


@EACH
def test_the_order_of_images_does_not_matter(metric):
    table = random_table(0)
    table.loc[[2, 7], "crack_hist"] = pd.Series([[0] * 100] * 2, index=[2, 7])
    found = counts(table)
    assert metric.value(picked(found, np.arange(11, -1, -1))) == pytest.approx(metric.value(found), rel=1e-12)


@pytest.mark.parametrize("metric", [each for each in METRICS if each.resampled], ids=lambda metric: metric.column)
def test_an_interval_is_of_the_metric_itself_on_the_images_of_each_resample(metric):
    table = random_table(0)
    found, weights = counts(table), resample_weights(table["group"].to_list(), BOOTSTRAP)
    drawn = [metric.value(picked(found, np.repeat(np.arange(len(table)), times))) for times in weights]
    assert metric.resampled(found, weights).tolist() == pytest.approx(drawn)


@EACH
@pytest.mark.parametrize("rows", [[each] for each in EXTREMES.values()] + [list(EXTREMES.values())])
def test_extreme_images_have_a_value_that_can_be_shown(metric, rows):
    images = [{**each, "id": str(place)} for place, each in enumerate(rows)]
    value = metric.value(counted(*images))
    assert math.isfinite(value) or math.isnan(value)
    assert not metric.whole or value == int(value)
    shown = metric.told({metric.column: value})
    assert shown == ABSENT if math.isnan(value) else float(shown) == pytest.approx(value, abs=0.005)


def test_a_row_older_than_a_metric_has_none():
    assert {metric.told({}) for metric in METRICS} == {ABSENT}


def test_false_alarms_are_of_images_without_crack():
    """ODS is at 0.61: one of three crack-free images has a pixel that reaches it, another one of 0.30 alone."""
    free = [row("a", "x", {}, {95: 1, 0: 99}), row("b", "x", {}, {30: 5, 0: 95}), row("c", "x", {}, {0: 100})]
    cracked = row("d", "x", {90: 50}, {60: 50})
    metric = next(each for each in METRICS if each.column == "false_alarms")
    assert metric.value(counted(*free, cracked)) == pytest.approx(1 / 3)
    assert metric.value(counted(free[2], cracked)) == 0
    assert math.isnan(metric.value(counted(cracked)))
