"""What all processes have of a batch together, against the batch that one process has."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from hairline.nn.runtime.recipes import Augmentation
from hairline.nn.training.datasets import CropDataset, batches, mirrored_together
from hairline.nn.training.mixture import Mixture
from hairline.nn.training.parts import Part, loader
from hairline.nn.training.task import Task

AUGMENTATION = Augmentation("random", 0.2, 0.75, 0.03, 0.1, 0.3)


def crops(crop_px):
    draws = np.random.default_rng(1)
    sizes = [(40, 33), (64, 48), (35, 35), (90, 41), (33, 70), (50, 50), (44, 61)]
    images = [draws.integers(0, 256, (*size, 3), np.uint8) for size in sizes]
    targets = [draws.integers(0, 256, size, np.uint8) for size in sizes]
    return CropDataset(images, targets, crop_px, 2, AUGMENTATION, 5)


def loaded(items, keys, rank, count, whole_images):
    together = partial(mirrored_together, multiple_px=32) if whole_images else None
    task = Task(nn.Identity(), "none", items, lambda answer, targets: answer, dict, together=together)
    (batch,) = loader(task, [Part(keys, rank, count)], 0, False)
    return [each[: len(range(rank, len(keys), count))] for each in batch]


@pytest.mark.parametrize("crop_px", [32, 0])
@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_the_parts_are_the_very_batch_of_one_process(crop_px, count):
    items = crops(crop_px)
    for keys in batches(len(items), 6, 9, 4):
        one = loaded(items, keys, 0, 1, not crop_px)
        for column in range(2):
            joined = torch.empty_like(one[column])
            for rank in range(count):
                joined[rank::count] = loaded(items, keys, rank, count, not crop_px)[column]
            assert torch.equal(joined, one[column])


def test_the_size_of_a_whole_image_is_known_without_making_it():
    items = crops(0)
    keys = [(epoch, index) for epoch in range(4) for index in range(len(items))]
    assert [items.size(key) for key in keys] == [items[key][1].shape for key in keys]
    assert len({items.size((epoch, 0)) for epoch in range(4)}) == 2  # turned or not


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_an_epoch_is_each_item_once_in_any_number_of_processes(count):
    for number, keys in enumerate(batches(23, 4, 3, 2)):
        parts = [keys[rank::count] for rank in range(count)]
        assert [Part(keys, rank, count).keys for rank in range(count)] == [part or keys[:1] for part in parts]
        assert sorted(key for part in parts for key in part) == sorted(batches(23, 4, 3, 2)[number])


def test_each_process_has_its_share_of_each_part_of_a_mixture():
    for keys in Mixture((30, 50), (0.5, 0.5), 16).batches(8, 1, 0):
        for rank in (0, 1):
            assert sum(index < 30 for _, index in Part(keys, rank, 2).keys) == 2
