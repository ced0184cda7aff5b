import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.imaging.windows import PatchGrid
from hairline.nn.runtime.recipes import Augmentation
from hairline.nn.training.datasets import (
    Colours,
    CropDataset,
    PatchDataset,
    batches,
    in_order,
    mirrored,
    patch_images,
    region,
    symmetry,
)
from hairline.nn.training.parts import Part, loader
from hairline.nn.training.task import Task

PLAIN = Augmentation("none", 0.0, 0.0, 0.0, 0.0, 0.0)
EVERYTHING = Augmentation("random", 0.3, 0.7, 0.05, 0.2, 0.7)
ALL_TURNS = Augmentation("all", 0.0, 0.0, 0.0, 0.0, 0.0)


def loaded(dataset, batches_of_keys, workers):
    task = Task(None, "none", dataset, None, dict)
    return loader(task, [Part(keys, 0, 1) for keys in batches_of_keys], workers, False)


def photo(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def patch_rows(images, window_px, stride_px):
    parts = []
    for sample, image in images.items():
        origins = PatchGrid(*image.shape[:2], window_px, stride_px).origins()
        crack = np.arange(len(origins)) % 2 == 0
        places = {"sample": sample, "y": origins[:, 0], "x": origins[:, 1], "side": window_px}
        parts.append(pd.DataFrame({**places, "crack": crack}))
    return pd.concat(parts, ignore_index=True)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 24), st.integers(1, 24))
def test_mirrors_as_the_grid_does(height, width, window, stride):
    stride = min(stride, window)
    grid, image = PatchGrid(height, width, window, stride), photo(height, width)
    np.testing.assert_array_equal(mirrored(image, grid.padded_height, grid.padded_width), grid.pad(image))


def test_never_cuts_what_is_larger():
    assert mirrored(photo(30, 8), 16, 16).shape == (30, 16, 3)


def test_eight_different_symmetries_with_the_identity_first():
    image = photo(5, 5)
    seen = {np.ascontiguousarray(symmetry(image, index)).tobytes() for index in range(8)}
    assert len(seen) == 8
    np.testing.assert_array_equal(symmetry(image, 0), image)


@pytest.mark.parametrize(("window", "stride"), [(16, 8), (16, 5), (64, 32)])
def test_patches_are_the_windows_of_the_grid(window, stride):
    images = {"a": photo(40, 23, 1), "b": photo(16, 50, 2)}
    rows = patch_rows(images, window, stride).sample(frac=1, random_state=0)
    dataset = PatchDataset(rows, patch_images(rows, images.__getitem__), window, PLAIN, seed=0)
    assert len(dataset) == len(rows)
    for index, row in enumerate(rows.itertuples()):
        pixels, crack = dataset[0, index]
        grid = PatchGrid(*images[row.sample].shape[:2], window, stride)
        np.testing.assert_array_equal(pixels, grid.split(images[row.sample])[row.y // stride, row.x // stride])
        assert crack == int(row.crack)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (40, 64), (20, 9), (33, 16)])
def test_a_whole_image_becomes_one_patch_of_the_windows_size(height, width):
    side, image = max(height, width), photo(height, width)
    rows = pd.DataFrame([("a", 0, 0, side, True)], columns=["sample", "y", "x", "side", "crack"])
    padded = mirrored(image, side, side)
    expected = padded if side == 16 else cv2.resize(padded, (16, 16), interpolation=[1, cv2.INTER_AREA][side > 16])
    pixels, crack = PatchDataset(rows, patch_images(rows, {"a": image}.__getitem__), 16, PLAIN, seed=0)[0, 0]
    assert crack == 1
    np.testing.assert_array_equal(pixels, expected)
    ((_, again),) = in_order(rows, {"a": image}.__getitem__, 16, 4)
    np.testing.assert_array_equal(again[0], expected)


def test_workers_do_not_repeat_each_other():
    image = photo(16, 16)
    rows = pd.concat([patch_rows({"a": image}, 16, 16)] * 24, ignore_index=True)
    noisy = Augmentation("none", 0.2, 1.0, 0.05, 0.1, 1.0)
    dataset = PatchDataset(rows, {"a": image}, 16, noisy, seed=5)
    for epoch in range(2):
        parts = batches(len(dataset), 4, 7, epoch)
        items = np.concatenate([batch[0].numpy() for batch in loaded(dataset, parts, 2)])
        assert len({item.tobytes() for item in items}) == 24  # 24 times the same patch, 24 different changes


