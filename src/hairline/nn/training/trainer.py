"""Training by Lightning, the same for classifiers and segmenters: where it runs, how it ends, what is kept.

The weights of the last epoch are the result (docs/method.md §1), or with ``recipe.stopping`` those of the best. The
whole state goes to one file of the checkpoint folder, after every epoch and every ``runtime.checkpoint_s`` seconds; a
training that finds one there goes on behind that step and ends with the same weights, bit for bit on the CPU, as one
that was never interrupted; one that cannot be read is moved aside. Only then is anything told to the log, so that
trouble with it costs no training.

With several devices each takes its part of every batch, so that a batch is the same set of items on any number of them.
Statistics of batch normalisation are those of all devices on CUDA; on processors each has its own, for torch cannot.
"""

import logging
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import lightning.pytorch as lp
import torch
from lightning.pytorch.callbacks import Callback, TQDMProgressBar
from torch import nn

from hairline.errors import HairlineError
from hairline.nn.runtime import weights as weight_files
from hairline.nn.runtime.device import resolve
from hairline.nn.runtime.recipes import Recipe, Runtime
from hairline.nn.training.checkpoints import BEST, Beside, Keep, best_epoch, found
from hairline.nn.training.module import Learning, Log
from hairline.nn.training.task import Task, Trained

LINE_SECONDS = 30.0

M = TypeVar("M", bound=nn.Module)

_log = logging.getLogger(__name__)


def fit(task: Task[M], recipe: Recipe, runtime: Runtime, log: Log, checkpoint_dir: Path) -> Trained[M]:
    """Train a network, going on after the last safe step of an earlier attempt.

    Args:
        task: Network, items, loss and evaluation.
        recipe: The optimisation.
        runtime: Devices, precision, workers, seed and how often the state is written.
        log: Told the scores of every epoch, points of the curves and pictures, on the first device alone; when
            resuming, scores and points of the earlier attempt come first, so that the curves are whole.
        checkpoint_dir: Folder of this training alone, the same for all its devices: what lies there must have had the
            same parameters. The only place written to; the caller removes it when the result is safe.

    Raises:
        HairlineError: If the loss is no finite number, the devices cannot be had, or an early stop has nothing to
            watch.
        KeyboardInterrupt: On Ctrl-C.
        SystemExit: With status 143, on SIGTERM.
    """
    checkpoint_dir.mkdir(parents=True, exist_ok=True)
    resolve(runtime)
    learning = Learning(task, recipe, runtime, log, checkpoint_dir)
    checkpoint = found(checkpoint_dir, learning, recipe.stopping, leads())
    task.model.train().to(memory_format=torch.channels_last)
    with _quiet():
        trainer = _trainer(recipe, runtime, checkpoint_dir)
        with _ended_by_signals(trainer):
            trainer.fit(learning, ckpt_path=checkpoint, weights_only=True)
    history, kept = learning.progress.history, len(learning.progress.history)
    if recipe.stopping is not None:
        kept = best_epoch(history, recipe.stopping)
        weight_files.fill(task.model, weight_files.read(checkpoint_dir / BEST), str(checkpoint_dir / BEST))
    return Trained(task.model.eval(), learning.progress.initial, history, kept)


def leads() -> bool:
    """Whether this process is the first of a training, which alone logs and writes; the others take part in it."""
    return all(os.environ.get(name, "0") == "0" for name in ("RANK", "LOCAL_RANK", "NODE_RANK"))


def _trainer(recipe: Recipe, runtime: Runtime, folder: Path) -> lp.Trainer:
    placement, parallel = resolve(runtime), runtime.parallel
    progress: list[Callback] = [TQDMProgressBar() if sys.stdout.isatty() else _Lines()]
    try:
        return lp.Trainer(
            accelerator=placement.accelerator,
            devices=parallel.devices,
            strategy=parallel.strategy,
            num_nodes=parallel.nodes,
            precision=placement.precision,  # type: ignore[arg-type]
            max_epochs=recipe.epochs,
            accumulate_grad_batches=recipe.accumulate,
            logger=False,
            callbacks=[*progress, Keep(folder, runtime.checkpoint_s, recipe.stopping)],
            enable_progress_bar=sys.stdout.isatty(),
            enable_model_summary=False,
            use_distributed_sampler=False,
            plugins=[Beside()],
            sync_batchnorm=placement.accelerator == "gpu",
            default_root_dir=folder,
        )
    except (ValueError, RuntimeError) as error:  # what Lightning says of strategies and devices that there are not
        raise HairlineError(f"runtime.parallel: {error}") from None


class _Lines(Callback):
    """Progress as log lines, at most one every LINE_SECONDS, where no terminal shows a bar."""

    def __init__(self) -> None:
        self._next = time.monotonic() + LINE_SECONDS

    def on_train_batch_end(
        self, trainer: lp.Trainer, pl_module: lp.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.is_global_zero and time.monotonic() >= self._next:
            self._next = time.monotonic() + LINE_SECONDS
            epoch, steps = trainer.current_epoch + 1, trainer.num_training_batches
            _log.info("epoch %d of %s, step %d of %s", epoch, trainer.max_epochs, batch_idx + 1, steps)


@contextmanager
def _ended_by_signals(trainer: lp.Trainer) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end a training as they end other work; Lightning exits with status 1 and 0."""
    try:
        yield
    except SystemExit as ended:
        if isinstance(ended.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        if not trainer.received_sigterm:
            raise
    if trainer.received_sigterm:
        raise SystemExit(128 + signal.SIGTERM)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's notes and advertisements, not its errors, out of the log."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\.")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
