"""Fusion against plain loops."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.errors import HairlineError
from hairline.labelling.fusion import Options, TrainableRule, crack, crack_pixels, fuse
from hairline.labelling.thresholding import Bilateral, smooth

PAPER = Options(Bilateral(2, 120.0, 120.0), 3, 1)


def swept(levels: list[list[int]], radius: int, choose: type[max] | type[min]) -> list[list[int]]:
    """Largest or smallest level of the square around each pixel, as far as it lies inside the image."""
    height, width = len(levels), len(levels[0])
    return [
        [
            choose(
                levels[b][a]
                for b in range(max(0, y - radius), min(height, y + radius + 1))
                for a in range(max(0, x - radius), min(width, x + radius + 1))
            )
            for x in range(width)
        ]
        for y in range(height)
    ]


@settings(deadline=None, max_examples=60)
@given(
    height=st.integers(1, 16), width=st.integers(1, 16), side=st.sampled_from([1, 3, 5]),
    iterations=st.integers(0, 3), radius=st.sampled_from([0, 2]), seed=st.integers(0, 999),
)  # fmt: skip
def test_fuse_equals_plain_loops(height: int, width: int, side: int, iterations: int, radius: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    dark = rng.random((height, width)) < 0.4
    where = rng.random((height, width), dtype=np.float32)
    filtering = Bilateral(radius, 120.0, 120.0)
    products = [
        [round(float(where[y, x] * np.float32(255))) if dark[y, x] else 0 for x in range(width)] for y in range(height)
    ]
    levels = smooth(np.array(products, dtype=np.uint8), filtering).tolist()
    for choose in (max, min):  # closing: first all dilations, then all erosions
        for _ in range(iterations):
            levels = swept(levels, side // 2, choose)
    found = fuse(dark, where, Options(filtering, side, iterations))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(levels, dtype=np.float32) / np.float32(255))


def test_only_dark_pixels_that_are_localized_survive() -> None:
    dark = np.array([[True, True, False, False]])
    where = np.array([[1.0, 0.0, 1.0, 0.0]])
    plain = Options(Bilateral(0, 1.0, 1.0), 1, 0)
    assert fuse(dark, where, plain).tolist() == [[1.0, 0.0, 0.0, 0.0]]


def test_the_papers_values_keep_a_crack_and_fill_its_pinholes() -> None:
    dark = np.zeros((40, 60), dtype=bool)
    dark[18:23] = True
    dark[20, 30] = False
    scores = fuse(dark, np.full(dark.shape, 0.8), PAPER)
    assert scores[20, 30] == pytest.approx(0.8, abs=0.05)
    assert scores[20].min() > 0.7
    assert not scores[:14].any()
    assert not scores[27:].any()


def test_nothing_in_nothing_out() -> None:
    empty = np.zeros((33, 21))
    assert not fuse(empty.astype(bool), np.ones(empty.shape), PAPER).any()
    assert not fuse(~empty.astype(bool), empty, PAPER).any()


def test_fuse_leaves_its_arguments_alone() -> None:
    dark, where = np.ones((9, 9), dtype=bool), np.full((9, 9), 0.5)
    fuse(dark, where, PAPER)
    assert dark.all()
    assert (where == 0.5).all()


def test_an_even_closing_is_refused() -> None:
    with pytest.raises(HairlineError, match="odd, found 2"):
        dataclasses.replace(PAPER, closing_px=2)


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 999), score=st.integers(1, 255))
def test_crack_pixels_counts_scores_from_the_rule_on(seed: int, score: int) -> None:
    levels = np.random.default_rng(seed).integers(0, 256, (12, 13))
    expected = sum(1 for level in levels.ravel().tolist() if level >= score)
    for kind in (np.float32, np.float64):  # a score of the rule that is a level of the label counts as crack
        assert crack_pixels(levels.astype(kind) / kind(255), TrainableRule(100, score / 255)) == expected


def test_a_rule_of_score_0_counts_all_above_0() -> None:
    scores = np.array([[0, 1, 127, 128, 255]], dtype=np.float32) / np.float32(255)
    found = [crack_pixels(scores, TrainableRule(100, score)) for score in (0, 1 / 255, 0.5, 1)]
    assert found == [4, 4, 2, 1]
    assert crack(scores, TrainableRule(100, 0)).tolist() == [[False, True, True, True, True]]


def test_an_empty_label_has_no_crack_pixels() -> None:
    assert crack_pixels(np.zeros((5, 5), dtype=np.float32), TrainableRule(0, 0)) == 0
    assert crack_pixels(np.zeros((5, 5), dtype=np.float32), TrainableRule(0, 0.01)) == 0
