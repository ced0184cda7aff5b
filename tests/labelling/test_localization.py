"""Localization: cells stay over the pixels they stand for; cut, guard and erosion against plain definitions."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from hairline.errors import HairlineError
from hairline.imaging.windows import PatchGrid
from hairline.labelling import localization
from hairline.labelling.localization import (
    CellVotes,
    Evidence,
    Options,
    ScaledCam,
    Votes,
    activation_map,
    cell_map,
    heat,
    localize,
    patch_map,
    scaled_activation_map,
    scaled_size,
    upsample,
)

FILTERS = ["lanczos", "hamming", "bilinear"]
PAPER = Options(32, "mean", False, "lanczos", 0.5, "none", 0.5, 3, 4, "corner")


def evidence_of(height: int, width: int, seed: int = 0, windows: tuple[tuple[int, int], ...] = ((32, 16),)) -> Evidence:
    rng = np.random.default_rng(seed)
    votes = []
    for window, stride in windows:
        grid = PatchGrid(height, width, window, stride)
        votes.append(Votes(window, stride, rng.random((grid.rows, grid.cols), dtype=np.float32)))
    cells = PatchGrid(height, width, 32, 32)
    cam = rng.random((cells.rows, cells.cols), dtype=np.float32) * 17
    return Evidence(height, width, tuple(votes), cam, 32, 0.75)


def constant(height: int, width: int, probability: float) -> Evidence:
    blank = evidence_of(height, width)
    votes = tuple(dataclasses.replace(v, probabilities=np.full_like(v.probabilities, probability)) for v in blank.votes)
    return dataclasses.replace(blank, votes=votes)


def centre_of_mass(picture: np.ndarray) -> tuple[float, float]:
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    weights = picture.astype(np.float64)
    return float((weights * y).sum() / weights.sum()), float((weights * x).sum() / weights.sum())


@settings(deadline=None, max_examples=40)
@given(
    height=st.integers(1, 90), width=st.integers(1, 90), cell=st.sampled_from([1, 3, 8, 16, 32]),
    upsampling=st.sampled_from(FILTERS), value=st.floats(0, 1, width=32),
)  # fmt: skip
def test_a_constant_stays_constant_at_any_size(
    height: int, width: int, cell: int, upsampling: str, value: float
) -> None:
    cells = np.full((-(-height // cell), -(-width // cell)), value, dtype=np.float32)
    pixels = upsample(cells, cell, height, width, upsampling)
    assert pixels.shape == (height, width)
    assert pixels.dtype == np.float32
    np.testing.assert_allclose(pixels, value, atol=1e-6)


@pytest.mark.parametrize("upsampling", FILTERS)
@pytest.mark.parametrize("cell", [2, 7, 16, 32])
def test_a_bright_cell_is_centred_on_its_square(upsampling: str, cell: int) -> None:
    cells = np.zeros((15, 18))  # six cells from every border, where Pillow scales the filter's weights
    cells[6, 10] = 1
    pixels = upsample(cells, cell, 15 * cell, 18 * cell, upsampling)
    assert pixels.max() > 0.5
    assert centre_of_mass(pixels) == pytest.approx((6 * cell + (cell - 1) / 2, 10 * cell + (cell - 1) / 2), abs=1e-3)


@pytest.mark.parametrize("width", [360, 641, 648, 999, 1000])
def test_a_ramp_over_cells_is_the_same_ramp_over_pixels(width: int) -> None:
    cells = np.tile((np.arange(-(-width // 16)) * 16 + 8) / 2000, (3, 1))  # value: a cell's centre in pixels / 2000
    pixels = upsample(cells, 16, 40, width, "bilinear")
    inside = np.arange(8, width - 8)
    np.testing.assert_allclose(pixels[:, 8 : width - 8], np.tile((inside + 0.5) / 2000, (40, 1)), atol=1e-6)


@pytest.mark.parametrize("upsampling", FILTERS)
def test_enlarging_stays_within_zero_and_one(upsampling: str) -> None:
    cells = np.random.default_rng(0).integers(0, 2, (9, 9)).astype(float)
    pixels = upsample(cells, 16, 140, 139, upsampling)
    assert pixels.min() >= 0
    assert pixels.max() <= 1


def test_lanczos_is_the_windowed_sinc_at_pixel_centres() -> None:
    cell, count = 8, 12
    cells = np.random.default_rng(1).uniform(0.3, 0.7, (1, count))
    positions = (np.arange(cell * count) + 0.5) / cell - 0.5
    distance = positions[:, None] - np.arange(count)
    weights = np.where(np.abs(distance) < 3, np.sinc(distance) * np.sinc(distance / 3), 0)
    expected = (weights / weights.sum(axis=1, keepdims=True)) @ cells[0]
    np.testing.assert_allclose(upsample(cells, cell, 8, cell * count, "lanczos")[3], expected, atol=1e-5)


@pytest.mark.parametrize(("window", "stride"), [(32, 16), (32, 8), (24, 16), (64, 16), (32, 32), (96, 64)])
@pytest.mark.parametrize("upsampling", FILTERS)
@pytest.mark.parametrize("cells", ["mean", "window"])
def test_a_single_vote_is_centred_on_its_window(window: int, stride: int, upsampling: str, cells: str) -> None:
    height, width = window * 9 - 3, window * 11 - 5
    grid = PatchGrid(height, width, window, stride)
    row, col = grid.rows // 2, grid.cols // 2
    probabilities = np.zeros((grid.rows, grid.cols), dtype=np.float32)
    probabilities[row, col] = 1
    blank = evidence_of(height, width)
    evidence = dataclasses.replace(blank, votes=(Votes(window, stride, probabilities),))
    found = centre_of_mass(patch_map(evidence, window, upsampling, cells))
    middle = (window - 1) / 2
    assert found == pytest.approx((row * stride + middle, col * stride + middle), abs=1e-2)


@pytest.mark.parametrize(("window", "stride"), [(32, 16), (32, 8), (32, 15), (24, 16), (32, 32), (96, 32)])
@pytest.mark.parametrize("width", [360, 648, 1000])
def test_votes_that_rise_evenly_rise_evenly_over_the_middles_of_their_windows(
    window: int, stride: int, width: int
) -> None:
    grid = PatchGrid(40, width, window, stride)
    middles = np.arange(grid.cols) * stride + window / 2
    probabilities = np.tile((middles / 2000).astype(np.float32), (grid.rows, 1))
    evidence = dataclasses.replace(evidence_of(40, width), votes=(Votes(window, stride, probabilities),))
    found = patch_map(evidence, window, "bilinear", "window")
    places = np.arange(width) + 0.5
    expected = np.clip(places, middles[0], middles[-1]) / 2000  # beyond the outermost middles their votes hold
    inside = np.abs(places - np.clip(places, middles[0], middles[-1])) == 0
    np.testing.assert_allclose(found[:, inside], np.tile(expected[inside], (40, 1)), atol=2e-6)
    np.testing.assert_allclose(found, np.tile(expected, (40, 1)), atol=stride / 2000 / 8 + 2e-6)


def test_a_cell_of_one_window_knows_of_no_other() -> None:
    evidence = evidence_of(64, 640)
    evidence.votes[0].probabilities[:] = 0
    evidence.votes[0].probabilities[:, 10] = 1  # over pixels 160..192
    alone, mean = (patch_map(evidence, 32, "hamming", cells)[0] for cells in ("window", "mean"))
    assert alone[176] == pytest.approx(1, abs=0.05)
    assert mean[176] == pytest.approx(0.5, abs=0.05)
    assert np.count_nonzero(alone) < np.count_nonzero(mean)


@pytest.mark.parametrize("upsampling", FILTERS)
def test_quantised_maps_are_rounded_before_and_after_they_are_enlarged(upsampling: str) -> None:
    evidence = evidence_of(150, 171)
    levels = activation_map(evidence, "none", upsampling, True).astype(np.float64) * 255
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-4)
    assert len(np.unique(activation_map(evidence, "none", upsampling))) > 256
    evidence.votes[0].probabilities[:] = evidence.votes[0].probabilities * 0.2 + 0.4  # so that Lanczos clips nothing
    for cells in ("mean", "window"):
        quantised, free = (patch_map(evidence, 32, upsampling, cells, yes) for yes in (True, False))
        np.testing.assert_allclose(quantised, free, atol=2 / 255)
        assert (quantised != free).mean() > 0.9
    faint = constant(60, 80, 0.4 / 255)  # rounded to nothing
    assert not patch_map(faint, 32, upsampling, "mean", True).any()


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (31, 360), (65, 648), (33, 1000)])
def test_maps_have_the_size_of_the_image(size: tuple[int, int]) -> None:
    evidence = evidence_of(*size)
    for found in (
        patch_map(evidence, 32, "lanczos"),
        activation_map(evidence, "image", "lanczos"),
        localize(evidence, PAPER),
    ):
        assert found.shape == size
        assert found.dtype == np.float32
        assert 0 <= found.min() <= found.max() <= 1


def test_the_window_asked_for_is_the_one_used() -> None:
    evidence = evidence_of(100, 130, windows=((32, 16), (64, 32)))
    grid = PatchGrid(100, 130, 64, 32)
    cells = grid.mean(evidence.votes[1].probabilities)
    np.testing.assert_array_equal(patch_map(evidence, 64, "hamming"), upsample(cells, 32, 100, 130, "hamming"))
    assert not np.allclose(patch_map(evidence, 32, "hamming"), patch_map(evidence, 64, "hamming"))


def test_an_unknown_window_is_told_with_those_there_are() -> None:
    evidence = evidence_of(64, 64, windows=((32, 16), (64, 16)))
    with pytest.raises(HairlineError, match=r"vote_window_px is 48.* 32, 64 px.*localize\.vote_windows_px"):
        localize(evidence, dataclasses.replace(PAPER, vote_window_px=48))


@pytest.mark.parametrize("guard", ["none", "image"])
def test_an_activation_map_of_zeros_stays_zero(guard: str) -> None:
    evidence = evidence_of(70, 90)
    silent = dataclasses.replace(evidence, cam=np.zeros_like(evidence.cam))
    found = activation_map(silent, guard, "lanczos")
    assert found.shape == (70, 90)
    assert not found.any()


def test_the_activation_map_is_a_share_of_its_maximum() -> None:
    evidence = evidence_of(320, 320)
    found = activation_map(evidence, "none", "bilinear")
    expected = upsample(evidence.cam / evidence.cam.max(), 32, 320, 320, "bilinear")
    np.testing.assert_array_equal(found, expected)
    assert found.max() == pytest.approx(1, abs=0.01)  # no pixel lies on the middle of a square of 32
    for scale in (1e-6, 1e6):
        scaled = dataclasses.replace(evidence, cam=evidence.cam * np.float32(scale))
        np.testing.assert_allclose(activation_map(scaled, "none", "bilinear"), found, atol=1e-5)


@pytest.mark.parametrize("probability", [0.0, 0.02, 0.4, 1.0])
def test_the_guard_weighs_by_the_probability_of_the_image(probability: float) -> None:
    evidence = dataclasses.replace(evidence_of(150, 171), crack_probability=probability)
    free = activation_map(evidence, "none", "bilinear")
    np.testing.assert_allclose(activation_map(evidence, "image", "bilinear"), free * probability, atol=1e-6)
    assert free.max() > 0.9


def test_values_up_to_the_cut_vanish_and_those_above_stay_soft() -> None:
    votes_only = dataclasses.replace(PAPER, patch_weight=1.0)
    assert not localize(constant(60, 80, 0.5), votes_only).any()
    np.testing.assert_allclose(localize(constant(60, 80, 0.51), votes_only), 0.51, atol=1e-6)
    lower = dataclasses.replace(votes_only, cut=0.0)
    np.testing.assert_allclose(localize(constant(60, 80, 0.1), lower), 0.1, atol=1e-6)


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("cut", [0.0, 0.35, 0.5])
def test_the_average_is_weighted_before_the_cut(weight: float, cut: float) -> None:
    evidence = evidence_of(131, 97, seed=3)
    options = dataclasses.replace(PAPER, patch_weight=weight, cut=cut, erosion_iterations=0)
    patch, cam = patch_map(evidence, 32, "lanczos"), activation_map(evidence, "none", "lanczos")
    merged = weight * patch.astype(np.float64) + (1 - weight) * cam.astype(np.float64)
    clear = np.abs(merged - cut) > 1e-6
    expected = np.where(merged > cut, merged, 0)
    np.testing.assert_allclose(localize(evidence, options)[clear], expected[clear], atol=1e-6)


@pytest.mark.parametrize(("side", "iterations"), [(1, 3), (3, 0), (3, 1), (3, 4), (5, 2), (9, 3)])
@pytest.mark.parametrize("size", [(90, 121), (7, 40)])
def test_erosion_is_grey_erosion_repeated(side: int, iterations: int, size: tuple[int, int]) -> None:
    evidence = evidence_of(*size, seed=4)
    options = dataclasses.replace(PAPER, cut=0.2, erosion_px=side, erosion_iterations=iterations)
    expected = localize(evidence, dataclasses.replace(options, erosion_iterations=0))
    for _ in range(iterations):  # scipy's mirrored border holds no value that the window does not hold already
        expected = ndimage.grey_erosion(expected, size=(side, side))
    np.testing.assert_array_equal(localize(evidence, options), expected)


def test_erosion_does_not_eat_in_from_the_border_of_the_image() -> None:
    assert (localize(constant(60, 80, 0.9), dataclasses.replace(PAPER, patch_weight=1.0)) > 0.89).all()


def test_heat_is_the_paper_average_before_cut_and_erosion() -> None:
    evidence = evidence_of(70, 131, windows=((64, 16), (32, 16)))
    uncut = dataclasses.replace(PAPER, vote_window_px=64, cut=0.0, erosion_iterations=0)
    assert heat(evidence).dtype == np.float32
    np.testing.assert_allclose(heat(evidence), localize(evidence, uncut), atol=1e-6)


def test_an_even_erosion_is_refused() -> None:
    with pytest.raises(HairlineError, match="odd, found 4"):
        dataclasses.replace(PAPER, erosion_px=4)


def test_evidence_comes_back_from_disk_as_it_was(tmp_path: Path) -> None:
    evidence = evidence_of(123, 457, windows=((64, 16), (32, 8), (32, 16), (128, 48)))
    path = tmp_path / "sample.partial"  # a temporary name need not end in .npz
    evidence.save(path)
    assert [item.name for item in tmp_path.iterdir()] == ["sample.partial"]
    found = Evidence.load(path)
    assert (found.height, found.width, found.cam_cell_px) == (123, 457, 32)
    assert found.crack_probability == evidence.crack_probability
    assert isinstance(found.crack_probability, float)
    assert [(v.window_px, v.stride_px) for v in found.votes] == [(64, 16), (32, 8), (32, 16), (128, 48)]
    for ours, theirs in zip(found.votes, evidence.votes, strict=True):
        assert ours.probabilities.dtype == np.float32
        np.testing.assert_array_equal(ours.probabilities, theirs.probabilities)
    assert found.cam.dtype == np.float32
    np.testing.assert_array_equal(found.cam, evidence.cam)
    np.testing.assert_array_equal(localize(found, PAPER), localize(evidence, PAPER))


def test_evidence_without_votes_comes_back_too(tmp_path: Path) -> None:
    evidence_of(20, 30, windows=()).save(tmp_path / "a.npz")
    assert Evidence.load(tmp_path / "a.npz").votes == ()


def test_the_same_evidence_is_the_same_file(tmp_path: Path) -> None:
    evidence = evidence_of(200, 300)
    for name in ("a.npz", "b.npz"):
        evidence.save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert (tmp_path / "a.npz").stat().st_size < 8000


def test_a_scaled_activation_map_lies_over_what_it_was_taken_of() -> None:
    evidence = evidence_of(100, 140)
    height, width = scaled_size(100, 140, 2)
    cells = np.zeros((-(-height // 32), -(-width // 32)), np.float32)
    cells[3, 5] = 7  # rows 96..128, columns 160..192 of the doubled image: its middle is at (56, 88)
    evidence = dataclasses.replace(evidence, scaled=(ScaledCam(2, cells),))
    found = scaled_activation_map(evidence, 2, "bilinear")
    assert found.shape == (100, 140)
    assert found.max() == pytest.approx(1, abs=0.1)  # interpolation takes the tip off
    np.testing.assert_allclose(centre_of_mass(found), (55.5, 87.5), atol=0.6)
    np.testing.assert_array_equal(
        scaled_activation_map(evidence, 1, "lanczos"), activation_map(evidence, "none", "lanczos")
    )
    with pytest.raises(HairlineError, match=r"on scale 3, but .* on 1, 2; .*localize\.cam_scales"):
        scaled_activation_map(evidence, 3, "bilinear")


def test_votes_of_cells_lie_over_what_they_were_taken_of() -> None:
    probabilities = np.zeros((7, 9), np.float32)
    probabilities[3, 5] = 1  # on the doubled image; its middle is at (56, 88)
    alone = (CellVotes(1.0, np.full((4, 5), 0.25, np.float32)), CellVotes(2.0, probabilities))
    evidence = dataclasses.replace(evidence_of(100, 140), cells=alone)
    np.testing.assert_allclose(cell_map(evidence, 1, "bilinear"), 0.25)
    np.testing.assert_allclose(centre_of_mass(cell_map(evidence, 2, "bilinear")), (55.5, 87.5), atol=0.6)
    with pytest.raises(HairlineError, match=r"votes of cells on scale 3, but .* on 1, 2; .*localize\.cam_scales"):
        cell_map(evidence, 3, "bilinear")


def test_votes_of_cells_survive_their_file(tmp_path: Path) -> None:
    alone = tuple(CellVotes(scale, np.random.default_rng(1).random((2, 3), np.float32)) for scale in (1.0, 0.5))
    dataclasses.replace(evidence_of(20, 30), cells=alone).save(tmp_path / "a.npz")
    found = Evidence.load(tmp_path / "a.npz").cells
    assert [votes.scale for votes in found] == [1.0, 0.5]
    for votes, again in zip(alone, found, strict=True):
        np.testing.assert_array_equal(votes.probabilities, again.probabilities)


def test_scaled_maps_survive_their_file(tmp_path: Path) -> None:
    scaled = tuple(ScaledCam(scale, np.random.default_rng(1).random((2, 3), np.float32)) for scale in (0.5, 2.0, 1.25))
    dataclasses.replace(evidence_of(20, 30), scaled=scaled).save(tmp_path / "a.npz")
    found = Evidence.load(tmp_path / "a.npz").scaled
    assert [cam.scale for cam in found] == [0.5, 2.0, 1.25]
    for cam, again in zip(scaled, found, strict=True):
        np.testing.assert_array_equal(cam.cells, again.cells)


@pytest.mark.parametrize("upsampling", FILTERS)
@pytest.mark.parametrize("first", [(0.0, 0.0), (15.5, 15.5), (31.0, 28.0), (-10.557, 4.25)])
def test_cells_are_drawn_where_they_look(upsampling: str, first: tuple[float, float]) -> None:
    height, width = 15 * 32 - 7, 18 * 32 - 20
    cam = np.zeros((15, 18), np.float32)
    cam[6, 10] = 5
    evidence = dataclasses.replace(evidence_of(height, width), cam=cam, centre_px=first)
    found = activation_map(evidence, "none", upsampling, align="centre")
    assert centre_of_mass(found) == pytest.approx((first[0] + 6 * 32, first[1] + 10 * 32), abs=2e-2)
    middle = dataclasses.replace(evidence, centre_px=(15.5, 15.5))
    np.testing.assert_array_equal(
        activation_map(middle, "none", upsampling, align="centre"), activation_map(evidence, "none", upsampling)
    )


@pytest.mark.parametrize("cells", ["mean", "window"])
@pytest.mark.parametrize("place", [(11.255, 11.255), (17.2, 13.0), (0.0, 31.0), (0.0, 1.0)])
def test_votes_are_drawn_where_they_look(cells: str, place: tuple[float, float]) -> None:
    grid = PatchGrid(285, 350, 32, 16)
    probabilities = np.zeros((grid.rows, grid.cols), np.float32)
    probabilities[8, 9] = 1
    evidence = dataclasses.replace(evidence_of(285, 350), votes=(Votes(32, 16, probabilities, place),))
    found = patch_map(evidence, 32, "hamming", cells, align="centre")
    assert centre_of_mass(found) == pytest.approx((8 * 16 + place[0], 9 * 16 + place[1]), abs=2e-2)


def test_scaled_maps_are_drawn_where_they_look() -> None:
    height, width = scaled_size(100, 140, 2)
    cells = np.zeros((-(-height // 32), -(-width // 32)), np.float32)
    cells[3, 5] = 1  # around (96, 160) of the doubled image, which is (47.75, 79.75) of the image
    scaled, votes = (ScaledCam(2, cells),), (CellVotes(2, cells),)
    evidence = dataclasses.replace(evidence_of(100, 140), scaled=scaled, cells=votes, centre_px=(0, 0))
    for found in (
        scaled_activation_map(evidence, 2, "bilinear", "centre"),
        cell_map(evidence, 2, "bilinear", "centre"),
    ):
        np.testing.assert_allclose(centre_of_mass(found), (47.75, 79.75), atol=0.05)


def test_evidence_of_older_versions_is_drawn_as_it_was_or_refused(tmp_path: Path) -> None:
    evidence_of(70, 90).save(tmp_path / "old.npz")
    old = Evidence.load(tmp_path / "old.npz")
    assert (old.centre_px, old.votes[0].centre_px) == (None, None)
    np.testing.assert_array_equal(localize(old, PAPER), localize(evidence_of(70, 90), PAPER))
    assert heat(old).any()
    with pytest.raises(HairlineError, match=r"older version.*dvc repro localize.*align: corner") as told:
        localize(old, dataclasses.replace(PAPER, align="centre"))
    assert "\n" not in str(told.value)


def test_places_survive_their_file_and_impossible_ones_are_refused(tmp_path: Path) -> None:
    plain = evidence_of(70, 90, windows=((32, 16), (64, 16)))
    votes = tuple(dataclasses.replace(each, centre_px=(1.5, each.window_px - 1.0)) for each in plain.votes)
    dataclasses.replace(plain, votes=votes, centre_px=(0.0, -15.25)).save(tmp_path / "a.npz")
    found = Evidence.load(tmp_path / "a.npz")
    assert found.centre_px == (0.0, -15.25)
    assert [each.centre_px for each in found.votes] == [(1.5, 31.0), (1.5, 63.0)]
    for wrong in ({"centre_px": (0.0, 1e6)}, {"centre_px": (np.nan, 0.0)},
                  {"votes": (dataclasses.replace(plain.votes[0], centre_px=(32.0, 0.0)),)}):  # fmt: skip
        dataclasses.replace(plain, **wrong).save(tmp_path / "b.npz")
        with pytest.raises(HairlineError, match="holds no evidence"):
            Evidence.load(tmp_path / "b.npz")


@pytest.mark.parametrize("cell_px", [8, 16, 24, 32])
@pytest.mark.parametrize(
    ("quantised", "start_px"), [(False, (0, 0)), (True, (0, 0)), (False, (8, 8)), (True, (8, 8)), (False, (-5.5, 3))]
)
@pytest.mark.parametrize("upsampling", ["lanczos", "hamming", "bilinear"])
def test_bands_do_not_show(monkeypatch, cell_px, quantised, start_px, upsampling):
    cells = np.random.default_rng(cell_px).random((9, 4), dtype=np.float32)
    height, width = 9 * cell_px - 3, 4 * cell_px - 1
    whole = localization.upsample(cells, cell_px, height, width, upsampling, quantised, start_px)
    monkeypatch.setattr(localization, "BAND_PX", 37)
    banded = localization.upsample(cells, cell_px, height, width, upsampling, quantised, start_px)
    np.testing.assert_allclose(banded, whole, atol=1e-6 + quantised / 255)
    assert np.array_equal(banded, whole) or cell_px == 24  # shares of 24 are no binary fractions: rounding
