"""What Ctrl-C and SIGTERM do to a process that trains, as stage.run starts it."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import sys, time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

from hairline.nn.training.trainer import fit
from hairline.nn.runtime.recipes import ALONE, Recipe, Runtime
from hairline.nn.training.task import Task
from pipeline import stage


class Squares(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, key):
        if key[0] == 1:
            print("in epoch 2", flush=True)
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


def _heed_interrupts():
    """A shell starts its background jobs with SIGINT ignored, and their children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("number", "status", "told"),
    [(signal.SIGTERM, 143, ""), (signal.SIGINT, 130, "hairline: interrupted; 'dvc repro' goes on from here")],
)
def test_a_signal_ends_a_training_with_its_own_status_and_leaves_the_checkpoint(tmp_path, number, status, told):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_heed_interrupts
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "in epoch 2\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == status, errors
    assert told in errors and "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]
