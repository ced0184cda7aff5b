"""What Ctrl-C and SIGTERM do to a process that trains, as stage.run starts it."""

import os
import signal
import sys

import pytest
from support import workspace

PROGRAM = """
import os, signal, sys, time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

from hairline.nn.training.trainer import fit
from hairline.nn.runtime.recipes import ALONE, Recipe, Runtime
from hairline.nn.training.task import Task
from pipeline import stage

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has its background jobs ignore it


class Squares(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, key):
        if key[0] == 1:
            print(os.getpid(), "in epoch 2", flush=True)
            time.sleep(1)  # here the signal meets the training
        return np.zeros((4, 4, 3), np.uint8), np.float32(0)


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(48, 1)

    def forward(self, images):
        return self.last(images.float().flatten(1))[:, 0]


class Silent:
    def metrics(self, values, step):
        pass

    def curves(self, points):
        pass


def main():
    recipe = Recipe(3, 2, 1, "sgd", 0.01, 0.9, 0.0, "constant", 1, 10.0, None)
    task = Task(Tiny(), "none", Squares(), nn.functional.binary_cross_entropy_with_logits, dict)
    fit(task, recipe, Runtime("cpu", "32", 0, 0, ALONE, 60), Silent(), Path(sys.argv[1]))


stage.run(main)
"""


@pytest.mark.parametrize(
    ("number", "status", "told"),
    [(signal.SIGTERM, 143, ""), (signal.SIGINT, 130, "hairline: interrupted; 'dvc repro' goes on from here")],
)
def test_a_signal_ends_a_training_with_its_own_status_and_leaves_the_checkpoint(tmp_path, number, status, told):
    path = {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    with workspace.begin(tmp_path, [sys.executable, "-c", PROGRAM, str(tmp_path)], path) as process:
        assert process.stdout is not None
        pid, told_of = process.stdout.readline().split(maxsplit=1)
        assert told_of == "in epoch 2\n"
        os.kill(int(pid), number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == status, errors
    assert told in errors and "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]
