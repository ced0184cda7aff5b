"""Training by Lightning, the same for classifiers and segmenters: where it runs, how it ends, what is kept.

The weights of the last epoch are the result (docs/method.md §1), or with ``recipe.stopping`` those of the best. The
whole state goes to one file of the checkpoint folder, after every epoch and every ``runtime.checkpoint_s`` seconds; a
training that finds one there goes on behind that step and ends with the same weights, bit for bit on the CPU, as one
that was never interrupted; one that cannot be read is moved aside. Only then is anything told to the log, so that
trouble with it costs no training.

With several processes each takes its part of every batch, and loss, batch normalisation and dropout are those of the
whole batch, so that any number of them learns the same up to rounding (docs/scale.md).
"""

import logging
import math
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
import torch.distributed as dist
from lightning.pytorch.callbacks import Callback, TQDMProgressBar
from torch import nn

from hairline.errors import HairlineError
from hairline.nn.runtime import weights as weight_files
from hairline.nn.runtime.device import Placement, resolve
from hairline.nn.runtime.processes import OthersEndedError, as_launched, launched, leads, refuse_few
from hairline.nn.runtime.recipes import Parallel, Recipe, Runtime, Stopping
from hairline.nn.training.checkpoints import BEST, CHECKPOINT, Beside, Keep, best_epoch, found
from hairline.nn.training.module import Learning, Log
from hairline.nn.training.task import Task, Trained
from hairline.nn.training.whole_batch import WholeBatch

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
    resolve(runtime)
    learning = Learning(task, recipe, runtime, log, checkpoint_dir)
    if leads():
        checkpoint_dir.mkdir(parents=True, exist_ok=True)
    task.model.train().to(memory_format=torch.channels_last)
    with _quiet():
        trainer = _trainer(recipe, as_launched(runtime), checkpoint_dir, learning.layers)
        refuse_few(recipe.batch, trainer.world_size)
        with _ended_by_signals(trainer), _ended_by_others(trainer):
            trainer.fit(learning, ckpt_path=_begin(trainer, learning, checkpoint_dir), weights_only=True)
    history, kept = learning.progress.history, len(learning.progress.history)
    if recipe.stopping is not None:
        kept = best_epoch(history, recipe.stopping)
        _refuse_no_number(history[kept - 1][recipe.stopping.monitor], recipe.stopping, len(history))
        if leads():  # others may have no such file
            weight_files.fill(task.model, weight_files.read(checkpoint_dir / BEST), str(checkpoint_dir / BEST))
    return Trained(task.model.eval(), learning.progress.initial, history, kept)


def _refuse_no_number(best: float, stopping: Stopping, epochs: int) -> None:
    if math.isnan(best):
        raise HairlineError(
            f"recipe.stopping.monitor: '{stopping.monitor}' was no number in any of {epochs} epochs, so that none "
            "of them is the best; look at the images of split val, watch another score, or set stopping to null"
        )


def _begin(trainer: lp.Trainer, learning: Learning, folder: Path) -> Path | None:
    """The checkpoint to go on from: the first process's, where all are there, whatever lies on the others' disks."""
    here = leads() or not launched()
    checkpoint = found(folder, learning, learning.recipe.stopping) if here else None
    if not launched():
        return checkpoint
    trainer.strategy.setup_environment()
    work, goes_on = trainer.strategy.broadcast((folder.name, checkpoint is not None))
    if work.partition("-")[0] != folder.name.partition("-")[0]:  # a second training of the same has a number
        raise HairlineError(
            f"process {trainer.global_rank} of this training has other parameters, inputs or source than the first; "
            "give every node the same workspace (git and 'dvc pull'), and start again"
        )
    return folder / CHECKPOINT if goes_on else None


def _trainer(recipe: Recipe, runtime: Runtime, folder: Path, layers: WholeBatch) -> lp.Trainer:
    placement, parallel = resolve(runtime), runtime.parallel
    progress: list[Callback] = [TQDMProgressBar() if sys.stdout.isatty() else _Lines()]
    try:
        return lp.Trainer(
            accelerator=placement.accelerator,
            devices=parallel.devices,
            strategy=_strategy(placement, parallel),
            num_nodes=parallel.nodes,
            precision=placement.precision,  # type: ignore[arg-type]
            max_epochs=recipe.epochs,
            accumulate_grad_batches=recipe.accumulate,
            logger=False,
            callbacks=[*progress, Keep(folder, runtime.checkpoint_s, recipe.stopping)],
            enable_progress_bar=sys.stdout.isatty(),
            enable_model_summary=False,
            use_distributed_sampler=False,
            plugins=[Beside(), layers],
            default_root_dir=folder,
        )
    except (ValueError, RuntimeError) as error:  # what Lightning says of strategies and devices that there are not
        raise HairlineError(f"runtime.parallel: {error}") from None


def _strategy(placement: Placement, parallel: Parallel) -> str:
    """Lightning's name of the strategy.

    On processors gradients keep their places among those that are summed together: DDP would sort them anew after its
    first step, so that a training that goes on would add them up in another order than one that was never interrupted.
    """
    alone = parallel.devices in (1, "auto") and parallel.nodes == 1
    if placement.accelerator == "gpu" or alone or parallel.strategy not in ("auto", "ddp"):
        return parallel.strategy
    return "ddp_find_unused_parameters_true"


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
def _ended_by_others(trainer: lp.Trainer) -> Iterator[None]:
    """Tell errors of the connection to other processes, which have ended, from those of this one."""
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, dist.DistError) and "gloo" not in str(error):
            raise
        if not dist.is_initialized():
            raise HairlineError(
                f"process {trainer.global_rank} of {trainer.world_size} found no way to the others: "
                f"{str(error).splitlines()[0]}; look at addresses and ports (docs/scale.md)"
            ) from None
        raise OthersEndedError(
            "another process of this training ended, see what it says; 'dvc repro' goes on from the last state"
        ) from error


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
