r"""The training engine against the same network fed from memory without a loader, and the paper's protocol in hours.

    python benchmarks/training.py unet deepcrack_liu deepcrack_zou oed --crop 256 --batch 8 --steps 30

Both ways take turns, a round each, in one process: the engine (crops cut and augmented from images of 640 × 360, losses
watched, points logged, state written at the end of a round) and a bare loop over one batch that lies on the device.
Images/s are those of the median round. On CUDA devices the peak of the allocated memory is told too.

The hours extrapolate the measured steps to the paper's protocol: 4 architectures are trained on 3 kinds of labels, 30
epochs over 1,896 images in 8 orientations, 4 images a step, here in crops of the given size or, with --crop 0, at full
size.
"""

import argparse
import dataclasses
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hairline.config.params import Params
from hairline.nn.runtime.device import autocast, resolve, seed_everything
from hairline.nn.runtime.recipes import Runtime, SegmenterOptions
from hairline.nn.segmenter import losses, networks, training
from hairline.nn.segmenter.segmenter import Segmenter
from hairline.nn.training.optimizers import optimizer

HEIGHT_PX, WIDTH_PX, IMAGES = 360, 640, 16
PAPER_STEPS = 30 * 1896 * 8 // 4


class Unheard:
    """A log that keeps nothing."""

    def metrics(self, values: Any, step: int) -> None:
        """Forget."""

    def curves(self, points: Any) -> None:
        """Forget."""

    def drawing(self, name: str, png: bytes) -> None:
        """Forget."""


def main() -> None:
    """Measure every architecture named, as params.yaml has it, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("architectures", nargs="+")
    parser.add_argument("--crop", type=int, default=256)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--precision", choices=("auto", "bf16", "32"), default="auto")
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    args = parser.parse_args()
    logging.disable(logging.INFO)
    params = Params(args.params)
    wish = dataclasses.replace(params.runtime, precision=args.precision, workers=args.workers)
    print(f"{resolve(wish)}; batches of {args.batch}, crops of {args.crop or f'{HEIGHT_PX} x {WIDTH_PX}'} px")
    print("| architecture | engine images/s | from memory images/s | ratio | ms a step | GPU MiB | paper's steps h |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in args.architectures:
        print(row(name, args, params, wish), flush=True)


def row(name: str, args: argparse.Namespace, params: Params, wish: Runtime) -> str:
    """One line of the table."""
    architecture = params.architecture(name)
    build = partial(networks.module(architecture.network).build, architecture.options, "none")
    options = chosen(args, params.segmenter)
    ways: dict[str, Callable[[], float]] = {
        "engine": partial(by_engine, build, options, wish, args),
        "memory": partial(from_memory, build, options, wish, args),
    }
    seconds = {way: [] for way in ways}
    for _ in range(args.rounds):
        for way, measure in ways.items():
            seconds[way].append(measure())
    engine, memory = (statistics.median(seconds[way]) for way in ("engine", "memory"))
    peak = f"{torch.cuda.max_memory_allocated() / 2**20:.0f}" if torch.cuda.is_available() else "–"
    hours = PAPER_STEPS * engine * 4 / args.batch / 3600
    return (
        f"| {name} | {args.batch / engine:.2f} | {args.batch / memory:.2f} | {memory / engine:.2f} | "
        f"{1000 * engine:.0f} | {peak} | {hours:.0f} |"
    )


def chosen(args: argparse.Namespace, options: SegmenterOptions) -> SegmenterOptions:
    """The segmenter's options with as many crops as the steps of one epoch need."""
    recipe = dataclasses.replace(options.recipe, epochs=1, batch=args.batch, accumulate=1, stopping=None)
    each = -(-args.steps * args.batch // IMAGES)
    return dataclasses.replace(options, crop_px=args.crop, crops_per_image=each, recipe=recipe, sheet_epochs=0)


def by_engine(build: Any, options: SegmenterOptions, wish: Runtime, args: argparse.Namespace) -> float:
    """Seconds a step of the engine, the first third left out."""
    draws, marks = np.random.default_rng(0), []
    images = {str(n): draws.integers(0, 256, (HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8) for n in range(IMAGES)}
    target = (draws.random((HEIGHT_PX, WIDTH_PX)) > 0.95).astype(np.float32)

    class Marked(Segmenter):
        def outputs(self, batch: torch.Tensor) -> tuple[torch.Tensor, ...]:
            waited_at(len(marks), args.steps)
            marks.append(time.perf_counter())
            return super().outputs(batch)

    def marked() -> tuple[Segmenter, str]:
        model, initial = build()
        model.__class__ = Marked
        return model, initial

    with tempfile.TemporaryDirectory() as folder:
        training.train(
            list(images), [], images.__getitem__, lambda sample: target, marked, options, wish, Unheard(), Path(folder)
        )
    return per_step(marks)


def from_memory(
    build: Any,
    options: SegmenterOptions,
    wish: Runtime,
    args: argparse.Namespace,
    channels_last: bool = True,
    compiled: bool = False,
) -> float:
    """Seconds a step of a bare loop over one batch."""
    placement = resolve(wish)
    seed_everything(0)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = build()[0].train().to(placement.device, memory_format=layout)
    if compiled:
        model.network = torch.compile(model.network)
    step, marks = optimizer(model.parameters(), options.recipe), []
    height, width = (args.crop, args.crop) if args.crop else (-(-HEIGHT_PX // 32) * 32, WIDTH_PX)
    images = torch.randint(0, 256, (args.batch, height, width, 3), dtype=torch.uint8).to(placement.device)
    targets = (torch.rand(args.batch, height, width) > 0.95).float().to(placement.device)
    loss_of = losses.by_options(options.loss)
    for number in range(args.steps):
        waited_at(number, args.steps)
        marks.append(time.perf_counter())
        with autocast(placement):
            seen = images.permute(0, 3, 1, 2)
            outputs = model.outputs(seen if channels_last else seen.contiguous())
            parts = [w * loss_of(out[:, 0], targets) for w, out in zip(model.loss_weights, outputs, strict=True)]
            loss = torch.stack(parts).sum()
        step.zero_grad()
        loss.backward()
        step.step()
    return per_step(marks)


def waited_at(step: int, steps: int) -> None:
    """Let the device finish its work at the two steps that are measured between."""
    if step in (steps // 3, steps - 1):
        waited()


def waited() -> None:
    """Let the device finish its work."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def per_step(marks: list[float]) -> float:
    """Seconds a step between marks, the first third left out."""
    start = len(marks) // 3
    return (marks[-1] - marks[start]) / (len(marks) - 1 - start)


if __name__ == "__main__":
    main()
