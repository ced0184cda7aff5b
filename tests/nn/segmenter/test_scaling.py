"""The scale that a segmenter is asked at: found without masks, by pixel sizes, or given."""

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from hairline.errors import HairlineError
from hairline.metrics import thresholds
from hairline.nn.runtime.device import Placement
from hairline.nn.segmenter import scale_rules, scaling
from hairline.nn.segmenter.segmenter import Segmenter

PLACEMENT = Placement(torch.device("cpu"), False, "cpu", "32-true")
LEARNED_PX = 5
"""Width of the dark lines that the network below is surest of."""
FACTORS = scale_rules.candidates([(256, 256)])


class LinesOfOneWidth(nn.Module):
    """Darkness of a line's width minus that of as much on both sides: most for dark lines of that very width."""

    def __init__(self, width_px: int) -> None:
        super().__init__()
        wide = torch.full((width_px * 3,), -1.0)
        wide[width_px : 2 * width_px] = 2.0
        kernel = (wide / (2 * width_px)).view(1, 1, 1, -1)
        self.kernels = [kernel, kernel.transpose(2, 3)]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        dark = -images.mean(1, keepdim=True)
        found = torch.stack([nn.functional.conv2d(dark, kernel, padding="same") for kernel in self.kernels])
        return 6 * found.amax(0) - 6


