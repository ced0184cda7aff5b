import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.imaging.windows import PatchGrid
from hairline.labelling import darkness
from hairline.labelling.thresholding import window_thresholds


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(2, 20), st.integers(1, 20), st.integers(0, 99))
def test_otsu_share_counts_the_windows_one_by_one(height, width, window, stride, seed):
    stride = min(stride, window)
    levels = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    grid = PatchGrid(height, width, window, stride)
    thresholds, padded = window_thresholds(levels, grid, 3), grid.pad(levels)
    dark, seen = np.zeros(padded.shape), np.zeros(padded.shape)
    for (y, x), threshold in zip(grid.origins(), thresholds.ravel(), strict=True):
        dark[y : y + window, x : x + window] += padded[y : y + window, x : x + window] <= threshold
        seen[y : y + window, x : x + window] += 1
    expected = (dark / seen)[:height, :width]
    np.testing.assert_allclose(darkness.otsu_share(levels, window, stride, 3), expected, atol=1e-6)


def test_contrast_is_the_distance_from_the_mean_in_deviations():
    levels = np.random.default_rng(2).integers(0, 256, (30, 40), dtype=np.uint8)
    found = darkness.contrast(levels, 5)
    for y, x in [(10, 10), (15, 33), (20, 7)]:
        window = levels[y - 2 : y + 3, x - 2 : x + 3].astype(float)
        expected = (window.mean() - levels[y, x]) / (window.std() + darkness.FLOOR) / darkness.DEVIATIONS
        assert found[y, x] == pytest.approx(np.clip(expected, 0, 1), abs=1e-4)
    assert not darkness.contrast(np.full((9, 9), 77, np.uint8), 5).any()


@pytest.mark.parametrize("length", [1, 2, 7, 15, 16])
def test_line_kernels_are_means_along_lines_through_the_middle(length):
    kernels = darkness.line_kernels(length)
    assert len(kernels) == darkness.ORIENTATIONS
    for kernel in kernels:
        middle = kernel.shape[0] // 2
        assert kernel.sum() == pytest.approx(1)
        assert kernel[middle, middle] > 0
        np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-7)


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 140])
def test_a_line_in_any_direction_is_dark_along_itself_and_a_spot_is_not(angle):
    y, x = np.mgrid[:80, :80] - 40.0
    radians = np.deg2rad(angle)
    line = (np.abs(x * np.sin(radians) - y * np.cos(radians)) < 2).astype(np.float32)
    spot = (np.hypot(x, y) < 3).astype(np.float32)
    along_line, along_spot = (darkness.along_lines(shape, 31)[40, 40] for shape in (line, spot))
    assert along_line > 0.8
    assert along_spot < 0.5 * along_line


def test_along_lines_takes_any_size():
    for size in [(1, 1), (1, 9), (3, 2)]:
        assert darkness.along_lines(np.ones(size, np.float32), 31).shape == size
