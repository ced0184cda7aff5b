"""A small training in any number of processes: with normalisation, dropout and a loss that is no mean over items."""

import os
import signal

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

from hairline.nn.runtime.recipes import ALONE, Recipe, Runtime
from hairline.nn.training.gathering import rank, shared_out
from hairline.nn.training.task import Task
from hairline.nn.training.trainer import fit
from support.notes import Notes

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


def assert_alike(one, other):
    """The same curve of losses and the same weights up to the order of sums in 32 bit."""
    assert len(one["history"]) == len(other["history"])
    for epoch, found in zip(one["history"], other["history"], strict=True):
        assert found == pytest.approx(epoch, rel=1e-5)
    for name, values in one["weights"].items():
        np.testing.assert_allclose(other["weights"][name], values, atol=2e-5, err_msg=name)
