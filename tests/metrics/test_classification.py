"""Scores of classifiers against counting by hand, and the stage that makes them."""

import json

import numpy as np
import pandas as pd
import pytest
from support.results import ends

from hairline.metrics.bootstrap import BootstrapOptions, resample_weights
from hairline.metrics.classification import COLUMNS, scores
from hairline.reporting.figures import classifier_curves

BOOTSTRAP = BootstrapOptions(200, 0.9, 3)


def table(seed=0, groups=12, each=20):
    generator = np.random.default_rng(seed)
    crack = generator.random(groups * each) < 0.3
    probability = np.clip(0.35 * crack + generator.random(len(crack)) * 0.65, 0, 1).astype(np.float32)
    group = np.repeat([f"g{number:02}" for number in range(groups)], each)
    return pd.DataFrame({"sample": group, "group": group, "split": "test", "crack": crack, "probability": probability},
                        columns=list(COLUMNS))  # fmt: skip


def test_intervals_are_those_of_resampled_patches():
    """The bootstrap on counts of groups equals one on patches repeated as often as their group was drawn."""
    rows = table()
    found = scores(rows, BOOTSTRAP)
    names = sorted(rows["group"].unique())
    recalls = []
    for weights in resample_weights(names, BOOTSTRAP):
        drawn = pd.concat([rows[rows["group"] == name] for name, count in zip(names, weights, strict=True)
                           for _ in range(count)])  # fmt: skip
        hit = (drawn["probability"] >= 0.5) & drawn["crack"]
        recalls.append(hit.sum() / drawn["crack"].sum())
    assert found["recall_low"] == pytest.approx(np.quantile(recalls, ends(names)[0]))
    assert found["recall_high"] == pytest.approx(np.quantile(recalls, ends(names)[1]))
    assert found["f1_low"] < found["f1"] < found["f1_high"]


def test_curve_areas_are_those_of_pairs():
    """The area under the ROC is the share of pairs (crack, none) in the right order, ties half."""
    rows = table(1)
    crack, other = (rows.loc[rows["crack"] == kind, "probability"].to_numpy() for kind in (True, False))
    pairs = (crack[:, None] > other).mean() + 0.5 * (crack[:, None] == other).mean()
    assert scores(rows, BOOTSTRAP)["roc_auc"] == pytest.approx(pairs)


def test_one_class_and_one_group():
    rows = table(groups=1).assign(crack=False)
    found = scores(rows, BOOTSTRAP)
    assert not {"roc_auc", "average_precision", "recall_low"} & set(found)
    assert found["recall"] == 0 and not np.isnan(list(found.values())).any()
    assert found["patches"] == 20 and found["crack_share"] == 0


def test_the_dot_of_every_curve_is_at_one_half():
    rows = table(2)
    probabilities, crack = rows["probability"].to_numpy(), rows["crack"].to_numpy()
    roc, precision, reliable = classifier_curves.draw({"tiny": (probabilities, crack)}).axes
    called = probabilities >= 0.5
    recall = (called & crack).sum() / crack.sum()
    assert [axis.lines[1].get_data()[0][0] for axis in (roc, precision)] == pytest.approx(
        [(called & ~crack).sum() / (~crack).sum(), recall]
    )
    assert roc.lines[1].get_data()[1][0] == pytest.approx(recall)
    assert precision.lines[1].get_data()[1][0] == pytest.approx((called & crack).sum() / called.sum())
    assert "error" in reliable.get_legend().get_texts()[0].get_text()


def test_scores_are_plain_numbers():
    assert json.loads(json.dumps(scores(table(), BOOTSTRAP)))["patches"] == 240
