"""Pixels that the loss leaves out: formulas over the others, nothing where there are none, masks as they are."""

import numpy as np
import pytest
import torch

from hairline.nn.runtime.recipes import Augmentation, Loss
from hairline.nn.segmenter.ignoring import (
    LEFT_OUT,
    Ignoring,
    over_counted,
    with_counted,
    without_band,
    without_ignored,
)
from hairline.nn.segmenter.losses import by_options
from hairline.nn.training.datasets import CropDataset

NAMES = ["bce", "bce_dice", "focal", "gce"]
LOSSES = {name: by_options(Loss(name, 2, 2, 0.7)) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_is_that_of_the_pixels_that_count_and_pulls_at_no_other(name):
    rng = np.random.default_rng(3)
    levels = torch.from_numpy(rng.integers(-1, 256, (2, 6, 5)).astype(np.int16))
    levels[0, :3] = LEFT_OUT
    logits = torch.from_numpy(rng.normal(0, 3, (2, 6, 5))).float().requires_grad_()
    found = over_counted(LOSSES[name], logits, levels)
    kept = [
        (float(one), int(level)) for one, level in zip(logits.flatten(), levels.flatten(), strict=True) if level >= 0
    ]
    alone = LOSSES[name](torch.tensor([one for one, _ in kept]), torch.tensor([level for _, level in kept]) / 255)
    assert float(found) == pytest.approx(float(alone), rel=1e-5)
    (pull,) = torch.autograd.grad(found, logits)
    assert (pull[levels == LEFT_OUT] == 0).all() and (pull[levels != LEFT_OUT] != 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_without_any_pixel_that_counts_teaches_nothing(name):
    logits = torch.randn(2, 4, 4, requires_grad=True)
    found = over_counted(LOSSES[name], logits, torch.full((2, 4, 4), LEFT_OUT, dtype=torch.int16))
    (pull,) = torch.autograd.grad(found, logits)
    assert float(found) == 0 and (pull == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_where_every_pixel_counts_the_loss_is_the_usual_one(name):
    levels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 8, 8)))
    logits = torch.randn(2, 8, 8)
    whole = LOSSES[name](logits, levels.float() / 255)
    assert over_counted(LOSSES[name], logits, levels.to(torch.uint8)) == whole
    assert float(over_counted(LOSSES[name], logits, levels.to(torch.int16))) == pytest.approx(float(whole), rel=1e-5)


@pytest.mark.parametrize("band", [(0.2, 0.8), (0.0, 1.0), (0.1, 0.5)])
def test_both_levels_of_the_band_count_themselves(band):
    levels = np.arange(256, dtype=np.uint8)
    found = without_band(levels, band, None)
    inside = [round(band[0] * 255, 6) < level < round(band[1] * 255, 6) for level in range(256)]
    np.testing.assert_array_equal(found == LEFT_OUT, inside)
    np.testing.assert_array_equal(found[found != LEFT_OUT], levels[~np.array(inside)])
    cut = without_band(levels, band, 0.5)
    np.testing.assert_array_equal(cut == LEFT_OUT, inside)
    assert set(cut[cut != LEFT_OUT]) == {0, 255}


class Items(torch.utils.data.Dataset):
    """Three items of each of two images, whose targets are the number of the image."""

    def __getitem__(self, key):
        return np.zeros((2, 2, 3), np.uint8), np.full((2, 2), 100 + key[1] // 3, np.uint8)


def test_only_pseudo_labels_have_a_band():
    items = Ignoring(Items(), 6, [False, True], (0.2, 0.8), None)
    assert [int(items[0, index][1][0, 0]) for index in range(len(items))] == [100] * 3 + [LEFT_OUT] * 3
    assert items[0, 0][1].dtype == items[0, 5][1].dtype == np.int16
    binary = Ignoring(Items(), 6, [False, True], (0.0, 0.3), 0.4)
    assert [int(binary[0, index][1][0, 0]) for index in (0, 5)] == [100, 0]  # masks are cut before, where at all


def test_a_pixel_of_a_shrunk_mask_counts_where_half_of_it_does_and_has_the_mean_of_that():
    rng = np.random.default_rng(0)
    levels, ignored = rng.choice(np.array([0, 255], np.uint8), (32, 32)), rng.random((32, 32)) < 0.5
    still = Augmentation("none", 0, 0, 0, 0, 0)
    items = CropDataset([np.dstack([levels] * 3)], [with_counted(levels, ignored)], 16, 1, still, 0, (0.5, 0.5))
    found = without_ignored(items[0, 0][1])
    for y in range(16):
        for x in range(16):
            block = [(int(levels[row, column]), bool(ignored[row, column]))
                     for row in (2 * y, 2 * y + 1) for column in (2 * x, 2 * x + 1)]  # fmt: skip
            kept = [level for level, out in block if not out]
            expected = round(sum(kept) / len(kept)) if len(kept) >= 2 else LEFT_OUT
            assert abs(found[y, x] - expected) <= (1 if kept and expected >= 0 else 0), block


def test_masks_go_through_cutting_as_they_are():
    levels, ignored = np.arange(256, dtype=np.uint8).reshape(16, 16), np.eye(16, dtype=bool)
    same = without_ignored(with_counted(levels, ignored))
    np.testing.assert_array_equal(same, np.where(ignored, LEFT_OUT, levels.astype(int)))
    assert with_counted(levels, None) is levels and without_ignored(levels).dtype == np.int16


def test_infinite_logits_of_a_batch_that_does_not_count_are_no_nan():
    found = over_counted(LOSSES["bce"], torch.full((1, 2, 2), torch.inf), torch.full((1, 2, 2), -1, dtype=torch.int16))
    assert float(found) == 0
