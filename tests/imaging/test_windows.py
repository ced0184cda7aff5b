"""Patch geometry: every claim for any image, window and stride, against plain loops over windows."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hairline.errors import HairlineError
from hairline.imaging.windows import PatchGrid


@st.composite
def grids(draw: st.DrawFn) -> PatchGrid:
    window = draw(st.integers(1, 14))
    return PatchGrid(draw(st.integers(1, 45)), draw(st.integers(1, 45)), window, draw(st.integers(1, window)))


def mirrored(length: int, padded: int) -> list[int]:
    """Which position of a line of pixels each position of the mirrored line shows, by walking to and fro."""
    walk, position, step = [], 0, 1
    for _ in range(padded):
        walk.append(position)
        if length > 1 and not 0 <= position + step < length:
            step = -step
        position += step if length > 1 else 0
    return walk


def windows_over(grid: PatchGrid, y: int, x: int) -> list[tuple[int, int]]:
    """Row and column of every window that covers a pixel, by asking each."""
    return [
        (row, col)
        for row in range(grid.rows)
        for col in range(grid.cols)
        if 0 <= y - row * grid.stride_px < grid.window_px and 0 <= x - col * grid.stride_px < grid.window_px
    ]


@settings(deadline=None, max_examples=150)
@given(grid=grids())
@example(PatchGrid(1, 1, 1, 1))
@example(PatchGrid(1, 1, 13, 7))
@example(PatchGrid(3, 360, 32, 8))
@example(PatchGrid(5, 648, 32, 16))
@example(PatchGrid(5, 1000, 32, 16))
@example(PatchGrid(2, 1000, 128, 48))
def test_windows_cover_every_pixel_and_never_hang_over(grid: PatchGrid) -> None:
    cover = np.zeros((grid.padded_height, grid.padded_width), dtype=int)
    origins = grid.origins()
    assert origins.shape == (grid.rows * grid.cols, 2)
    for y, x in origins:
        part = cover[y : y + grid.window_px, x : x + grid.window_px]
        assert part.shape == (grid.window_px, grid.window_px)
        part += 1
    assert cover.min() >= 1
    assert grid.padded_height >= grid.height
    assert grid.padded_width >= grid.width


@settings(deadline=None, max_examples=150)
@given(grid=grids())
def test_mirrored_to_the_next_multiple_of_the_window_and_less_than_a_stride_further(grid: PatchGrid) -> None:
    for length, padded in ((grid.height, grid.padded_height), (grid.width, grid.padded_width)):
        multiple = math.ceil(length / grid.window_px) * grid.window_px
        assert multiple <= padded < multiple + grid.stride_px
        assert padded == multiple or grid.window_px % grid.stride_px


@settings(deadline=None, max_examples=100)
@given(grid=grids())
@example(PatchGrid(1, 5, 9, 4))
@example(PatchGrid(2, 1, 14, 14))
def test_pad_mirrors_and_keeps_the_image(grid: PatchGrid) -> None:
    image = np.random.default_rng(0).integers(0, 256, (grid.height, grid.width, 3), dtype=np.uint8)
    padded = grid.pad(image)
    assert padded.dtype == np.uint8
    np.testing.assert_array_equal(padded[: grid.height, : grid.width], image)
    rows, cols = mirrored(grid.height, grid.padded_height), mirrored(grid.width, grid.padded_width)
    np.testing.assert_array_equal(padded, image[rows][:, cols])


@settings(deadline=None, max_examples=100)
@given(grid=grids(), colour=st.booleans())
def test_split_equals_slices_at_the_origins(grid: PatchGrid, colour: bool) -> None:
    shape = (grid.height, grid.width, 3) if colour else (grid.height, grid.width)
    image = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    windows = grid.split(image)
    assert windows.shape == (grid.rows, grid.cols, grid.window_px, grid.window_px, *shape[2:])
    padded = grid.pad(image)
    for index, (y, x) in enumerate(grid.origins()):
        expected = padded[y : y + grid.window_px, x : x + grid.window_px]
        np.testing.assert_array_equal(windows[index // grid.cols, index % grid.cols], expected)


def test_split_of_an_image_that_needs_no_padding_copies_nothing_per_window() -> None:
    windows = PatchGrid(512, 512, 128, 8).split(np.zeros((512, 512), dtype=np.uint8))
    assert windows.size > 30e6
    assert windows.base is not None
    assert windows.strides == (8 * 512, 8, 512, 1)


@settings(deadline=None, max_examples=60)
@given(
    grid=st.builds(
        lambda height, width, window, share: PatchGrid(height, width, window, max(1, round(window * share))),
        st.integers(1, 22), st.integers(1, 22), st.integers(1, 9), st.floats(0.1, 1),
    )
)  # fmt: skip
@example(PatchGrid(20, 21, 8, 6))
@example(PatchGrid(9, 20, 9, 7))
def test_mean_and_minimum_equal_a_loop_over_pixels(grid: PatchGrid) -> None:
    values = np.random.default_rng(2).random((grid.rows, grid.cols), dtype=np.float32)
    mean, minimum = grid.mean(values), grid.minimum(values)
    assert mean.shape == minimum.shape == (grid.padded_height // grid.cell_px, grid.padded_width // grid.cell_px)
    mean, minimum = grid.spread(mean), grid.spread(minimum)
    assert mean.shape == minimum.shape == (grid.height, grid.width)
    for y in range(grid.height):
        for x in range(grid.width):
            over = [float(values[place]) for place in windows_over(grid, y, x)]
            assert mean[y, x] == pytest.approx(sum(over) / len(over), abs=1e-12)
            assert minimum[y, x] == min(over)


@settings(deadline=None, max_examples=60)
@given(grid=grids(), data=st.data())
def test_a_window_reaches_exactly_its_own_pixels(grid: PatchGrid, data: st.DataObject) -> None:
    row, col = data.draw(st.integers(0, grid.rows - 1)), data.draw(st.integers(0, grid.cols - 1))
    values = np.zeros((grid.rows, grid.cols))
    values[row, col] = 1
    expected = np.zeros((grid.padded_height, grid.padded_width), dtype=bool)
    y, x = row * grid.stride_px, col * grid.stride_px
    expected[y : y + grid.window_px, x : x + grid.window_px] = True
    np.testing.assert_array_equal(grid.spread(grid.mean(values)) > 0, expected[: grid.height, : grid.width])
    np.testing.assert_array_equal(grid.spread(grid.minimum(-values)) < 0, expected[: grid.height, : grid.width])


@pytest.mark.parametrize("width", [360, 648, 1000])
def test_columns_stay_upright_at_widths_that_sheared_in_the_reference_code(width: int) -> None:
    grid = PatchGrid(200, width, 32, 16)
    values = np.tile(np.arange(grid.cols, dtype=float), (grid.rows, 1))
    pixels = grid.spread(grid.mean(values))
    assert (pixels == pixels[0]).all()
    assert (np.diff(pixels[0]) >= 0).all()
    centres = np.arange(grid.cols) * 16 + 16  # where a window's middle is, windows before and behind it weigh alike
    inside = [c for c in range(grid.cols) if 32 <= centres[c] < min(width, grid.padded_width - 32)]
    assert len(inside) > 15
    for col in inside:
        assert pixels[0, centres[col] - 16 : centres[col] + 16].mean() == pytest.approx(col)


@settings(deadline=None, max_examples=60)
@given(grid=grids(), value=st.floats(-5, 5))
def test_a_constant_stays_constant(grid: PatchGrid, value: float) -> None:
    values = np.full((grid.rows, grid.cols), value)
    np.testing.assert_allclose(grid.mean(values), value, rtol=1e-12)
    assert (grid.minimum(values) == value).all()


@pytest.mark.parametrize(("height", "width", "patches"), [(360, 640, 45), (640, 360, 45), (484, 648, 77)])
def test_patch_counts_of_crack500(height: int, width: int, patches: int) -> None:
    assert len(PatchGrid(height, width, 128, 64).origins()) == patches


def test_whole_integers_of_windows_are_combined_exactly() -> None:
    grid = PatchGrid(16, 24, 8, 4)
    values = np.arange(grid.rows * grid.cols).reshape(grid.rows, grid.cols)
    assert grid.minimum(values)[0, 0] == 0
    assert grid.mean(values)[1, 1] == np.mean([0, 1, grid.cols, grid.cols + 1])


def test_a_stride_that_skips_pixels_is_refused_with_advice() -> None:
    with pytest.raises(HairlineError, match=r"stride of 33 px .* windows of 32 px .* at most 32"):
        PatchGrid(100, 100, 32, 33)


@pytest.mark.parametrize("lengths", [(0, 5, 4, 2), (5, 0, 4, 2), (5, 5, 0, 0), (5, 5, 4, 0), (5, 5, 4, -2)])
def test_lengths_below_a_pixel_are_refused(lengths: tuple[int, int, int, int]) -> None:
    with pytest.raises(HairlineError, match="at least one pixel"):
        PatchGrid(*lengths)


def test_arrays_of_another_size_are_refused() -> None:
    grid = PatchGrid(20, 30, 8, 4)
    with pytest.raises(ValueError, match="20x30"):
        grid.pad(np.zeros((30, 20)))
    with pytest.raises(ValueError, match="windows"):
        grid.mean(np.zeros((grid.cols, grid.rows)))
