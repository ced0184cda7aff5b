"""Lengths and widths of cracks that are known; what is no crack, or has no ends, or leaves the photo."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from support import known_cracks

import hairline
from hairline.errors import HairlineError
from hairline.inspection.measuring.cracks import Crack
from hairline.inspection.measuring.measure import measure
from hairline.inspection.measuring.options import Options

ANGLES = (0, 7, 22, 34, 45, 58, 83, 90, 128, 171)


def only(mask: NDArray[np.bool_], photo: NDArray[np.uint8] | None = None) -> Crack:
    (crack,) = measure(mask, photo).cracks
    return crack


def canvas(height: int = 200, width: int = 300) -> NDArray[np.uint8]:
    return np.zeros((height, width), np.uint8)


@pytest.mark.parametrize("degrees", ANGLES)
@pytest.mark.parametrize("width", [1.3, 2, 4.5, 11])
def test_a_straight_crack_at_every_angle(width: float, degrees: float) -> None:
    mask = known_cracks.straight(width, 90, degrees) >= 0.5
    crack = only(mask)
    assert crack.length_px == pytest.approx(90, rel=0.02)
    assert crack.width_mean_px == pytest.approx(mask.sum() / 90, abs=0.12)
    if degrees % 45:  # where all rows of pixels are cut alike, the mask itself is wider or narrower
        assert crack.width_mean_px == pytest.approx(width, abs=0.2)
    assert crack.width_mean_px - 1e-9 <= crack.width_p95_px <= crack.width_max_px < crack.width_mean_px + 0.7
    assert len(crack.branches) == 1 and crack.junctions == 0
    assert crack.orientation_deg is not None
    turned = (crack.orientation_deg - degrees + 90) % 180 - 90
    assert abs(turned) < 1.5 and 0 <= crack.orientation_deg < 180


@pytest.mark.parametrize("radius", [35, 60, 120])
@pytest.mark.parametrize("width", [2, 5, 10])
def test_a_bent_crack(width: float, radius: float) -> None:
    crack = only(known_cracks.arc(width, 80, radius, 25) >= 0.5)
    assert crack.length_px == pytest.approx(80, rel=0.02)
    assert crack.width_mean_px == pytest.approx(width, abs=0.25)


def test_a_ring_has_no_ends_and_no_direction() -> None:
    crack = only(known_cracks.ring(6, 50) >= 0.5)
    assert crack.length_px == pytest.approx(2 * np.pi * 50, rel=0.01)
    assert crack.width_mean_px == pytest.approx(6, abs=0.1)
    assert crack.orientation_deg is None and crack.junctions == 0
    (branch,) = crack.branches
    np.testing.assert_array_equal(branch.line[0], branch.line[-1])


@pytest.mark.parametrize("width", [3.0, 4.4, 7.3])
@pytest.mark.parametrize("degrees", [0, 23, 90])
@pytest.mark.parametrize("blur", [0.5, 1.0])
def test_with_the_photo_a_mask_that_is_too_fat_or_too_thin_does_no_harm(
    width: float, degrees: float, blur: float
) -> None:
    cover = known_cracks.straight(width, 100, degrees)
    grey = known_cracks.photo(cover, blur)
    fat = ndimage.binary_dilation(cover >= 0.5)
    assert only(fat).width_mean_px > width + 1
    assert only(fat, grey).width_mean_px == pytest.approx(width, abs=0.3)
    assert only(cover >= 0.98, np.stack([grey] * 3, axis=2)).width_mean_px == pytest.approx(width, abs=0.3)


@pytest.mark.parametrize(("width", "blur"), [(3.0, 0.5), (4.4, 1.0), (7.3, 1.0)])
def test_a_bright_crack_is_as_wide_as_a_dark_one(width: float, blur: float) -> None:
    cover = known_cracks.straight(width, 100, 23)
    dark, fat = known_cracks.photo(cover, blur), ndimage.binary_dilation(cover >= 0.5)
    expected, found = measure(fat, dark), measure(fat, 255 - dark)
    assert found.photo_share == pytest.approx(expected.photo_share, abs=0.1) and found.photo_share > 0.7
    assert found.cracks[0].width_mean_px == pytest.approx(expected.cracks[0].width_mean_px, abs=0.05)
    assert found.cracks[0].width_mean_px == pytest.approx(width, abs=0.3)


def test_a_dark_crack_with_bright_edges_is_measured_as_dark() -> None:
    cover, whole = (known_cracks.straight(width, 100, 23) for width in (5, 9))
    photo = known_cracks.photo(cover) + (20 * ndimage.gaussian_filter(whole - cover, 0.7)).astype(np.uint8)
    assert only(whole >= 0.5, photo).width_mean_px == pytest.approx(5, abs=0.3)


def test_a_photo_that_shows_nothing_leaves_the_width_of_the_mask() -> None:
    mask = known_cracks.straight(5, 90, 30) >= 0.5
    noise = np.random.default_rng(0).integers(0, 256, mask.shape, np.uint8)
    found = measure(mask, np.full(mask.shape, 128, np.uint8))
    assert found.photo_share == 0
    assert found.cracks[0].width_mean_px == pytest.approx(only(mask).width_mean_px)
    assert measure(mask, noise).cracks[0].width_mean_px == pytest.approx(5, abs=2)


def test_the_widest_place_of_a_wedge_and_its_percentile() -> None:
    mask = canvas()
    cv2.fillPoly(mask, [np.array([[40, 100], [240, 90], [240, 110]], np.int32)], 1)
    crack = only(mask.astype(bool))
    assert crack.width_max_px == pytest.approx(20, abs=1.5) and crack.width_max_at[0] > 225
    assert crack.width_p95_px == pytest.approx(19, abs=1)
    assert crack.width_mean_px == pytest.approx(mask.sum() / 200, abs=0.2)
    assert crack.length_px == pytest.approx(200, rel=0.02)


def test_branches_and_junctions_of_a_fork_and_a_crossing() -> None:
    fork, crossing = canvas(), canvas()
    for end in ((20, 100), (260, 40), (260, 160)):
        cv2.line(fork, (150, 100), end, 1, 5)
    cv2.line(crossing, (20, 100), (280, 100), 1, 9)
    cv2.line(crossing, (150, 20), (150, 180), 1, 9)
    one, other = only(fork.astype(bool)), only(crossing.astype(bool))
    assert (len(one.branches), one.junctions) == (3, 1)
    assert one.length_px == pytest.approx(130 + 2 * np.hypot(110, 60) + 3 * 3, rel=0.02)
    assert (len(other.branches), other.junctions) == (4, 1)
    assert sum(branch.length_px for branch in other.branches) == pytest.approx(other.length_px)
    for crack in (one, other):
        for branch in crack.branches:
            steps = np.hypot(*np.diff(branch.line, axis=0).T)
            assert steps.sum() == pytest.approx(branch.length_px) and len(branch.line) == len(branch.widths_px)


def test_spurs_are_pruned_and_real_branches_are_not() -> None:
    mask = canvas()
    mask[97:104, 20:280] = 1
    mask[94:97, 60:62] = mask[104:108, 200] = 1  # burrs
    assert len(only(mask.astype(bool)).branches) == 1
    cv2.line(mask, (150, 100), (180, 60), 1, 3)
    crack = only(mask.astype(bool))
    assert (len(crack.branches), crack.junctions) == (3, 1)
    assert measure(mask.astype(bool), options=Options(spur=100)).cracks[0].junctions == 0


def test_small_holes_make_no_rings_and_large_ones_do() -> None:
    mask = canvas()
    mask[90:110, 20:280] = 1
    mask[99:101, 99:101] = 0
    crack = only(mask.astype(bool))
    assert len(crack.branches) == 1 and crack.area_px == 20 * 260 - 4
    assert crack.width_mean_px == pytest.approx(20, abs=0.1)
    mask[95:105, 140:160] = 0
    assert only(mask.astype(bool)).junctions == 2


def test_blobs_dots_and_a_mask_full_of_crack() -> None:
    disc, dot, square = canvas(), canvas(), canvas()
    cv2.circle(disc, (100, 100), 50, 1, -1)
    cv2.circle(dot, (100, 100), 3, 1, -1)
    square[50:150, 60:160] = 1
    for mask, side in ((disc, 101), (dot, 7), (square, 100)):
        crack = only(mask.astype(bool))
        assert crack.length_px == pytest.approx(side, rel=0.05) and crack.orientation_deg is None
        assert crack.width_max_px == pytest.approx(side, rel=0.4)
    full = only(np.ones((200, 300), bool))
    assert (full.length_px, full.width_mean_px) == (pytest.approx(300), pytest.approx(200))
    assert full.box == (0, 0, 300, 200) and full.area_px == 60000


def test_an_empty_mask_and_what_is_too_small() -> None:
    empty = measure(np.zeros((30, 40), bool))
    assert empty.cracks == () and (empty.height, empty.width, empty.length_px, empty.area_px) == (30, 40, 0, 0)
    mask = np.zeros((30, 40), bool)
    mask[5, 5:24] = mask[20, 20] = True
    few = measure(mask)
    assert few.cracks == () and (few.left_out, few.left_out_px) == (2, 20)
    assert [crack.area_px for crack in measure(mask, options=Options(min_area_px=1)).cracks] == [19, 1]


def test_cracks_that_leave_the_photo_end_at_its_border() -> None:
    mask = canvas()
    mask[90:100] = 1
    across = only(mask.astype(bool))
    assert (across.length_px, across.width_mean_px) == (pytest.approx(300), pytest.approx(10))
    oblique = only(known_cracks.straight(9, 400, 30) >= 0.5)
    assert oblique.width_mean_px == pytest.approx(9, abs=0.2)  # cut chords in the corners do not count
    assert oblique.width_max_px < 9.8
    along = canvas()
    along[:10] = 1
    assert only(along.astype(bool)).width_mean_px == pytest.approx(10)


def test_the_longest_comes_first_and_areas_add_up() -> None:
    rng = np.random.default_rng(3)
    levels = ndimage.gaussian_filter(rng.normal(size=(150, 190)), 2)
    mask = levels > np.quantile(levels, 0.8)
    found = measure(mask)
    assert found.area_px + found.left_out_px == mask.sum()
    assert [crack.number for crack in found.cracks] == list(range(1, len(found.cracks) + 1))
    lengths = [crack.length_px for crack in found.cracks]
    assert lengths == sorted(lengths, reverse=True)
    numbers, count = ndimage.label(mask, np.ones((3, 3)))
    boxes = {(s[1].start, s[0].start, s[1].stop, s[0].stop) for s in ndimage.find_objects(numbers)}
    assert {crack.box for crack in found.cracks} <= boxes
    assert len(found.cracks) + found.left_out == count


def test_area_is_length_times_mean_width_where_nothing_branches() -> None:
    y = 70 + 18 * np.sin(np.arange(20, 280) / 23)
    mask = canvas(140)
    for x, middle in zip(range(20, 280), y, strict=True):
        mask[round(middle) - 3 : round(middle) + 4, x] = 1
    crack = only(mask.astype(bool))
    assert crack.length_px * crack.width_mean_px == pytest.approx(crack.area_px, rel=0.02)


@pytest.mark.parametrize("seed", range(12))
def test_any_mask_is_measured(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = (int(side) for side in rng.integers(1, 70, 2))
    levels = ndimage.gaussian_filter(rng.normal(size=(height, width)), rng.uniform(0, 3))
    mask = levels >= np.quantile(levels, rng.uniform(0, 1))
    photo = rng.integers(0, 256, (height, width), np.uint8)
    options = Options(
        min_area_px=int(rng.integers(1, 10)), hole_px=int(rng.integers(0, 30)), spur=float(rng.uniform(0, 4))
    )
    for crack in measure(mask, photo, options).cracks:
        assert crack.length_px > 0 and np.isfinite(crack.width_mean_px)
        for branch in crack.branches:
            assert np.isfinite(branch.widths_px).all() and len(branch.line) >= 2
            assert (branch.line >= -0.75).all() and (branch.line <= np.array([width, height]) - 0.25).all()


def test_what_is_no_mask_or_no_photo_of_it_is_refused() -> None:
    mask = np.zeros((20, 30), bool)
    for wrong in (mask.astype(float), mask[None], np.full((20, 30), 7, np.uint8), [[1]], np.zeros((0, 5), bool)):
        with pytest.raises(HairlineError, match=r"mask: found .*expected bool"):
            measure(wrong)  # type: ignore[arg-type]
    for photo in (np.zeros((30, 20), np.uint8), np.zeros((20, 30), float), np.zeros((20, 30, 4), np.uint8)):
        with pytest.raises(HairlineError, match=r"photo: found .*as large as its mask"):
            measure(mask, photo)  # type: ignore[arg-type]


def test_it_is_public_and_takes_masks_of_0_and_255() -> None:
    mask = known_cracks.straight(4, 90, 10) >= 0.5
    assert hairline.measure(mask.astype(np.uint8) * np.uint8(255)).length_px == measure(mask).length_px
    assert hairline.measure(mask.astype(np.uint8)).length_px == measure(mask).length_px


@pytest.mark.parametrize("degrees", [20, 67])
def test_a_crack_is_as_it_would_be_without_another_a_pixel_beside_it(degrees: float) -> None:
    whole = known_cracks.straight(3, 100, degrees) >= 0.5
    cut = whole.copy()
    cut[:, 80] &= degrees > 45
    cut[70] &= degrees < 45
    count, labels = cv2.connectedComponents(cut.astype(np.uint8), connectivity=8)
    together = {crack.box: crack for crack in measure(cut).cracks}
    assert count == 3
    for number in (1, 2):
        (alone,) = measure(labels == number).cracks
        beside = together[alone.box]
        assert beside.length_px == pytest.approx(alone.length_px, abs=0.15)
        assert beside.width_max_px == pytest.approx(alone.width_max_px, abs=0.1)
