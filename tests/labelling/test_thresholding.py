"""Multi-Otsu against exhaustive search, exact fractions and scikit-image; the vote against a loop over windows."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.pictures import real
from support.plain_otsu import (
    best_sums,
    binned_of,
    bins_of,
    exhaustive,
    is_rounding,
    library,
    shortfall,
    single,
    variance_of,
)

from hairline.errors import HairlineError
from hairline.imaging.images import read_image
from hairline.imaging.windows import PatchGrid
from hairline.labelling.thresholding import NO_CRACK, Bilateral, Options, dark_pixels, grey, smooth, window_threshold
from hairline.labelling.thresholding import window_thresholds as found_window_thresholds

UNTOUCHED = Bilateral(0, 120.0, 120.0)
KINDS = ("noise", "few levels", "gap", "gaussians", "flat", "two ends", "one outlier", "all levels")


def histogram_of(kind: str, rng: np.random.Generator) -> np.ndarray:
    histogram = np.zeros(256, dtype=np.int64)
    if kind == "noise":
        histogram += rng.integers(0, 12, 256)
    elif kind == "few levels":
        histogram[rng.choice(256, rng.integers(1, 7), replace=False)] = rng.integers(1, 400)
    elif kind == "gap":
        histogram[20:40], histogram[200:230] = rng.integers(0, 9, 20), rng.integers(0, 60, 30)
    elif kind == "gaussians":
        values = rng.normal(rng.choice([40, 120, 180], 1024), rng.uniform(2, 25))
        histogram += np.bincount(np.clip(values, 0, 255).astype(int), minlength=256)
    elif kind == "flat":
        start = rng.integers(0, 200)
        histogram[start : start + rng.integers(1, 56)] = rng.integers(1, 40)
    elif kind == "two ends":
        histogram[[0, 1, 254, 255]] = rng.integers(0, 500, 4)
    elif kind == "one outlier":
        histogram[[3, *range(150, 150 + rng.integers(1, 30))]] = rng.integers(1, 30)
    else:
        histogram += rng.integers(1, 500, 256)
    return histogram


def exact(histogram: np.ndarray, classes: int) -> int:
    """The same in exact fractions, so that equals are truly equal."""
    places = sorted(bins_of(histogram).items())
    best, level = Fraction(-1), NO_CRACK
    for ends in combinations(range(1, len(places)), classes - 1):
        value = Fraction(0)
        for start, end in zip((0, *ends), (*ends, len(places)), strict=True):
            mass = sum(int(histogram[one]) for one, _ in places[start:end])
            value += Fraction(sum(int(histogram[one]) * place for one, place in places[start:end]) ** 2, mass)
        if value > best:
            best, level = value, places[ends[0] - 1][0]
    return level


def real_windows(name: str, count: int) -> list[np.ndarray]:
    """Histograms of windows of 32 px at random places of a set's photos, filtered and grey as in the paper."""
    folder = {"crack500": "valcrop", "cfd": "image"}[name]
    paths, rng = sorted((real(name) / folder).glob("*.jpg")), np.random.default_rng(8)
    found = []
    for path in paths[:: max(len(paths) // 10, 1)]:
        levels = grey(smooth(read_image(path), Bilateral(2, 120.0, 120.0)))
        for _ in range(count // 10):
            y, x = rng.integers(0, levels.shape[0] - 31), rng.integers(0, levels.shape[1] - 31)
            found.append(np.bincount(levels[y : y + 32, x : x + 32].ravel(), minlength=256))
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_threshold_equals_exhaustive_search(kind: str, classes: int) -> None:
    rng = np.random.default_rng(KINDS.index(kind))
    for _ in range(12):
        histogram = histogram_of(kind, rng)
        assert window_threshold(histogram, classes) == exhaustive(histogram, classes)


@pytest.mark.parametrize("name", ["crack500", "cfd"])
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_threshold_equals_exhaustive_search_on_photos(name: str, classes: int) -> None:
    for histogram in real_windows(name, 200):
        assert window_threshold(histogram, classes) == exhaustive(histogram, classes)


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_the_oracle_itself_agrees_with_the_definition(classes: int) -> None:
    rng = np.random.default_rng(5)
    histogram = np.zeros(256, dtype=np.int64)
    histogram[rng.choice(256, 9, replace=False)] = rng.integers(1, 30, 9)
    binned, places = binned_of(histogram), sorted(bins_of(histogram).values())
    mean = (binned * np.arange(256)).sum() / binned.sum()
    for k1, value in best_sums(histogram, classes).items():
        splits = [one for one in combinations(places[:-1], classes - 1) if one[0] == k1]
        assert value - mean**2 == pytest.approx(max(variance_of(one, binned) for one in splits))


@settings(deadline=None, max_examples=100)
@given(
    pixels=st.dictionaries(st.integers(0, 255), st.integers(1, 3), min_size=1, max_size=9),
    classes=st.sampled_from([2, 3, 4]),
)
def test_ties_go_to_the_lowest_split_in_exact_arithmetic(pixels: dict[int, int], classes: int) -> None:
    histogram = np.zeros(256, dtype=np.int64)
    histogram[list(pixels)] = list(pixels.values())
    assert window_threshold(histogram, classes) == exact(histogram, classes)


@pytest.mark.parametrize("mass", [1, 3, 7, 11, 1000])
def test_evenly_spaced_levels_are_a_threefold_tie(mass: int) -> None:
    histogram = np.zeros(256, dtype=np.int64)
    histogram[[0, 85, 170, 255]] = mass
    assert window_threshold(histogram, 3) == 0


FLOAT32_STEPS = 16
"""So many steps of float32 the rounding of a sum of 256 numbers may add up to: the root of their number."""


def explained(histogram: np.ndarray, classes: int) -> str:
    """Why scikit-image's threshold differs from ours: '' where it does not."""
    ours, theirs = window_threshold(histogram, classes), library(histogram, classes)
    assert theirs == single(histogram, classes)
    if ours == theirs:
        return ""
    assert shortfall(histogram, classes, ours) < 1e-3
    assert shortfall(histogram, classes, theirs, as_library=True) < FLOAT32_STEPS
    return "float32" if is_rounding(histogram, classes) else "bin 0"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_scikit_image_differs_by_float32_or_bin_0_alone(kind: str, classes: int) -> None:
    rng = np.random.default_rng(100 + KINDS.index(kind))
    histograms = [histogram_of(kind, rng) for _ in range(12 if classes < 4 else 5)]
    used = [histogram for histogram in histograms if (histogram > 0).sum() >= classes]
    assert len(used) >= 2
    for histogram in used:
        explained(histogram, classes)


@pytest.mark.parametrize("name", ["crack500", "cfd"])
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_scikit_image_differs_on_few_windows_of_photos_and_by_no_more(name: str, classes: int) -> None:
    histograms = real_windows(name, 200 if classes < 4 else 60)
    used = [histogram for histogram in histograms if (histogram > 0).sum() >= classes]
    assert sum(explained(histogram, classes) != "" for histogram in used) < len(used) * 0.05


def test_scikit_image_counts_the_darkest_bin_as_the_next() -> None:
    histogram = np.zeros(256, dtype=np.int64)
    histogram[[0, 1, 2, 255]] = [500, 40, 3, 100]
    assert explained(histogram, 3) == "bin 0"
    assert window_threshold(histogram, 3) == 0


@pytest.mark.parametrize("levels", [[], [7], [0, 255]])
def test_too_few_levels_carry_no_crack(levels: list[int]) -> None:
    if levels:
        histogram = np.zeros(256, dtype=np.int64)
        histogram[levels] = 50
        assert window_threshold(histogram, 3) == NO_CRACK
    else:
        assert window_threshold(np.zeros(256, dtype=np.int64), 3) == NO_CRACK


def test_the_darkest_class_includes_its_highest_level() -> None:
    histogram = np.zeros(256, dtype=np.int64)
    histogram[[10, 11, 100, 200]] = 100
    assert window_threshold(histogram, 3) == 11
    histogram[[10, 11]] = 0
    assert window_threshold(histogram, 2) == 100


@settings(deadline=None, max_examples=100)
@given(
    pixels=st.dictionaries(st.integers(0, 255), st.integers(1, 3), min_size=3, max_size=9),
    classes=st.sampled_from([2, 3]),
)
def test_without_k1_a_level_is_dark_below_the_middle_of_that_bin(pixels: dict[int, int], classes: int) -> None:
    histogram = np.zeros(256, dtype=np.int64)
    histogram[list(pixels)] = list(pixels.values())
    lowest, highest = min(pixels), max(pixels)
    k1 = bins_of(histogram)[window_threshold(histogram, classes)]
    middle = Fraction(2 * k1 + 1, 512)
    dark = {level for level in range(256) if Fraction(level - lowest, highest - lowest) < middle}
    assert window_threshold(histogram, classes, False) == max(dark)
    assert lowest in dark


@settings(deadline=None, max_examples=30)
@given(
    height=st.integers(1, 40), width=st.integers(1, 40), window=st.integers(1, 16), share=st.floats(0, 1),
    classes=st.sampled_from([2, 3, 4]), colours=st.sampled_from([2, 5, 256]), seed=st.integers(0, 1000),
    includes_k1=st.booleans(),
)  # fmt: skip
def test_sliding_windows_have_the_thresholds_of_separate_windows(
    height: int, width: int, window: int, share: float, classes: int, colours: int, seed: int, includes_k1: bool
) -> None:
    grid = PatchGrid(height, width, window, max(1, round(window * share)))
    levels = np.random.default_rng(seed).integers(0, colours, (height, width), dtype=np.uint8)
    found = found_window_thresholds(levels, grid, classes, includes_k1)
    assert found.shape == (grid.rows, grid.cols)
    for (row, col), threshold in np.ndenumerate(found):
        histogram = np.bincount(grid.split(levels)[row, col].ravel(), minlength=256)
        assert threshold == window_threshold(histogram, classes, includes_k1)


def patchy(height: int, width: int, seed: int) -> np.ndarray:
    """Noise with a dark line, a flat part and a part of two levels, grey as RGB."""
    rng = np.random.default_rng(seed)
    levels = rng.integers(90, 200, (height, width))
    levels[height // 2] = 20
    levels[: height // 3, : width // 2] = 140
    levels[-(height // 3) :, -(width // 3) :] = rng.integers(0, 2, levels[-(height // 3) :, -(width // 3) :].shape)
    return np.repeat(levels[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("height", "width", "window", "stride"),
    [(24, 31, 8, 4), (21, 27, 9, 6), (17, 40, 8, 5), (9, 11, 16, 8), (1, 30, 8, 2), (30, 22, 7, 7), (13, 13, 12, 9)],
)
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_a_pixel_is_dark_if_all_windows_over_it_agree(
    height: int, width: int, window: int, stride: int, classes: int
) -> None:
    image = patchy(height, width, height * width)
    grid = PatchGrid(height, width, window, stride)
    levels, padded = image[..., 0], grid.pad(image[..., 0])
    expected = np.ones((height, width), dtype=bool)
    for y, x in grid.origins():
        pixels = padded[y : y + window, x : x + window]
        threshold = exhaustive(np.bincount(pixels.ravel(), minlength=256), classes)
        expected[y : y + window, x : x + window] &= levels[y : y + window, x : x + window] <= threshold
    found = dark_pixels(image, Options(UNTOUCHED, "rgb", window, stride, classes, True))
    assert found.dtype == bool
    np.testing.assert_array_equal(found, expected)


def test_dark_pixels_finds_a_dark_line_and_nothing_on_a_flat_image() -> None:
    rng = np.random.default_rng(3)
    image = np.repeat(rng.integers(150, 180, (64, 96, 1), dtype=np.uint8), 3, axis=2)
    image[:, 40:43] = 30
    options = Options(Bilateral(2, 120.0, 120.0), "rgb", 32, 8, 3, True)
    assert dark_pixels(image, options)[:, 41].all()
    flat = np.full((50, 70, 3), 128, dtype=np.uint8)
    assert not dark_pixels(flat, options).any()
    assert not dark_pixels(flat[:1, :1], options).any()


def test_a_stride_that_does_not_divide_the_window_leaves_no_dark_rim() -> None:
    rng = np.random.default_rng(4)
    image = np.repeat(rng.integers(0, 256, (100, 131, 1), dtype=np.uint8), 3, axis=2)
    image[-25:, :] = image[:, -25:] = 200
    dark = dark_pixels(image, Options(UNTOUCHED, "rgb", 20, 7, 3, True))
    assert dark.any()
    assert not dark[-25:].any()
    assert not dark[:, -25:].any()


def bilateral(image: np.ndarray, radius: int, sigma_range: float, sigma_space: float) -> np.ndarray:
    """The filter by its formula: a disc, weights by distance and by summed colour difference, mirrored border."""
    planes = np.atleast_3d(image).astype(float)
    padded = np.pad(planes, ((radius, radius), (radius, radius), (0, 0)), mode="reflect")
    result = np.zeros_like(planes)
    for y, x in np.ndindex(*planes.shape[:2]):
        weights, total = 0.0, np.zeros(planes.shape[2])
        for dy in range(-radius, radius + 1):
            for dx in range(-radius, radius + 1):
                if dy * dy + dx * dx > radius * radius:
                    continue
                other = padded[y + radius + dy, x + radius + dx]
                difference = np.abs(other - planes[y, x]).sum()
                weight = np.exp(-(dy * dy + dx * dx) / (2 * sigma_space**2) - difference**2 / (2 * sigma_range**2))
                weights, total = weights + weight, total + weight * other
        result[y, x] = total / weights
    return result.reshape(image.shape)


@pytest.mark.parametrize("radius", [1, 2, 3])
@pytest.mark.parametrize("shape", [(17, 14), (12, 15, 3)])
def test_smooth_is_the_bilateral_filter_of_that_radius(radius: int, shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(radius).integers(0, 256, shape, dtype=np.uint8)
    for sigma_range, sigma_space in ((120.0, 120.0), (30.0, 1.0)):
        found = smooth(image, Bilateral(radius, sigma_range, sigma_space))
        assert found.dtype == np.uint8
        np.testing.assert_allclose(found, bilateral(image, radius, sigma_range, sigma_space), atol=1.0)


@pytest.mark.parametrize("radius", [0, 1, 2, 4])
def test_a_bright_pixel_reaches_its_radius_and_no_further(radius: int) -> None:
    image = np.full((15, 15), 0, dtype=np.uint8)
    image[7, 7] = 255
    y, x = np.mgrid[:15, :15] - 7
    changed = smooth(image, Bilateral(radius, 1e6, 1e6)) > 0
    np.testing.assert_array_equal(changed, y * y + x * x <= radius * radius)


def test_grey_takes_the_channels_as_red_green_blue() -> None:
    primaries = np.diag([255, 255, 255]).astype(np.uint8)[None]
    assert grey(primaries).tolist() == [[76, 150, 29]]
    assert grey(primaries, "bgr").tolist() == [[29, 150, 76]]


def test_a_stride_beyond_the_window_is_refused() -> None:
    with pytest.raises(HairlineError, match="at most 32"):
        Options(UNTOUCHED, "rgb", 32, 33, 3, True)
