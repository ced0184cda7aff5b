"""Trainings on several processes against one process that takes the whole batch."""

import json
import os
import subprocess
import sys

import pytest
from support import workspace

PROGRAM = """
import json, os, signal, sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

from hairline.nn.training.trainer import fit, leads
from hairline.nn.runtime.recipes import Parallel, Recipe, Runtime, Stopping
from hairline.nn.training.task import Task
from support.notes import Notes

folder, devices, strategy, stop_at = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])


class Squares(Dataset):
    def __len__(self):
        return 25  # batches of 6, the last of 7

    def __getitem__(self, key):
        noise = np.random.default_rng(key).integers(0, 120, (12, 12, 3))
        return (noise + 100 * (key[1] % 2)).astype(np.uint8), np.float32(key[1] % 2)


class Frozen(nn.Module):
    # batch normalisation with the statistics it starts with: synchronised statistics refuse the CPU

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)
        self.last = nn.Linear(8, 1)

    def train(self, mode=True):
        super().train(mode)
        self.norm.eval()
        return self

    def forward(self, images):
        return self.last(torch.relu(self.norm(self.conv(images.float() / 255))).mean((2, 3)))[:, 0]


torch.manual_seed(0)
steps, notes = [], Notes()


def loss(logits, targets):
    steps.append(1)
    if len(steps) == stop_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return nn.functional.binary_cross_entropy_with_logits(logits, targets)


task = Task(Frozen(), "none", Squares(), loss, lambda: {"val/f1": 0.25})
recipe = Recipe(12, 6, 1, "sgd", 0.1, 0.9, 0.0, "cosine", 1, 10.0, Stopping("val/f1", 11) if stop_at < 0 else None)
trained = fit(task, recipe, Runtime("cpu", "32", 0, 3, Parallel(devices, strategy, 1), 0), notes, folder)
if leads():
    told = {"history": trained.history, "points": notes.points, "steps": len(steps), "kept": trained.kept,
            "weights": {name: tensor.tolist() for name, tensor in trained.model.state_dict().items()}}
    (folder / "told.json").write_text(json.dumps(told))
else:
    assert notes.epochs == notes.points == []
"""


def train(folder, devices, strategy, stop_at=0, launcher=()):
    program = folder.parent / "program.py"
    program.write_text(PROGRAM)
    folder.mkdir(exist_ok=True)
    path = os.pathsep.join(entry for entry in sys.path if entry)
    words = [sys.executable, *launcher, program, folder, devices, strategy, stop_at]
    environment = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "PYTHON_EXEC": "python"}  # the last for torchrun
    process = workspace.begin(folder, [str(word) for word in words], environment)
    _, errors = process.communicate(timeout=180)
    ended = subprocess.CompletedProcess(words, process.returncode, stderr=errors)
    return ended, json.loads((folder / "told.json").read_text()) if process.returncode == 0 else None


def assert_alike(one, two):
    """The same curve of losses and the same weights up to the order of sums in 32 bit."""
    assert len(one["history"]) == len(two["history"]) == 12
    for epoch, other in zip(one["history"], two["history"], strict=True):
        assert other == pytest.approx(epoch, rel=1e-5)
    assert [step for step, _ in one["points"]] == [step for step, _ in two["points"]] == [10, 20, 30, 40]
    for (_, values), (_, others) in zip(one["points"], two["points"], strict=True):
        assert others == pytest.approx(values, rel=1e-5)
    for name, values in one["weights"].items():
        if not isinstance(values, int):  # a count of batches
            assert str_flat(two["weights"][name]) == pytest.approx(str_flat(values), abs=1e-5), name


def str_flat(values):
    return [number for value in values for number in str_flat(value)] if isinstance(values, list) else [values]


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """What one process told."""
    done, told = train(tmp_path_factory.mktemp("parallel") / "one", 1, "auto")
    assert told, done.stderr
    return told


@pytest.mark.slow
def test_two_processes_learn_what_one_learns_of_the_whole_batch(tmp_path, one):
    done, two = train(tmp_path / "two", 2, "ddp")
    assert two, done.stderr
    assert_alike(one, two)


@pytest.mark.slow
def test_two_processes_of_torchrun_go_on_where_they_were_killed(tmp_path, one):
    launcher = ("-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone")
    done, nothing = train(tmp_path / "two", 2, "ddp", stop_at=31, launcher=launcher)
    assert done.returncode != 0 and nothing is None
    done, two = train(tmp_path / "two", 2, "ddp", launcher=launcher)
    assert two, done.stderr
    assert two["steps"] == 48 - 28  # the state of epoch 7 was the last; between epochs it is written behind 20 steps
    assert_alike(one, two)


@pytest.mark.slow
def test_two_processes_stop_early_together(tmp_path):
    done, two = train(tmp_path / "two", 2, "ddp", stop_at=-1)
    assert two, done.stderr
    assert (len(two["history"]), two["kept"]) == (12, 1)
