import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.imaging.downscale import shrunk_image, shrunk_map, shrunk_size


@settings(deadline=None, max_examples=60)
@given(height=st.integers(1, 700), width=st.integers(1, 700), side=st.integers(1, 400), seed=st.integers(0, 99))
def test_shrinking_keeps_every_lone_pixel_in_its_place(height, width, side, seed):
    rng = np.random.default_rng(seed)
    scores = np.zeros((height, width), dtype=np.uint8)
    y, x = rng.integers(height), rng.integers(width)
    scores[y, x] = 255
    small = shrunk_map(scores, side)
    assert max(small.shape) <= side
    assert small.max() == 1 and np.count_nonzero(small) == 1
    assert small.shape == shrunk_image(np.zeros((height, width, 3), dtype=np.uint8), side).shape[:2]
    for found, place, length, large in zip(np.argwhere(small)[0], (y, x), small.shape, scores.shape, strict=True):
        assert found * large // length <= place <= (found + 1) * large / length


def test_shrinking_takes_the_maximum_of_blocks():
    scores = np.random.default_rng(0).random((12, 20))
    np.testing.assert_array_equal(shrunk_map(scores, 5), scores.reshape(3, 4, 5, 4).max(axis=(1, 3)))


def test_what_is_small_enough_stays_and_is_copied():
    scores = np.random.default_rng(0).random((7, 5))
    small = shrunk_map(scores, 7)
    np.testing.assert_array_equal(small, scores)
    assert not np.shares_memory(small, scores)
    assert shrunk_map(np.full((2, 2), 51, np.uint8), 9).tolist() == [[0.2, 0.2], [0.2, 0.2]]
    assert shrunk_size(360, 640, 420) == (236, 420)
