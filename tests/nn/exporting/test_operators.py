"""What stands in for operators that ONNX lacks gives what torch's own give."""

import pytest
import torch
from torch.nn import functional as F

from hairline.nn.exporting.operators import Exportable

SIZES = ((1, 1), (2, 7), (9, 13), (24, 16))


def maps(height, width, dtype=torch.float32):
    return torch.rand(2, 3, height, width, dtype=dtype, generator=torch.Generator().manual_seed(height * 100 + width))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("bins", [1, 2, 3, 6, (2, 5)])
def test_adaptive_means(size, bins):
    x = maps(*size)
    with Exportable():
        found, areas = F.adaptive_avg_pool2d(x, bins), F.interpolate(x, bins, mode="area")
    expected = F.adaptive_avg_pool2d(x, bins)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(areas, expected)


@pytest.mark.parametrize("size", SIZES)
def test_means_of_windows_in_64_bits(size):
    x = maps(*size, torch.float64)
    with Exportable():
        found = F.avg_pool2d(x, 11, stride=1, padding=5, count_include_pad=False)
    expected = F.avg_pool2d(x, 11, stride=1, padding=5, count_include_pad=False)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [(4, 6), (10, 2)])
def test_values_back_where_their_maxima_lay(size):
    pooled, indices = F.max_pool2d(maps(*size), 2, return_indices=True)
    with Exportable():
        found = F.max_unpool2d(pooled, indices, [2, 2])
    assert torch.equal(found, F.max_unpool2d(pooled, indices, [2, 2]))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("wanted", [(1, 1), (5, 4), (18, 26), (30, 31)])
def test_cubics_without_aliases(size, wanted):
    x = maps(*size)
    with Exportable():
        found = F.interpolate(x, wanted, mode="bicubic", antialias=True)
    torch.testing.assert_close(found, F.interpolate(x, wanted, mode="bicubic", antialias=True), rtol=0, atol=1e-5)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("wanted", [(18, 26), (10, 14), (9, 13), (36, 13), 18])
@pytest.mark.parametrize("elsewhere", [(), ((2.0, 2.0),), ((4.0, 1.0),)])
def test_sizes_that_are_multiples_and_others(mode, wanted, elsewhere):
    x = maps(9, 13)
    with Exportable(elsewhere):
        found = F.interpolate(x, wanted, mode=mode)
    torch.testing.assert_close(found, F.interpolate(x, wanted, mode=mode), rtol=0, atol=1e-6)


@pytest.mark.parametrize("elsewhere", [(), ((1.0, 2.0, 3.0, 4.0),)])
@pytest.mark.parametrize("mode", ["reflect", "constant"])
def test_borders(mode, elsewhere):
    x = maps(8, 8)
    with Exportable(elsewhere):
        found = F.pad(x, (1, 2, 3, 4), mode)
    assert torch.equal(found, F.pad(x, (1, 2, 3, 4), mode))


class Doubling(torch.nn.Module):
    """Enlarges its input by two, and one value to its size."""

    def forward(self, x):
        whole = F.interpolate(x.mean((2, 3), keepdim=True), x.shape[2:], mode="nearest")
        return F.interpolate(x + whole, (2 * x.shape[2], 2 * x.shape[3]), mode="nearest")


def test_only_sizes_that_do_not_depend_on_the_input_are_constant():
    found = []
    for size in ((3, 4), (6, 6)):
        with Exportable(found) as operators:
            Doubling()(maps(*size))
        found, before = operators.constants, found
    assert before == [(3.0, 4.0), (2.0, 2.0)] and found == [(6.0, 6.0), (2.0, 2.0)]
    x = maps(6, 6)
    with Exportable(before):
        enlarged = Doubling()(x)
    torch.testing.assert_close(enlarged, Doubling()(x))
