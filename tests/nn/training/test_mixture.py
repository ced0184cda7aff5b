"""Epochs by shares: how many items of which part, in which order, on how many devices."""

from collections import Counter
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.errors import HairlineError
from hairline.nn.training.datasets import batches
from hairline.nn.training.mixture import Mixture, part_of_items


@st.composite
def shares(draw):
    weights = draw(st.lists(st.integers(1, 40), min_size=1, max_size=5))
    return tuple(weight / sum(weights) for weight in weights)


@settings(deadline=None, max_examples=60)
@given(shares(), st.integers(1, 120))
def test_of_any_number_of_first_items_each_part_has_its_share_rounded_down_or_up(shares, items):
    order = part_of_items(shares, items)
    exact = [Fraction(repr(share)) for share in shares]
    for number in range(1, items + 1):
        for part, share in enumerate(exact):
            wanted = share / sum(exact) * number
            assert floor(wanted) <= order[:number].count(part) <= ceil(wanted)


@pytest.mark.parametrize(
    ("shares", "batch", "counts"),
    [((0.5, 0.5), 8, [4, 4]), ((0.25, 0.75), 8, [2, 6]), ((0.1, 0.2, 0.7), 10, [1, 2, 7]), ((1.0,), 3, [3])],
)
def test_every_batch_has_exact_proportions(shares, batch, counts):
    sizes = tuple(13 + part for part in range(len(shares)))
    ends = [sum(sizes[:number]) for number in range(1, len(sizes) + 1)]
    mixture = Mixture(sizes, shares, 5 * batch)
    for epoch in range(4):
        for keys in mixture.batches(batch, 1, epoch):
            found = Counter(next(part for part, end in enumerate(ends) if index < end) for _, index in keys)
            assert [found[part] for part in range(len(shares))] == counts


def test_a_part_is_used_up_before_an_item_comes_again_and_no_cut_comes_twice():
    mixture = Mixture((7, 1000), (0.5, 0.5), 24)
    drawn = [key for epoch in range(30) for keys in mixture.batches(8, 5, epoch) for key in keys]
    assert len(set(drawn)) == len(drawn)  # an item again is an item of another pass, which is cut in another way
    small, large = ([key for key in drawn if (key[1] < 7) == first] for first in (True, False))
    for start in range(0, len(small) - 7, 7):
        assert {index for _, index in small[start : start + 7]} == set(range(7))
    assert len({index for _, index in large}) == len(large) == 30 * 12


def test_epochs_are_functions_of_seed_and_epoch_and_differ():
    mixture = Mixture((40, 40), (0.5, 0.5), 16)
    assert mixture.batches(8, 1, 3) == Mixture((40, 40), (0.5, 0.5), 16).batches(8, 1, 3)
    assert mixture.batches(8, 1, 3) != mixture.batches(8, 2, 3)
    assert mixture.batches(8, 1, 3) != mixture.batches(8, 1, 4)


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 60), st.integers(1, 9), st.integers(0, 3))
def test_batches_are_as_long_as_those_of_as_many_items_without_shares(items, batch, epoch):
    mixture = Mixture((5, 90), (0.5, 0.5), items)
    found = mixture.batches(batch, 0, epoch)
    assert [len(keys) for keys in found] == [len(keys) for keys in batches(items, batch, 0, epoch)]


def test_a_part_that_no_epoch_would_show_is_refused_with_a_length_that_shows_it():
    with pytest.raises(HairlineError, match=r"parts\.1 .* share of 0.001 .* none of the 100 .*items_per_epoch to 1000"):
        Mixture((10, 10), (0.999, 0.001), 100)
    Mixture((10, 10), (0.999, 0.001), 1000)


def test_a_part_without_images_is_refused():
    with pytest.raises(HairlineError, match=r"share of 1e-07 .* give it 0\.000001 or more, .* take it out"):
        Mixture((5, 5), (1 - 1e-7, 1e-7), 100)
    with pytest.raises(HairlineError, match=r"parts\.1 .* has a share of 0.5 and no image to learn from"):
        Mixture((10, 0), (0.5, 0.5), 20)