def surface(width_px, seed, lines=3):
    """A grey noisy surface with dark straight lines, and their mask."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((256, 256), np.uint8)
    for place in rng.choice(np.arange(1, 7), lines, replace=False) * 36:
        at = slice(int(place), int(place) + width_px)
        if rng.integers(2):
            mask[at] = 1
        else:
            mask[:, at] = 1
    grey = rng.normal(180, 6, mask.shape) - 110 * cv2.GaussianBlur(mask.astype(np.float32), (0, 0), width_px / 8)
    return np.dstack([np.clip(grey, 0, 255).astype(np.uint8)] * 3), mask > 0


@pytest.fixture(scope="module")
def model():
    return Segmenter(LinesOfOneWidth(LEARNED_PX))


@pytest.mark.parametrize(("width_px", "factor"), [(3, 1.7), (5, 1), (10, 0.5), (20, 0.25)])
def test_the_rule_finds_the_factor_that_shows_lines_as_wide_as_those_learned(model, width_px, factor):
    pairs = [surface(width_px, seed) for seed in range(4)]
    found = scaling.find(model, (image for image, _ in pairs), FACTORS, PLACEMENT)
    assert found.factor == pytest.approx(factor, rel=0.5)  # at most one step of the candidates beside it
    assert (found.by, found.images) == ("rule", 4)
    assert list(found.candidates) == [f"{each:.4g}" for each in FACTORS]
    best = {each: ods(model, pairs, each) for each in FACTORS}
    assert best[found.factor] > max(best.values()) - 0.1
    assert best[found.factor] >= best[1]


def ods(model, pairs, factor):
    counted = [thresholds.histograms(scaling.predict_at(model, image, PLACEMENT, factor), mask)
               for image, mask in pairs]  # fmt: skip
    crack, background = (np.stack(each) for each in zip(*counted, strict=True))
    return thresholds.ods(thresholds.f1(thresholds.counts(crack, background)))


def test_sets_without_any_crack_are_left_as_they_are(model):
    found = scaling.find(model, [surface(3, seed, lines=0)[0] for seed in range(3)], FACTORS, PLACEMENT)
    assert found.factor == 1


def test_no_image_at_all_is_left_as_it_is(model):
    assert scaling.find(model, [], FACTORS, PLACEMENT).factor == 1


def answers(marked, scores, pixels=100_000):
    """Histograms of one image at each factor: so many pixels of one score, the rest of score 0."""
    histograms = np.zeros((len(marked), 1, scale_rules.LEVELS), np.int64)
    for place, (count, score) in enumerate(zip(marked, scores, strict=True)):
        histograms[place, 0, 0] = pixels - count
        histograms[place, 0, round(score * 255)] += count
    return histograms


@pytest.mark.parametrize(
    ("marked", "scores", "factor"),
    [
        ([2000, 2000, 2000], [0.6, 0.7, 0.8], 2),
        ([2000, 2000, 3], [0.6, 0.7, 0.99], 1),  # three lucky pixels
        ([3, 2, 1], [0.99, 0.6, 0.7], 1),  # hardly any anywhere
        ([0, 0, 0], [0.5, 0.5, 0.5], 1),
        ([2000, 2000, 2000], [0.8, 0.8, 0.8], 1),  # ties: nearest to 1
        ([2000, 2000, 2000], [0.8, 0.7, 0.8], 0.5),
        ([2000, 2000, 2000], [0.1, 0.1, 0.1], 1),  # nothing reaches the level of marked pixels
    ],
)
def test_the_factor_of_the_surest_answers_wins_where_enough_is_marked(marked, scores, factor):
    assert scale_rules.best((0.5, 1, 2), scale_rules.sureness(answers(marked, scores))) == factor


def test_a_segmenter_expects_the_f1_that_its_scores_have_as_probabilities():
    rng = np.random.default_rng(0)
    scores = np.rint(rng.beta(0.2, 1, (2, 3, 100, 100)) * 255) / 255
    histograms = np.array([[scale_rules.histogram(each) for each in maps] for maps in scores])
    found, both = scale_rules.expected_f1(histograms.sum(axis=1)), scale_rules.sureness(histograms)
    for value, product, maps in zip(found, both, scores, strict=True):
        truths = (rng.random((200, *maps.shape)) < maps).reshape(200, -1)
        f1 = 2 * (truths @ maps.ravel()) / (truths.sum(axis=1) + maps.sum())
        assert value == pytest.approx(f1.mean(), abs=0.005)
        assert product == pytest.approx(value * maps[maps > 0.2].mean())


def test_histograms_count_every_pixel_at_its_level():
    scores = np.array([[0, 0.2, 0.5], [1, 1, 0.003]], np.float32)
    found = scale_rules.histogram(scores)
    assert found.sum() == 6
    assert {level: found[level] for level in found.nonzero()[0]} == {0: 1, 1: 1, 51: 1, 128: 1, 255: 2}


@pytest.mark.parametrize("sizes", [[], [(1, 1)], [(400, 375)], [(1000, 2000), (90, 80)], [(30_000, 40_000)]])
def test_no_candidate_makes_an_image_larger_than_affordable_or_smaller_than_meaningful(sizes):
    found = scale_rules.candidates(sizes)
    assert 1 in found and list(found) == sorted(found)
    for factor in set(found) - {1.0}:
        for height, width in sizes:
            assert height * width * factor**2 <= scale_rules.MOST_PIXELS or factor < 1
            assert min(height, width) * factor >= scale_rules.LEAST_SIDE_PX or factor > 1


def test_candidates_go_as_far_as_sizes_allow():
    assert scale_rules.candidates([(300, 312)])[-1] == 4
    assert scale_rules.candidates([(3000, 4000)])[0] == 0.125 and scale_rules.candidates([(3000, 4000)])[-1] == 1


@pytest.mark.parametrize(("size", "factor"), [((40, 70), 2.0), ((40, 70), 0.5), ((33, 47), 1.3), ((5, 9), 0.25)])
def test_answers_come_back_at_the_size_of_the_image(model, size, factor):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    scores = scaling.predict_at(model, image, PLACEMENT, factor)
    assert scores.shape == size and scores.dtype == np.float32
    assert scores.min() >= 0 and scores.max() <= 1


def test_pixel_sizes_tell_the_factor():
    assert scaling.by_pixel_size(0.5, 0.25) == scaling.Scale(2.0, "mm_per_px")
    assert scaling.by_pixel_size(0.1, 0.4).factor == pytest.approx(0.25)
    with pytest.raises(HairlineError, match=r"mm_per_px 20 .* 40 times .* evaluation\.scale"):
        scaling.by_pixel_size(20, 0.5)
