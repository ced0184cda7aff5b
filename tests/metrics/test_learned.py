"""What counts as having learned something, against plain loops and cases whose answer is plain to see."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score
from support.results import random_table, row

from hairline.metrics import learned, thresholds
from hairline.metrics.beside_trivial import beside_trivial
from hairline.metrics.bootstrap import BootstrapOptions
from hairline.metrics.score_table import counts

TEN = 10


def patches(probability, photos=8, seed=0):
    """Ten patches a photo, every third with crack; ``probability`` makes theirs from the truth and a generator."""
    rng = np.random.default_rng(seed)
    crack = np.tile(np.arange(TEN) % 3 == 0, photos)
    darkest = np.where(crack, 90, 110) + rng.integers(-30, 31, len(crack))
    return pd.DataFrame(
        {
            "group": [f"p{index // TEN}" for index in range(len(crack))],
            "crack": crack,
            "probability": probability(crack, rng),
            "darkest": darkest.astype(np.uint8),
        }
    )


def mostly_right(crack, rng):
    return np.where(rng.random(len(crack)) < 0.9, crack, ~crack) * 0.8 + 0.1


def blind(crack, rng):
    return rng.random(len(crack))


def silent(crack, rng):
    return np.full(len(crack), 0.2)


@pytest.mark.parametrize(("answer", "verdict"), [(mostly_right, "learned"), (blind, "nothing"), (silent, "nothing")])
def test_a_classifier_learned_something_where_it_is_ahead_of_chance(answer, verdict):
    table = patches(answer)
    found = learned.classifier(table, 100, "val")
    assert found.verdict == verdict
    assert found.score == pytest.approx(balanced_accuracy_score(table["crack"], table["probability"] >= 0.5))
    dark = balanced_accuracy_score(table["crack"], table["darkest"] <= 100)
    expected = {"all": 0.5, "none": 0.5, "darkness": dark, "halfway": (0.5 + dark) / 2}
    assert {lead.answer: lead.score for lead in found.leads} == pytest.approx(expected)


def test_intervals_are_those_of_a_plain_loop_over_photos():
    table = patches(mostly_right, photos=5)
    photos = [(part["crack"].to_numpy(), part["probability"].to_numpy() >= 0.5) for _, part in table.groupby("group")]
    draws = np.random.default_rng(1).multinomial(5, np.full(5, 0.2), size=1000)  # as hairline.metrics.bootstrap says
    leads = []
    for times in draws:
        drawn = [photo for photo, count in zip(photos, times, strict=True) for _ in range(count)]
        crack, called = (np.concatenate(column) for column in zip(*drawn, strict=True))
        leads.append((called[crack].mean() + (~called)[~crack].mean()) / 2 - 0.5)
    low, high = np.quantile(leads, [0.025, 0.975])
    lead = next(lead for lead in learned.classifier(table, 100, "val").leads if lead.answer == "all")
    assert (lead.low, lead.high) == (pytest.approx(low), pytest.approx(high))


def hardly_right(crack, rng):
    return np.where(rng.random(len(crack)) < 0.6, crack, ~crack) * 0.8 + 0.1


def test_less_than_half_of_what_darkness_knows_is_nothing_on_held_out_photos():
    def judged(answer, split):
        table = patches(answer, photos=60)
        return learned.classifier(table.assign(darkest=np.where(table["crack"], 10, 200)), 100, split)

    assert judged(mostly_right, "val").verdict == "learned"  # 0.9 beside a darkness that is always right
    assert judged(hardly_right, "val").verdict == "nothing"  # 0.6, better than chance for sure
    assert judged(hardly_right, "val").leads[0].ahead
    assert judged(hardly_right, "train").verdict == "unknown"
    table = patches(mostly_right)
    assert learned.classifier(table.assign(probability=0.0), 100, "train").verdict == "nothing"


def test_the_darkness_cut_is_the_best_of_all_256():
    table = patches(blind, seed=3)
    darkest, crack = table["darkest"].to_numpy(), table["crack"].to_numpy()
    scores = [balanced_accuracy_score(crack, darkest <= cut) for cut in range(256)]
    assert scores[learned.darkness_cut(darkest, crack)] == max(scores)


@pytest.mark.parametrize(
    ("crack_photos", "other_photos", "enough"), [(2, 2, True), (1, 5, False), (5, 1, False), (0, 3, False)]
)
def test_photos_of_both_kinds_are_needed(crack_photos, other_photos, enough):
    rows = [(f"c{n}", True) for n in range(crack_photos)] + [(f"o{n}", False) for n in range(other_photos)]
    assert learned.can_be_judged(pd.DataFrame(rows, columns=["group", "crack"])) is enough


def images(level_of_crack, level_of_ground, count=4):
    """Score table of images with 50 crack and 950 other pixels, each at one of the hundred levels."""
    return pd.DataFrame([row(f"i{n}", f"g{n}", {level_of_crack: 50}, {level_of_ground: 950}) for n in range(count)])


def test_a_segmenter_that_says_the_same_everywhere_learned_nothing():
    dark = images(60, 55)
    for level in (0, 30, 99):  # below every threshold, between, above all
        found = learned.segmenter(images(level, level), dark, "val", masks=True)
        assert found.verdict == "nothing"
    assert found.leads[0].score == pytest.approx(2 * 50 / (2 * 50 + 950))  # F1 of calling every pixel crack


def test_a_segmenter_is_beside_darkness_where_its_labels_are_masks():
    better, good, poor = images(90, 10), images(60, 20), pd.concat([images(60, 20, 2), images(20, 60, 2)])
    poor = poor.assign(id=[f"i{n}" for n in range(4)], group=[f"g{n}" for n in range(4)])
    half = pd.DataFrame([row(f"i{n}", f"g{n}", {80: 50}, {80: 200, 10: 750}) for n in range(4)])
    assert (
        learned.segmenter(better, good, "val", masks=True).verdict == "learned"
    )  # as good as darkness, which is perfect
    assert learned.segmenter(half, good, "val", masks=True).verdict == "nothing"  # F1 0.33, halfway is 0.55
    assert learned.segmenter(half, good, "val", masks=False).verdict == "learned"
    assert learned.segmenter(half, good, "train", masks=True).verdict == "unknown"
    assert learned.segmenter(poor, half, "val", masks=True).photos == 4


def noisy(count):
    """Score table of noise: every pixel's level is drawn whatever it shows."""
    rng = np.random.default_rng(4)
    drawn = [[np.bincount(rng.integers(1, 100, n), minlength=100) for n in (500, 9500)] for _ in range(count)]
    return pd.DataFrame(
        [
            row(f"i{n:02}", f"g{n}", dict(enumerate(crack)), dict(enumerate(rest)))
            for n, (crack, rest) in enumerate(drawn)
        ]
    )


