"""The threshold that is kept with a network, against a plain count."""

import numpy as np
import pandas as pd
import pytest

from hairline.errors import HairlineError
from hairline.inspection import thresholds
from hairline.metrics import learned, operating_point

RNG = np.random.default_rng(0)


def table(pairs: list[tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    rows = [learned.histograms(scores, crack) for scores, crack in pairs]
    return pd.DataFrame(rows, columns=[learned.CRACK, learned.BACKGROUND])


def mean_f1(pairs: list[tuple[np.ndarray, np.ndarray]], threshold: float) -> float:
    found = []
    for scores, crack in pairs:
        marked = scores >= np.float32(threshold)
        both = marked.sum() + crack.sum()
        found.append(2 * (marked & crack).sum() / both if both else 1.0)
    return float(np.mean(found))


@pytest.mark.parametrize("crack_free", [0, 2])
def test_it_has_the_best_mean_f1_of_all(crack_free: int) -> None:
    pairs = []
    for number in range(5 + crack_free):
        crack = RNG.random((20, 30)) < (0.3 if number >= crack_free else 0)
        pairs.append((np.clip(0.3 * crack + 0.6 * RNG.random((20, 30)), 0, 1).astype(np.float32), crack))
    found = operating_point.best(table(pairs), [True] * len(pairs))
    values = {place / 100: mean_f1(pairs, place / 100) for place in range(1, 100)}
    assert found["value"] == max(values, key=lambda each: values[each]) and found["images"] == len(pairs)
    assert found["f1"] == pytest.approx(max(values.values())) and found["labels"] == "masks"


def test_what_labels_it_is_of_and_where_there_is_none() -> None:
    one = table([(np.full((3, 3), 0.7, np.float32), np.eye(3, dtype=bool))])
    two = pd.concat([one, one])
    kinds = {operating_point.best(two, masks)["labels"] for masks in ((False, False), (True, False), (True, True))}
    assert kinds == {"pseudo-labels", "masks and pseudo-labels", "masks"}
    assert operating_point.best(one[:0], []) is None
    assert operating_point.best(table([(np.full((3, 3), 0.7, np.float32), np.zeros((3, 3), bool))]), [True]) is None


def test_what_is_used_and_what_is_said_of_it() -> None:
    kept = {"value": 0.3, "f1": 0.7, "images": 12, "labels": "pseudo-labels"}
    told = thresholds.of({"threshold": kept})
    assert (told.value, told.told) == (
        0.3, "the best on 12 validation images, against their pseudo-labels, so that it has their faults"
    )  # fmt: skip
    own = thresholds.of({"threshold": {**kept, "learned_from": 7}})
    assert own.told.startswith("the best on 12 images (7 of them learned from), against their pseudo-labels, so")
    assert thresholds.of({"threshold": {**kept, "labels": "masks"}}).told.endswith("against their masks")
    calibrated = thresholds.of({"threshold": kept, "calibration": {"temperature": 1.0, "bias": -0.8}})
    assert (calibrated.value, calibrated.told) == (0.5, "to which the network is calibrated")
    for info in ({}, {"threshold": None}):
        assert thresholds.of(info).value == 0.5 and "none is kept" in thresholds.of(info).told


@pytest.mark.parametrize("kept", [{"value": 7}, {"value": 0}, {"value": "x"}, {"value": True}, {}, 3])
def test_what_can_be_no_threshold_is_refused(kept: object) -> None:
    with pytest.raises(HairlineError, match=r"model\.json: the threshold .*; correct it there"):
        operating_point.of({"threshold": kept})
    assert operating_point.of({"threshold": kept, "calibration": {"temperature": 1, "bias": 0}}) == 0.5
