"""clDice and Hausdorff 95 against definitions as loops and against cases known by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import directed_hausdorff
from skimage.morphology import skeletonize
from support import plain_scoring as plain

from hairline.metrics import shape


def pixels(seed, size=(11, 13)):
    rng = np.random.default_rng(seed)
    return rng.random(size) < rng.choice([0.0, 0.02, 0.2, 0.6, 1.0])


def line(row, thick=1, size=(20, 40)):
    mask = np.zeros(size, dtype=bool)
    mask[row : row + thick, 5:35] = True
    return mask


def hausdorff95(one, other):
    return shape.hausdorff95(shape.gaps(one, other), *one.pixels.shape)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_hausdorff_equals_all_distances(seed):
    one, other = pixels(seed), pixels(seed + 1)
    found = hausdorff95(shape.shape(one), shape.shape(other))
    assert found == pytest.approx(plain.hausdorff95(one, other), abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_boundaries_are_those_of_the_definition_and_bound_scipys_hausdorff(seed):
    one, other = (shape.shape(pixels(seed + i)) for i in range(2))
    assert sorted(map(tuple, one.boundary.tolist())) == sorted(plain.boundary(one.pixels))
    if not one.empty and not other.empty:
        ways = ((one.boundary, other.boundary), (other.boundary, one.boundary))
        assert hausdorff95(one, other) <= max(directed_hausdorff(a, b)[0] for a, b in ways)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_cldice_equals_sets_of_places(seed):
    one, other = pixels(seed), pixels(seed + 1)
    found = shape.cldice(shape.shape(one), shape.shape(other))
    if not one.any() or not other.any():
        assert found == float(not one.any() and not other.any())
        return
    of_one, of_other = (set(map(tuple, np.argwhere(skeletonize(mask)))) for mask in (one, other))
    in_one, in_other = (set(map(tuple, np.argwhere(mask))) for mask in (one, other))
    precision, recall = len(of_one & in_other) / len(of_one), len(of_other & in_one) / len(of_other)
    expected = 2 * precision * recall / (precision + recall) if precision + recall else 0
    assert found == pytest.approx(expected)


@settings(deadline=None, max_examples=200)
@given(seed=st.integers(0, 10_000))
def test_a_skeleton_is_empty_only_where_there_is_nothing(seed):
    found = shape.shape(pixels(seed, (5, 6)))
    assert found.skeleton.any() == found.pixels.any() == (not found.empty)


def test_a_line_moved_and_widened():
    thin, moved, wide = (shape.shape(mask) for mask in (line(8), line(11), line(7, thick=3)))
    assert hausdorff95(thin, moved) == 3
    assert hausdorff95(thin, wide) == 1
    assert shape.cldice(thin, moved) == 0
    # Each centre line lies in the other, whatever the width, but for the wide one's last pixel, which turns away.
    assert shape.cldice(wide, thin) == pytest.approx(2 * (28 / 29) / (28 / 29 + 1))
    assert shape.cldice(thin, thin) == 1
    assert hausdorff95(thin, thin) == 0


def test_a_lone_false_pixel_is_within_the_last_five_hundredths():
    mask = line(8)
    spotted = mask.copy()
    spotted[19, 0] = True  # one boundary pixel of 31
    assert hausdorff95(shape.shape(spotted), shape.shape(mask)) == 0


def test_empty_sets():
    empty, some = shape.shape(np.zeros((3, 4), dtype=bool)), shape.shape(np.eye(3, 4, dtype=bool))
    assert (hausdorff95(empty, empty), shape.cldice(empty, empty)) == (0, 1)
    for one, other in ((empty, some), (some, empty)):
        assert hausdorff95(one, other) == 5  # the diagonal of 3 x 4
        assert shape.cldice(one, other) == 0
