"""Measures by which photos are ranked, against counts of pixels and masks drawn from scores."""

import numpy as np
import pytest

from hairline.inspection.ranking import ranked
from hairline.metrics import ranking


def random_mask(seed: int, share: float = 0.3) -> np.ndarray:
    return (np.random.default_rng(seed).random((24, 40)) < share).astype(np.float32)


def test_disagreement_of_masks_is_one_minus_f1_beside_a_line_on_which_all_agree() -> None:
    one, other = random_mask(1), random_mask(2)
    extra = {("line", place) for place in range(24)}
    first, second = ({*map(tuple, np.argwhere(mask)), *extra} for mask in (one, other))
    f1 = 2 * len(first & second) / (len(first) + len(second))
    assert ranking.disagreement([one, other]) == pytest.approx(1 - f1)
    third = random_mask(3)
    pairs = [ranking.disagreement(pair) for pair in ([one, other], [one, third], [other, third])]
    assert ranking.disagreement([one, other, third]) == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize("measure", ranking.MEASURES)
def test_measures_do_not_look_at_order_or_orientation_and_are_0_where_all_are_sure(measure: str) -> None:
    rng, value = np.random.default_rng(5), ranking.MEASURES[measure]
    maps = [rng.random((24, 40)).astype(np.float32) for _ in range(2)]
    assert 0 < value(maps) <= 1
    assert value(maps[::-1]) == pytest.approx(value(maps))
    assert value([each[::-1].T for each in maps]) == pytest.approx(value(maps))
    assert value([random_mask(1)] * 2) == pytest.approx(0, abs=1e-4)
    assert value([np.zeros((24, 40), np.float32)] * 2) == 0


def test_expected_is_what_masks_drawn_from_the_scores_give_on_the_mean() -> None:
    rng = np.random.default_rng(0)
    scores = rng.beta(0.4, 0.6, (40, 40)).astype(np.float32)
    mask = scores >= 0.5
    drawn = [rng.random(scores.shape) < scores for _ in range(300)]
    lost = [(mask != truth).sum() / (mask.sum() + truth.sum() + 2 * 40) for truth in drawn]
    assert ranking.expected([scores]) == pytest.approx(np.mean(lost), abs=0.003)


def test_stray_pixels_of_a_large_empty_photo_count_less_than_a_missed_crack() -> None:
    empty, stray = np.zeros((600, 800), np.float32), np.zeros((600, 800), np.float32)
    stray[::100, ::100] = 1
    crack = np.zeros((60, 80), np.float32)
    crack[20:24] = 1
    assert ranking.disagreement([empty, stray]) < 0.1 < ranking.disagreement([crack, 0 * crack])


def test_groups_take_turns_by_the_best_of_each() -> None:
    groups = ["a", "a", "b", "c", "b", "a"]
    order = ranking.descending([0.9, 0.8, 0.3, 0.5, 0.4, 0.7])
    assert order == [0, 1, 5, 3, 4, 2]
    assert ranking.in_turn(order, groups) == [0, 3, 4, 1, 2, 5]


def test_what_a_corrected_mask_ignores_ranks_no_photo() -> None:
    mask = np.array([[0, 127], [255, 0]], np.float32) / np.float32(255)
    scores = np.array([[0.2, 0.9], [0.8, 127 / 255]], np.float32)
    maps = {"corrected": mask, "network": scores}
    found = ranked.without_ignored(maps, ["corrected"])
    np.testing.assert_allclose(found["corrected"], [[0, 0], [1, 0]])
    np.testing.assert_allclose(found["network"], [[0.2, 0], [0.8, 127 / 255]])
    assert ranked.without_ignored(maps, []) is maps  # 127 is a confidence there
