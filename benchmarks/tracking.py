"""What tracking costs: a training epoch with and without MLflow, and opening and ending a run.

    python benchmarks/tracking.py            # a U-Net on images in memory; medians of rounds that take turns

Both trainings are the same code on the same images; the one tells an MLflow run in a fresh SQLite store (losses of
every tenth step, numbers of the epoch, system metrics), the other tells nobody.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hairline import tracking
from hairline.config import profiles
from hairline.nn.architectures import unet
from hairline.nn.runtime.recipes import ALONE, Augmentation, Loss, Recipe, Runtime, SegmenterOptions
from hairline.nn.segmenter import training

ROOT = Path(__file__).parents[1]


class Silent:
    """A log that keeps nothing."""

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Say nothing."""

    def curves(self, points: Sequence[tuple[int, Mapping[str, float]]]) -> None:
        """Say nothing."""

    def drawing(self, name: str, png: bytes) -> None:
        """Say nothing."""


def options(epochs: int) -> SegmenterOptions:
    """A recipe of crops of 128 px, four a step."""
    recipe = Recipe(epochs, 4, 1, "adamw", 0.002, 0.9, 1e-4, "one_cycle", 1, 10.0, None)
    augmentation = Augmentation("random", 0.2, 0.75, 0.03, 0.1, 0.3)
    return SegmenterOptions(
        "", "none", "soft", 0.5, 0, 128, 1, Loss("bce_dice", 1, 2, 0.7), 0, None, augmentation, recipe
    )


def train(log: Any, images: dict[str, Any], targets: dict[str, Any], epochs: int) -> float:
    """Seconds an epoch."""
    runtime = Runtime("auto", "auto", 0, 7, ALONE, 3600)
    build = partial(unet.build, unet.Options("resnet18"), "none")
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        training.train(list(images), [], images.__getitem__, targets.__getitem__, build, options(epochs), runtime,
                           log, Path(folder))  # fmt: skip
        return (time.perf_counter() - start) / epochs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=160)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    images = {str(at): rng.integers(0, 256, (256, 256, 3), dtype=np.uint8) for at in range(args.images)}
    targets = {name: (image[..., 0] < 20).astype(np.float32) for name, image in images.items()}
    params = profiles.base_values(ROOT / "profiles")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path(".dvc").mkdir()
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        with tracking.run("warm", "warm", "benchmark", params, [], {}, [], Path("run.json")):
            pass  # makes the store and imports MLflow
        train(Silent(), images, targets, 1)
        with_it, without, stages = [], [], []
        for _ in range(args.rounds):
            without.append(train(Silent(), images, targets, args.epochs))
            start = time.perf_counter()
            with tracking.run("train", "one", "benchmark", params, [], {}, [], Path("run.json")) as run:
                seconds = train(run, images, targets, args.epochs)
            stages.append(time.perf_counter() - start - seconds * args.epochs)
            with_it.append(seconds)
        os.chdir(ROOT)
    ratio = statistics.median(with_it) / statistics.median(without)
    print(f"epoch of {args.images // 4} steps: {statistics.median(without):.2f} s, tracked "
          f"{statistics.median(with_it):.2f} s: ratio {ratio:.3f}")  # fmt: skip
    print(f"opening and ending a run: {statistics.median(stages):.2f} s")


if __name__ == "__main__":
    main()
