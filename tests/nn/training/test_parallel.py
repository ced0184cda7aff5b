"""Trainings in several processes against one process that takes the whole batch."""

import os
import signal

import numpy as np
import pytest
import torch
from support import ranks
from support.notes import Notes
from torch import nn
from torch.utils.data import Dataset

from hairline.errors import HairlineError
from hairline.nn.runtime.processes import OthersEndedError
from hairline.nn.runtime.recipes import ALONE, Recipe, Runtime, Stopping
from hairline.nn.training.gathering import rank, shared_out
from hairline.nn.training.task import Task
from hairline.nn.training.trainer import fit

RECIPE = Recipe(6, 6, 1, "sgd", 0.1, 0.9, 0.0, "cosine", 1, 10.0, None)
STEPS = 30  # five an epoch: of 6, 6, 6, 6 and 2 items, so that of four processes two have none of the last


class Squares(Dataset):
    def __len__(self):
        return 26

    def __getitem__(self, key):
        noise = np.random.default_rng(key).integers(0, 120, (12, 12, 3))
        return (noise + 100 * (key[1] % 2)).astype(np.uint8), np.float32(key[1] % 2)


class Network(nn.Module):
    """With normalisation and dropout, both of the whole batch whoever has its items."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.drop = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Dropout(0.2)
        self.last = nn.Linear(8, 1)

    def forward(self, images):
        return self.last(self.drop(torch.relu(self.norm(self.conv(images.float() / 255))).mean((2, 3))))[:, 0]


def learn(folder, recipe=RECIPE, killed=None, nan_at=0):
    """Train; ``killed`` is a process and the step that it is killed in."""
    torch.manual_seed(0)
    network, steps, notes = Network(), [], Notes()

    def loss(logits, targets):
        steps.append(1)
        if killed == (rank(), len(steps)):
            os.kill(os.getpid(), signal.SIGKILL)
        factor = float("nan") if len(steps) == nan_at else 1.0  # of the answers to a whole batch, so with all of Dice
        return factor * (1 - logits.sigmoid().mul(targets).sum() / targets.add(1).sum())

    def evaluate():
        return {"val/f1": 0.25, "val/kept": float(np.mean(shared_out(range(5), lambda own: [0.1 * i for i in own])))}

    task = Task(network, "none", Squares(), loss, evaluate)
    trained = fit(task, recipe, Runtime("cpu", "32", 0, 3, ALONE, 0), notes, folder)
    weights = {name: tensor.numpy() for name, tensor in trained.model.state_dict().items()}
    return {"history": trained.history, "kept": trained.kept, "weights": weights, "steps": len(steps), "notes": notes}


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """What one process learns."""
    return learn(tmp_path_factory.mktemp("parallel") / "one")


def assert_alike(one, other):
    """The same curve of losses and the same weights up to the order of sums in 32 bit."""
    assert len(one["history"]) == len(other["history"])
    for epoch, found in zip(one["history"], other["history"], strict=True):
        assert found == pytest.approx(epoch, rel=1e-5)
    for name, values in one["weights"].items():
        np.testing.assert_allclose(other["weights"][name], values, atol=2e-5, err_msg=name)


def assert_equal(one, other):
    assert one["history"] == other["history"]
    for name, values in one["weights"].items():
        np.testing.assert_array_equal(other["weights"][name], values, err_msg=name)


@pytest.mark.parametrize("count", [2, 4])
def test_any_number_of_processes_learns_what_one_learns(tmp_path, one, count):
    first, *others = ranks.answers(count, learn, tmp_path)
    assert_alike(one, first)
    for other in others:
        assert_equal(first, other)
        assert other["notes"].epochs == other["notes"].points == []
    assert [step for step, _ in first["notes"].points] == [10, 20, 30]
    assert all(each["history"][0]["val/kept"] == one["history"][0]["val/kept"] for each in (first, *others))


def test_what_was_killed_goes_on_to_the_same_bits(tmp_path):
    whole = ranks.answers(4, learn, tmp_path / "whole")[0]
    outcomes = ranks.outcomes(4, learn, tmp_path / "cut", RECIPE, (2, 13))
    assert outcomes[2] == (False, None)
    assert all(isinstance(error, OthersEndedError) for number, (_, error) in enumerate(outcomes) if number != 2)
    rest = ranks.answers(4, learn, tmp_path / "cut")[0]
    assert rest["steps"] == STEPS - 12
    assert_equal(whole, rest)


def test_another_number_of_processes_goes_on_behind_the_same_step(tmp_path, one):
    ranks.outcomes(4, learn, tmp_path, RECIPE, (0, 13))
    rest = ranks.answers(2, learn, tmp_path)[0]
    assert rest["steps"] == STEPS - 12
    assert_alike(one, rest)


def test_the_state_comes_from_the_first_process_alone(tmp_path):
    """As on nodes without a common disk."""
    ranks.outcomes(2, learn_apart, tmp_path, (1, 13))
    rest = ranks.answers(2, learn_apart, tmp_path)
    assert [each["steps"] for each in rest] == [STEPS - 12] * 2
    assert_equal(*rest)
    assert not list((tmp_path / "1").rglob("*"))


def learn_apart(folder, killed=None):
    return learn(folder / str(rank()) / "work", RECIPE, killed)


def test_processes_at_other_work_are_refused(tmp_path):
    outcomes = ranks.outcomes(2, learn_other, tmp_path)
    assert isinstance(outcomes[0][1], OthersEndedError)
    with pytest.raises(HairlineError, match="process 1 of this training has other parameters, inputs or source"):
        raise outcomes[1][1]


def learn_other(folder):
    return learn(folder / f"work{rank()}")


def test_processes_stop_early_together(tmp_path):
    recipe = Recipe(6, 6, 1, "sgd", 0.1, 0.9, 0.0, "cosine", 1, 10.0, Stopping("val/f1", 2))
    found = ranks.answers(2, learn, tmp_path, recipe)
    assert [(len(each["history"]), each["kept"]) for each in found] == [(3, 1)] * 2


def test_a_loss_that_is_no_number_is_told_once(tmp_path):
    first, second = ranks.outcomes(2, learn, tmp_path, RECIPE, None, 8)
    with pytest.raises(HairlineError, match="loss became nan in epoch 2 of 6, batch 3"):
        raise first[1]
    assert isinstance(second[1], OthersEndedError)


def test_more_processes_than_items_of_a_batch_are_refused(tmp_path):
    with pytest.raises(HairlineError, match=r"recipe\.batch is 2.* there are 3 processes; raise it to 3 or start 2"):
        raise ranks.outcomes(3, learn, tmp_path, Recipe(6, 2, 1, "sgd", 0.1, 0.9, 0.0, "cosine", 1, 10.0, None))[0][1]
