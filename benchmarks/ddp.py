"""How far the loss curves of 1, 2 and 4 processes are apart, with and without the statistics of the whole batch.

    python benchmarks/ddp.py --out benchmarks/results

trains a small U-Net on generated cracks on processors, in 32 bit, each time from the same seed, and kills one of four
processes in the middle of a training that then goes on. It writes ddp.json and draws ddp.png beside it. Some minutes
on two cores; four processes have 2.6 GB together.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

COUNTS = (1, 2, 4)
APART = "own statistics"
MARK = "killed"
SEED, EPOCHS, BATCH, IMAGES, VALIDATION, SIDE_PX, CROP_PX = 7, 8, 8, 50, 5, 96, 64


class Curve:
    """Remembers the loss of every step."""

    def __init__(self) -> None:
        """Begin without any."""
        self.steps: list[float] = []
        self.epochs: list[dict[str, float]] = []

    def metrics(self, values: dict[str, float], step: int) -> None:
        """Take the scores of an epoch."""
        self.epochs.append({name: value for name, value in values.items() if name != "images_per_second"})

    def curves(self, points: Sequence[tuple[int, dict[str, float]]]) -> None:
        """Take losses of steps."""
        self.steps += [values["step/loss"] for _, values in points]

    def drawing(self, name: str, png: bytes) -> None:
        """Take no picture."""


def learn(folder: Path, whole: bool, killed: tuple[int, int] | None) -> None:
    """What each process does: train, and the first of them writes what it learned."""
    import torch

    from hairline.data.synthetic import generate
    from hairline.nn.architectures import unet
    from hairline.nn.runtime.processes import leads
    from hairline.nn.runtime.recipes import ALONE, Augmentation, Loss, Recipe, Runtime, SegmenterOptions
    from hairline.nn.segmenter import training
    from hairline.nn.training import gathering, module, whole_batch

    torch.set_num_threads(1)
    module.POINT_STEPS = 1
    if not whole:
        whole_batch.WholeBatch.apply = lambda self, model: model  # type: ignore[method-assign]
    raise NotImplementedError