def test_decodes_each_image_once():
    images, calls = {"a": photo(40, 40), "b": photo(20, 20)}, []

    def load(sample):
        calls.append(sample)
        return images[sample]

    rows = patch_rows(images, 16, 8)
    patch_images(rows, load)
    list(in_order(rows.sample(frac=1, random_state=1), load, 16, 4))
    assert sorted(calls) == ["a", "a", "b", "b"]


def test_all_symmetries_are_visited_once_an_epoch():
    images = {"a": photo(16, 16)}
    rows = patch_rows(images, 16, 16)
    dataset = PatchDataset(rows, images, 16, ALL_TURNS, seed=3)
    assert len(dataset) == 8
    expected = {np.ascontiguousarray(symmetry(images["a"], index)).tobytes() for index in range(8)}
    assert {dataset[5, index][0].tobytes() for index in range(8)} == expected


@pytest.mark.parametrize("which", ["patches", "crops", "scaled crops"])
def test_items_depend_on_seed_epoch_and_index_alone(which):
    image = photo(48, 48)

    def make(seed):
        if which == "crops":
            return CropDataset([image] * 6, [image[..., 0]] * 6, 32, 2, EVERYTHING, seed)
        if which == "scaled crops":
            return CropDataset([image] * 6, [image[..., 0]] * 6, 32, 2, EVERYTHING, seed, (0.3333, 1.25))
        rows = patch_rows({"a": image}, 16, 8)
        return PatchDataset(rows, {"a": image}, 16, EVERYTHING, seed)

    def epoch(dataset, number, workers):
        parts = batches(len(dataset), 4, 7, number)
        return np.concatenate([batch[0].numpy() for batch in loaded(dataset, parts, workers)])

    one = make(1)
    first = epoch(one, 0, 0)
    epoch(one, 1, 0)
    np.testing.assert_array_equal(epoch(one, 0, 0), first)
    np.testing.assert_array_equal(epoch(make(1), 0, 2), first)
    key = (2, 5)
    reference = one[key][0]
    assert not np.array_equal(one[3, 5][0], reference)
    assert not np.array_equal(make(2)[key][0], reference)


@pytest.mark.parametrize(
    ("augmentation", "low", "high"),
    [
        (Augmentation("none", 0.0, 0.0, 0.1, 0.0, 1.0), 0.09 * 255, 0.11 * 255),
        (Augmentation("none", 0.0, 0.0, 0.0, 0.2, 1.0), 128 * 0.2 / 3**0.5 * 0.9, 128 * 0.2 / 3**0.5 * 1.1),
        (Augmentation("none", 0.0, 1.0, 0.0, 0.0, 1.0), 0.0, 0.0),
        (Augmentation("none", 0.2, 0.0, 0.2, 0.2, 0.0), 0.0, 0.0),
    ],
)
def test_noise_has_the_deviation_asked_for(augmentation, low, high):
    grey = np.full((64, 64, 3), 128, np.uint8)
    colours = Colours(augmentation)
    deviation = np.mean([np.std(colours(grey, seed).astype(float)) for seed in range(8)])
    assert low <= deviation <= high


def test_jitter_stays_within_its_span_and_happens_as_often_as_asked():
    grey = np.full((8, 8, 3), 100, np.uint8)
    colours = Colours(Augmentation("none", 0.2, 0.5, 0.0, 0.0, 0.0))
    levels = np.array([colours(grey, seed).mean() for seed in range(300)])
    assert 79 <= levels.min() < 90 < 110 < levels.max() <= 121
    assert 0.4 < (levels != 100).mean() < 0.6


@pytest.mark.parametrize("shape", [(50, 70), (20, 70), (20, 20), (32, 32)])
def test_crops_show_image_and_target_at_the_same_place(shape):
    image = photo(*shape)
    target = image[..., 1].copy()
    augmentation = Augmentation("random", 0.0, 0.0, 0.0, 0.0, 0.0)
    dataset = CropDataset([image], [target], 32, 6, augmentation, seed=0)
    crops = [dataset[0, index] for index in range(len(dataset))]
    assert len(crops) == 6
    for crop, answer in crops:
        assert crop.shape == (32, 32, 3)
        np.testing.assert_array_equal(crop[..., 1], answer)
    if shape == (50, 70):
        assert len({crop.tobytes() for crop, _ in crops}) > 1


