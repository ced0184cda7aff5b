"""Tiles: every pixel counts once, and what does not depend on far pixels is as if there were no tiles."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hairline.imaging.tiles import Tiling, blended

RNG = np.random.default_rng(0)


def picture(height: int, width: int) -> NDArray[np.uint8]:
    return RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("length", [1, 63, 64, 65, 100, 127, 128, 129, 500, 1000])
@pytest.mark.parametrize("tiling", [Tiling(64, 16, 4, 8), Tiling(64, 31, 0, 1), Tiling(100, 20, 8, 2)])
def test_weights_of_a_pixel_add_up_to_one_and_tiles_overlap(tiling: Tiling, length: int) -> None:
    spans, total = tiling.spans(length), np.zeros(length)
    for (start, stop), weight in zip(spans, tiling.weights(length), strict=True):
        total[start:stop] += weight
        assert 0 < stop - start <= tiling.tile_px + tiling.align_px
        assert start % tiling.align_px == 0
    np.testing.assert_allclose(total, 1, atol=1e-6)
    assert spans[0][0] == 0 and spans[-1][1] == length
    assert all(one[1] - other[0] >= tiling.overlap_px for one, other in pairwise(spans))


@pytest.mark.parametrize("size", [(50, 60), (64, 300), (301, 233)])
def test_a_filter_within_the_margin_gives_what_it_gives_without_tiles(size: tuple[int, int]) -> None:
    def blur(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(image[..., 1].astype(np.float32), (7, 7), 2))

    image = picture(*size)
    np.testing.assert_allclose(blended(image, blur, Tiling(64, 24, 4, 8)), blur(image), atol=1e-3)


def test_no_step_shows_where_tiles_disagree() -> None:
    answers = iter(range(100))
    found = blended(
        picture(200, 60), lambda tile: np.full(tile.shape[:2], next(answers), np.float32), Tiling(64, 24, 4, 1)
    )
    assert np.ptp(found[0]) == 0
    steps = np.abs(np.diff(found[:, 0]))
    assert 0 < steps.max() < 0.15 and np.ptp(found) > 2


def test_a_tiling_of_resized_tiles_covers_more_pixels_where_they_are_shrunk() -> None:
    tiling = Tiling(1024, 128, 32, 32)
    assert tiling.resized(1) == tiling
    assert tiling.resized(0.5) == Tiling(2048, 256, 64, 64)
    assert tiling.resized(16) == Tiling(64, 8, 2, 2)
