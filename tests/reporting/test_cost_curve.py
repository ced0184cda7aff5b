"""ODS over corrected images: means, intervals and what is said of them, against SciPy's t-test."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.results import labels, random_table, segmenter

from hairline.data.budget import Budget
from hairline.data.training_set import Part, TrainingSet, Weights
from hairline.metrics.score_table import metrics
from hairline.reporting import cost_curve
from hairline.reporting.figures import canvas, cost_curves

PARTS = (Part("crack500", "train"),)


def training_set(order: str, images: int, seed: int) -> TrainingSet:
    return TrainingSet(PARTS, budget=Budget(images=images, order=order, minutes=2), seed=seed)  # type: ignore[arg-type]


SETS = {
    **{f"none_{seed}": training_set("random", 0, seed) for seed in (1, 2, 3)},
    **{f"random_{seed}": training_set("random", 20, seed) for seed in (1, 2, 3)},
    **{f"ranked_{seed}": training_set("expected", 20, seed) for seed in (1, 2, 3)},
    "plain": TrainingSet(PARTS),
}


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    results = [replace(segmenter("konig", random_table(number)), training_set=name) for number, name in enumerate(SETS)]
    return cost_curve.points([*results, labels("konig", random_table(99))], SETS)


def ods(start: int) -> np.ndarray:
    return np.array([metrics(random_table(start + number))["ods"] for number in range(3)])


def test_points_are_of_budgets_alone_and_know_the_minutes(found: pd.DataFrame) -> None:
    assert len(found) == 9 and set(found["order"]) == {"none", "random", "expected"}
    assert found.loc[found["images"] == 20, "minutes"].unique().tolist() == [40]


def test_what_learns_from_masks_alone_is_no_curve_of_corrections() -> None:
    results = [replace(segmenter(name, random_table(1)), training_set="random_1") for name in ("manual", "konig")]
    assert cost_curve.points(results, SETS)["labels"].to_list() == ["konig"]


def test_intervals_are_those_of_a_t_test_over_seeds_and_differences_are_paired(found: pd.DataFrame) -> None:
    rows = cost_curve.curve(found).set_index("order")
    told = stats.ttest_1samp(ods(6), 0).confidence_interval(0.95)
    assert rows.loc["expected", ["mean", "low", "high"]].to_list() == pytest.approx([ods(6).mean(), *told])
    for over, start in (("random", 3), ("none", 0)):
        gained = cost_curve.gains(found, over).set_index("order").loc["expected"]
        told = stats.ttest_rel(ods(6), ods(start)).confidence_interval(0.95)
        assert [gained["mean"], gained["low"], gained["high"]] == pytest.approx([(ods(6) - ods(start)).mean(), *told])


def test_intervals_end_where_ods_does(found: pd.DataFrame) -> None:
    two = found[found["seed"] < 3]
    apart = two.assign(ods=np.where(two["seed"] == 1, 0.99, 0.8) - np.where(two["order"] == "none", 0.8, 0))
    rows = cost_curve.curve(apart).set_index("order")
    assert (rows.loc["none", "low"], rows.loc["expected", "high"]) == (0, 1)
    told = stats.ttest_1samp([0.99, 0.8], 0).confidence_interval(0.95)
    assert told.high > 1 and rows.loc["expected", "low"] == pytest.approx(max(told.low, 0))
    wide = two.assign(ods=np.where((two["seed"] == 1) == (two["order"] == "random"), 0.95, 0.05))
    gained = cost_curve.gains(wide, "random").set_index("order").loc["expected"]
    assert gained[["mean", "low", "high"]].to_list() == [0, -1, 1]


def test_trainings_that_differ_in_more_than_budget_and_seed_are_never_seeds_of_one_curve() -> None:
    budget = Budget(images=20, order="expected", beside=("konig",))
    sets = {
        "none": replace(SETS["none_1"], weights=Weights()),
        "plain": TrainingSet(PARTS, budget=budget, seed=1),
        "weighed": TrainingSet(PARTS, budget=budget, seed=1, weights=Weights(manual=5)),
        "turns": TrainingSet(PARTS, budget=replace(budget, in_turn=True), seed=1),
        "drawn": TrainingSet(PARTS, budget=Budget(images=20, order="random"), seed=1),
        "drawn_anew": TrainingSet(PARTS, budget=Budget(images=20, order="random", seed=2), seed=1),
    }
    results = [replace(segmenter("konig", random_table(number)), training_set=name) for number, name in enumerate(sets)]
    points = cost_curve.points(results, sets)
    curves = points.groupby("labels")["order"].agg(lambda orders: sorted(set(orders))).to_dict()
    orders = ["expected: as plain", "expected: as turns", "none", "random"]
    assert curves == {"konig: as plain": orders, "konig: as weighed": ["expected: as plain", "none"]}
    gained = cost_curve.gains(points, "random").set_index("order")
    assert gained["seeds"].to_dict() == {"expected: as plain": 1, "expected: as turns": 1}
    ods = [metrics(random_table(number))["ods"] for number in range(6)]
    assert gained.loc["expected: as plain", "mean"] == pytest.approx(ods[1] - (ods[4] + ods[5]) / 2)
    assert len(cost_curve.gains(points, "none")) == 4


def test_what_is_said_is_said_of_each_label_set_and_model(found: pd.DataFrame) -> None:
    twice = pd.concat([found, found.assign(labels="otsu")])
    told = cost_curve.told(twice)
    assert len(told) == 2 and " of labels of otsu (" in told[1] and told[0] == told[1].replace("otsu", "konig")


@pytest.mark.parametrize(
    ("ranked", "said"),
    [
        ((0.61, 0.58, 0.60), "cannot be told from a random order at any number of images"),
        ((0.65, 0.66, 0.68), "is ahead of a random order at 20 images"),
        ((0.55, 0.56, 0.58), "is behind it at 20 images"),
    ],
)
def test_what_is_said_goes_by_the_interval(found: pd.DataFrame, ranked: tuple[float, ...], said: str) -> None:
    told = {("expected", seed): value for seed, value in enumerate(ranked, 1)}
    told |= {("random", seed): value for seed, value in enumerate((0.59, 0.60, 0.61), 1)}
    given = [told.get((order, seed), 0.5) for order, seed in zip(found["order"], found["seed"], strict=True)]
    (line,) = cost_curve.told(found.assign(ods=given))
    assert line == f"On cfd the ranking 'expected' {said} (t interval over seeds)."


def test_the_drawing_ends_where_ods_does_and_its_legend_covers_nothing(found: pd.DataFrame) -> None:
    wide = found.assign(ods=np.where(found["seed"] == 1, 0.99, 0.01))
    figure = cost_curves.draw(cost_curve.curve(wide), "CFD")
    (axis,), (legend,) = figure.axes, figure.legends
    assert axis.get_ylim() == (0, 1) and axis.get_legend() is None
    figure.draw_without_rendering()
    assert not legend.get_window_extent().overlaps(axis.get_window_extent())


def test_one_seed_has_no_interval_and_the_drawing_names_every_order(found: pd.DataFrame, tmp_path: Path) -> None:
    single = found[found["seed"] == 1]
    assert cost_curve.curve(single)["low"].isna().all() and cost_curve.told(single) == []
    (table,) = cost_curve.readable(found).values()
    assert table["Images"].to_list() == ["0", "20"] and table["Minutes"].to_list() == ["0", "40"]
    drawn = canvas.svg(cost_curves.draw(cost_curve.curve(found), "CFD"), "x")
    assert all(word in drawn for word in ("expected", "random", "Minutes of work, at 2 an image"))