@pytest.mark.parametrize("count", [1, 2, 4, 12])
@pytest.mark.parametrize("split", ["val", "train"])
def test_noise_learned_nothing_though_its_best_threshold_is_never_behind(count, split):
    found = learned.segmenter(noisy(count), noisy(count), split, masks=False)
    assert found.leads[0].lead >= 0
    assert found.verdict == "nothing"


def test_of_few_photos_a_lead_that_only_some_show_is_unknown():
    def mixed(good, blind):
        parts = [images(90, 10, good), images(30, 30, blind)]
        names = [f"i{n:02}" for n in range(good + blind)]
        return pd.concat(parts).assign(id=names, group=names)

    dark = noisy(4)
    assert learned.segmenter(mixed(2, 2), noisy(4), "val", masks=False).verdict == "unknown"
    assert learned.segmenter(mixed(4, 0), dark, "val", masks=False).verdict == "learned"
    assert learned.segmenter(mixed(0, 4), dark, "val", masks=False).verdict == "nothing"
    assert learned.segmenter(mixed(1, 11), noisy(12), "val", masks=False).verdict == "nothing"


def test_one_photo_can_show_that_nothing_was_learned_but_not_that_something_was():
    dark = images(60, 55, 1)
    assert learned.segmenter(images(0, 0, 1), dark, "train", masks=True).verdict == "nothing"
    found = learned.segmenter(images(90, 10, 1), dark, "train", masks=True)
    assert found.verdict == "unknown" and found.leads[0].low is None


def test_the_trivial_ods_is_the_better_of_everything_and_nothing():
    table, bootstrap = random_table(1, groups=12), BootstrapOptions(200, 0.9, 3)
    table = pd.concat([table, pd.DataFrame([row("z", "g9", {}, {0: 500})])], ignore_index=True)  # an empty mask
    crack = np.array([sum(hist) for hist in table["crack_hist"]])
    ground = np.array([sum(hist) for hist in table["background_hist"]])
    everything = np.mean(np.where(crack > 0, 2 * crack / (2 * crack + ground), 0))
    nothing = np.mean(crack == 0)
    found = beside_trivial(table, bootstrap)
    assert found["trivial_ods"] == pytest.approx(max(everything, nothing))
    own = thresholds.ods(thresholds.f1(counts(table)))
    assert found["ods_minus_trivial"] == pytest.approx(own - max(everything, nothing))
    assert found["ods_minus_trivial_low"] <= found["ods_minus_trivial"] <= found["ods_minus_trivial_high"]
    assert "ods_minus_trivial_low" not in beside_trivial(table[:1], bootstrap)


@pytest.mark.parametrize(
    ("crack", "fault"),
    [
        ([0, 0, 0], learned.MARKS_NOTHING),
        ([51, 100, 60], learned.MARKS_MOST),
        ([0, 1, 0], ""),
        ([51, 50, 99], ""),  # one marks half, not more
        ([], ""),
    ],
)
def test_labels_that_mark_nothing_or_most_teach_nothing(crack, fault):
    assert learned.fault(np.array(crack, np.int64), np.full(len(crack), 100)) == fault
