"""Objectives and their gains against sums over pixels, and what a study's images are."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from support.results import ends

from hairline.errors import HairlineError
from hairline.metrics import thresholds
from hairline.metrics.bootstrap import BootstrapOptions
from hairline.tuning import images, objectives

BOOTSTRAP = BootstrapOptions(resamples=400, level=0.9, seed=3)


def pictures(seed: int, count: int = 6) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.bool_]]]:
    rng = np.random.default_rng(seed)
    masks = [rng.random((13, 17)) < 0.2 for _ in range(count)]
    noise = [rng.random((13, 17)) for _ in range(count)]
    return [
        np.rint(255 * (0.3 * mask + 0.7 * part)).astype(np.uint8) for mask, part in zip(masks, noise, strict=True)
    ], masks


def histograms(scores: list[NDArray[np.uint8]], masks: list[NDArray[np.bool_]]) -> tuple[NDArray, NDArray]:
    found = [thresholds.histograms(score, mask) for score, mask in zip(scores, masks, strict=True)]
    return np.stack([crack for crack, _ in found]), np.stack([background for _, background in found])


def test_mean_iou_is_that_of_the_pixels_of_both_classes() -> None:
    scores, masks = pictures(1)
    truth = np.concatenate([mask.ravel() for mask in masks])
    level = np.concatenate([score.ravel() for score in scores]) / 255
    expected = []
    for threshold in thresholds.THRESHOLDS:
        predicted = level >= threshold
        crack = (predicted & truth).sum() / max((predicted | truth).sum(), 1)
        background = (~predicted & ~truth).sum() / max((~predicted | ~truth).sum(), 1)
        expected.append((crack + background) / 2)
    assert objectives.miou(*histograms(scores, masks)) == pytest.approx(max(expected), abs=1e-12)


def test_objectives_are_those_of_scoring() -> None:
    found = histograms(*pictures(2))
    counted = thresholds.counts(*found)
    told = objectives.values(judged(*found))
    assert told["ods"] == thresholds.ods(thresholds.f1(counted))
    assert told["ois"] == thresholds.ois(thresholds.f1(counted))
    assert told["ap"] == thresholds.average_precision(counted)


def test_the_gain_lies_in_its_interval_and_is_nothing_without_a_change() -> None:
    scores, masks = pictures(3, count=20)
    better = [np.maximum(score, mask * np.uint8(150)) for score, mask in zip(scores, masks, strict=True)]
    groups = [str(number // 2) for number in range(20)]
    before, after = judged(*histograms(scores, masks)), judged(*histograms(better, masks))
    for name, gain in objectives.gains(before, after, groups, BOOTSTRAP).items():
        assert 0 < gain["gain_low"] < gain["gain"] < gain["gain_high"], name
    for gain in objectives.gains(before, before, groups, BOOTSTRAP).values():
        assert gain == {"gain": 0, "gain_low": 0, "gain_high": 0}
    assert objectives.gains(before, after, ["one"] * 20, BOOTSTRAP)["ods"].keys() == {"gain"}


def judged(crack: NDArray, background: NDArray) -> objectives.Judged:
    return objectives.Judged(np.ones(len(crack), bool), crack, background, None)


def samples(count: int, groups: int, split: str = "train") -> pd.DataFrame:
    ids = [f"{split}{number:03}" for number in range(count)]
    return pd.DataFrame(
        {
            "id": ids,
            "split": split,
            "group": [f"{split}{n % groups}" for n in range(count)],
            "has_mask": True,
            "image_label": "",
        }
    )


def test_gains_with_and_without_masks_are_told_on_their_images() -> None:
    scores, masks = pictures(4, count=24)
    better = [np.maximum(score, mask * np.uint8(150)) for score, mask in zip(scores, masks, strict=True)]
    groups, masked = [f"{number // 2:02}" for number in range(24)], np.arange(24) < 20
    rng = np.random.default_rng(5)
    plain, tuned = (rng.uniform(low, low + 0.3, (24, 3)) for low in (0.2, 0.6))
    before, after = (judged(*histograms(each, masks)) for each in (scores, better))
    before = objectives.Judged(masked, before.crack, before.background, plain)
    after = objectives.Judged(masked, after.crack, after.background, tuned)
    found = objectives.gains(before, after, groups, BOOTSTRAP)
    alone = objectives.gains(judged(before.crack[:20], before.background[:20]),
                             judged(after.crack[:20], after.background[:20]), groups[:20], BOOTSTRAP)  # fmt: skip
    assert {name: gain for name, gain in found.items() if name != "maskless"} == alone
    assert found["maskless"]["gain"] == pytest.approx(tuned.mean(axis=0).prod() - plain.mean(axis=0).prod())
    assert found["maskless"]["gain_low"] < found["maskless"]["gain"] < found["maskless"]["gain_high"]
    generator, draws = np.random.default_rng(BOOTSTRAP.seed), []
    for times in generator.multinomial(12, [1 / 12] * 12, size=BOOTSTRAP.resamples):
        chosen = [2 * group + side for group, count in enumerate(times) for _ in range(count) for side in (0, 1)]
        draws.append(tuned[chosen].mean(axis=0).prod() - plain[chosen].mean(axis=0).prod())
    assert found["maskless"]["gain_low"] == pytest.approx(np.quantile(draws, ends(groups)[0]))
    assert found["maskless"]["gain_high"] == pytest.approx(np.quantile(draws, ends(groups)[1]))


def test_without_masks_only_what_needs_none_is_told() -> None:
    nothing = np.zeros((4, thresholds.BINS), np.int64)
    measures = np.array([[0.5, 1.0, 0.8]] * 4)
    blind = objectives.Judged(np.zeros(4, bool), nothing, nothing, measures)
    assert objectives.values(blind) == {"maskless": pytest.approx(0.4)}
    assert objectives.gains(blind, blind, list("abcd"), BOOTSTRAP) == {
        "maskless": {"gain": 0}  # too few photos for an interval
    }
    with pytest.raises(ValueError, match="not taken"):
        objectives.value("maskless", objectives.Judged(np.ones(4, bool), nothing, nothing, None))


@pytest.mark.parametrize("counts", [(20, 10), (1, 40), (100, 100)])
def test_no_photo_is_on_both_sides_and_both_have_images(counts: tuple[int, int]) -> None:
    table = samples(60, 15)
    first, second = images.drawn(table, ("train", counts[0]), ("train", counts[1]), seed=4, where="set", masks=True)
    assert not set(first["group"]) & set(second["group"])
    assert 0 < len(first) <= counts[0]
    assert 0 < len(second) <= counts[1]
    again, _ = images.drawn(table, ("train", counts[0]), ("train", counts[1]), seed=4, where="set", masks=True)
    assert list(again["id"]) == list(first["id"])
    other, _ = images.drawn(table, ("train", counts[0]), ("train", counts[1]), seed=5, where="set", masks=True)
    assert list(other["id"]) != list(first["id"])


def test_sides_of_two_splits_are_drawn_from_each_and_share_no_photo() -> None:
    table = pd.concat([samples(20, 5), samples(20, 5, "val").assign(group=[f"train{n % 10}" for n in range(20)])])
    first, second = images.drawn(table, ("train", 8), ("val", 6), seed=1, where="set", masks=True)
    assert set(first["split"]) == {"train"} and len(first) == 8
    assert set(second["split"]) == {"val"} and len(second) == 6
    assert set(second["group"]) <= {"train5", "train6", "train7", "train8", "train9"}


def test_a_side_without_an_image_is_told() -> None:
    with pytest.raises(HairlineError, match="set: no image with a mask is left in split 'train' for held_out"):
        images.drawn(samples(5, 1), ("train", 3), ("train", 3), seed=1, where="set", masks=True)
    with pytest.raises(HairlineError, match="in split 'test' for held_out"):
        images.drawn(samples(5, 3), ("train", 3), ("test", 3), seed=1, where="set", masks=True)


def test_images_without_masks_are_drawn_where_none_are_needed_but_crack_free_ones_never() -> None:
    table = samples(12, 12).assign(has_mask=[number < 4 for number in range(12)])
    table.loc[[10, 11], "image_label"] = "no crack"
    table.loc[[2, 3], "image_label"] = "no crack"  # with masks, which are empty: they count
    draw = partial(images.drawn, table, ("train", 9), ("train", 9), seed=2, where="set")
    with_masks, all_images = ({*first["id"], *second["id"]} for first, second in (draw(masks=True), draw(masks=False)))
    assert with_masks == set(table["id"][:4])
    assert all_images == set(table["id"][:10])
    with pytest.raises(HairlineError, match=r"no image with a mask .* the objective \[maskless\] alone"):
        images.drawn(table[4:], ("train", 3), ("train", 3), seed=1, where="set", masks=True)
    with pytest.raises(HairlineError, match="set: no image is left in split 'val' for tuning"):
        images.drawn(table, ("val", 3), ("train", 3), seed=1, where="set", masks=False)
