"""Every convention against plain loops over thresholds, pixels and distances, on random and adversarial images."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.morphology import skeletonize
from support import plain_scoring as plain

from hairline.errors import HairlineError
from hairline.metrics import conventions, full_score_table, score_table, shape, thresholds, tolerance

SIZE = (6, 8)
PIXEL = np.zeros(SIZE, dtype=bool)
PIXEL[3, 7] = True
BAND = np.zeros(SIZE, dtype=bool)
BAND[2:4] = True
NOTHING, ALL = np.zeros(SIZE, dtype=bool), np.ones(SIZE, dtype=bool)
TIES = (np.arange(48).reshape(SIZE) % 12 * 9) / 100  # every score is a threshold, 0 or above 0.99
MAPS = {
    "all black": np.zeros(SIZE),
    "all white": np.ones(SIZE),
    "all white in 8 bits": np.full(SIZE, 255, np.uint8),
    "one pixel": np.where(PIXEL[:, ::-1], 0.7, 0.0),
    "ties": TIES,
    "ties in 8 bits": (np.arange(48).reshape(SIZE) % 6 * 51).astype(np.uint8),
    "ties in 32 bits": TIES.astype(np.float32),
    "ties in 16 bits": TIES.astype(np.float16),
}
MASKS = {"no crack": NOTHING, "one pixel": PIXEL, "a band": BAND, "all crack": ALL}


def random_pair(seed):
    rng = np.random.default_rng(seed)
    scores = np.where(rng.random(SIZE) < 0.3, 0.0, rng.random(SIZE))
    kinds = (np.float32, np.float64, np.uint8)
    kind = kinds[seed % 3]
    return (np.rint(scores * 255) if kind == np.uint8 else scores).astype(kind), rng.random(SIZE) < rng.random() / 3


def table_of(pairs, threads=1):
    samples = pd.DataFrame({"id": [f"s{i:03}" for i in range(len(pairs))], "group": "g"})
    by_id = dict(zip(samples["id"], pairs, strict=True))
    ignored = {name: pair[2] if len(pair) > 2 else None for name, pair in by_id.items()}
    return full_score_table.wide_table(samples, lambda i: by_id[i][0], lambda i: by_id[i][1], threads, ignored.get)


def check(pairs):
    found = conventions.table(table_of(pairs))
    place, rows = plain.rows(pairs)
    counted = found[found["empty_masks"] == "counted"].set_index("convention")
    calibrated = dict(zip(conventions.CALIBRATION, plain.calibration(pairs), strict=True))
    at_half = plain.line_rows(pairs, 50, skeletonize)
    assert set(counted.index) == {*rows, *at_half, *calibrated, "clDice", "Hausdorff 95, px"}
    for told, value in calibrated.items():
        assert counted.loc[told, "threshold_free"] == pytest.approx(value, abs=1e-7)
    for told, row in rows.items():
        for field, value in row.items():
            assert counted.loc[told, field] == pytest.approx(value, abs=1e-12, nan_ok=True), (told, field)
    for field, k in (("at_half", 50), ("at_paper_threshold", place + 1)):
        parts = [plain.sides(k, *pair)[:2] for pair in pairs]
        distances = [plain.hausdorff95(guess, mask) for guess, mask in parts]
        assert counted.loc["Hausdorff 95, px", field] == pytest.approx(np.mean(distances))
        for told, value in plain.line_rows(pairs, k, skeletonize).items():
            assert counted.loc[told, field] == pytest.approx(value, abs=1e-12), told
        alarms = found[found["empty_masks"] == "alone"]
        assert (alarms["images"] == sum(not mask.any() for _, mask in parts)).all()
        assert alarms[field].to_list() == pytest.approx(plain.false_alarms(pairs, k), nan_ok=True)
        dices = [shape.cldice(shape.shape(guess), shape.shape(mask)) for guess, mask in parts]
        assert counted.loc["clDice", field] == pytest.approx(np.mean(dices))


@pytest.mark.parametrize("name", MAPS)
def test_adversarial_maps_against_every_kind_of_mask(name):
    check([(MAPS[name], mask) for mask in MASKS.values()])


@pytest.mark.parametrize("name", ["all black", "ties"])
@pytest.mark.parametrize("mask", MASKS)
def test_an_adversarial_map_by_itself(name, mask):
    check([(MAPS[name], MASKS[mask])])


@pytest.mark.parametrize("seed", range(6))
def test_random_maps_and_masks(seed):
    check([random_pair(3 * seed + i) for i in range(3)])


@pytest.mark.parametrize("seed", [0, 1, 2, 4])  # without F1 of two thresholds that differ in their rounding alone
def test_ignored_pixels_count_nowhere(seed):
    rng = np.random.default_rng(seed)
    check([(*random_pair(3 * seed + i), rng.random(SIZE) < 0.4) for i in range(3)])


def test_a_crack_that_is_cut_by_an_ignored_region_or_lies_in_it():
    half = np.arange(8) < 4 + NOTHING
    check([(random_pair(7)[0], BAND, half)])
    check([(MAPS["one pixel"], PIXEL, PIXEL)])


def test_what_lies_below_ignored_pixels_changes_no_score():
    rng = np.random.default_rng(4)
    scores, mask = random_pair(1)
    ignored = rng.random(SIZE) < 0.5
    others = (
        np.where(ignored, rng.random(SIZE), scores).astype(scores.dtype),
        mask ^ (ignored & (rng.random(SIZE) < 0.5)),
    )
    pd.testing.assert_frame_equal(table_of([(scores, mask, ignored)]), table_of([(*others, ignored)]))
    for made in (scores, mask), others:
        few = thresholds.histograms(*made, ignored=ignored)
        np.testing.assert_array_equal(list(table_of([(*made, ignored)])[list(score_table.HISTOGRAMS)].iloc[0]), few)


def test_without_ignored_pixels_a_table_is_the_same_to_the_bit():
    pair = random_pair(0)
    pd.testing.assert_frame_equal(table_of([pair]), table_of([(*pair, NOTHING)]), check_exact=True)


def test_a_prediction_near_a_crack_across_an_ignored_region_by_hand():
    mask, scores, ignored = (np.zeros((3, 9), kind) for kind in (bool, np.float64, bool))
    mask[1, 2], scores[1, 4], ignored[1, 3] = True, 1.0, True
    row = (
        conventions.table(table_of([(scores, mask, ignored)])).set_index("convention").loc["F1, tolerance 2 px"].iloc[0]
    )
    assert row["ods"] == 1  # found and right from beyond the ignored pixel, two pixels off
    scores[1, 3], scores[1, 4] = 1.0, 0.0
    row = (
        conventions.table(table_of([(scores, mask, ignored)])).set_index("convention").loc["F1, tolerance 2 px"].iloc[0]
    )
    assert row["ods"] == 0  # a prediction on it alone finds nothing


def test_a_map_larger_than_the_widest_tolerance():
    rng = np.random.default_rng(2)
    mask = rng.random((21, 27)) < 0.01
    check([(np.where(rng.random(mask.shape) < 0.9, 0, rng.random(mask.shape)), mask)])


def test_images_of_different_sizes_each_have_their_own_diagonal():
    rng = np.random.default_rng(5)
    pairs = [(rng.random(size), rng.random(size) < 0.02) for size in ((3, 300), (4, 10))]  # 2.25 px and 0.08 px
    radii = [tolerance.TOLERANCES[2].radius(*mask.shape) for _, mask in pairs]
    assert radii == pytest.approx([0.0075 * math.hypot(3, 300), 0.0075 * math.hypot(4, 10)])
    found = conventions.table(table_of(pairs)).set_index(["convention", "empty_masks"])
    row = found.loc[("F1, tolerance 0.0075 of the diagonal", "counted")]
    at_half = [plain.f1(plain.tally(s, m, 50, r)) for (s, m), r in zip(pairs, radii, strict=True)]
    assert row["at_half"] == pytest.approx(np.mean(at_half))


def test_images_with_empty_masks_are_left_out_of_every_row_of_that_policy():
    pairs = [random_pair(1), (MAPS["one pixel"], NOTHING), (MAPS["all black"], NOTHING), random_pair(2)]
    both = conventions.table(table_of(pairs))
    kept = both[both["empty_masks"] == "left out"].reset_index(drop=True)
    alone = conventions.table(table_of([pairs[0], pairs[3]]))
    assert (kept["images"] == 2).all()
    fields = ["ods", "ods_threshold", "ois", "ap", "at_half", "mean", "threshold_free"]
    counted = alone[alone["empty_masks"] == "counted"]
    assert kept["convention"].to_list() == counted["convention"].to_list()
    pd.testing.assert_frame_equal(kept[fields], counted[fields])
    free = both[both["empty_masks"] == "alone"].set_index("convention")["at_half"]
    assert free.to_list() == [0.5, pytest.approx(1e6 / 96)]  # one of two images of 48 pixels has one predicted pixel


def test_only_empty_masks_leave_nothing_to_tell():
    found = conventions.table(table_of([(MAPS["ties"], NOTHING)]))
    left = found[found["empty_masks"] == "left out"]
    assert (left["images"] == 0).all()
    assert left[list(conventions.COLUMNS[3:])].isna().all(axis=None)


def test_the_first_row_is_the_papers_summary():
    table = table_of([random_pair(seed) for seed in range(5)])
    first, told = conventions.table(table).iloc[0], score_table.metrics(table)
    assert [first[name] for name in ("ods", "ods_threshold", "ois", "ap")] == pytest.approx(
        [told[name] for name in ("ods", "ods_threshold", "ois", "ap")]
    )
    assert first["at_paper_threshold"] == first["ods"]


def test_a_table_of_two_histograms_has_the_conventions_that_need_no_more():
    table = table_of([random_pair(seed) for seed in range(3)])
    few = conventions.table(table[list(score_table.COLUMNS)])
    whole = conventions.table(table)
    told = list(few["convention"].unique())
    more = (">", "toler", "clD", "Haus", "of pixels")
    assert told == [t for t in whole["convention"].unique() if not any(word in t for word in more)]
    assert set(conventions.FALSE_ALARMS) <= set(told)
    pd.testing.assert_frame_equal(few, whole[whole["convention"].isin(told)].reset_index(drop=True))


def test_threads_and_order_change_nothing():
    pairs = [random_pair(seed) for seed in range(7)]
    pd.testing.assert_frame_equal(table_of(pairs), table_of(pairs, threads=3))


def test_shapes_of_tables_with_different_thresholds_are_not_mixed():
    one, other = (table_of([random_pair(seed)]) for seed in (0, 1))
    assert one["shape_threshold"].iloc[0] != other["shape_threshold"].iloc[0]
    both = pd.concat([one, other.assign(id="other")], ignore_index=True)
    found = conventions.table(both).set_index("convention").loc["clDice"]
    assert found["at_paper_threshold"].isna().all()
    assert found["at_half"].iloc[0] == pytest.approx((one["cldice_half"].iloc[0] + other["cldice_half"].iloc[0]) / 2)


def test_false_alarms_are_missing_where_every_image_has_crack():
    found = conventions.table(table_of([random_pair(1), (MAPS["ties"], BAND)]))
    alarms = found[found["empty_masks"] == "alone"]
    assert list(alarms["convention"]) == list(conventions.FALSE_ALARMS)
    assert (alarms["images"] == 0).all()
    assert alarms[list(conventions.COLUMNS[3:])].isna().all(axis=None)


def test_false_alarms_are_none_where_nothing_is_predicted():
    found = conventions.table(table_of([(MAPS["all black"], NOTHING), (MAPS["all black"], BAND)]))
    assert (found.loc[found["empty_masks"] == "alone", "at_half"] == 0).all()


def test_lines_of_a_crack_moved_and_broken():
    """A crack of 20 px, predicted 4 px beside it and with a piece too far off; and a second image, missed."""
    mask, scores = np.zeros((40, 60), dtype=bool), np.zeros((40, 60))
    mask[10, 10:30] = True
    scores[14, 10:30] = scores[30, 40:50] = 0.9
    found = conventions.table(table_of([(scores, mask), (np.zeros_like(scores), mask)]))
    at_half = found[found["empty_masks"] == "counted"].set_index("convention")["at_half"]
    assert at_half["clIoU, tolerance 4 px"] == pytest.approx(20 / 30 / 2)
    assert at_half["clIoU on pooled counts, tolerance 4 px"] == pytest.approx(20 / (20 + 20 + 10))
    assert at_half["clDice, tolerance 4 px"] == pytest.approx(2 * (20 / 30) / (20 / 30 + 1) / 2)
    assert at_half["clDice"] == at_half["surface Dice, tolerance 2 px"] == 0


def test_a_map_of_another_size_than_its_mask_is_refused():
    with pytest.raises(HairlineError, match=r"s000.*4x8.*6x8"):
        table_of([(np.zeros((4, 8)), NOTHING)])


def test_scores_that_are_no_numbers_are_told_with_their_sample():
    with pytest.raises(HairlineError, match=r"s001.*48 of its 48"):
        table_of([(MAPS["ties"], BAND), (np.full(SIZE, np.nan), BAND)])


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(("side", "above"), [(thresholds.REACHES, False), (thresholds.EXCEEDS, True)])
def test_bins_are_exact_beside_every_threshold(kind, side, above):
    on = thresholds.THRESHOLDS.astype(kind)
    values = np.concatenate([on, np.nextafter(on, kind(0)), np.nextafter(on, kind(1)), np.array([0, 1], kind)])[None]
    loops = [sum(float(v) > t if above else float(v) >= t for t in plain.THRESHOLDS) for v in values[0]]
    assert thresholds.bins(values, side)[0].tolist() == loops


@pytest.mark.parametrize("above", [False, True])
def test_bins_of_every_level_of_8_and_of_16_bits(above):
    side = thresholds.EXCEEDS if above else thresholds.REACHES
    levels = np.arange(256, dtype=np.uint8)[None]
    halves = np.arange(0x3C00 + 1, dtype=np.uint16).view(np.float16)[None]  # all of [0, 1]
    for values in (levels, halves):
        loops = sum(plain.predicted(values, k, above).astype(int) for k in range(1, 100))
        assert np.array_equal(thresholds.bins(values, side), loops)


def test_scores_beyond_the_range_are_in_the_outermost_bins_and_nan_is_refused():
    beyond = [-0.5, 1.5, -np.inf, np.inf, -0.004, 1.004, 3.0, -3.0, 1e30, 0.5]
    assert thresholds.bins(np.array([beyond])).tolist() == [[0, 99, 0, 99, 0, 99, 99, 0, 99, 50]]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_a_score_that_is_no_number_is_refused(kind):
    for others in (0.5, -1.0, 0.0):  # wherever it stands in a vector, long or short
        for size in (1, 3, 40):
            for place in range(size):
                values = np.full((1, size), others, dtype=kind)
                values[0, place] = np.nan
                with pytest.raises(ValueError, match="NaN"):
                    thresholds.bins(values)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from([np.float32, np.float64]))
def test_bins_of_random_scores_are_how_many_thresholds_they_reach(seed, kind):
    rng = np.random.default_rng(seed)
    near = rng.integers(0, 101, (20, 30)) / 100 + rng.normal(0, 10.0 ** rng.integers(-9, -2), (20, 30))
    values = np.clip(near, 0, 1).astype(kind)
    for side in (thresholds.REACHES, thresholds.EXCEEDS):
        assert np.array_equal(thresholds.bins(values, side), np.searchsorted(thresholds.THRESHOLDS, values, side))


@settings(deadline=None, max_examples=40)
@given(radius=st.integers(0, 12 * 16).map(lambda sixteenths: sixteenths / 16))
def test_a_disc_is_what_lies_within_the_distance(radius):
    kernel = tolerance.disc(radius)
    reach = kernel.shape[0] // 2
    for y in range(-reach - 1, reach + 2):
        for x in range(-reach - 1, reach + 2):
            inside = max(abs(y), abs(x)) <= reach and kernel[y + reach, x + reach] == 1
            assert inside == (y * y + x * x <= radius * radius)


def test_a_whole_radius_from_a_diagonal_keeps_its_outermost_pixels():
    radius = tolerance.TOLERANCES[2].radius(1200, 1600)  # 15 px but for rounding; 9² + 12² = 15²
    assert tolerance.disc(radius)[15 + 9, 15 + 12] == 1
    assert tolerance.disc(radius).shape == (31, 31)
