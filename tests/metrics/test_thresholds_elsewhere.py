"""Where definitions meet, scikit-learn and torchmetrics say the same."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from hairline.metrics import conventions, full_score_table, thresholds


@pytest.fixture(scope="module")
def pairs():
    rng = np.random.default_rng(3)
    found = []
    for index in range(4):
        mask = rng.random((12, 15)) < 0.2
        scores = np.clip(rng.normal(0.35 + 0.3 * mask, 0.2), 0, 1).astype(np.float32)
        found.append((np.rint(scores * 100) / 100 if index % 2 else scores, mask))
    return found


@pytest.fixture(scope="module")
def table(pairs):
    samples = pd.DataFrame({"id": [str(i) for i in range(len(pairs))], "group": "g"})
    wide = full_score_table.wide_table(samples, lambda i: pairs[int(i)][0], lambda i: pairs[int(i)][1], 1)
    found = conventions.table(wide)
    return found[found["empty_masks"] == "counted"].set_index("convention")


def flat(pairs):
    return np.concatenate([s.ravel() for s, _ in pairs]), np.concatenate([m.ravel() for _, m in pairs])


def test_scikit_learn_at_one_half(pairs, table):
    scores, truth = flat(pairs)
    each = [metrics.f1_score(m.ravel(), s.ravel() >= 0.5) for s, m in pairs]
    above = [metrics.f1_score(m.ravel(), s.ravel() > 0.5) for s, m in pairs]
    at_half = table["at_half"]
    assert at_half["F1, score ≥ t"] == pytest.approx(np.mean(each))
    assert at_half["F1, score > t"] == pytest.approx(np.mean(above))
    assert at_half["F1, score > t"] != at_half["F1, score ≥ t"]  # the example has scores on the threshold
    assert at_half["F1 on pooled counts"] == pytest.approx(metrics.f1_score(truth, scores >= 0.5))
    assert at_half["crack IoU on pooled counts"] == pytest.approx(metrics.jaccard_score(truth, scores >= 0.5))
    both = metrics.jaccard_score(truth, scores >= 0.5, average="macro")
    assert at_half["mIoU on pooled counts"] == pytest.approx(both)
    of_images = [metrics.jaccard_score(m.ravel(), s.ravel() >= 0.5, average="macro") for s, m in pairs]
    assert at_half["mIoU of crack and background"] == pytest.approx(np.mean(of_images))


def test_scikit_learns_average_precision_of_scores_that_are_thresholds(pairs):
    scores = [(np.clip(np.rint(s.astype(np.float64) * 100), 1, 99) / 100, m) for s, m in pairs]
    hists = [thresholds.histograms(s, m) for s, m in scores]
    counted = thresholds.counts(np.stack([h[0] for h in hists]), np.stack([h[1] for h in hists]))
    values, truth = flat(scores)
    assert thresholds.average_precision(counted) == pytest.approx(metrics.average_precision_score(truth, values))


def test_torchmetrics_curve_and_scores_above_one_half(pairs, table):
    torch = pytest.importorskip("torch")
    from torchmetrics.functional.classification import (
        binary_f1_score,
        binary_jaccard_index,
        binary_precision_recall_curve,
    )

    scores, truth = flat([(s.astype(np.float64), m) for s, m in pairs])
    guess, target = torch.from_numpy(scores), torch.from_numpy(truth).long()
    precision, recall, _ = binary_precision_recall_curve(guess, target, torch.from_numpy(thresholds.THRESHOLDS.copy()))
    hists = [thresholds.histograms(s, m) for s, m in pairs]
    counted = thresholds.counts(np.stack([h[0] for h in hists]), np.stack([h[1] for h in hists]))
    ours = thresholds.precision_recall(counted)
    predicted = (counted.tp + counted.fp).sum(axis=0) > 0  # it calls the precision of no prediction 0
    np.testing.assert_allclose(ours[0][predicted], precision[:-1].numpy()[predicted], rtol=1e-6)
    np.testing.assert_allclose(ours[1], recall[:-1].numpy(), rtol=1e-6)
    each = [binary_f1_score(torch.from_numpy(s), torch.from_numpy(m).long()).item() for s, m in pairs]
    assert table["at_half"]["F1, score > t"] == pytest.approx(np.mean(each), rel=1e-6)
    index = [binary_jaccard_index(torch.from_numpy(s), torch.from_numpy(m).long()).item() for s, m in pairs]
    above = [metrics.jaccard_score(m.ravel(), s.ravel() > 0.5) for s, m in pairs]
    np.testing.assert_allclose(index, above, rtol=1e-6)  # torchmetrics, too, takes what is above