STILL = Augmentation("random", 0.0, 0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("shape", [(50, 70), (20, 70)])
def test_crops_of_one_scale_are_cut_as_they_were_before_there_were_scales(shape):
    image, dataset = photo(*shape), CropDataset([photo(*shape)], [photo(*shape)[..., 1]], 32, 6, STILL, 4, (1, 1))
    whole = np.pad(image, [(0, max(32 - shape[0], 0)), (0, 0), (0, 0)], mode="reflect")
    for index in range(6):
        draws = np.random.default_rng([4, 2, index])
        y, x = draws.integers(0, np.array(whole.shape[:2]) - 32 + 1)
        square = symmetry(whole[y : y + 32, x : x + 32], int(draws.integers(8)))
        np.testing.assert_array_equal(dataset[2, index][0], square)


@pytest.mark.parametrize("shape", [(50, 70), (20, 70), (9, 1), (300, 200)])
@pytest.mark.parametrize("scales", [(0.3333, 1.25), (0.25, 0.25), (2, 3)])
def test_scaled_crops_show_image_and_target_at_the_same_place(shape, scales):
    image = photo(*shape)
    dataset = CropDataset([image], [image[..., 1].copy()], 32, 6, STILL, 0, scales)
    crops = [dataset[0, index] for index in range(len(dataset))]
    for crop, answer in crops:
        assert crop.shape == (32, 32, 3) and crop.dtype == answer.dtype == np.uint8
        np.testing.assert_array_equal(crop[..., 1], answer)
    assert len({crop.tobytes() for crop, _ in crops}) > 1 or shape == (9, 1)
    np.testing.assert_array_equal(dataset[0, 3][0], crops[3][0])


def test_scales_are_drawn_evenly_between_their_logarithms():
    ramp = np.broadcast_to(np.arange(256, dtype=np.uint8), (256, 256))
    dataset = CropDataset([np.dstack([ramp] * 3)], [ramp], 32, 400, PLAIN, 0, (0.25, 2))
    rises = np.array([np.diff(dataset[0, index][1].astype(float)[5, [8, 24]])[0] / 16 for index in range(400)])
    assert 0.5 - 0.1 < rises.min() < 0.6 and 3.6 < rises.max() < 4.1  # grey levels a pixel are 1 / factor
    assert np.quantile(np.log2(rises), [0.25, 0.5, 0.75]) == pytest.approx([-0.25, 0.5, 1.25], abs=0.2)


def test_what_shrinks_is_averaged_over_areas():
    checks = np.indices((128, 128)).sum(0) % 2 * 255
    checks = checks.astype(np.uint8)
    crop, answer = CropDataset([np.dstack([checks] * 3)], [checks], 32, 1, PLAIN, 0, (0.25, 0.25))[0, 0]
    assert np.ptp(crop) <= 1 and abs(int(answer[0, 0]) - 127) <= 1


@given(st.integers(1, 9), st.integers(-30, 30), st.integers(1, 30))
def test_a_region_beyond_the_edges_is_mirrored_at_both_of_them(length, start, side):
    image = np.arange(length * length).reshape(length, length)
    far = np.pad(image, 100, mode="reflect")
    cut = far[100 + start : 100 + start + side, 100 + start : 100 + start + side]
    np.testing.assert_array_equal(region(image, start, start, side), cut)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 200), st.integers(1, 20), st.integers(0, 5))
def test_batches_hold_every_item_once_and_never_a_lone_one(items, batch, epoch):
    parts = batches(items, batch, 1, epoch)
    keys = [key for part in parts for key in part]
    assert sorted(keys) == [(epoch, index) for index in range(items)]
    assert len(parts) in (-(-items // batch), -(-items // batch) - 1)
    if items > 1 and batch > 1:
        assert min(map(len, parts)) > 1


def test_order_differs_between_epochs():
    first, second = ([index for part in batches(50, 8, 1, epoch) for _, index in part] for epoch in (0, 1))
    assert first != second


def test_in_order_gives_every_row_at_its_position():
    images = {"a": photo(20, 33, 1), "b": photo(9, 9, 2)}
    rows = patch_rows(images, 16, 8).sample(frac=1, random_state=2)
    found = {}
    for positions, pixels in in_order(rows, images.__getitem__, 16, 4):
        assert len(positions) == len(pixels) <= 4
        found.update(zip(positions.tolist(), pixels, strict=True))
    assert sorted(found) == list(range(len(rows)))
    for position, row in enumerate(rows.itertuples()):
        windows = PatchGrid(*images[row.sample].shape[:2], 16, 8).split(images[row.sample])
        np.testing.assert_array_equal(found[position], windows[row.y // 8, row.x // 8])
