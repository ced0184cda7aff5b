import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from hairline.imaging.windows import PatchGrid
from hairline.labelling import thresholding
from hairline.nn.classifier import device_otsu


def picture(height, width, seed, contrast):
    """Grey levels whose windows have anything from one level to nearly all."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256 - contrast, (height // 8 + 1, width // 8 + 1)).repeat(8, 0).repeat(8, 1)
    return (coarse[:height, :width] + generator.integers(0, contrast, (height, width))).astype(np.uint8)


PICTURES = np.stack([picture(50, 77, seed, contrast) for seed, contrast in enumerate((1, 2, 3, 200))])


@pytest.mark.parametrize("includes_k1", [True, False])
@pytest.mark.parametrize(("window_px", "stride_px"), [(32, 8), (32, 32), (24, 10), (16, 6)])
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_thresholds_are_those_of_the_processor(window_px, stride_px, classes, includes_k1):
    grid = PatchGrid(50, 77, window_px, stride_px)
    found = device_otsu.window_thresholds(torch.from_numpy(PICTURES), grid, classes, includes_k1)
    for levels, thresholds in zip(PICTURES, found.numpy(), strict=True):
        expected = thresholding.window_thresholds(levels, grid, classes, includes_k1)
        np.testing.assert_array_equal(thresholds, expected)


@pytest.mark.parametrize(("window_px", "stride_px"), [(32, 8), (24, 10)])
def test_dark_pixels_are_those_of_the_processor(window_px, stride_px):
    raw = thresholding.Options(thresholding.Bilateral(0, 1, 1), "rgb", window_px, stride_px, 3, True)
    found = device_otsu.dark_pixels(torch.from_numpy(PICTURES), raw).numpy()
    for levels, dark in zip(PICTURES, found, strict=True):
        expected = thresholding.dark_pixels(levels[..., None].repeat(3, 2), raw)
        assert expected.sum() > 0 or len(np.unique(levels)) < 4
        np.testing.assert_array_equal(dark, expected)


KERNELS = """
import numpy as np, torch
from hairline.nn.classifier import device_otsu, otsu_kernel
draws = np.random.default_rng(0)
histograms = torch.from_numpy(draws.integers(0, 9, (6, 256)) * (draws.random((6, 256)) < 0.3)).int()
histograms[0] = 0; histograms[0, 7] = 1024; histograms[1, :100] = 0; histograms[2, 40:] = 0
histograms[3] = 0; histograms[3, 63:67] = 3; histograms[4, 0] = histograms[4, 255] = 1
mass, moment = device_otsu._prefix(histograms), device_otsu._prefix(histograms * torch.arange(256))
rest = device_otsu._last_class(mass, moment)
occupied = [np.flatnonzero(row) for row in histograms.numpy()]
low, high = (torch.tensor([int(levels[end]) for levels in occupied], dtype=torch.int32) for end in (0, -1))
found = otsu_kernel.split_once_more(mass, moment, rest, low, high)
expected = device_otsu._searched(mass, moment, rest)
for row in range(6):
    assert torch.equal(found[row, low[row] + 1:], expected[row, low[row] + 1:]), row
levels = torch.from_numpy(draws.integers(0, 256, (2, 30, 24), dtype=np.uint8)); levels[0] //= 9
for cell in (6, 3):
    assert torch.equal(otsu_kernel.histograms(levels, cell), device_otsu._counted(levels, cell)), cell
"""


def test_the_kernels_find_what_plain_operations_find():
    """In Triton's interpreter, which must be chosen before it is imported."""
    pytest.importorskip("triton")
    subprocess.run([sys.executable, "-c", KERNELS], env={**os.environ, "TRITON_INTERPRET": "1"}, check=True)
