"""Training by Lightning, the same for classifiers and segmenters: optimiser, schedule, resuming, what is logged.

The weights of the last epoch are the result (METHOD §1). After every epoch the whole state goes to one file of the
checkpoint folder; a training that finds one there goes on after that epoch and ends with the same weights, bit for bit
on the CPU, as one that was never interrupted. Only then is the epoch reported, so that trouble with the log costs none.
"""

import logging
import math
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import lightning.pytorch as lp
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, Checkpoint, TQDMProgressBar
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR
from torch.utils.data import DataLoader, Dataset

from hairline.errors import HairlineError
from hairline.nn.data import batches, loader
from hairline.nn.recipes import Recipe, Runtime
from hairline.nn.runtime import resolve
from hairline.outputs import whole_file

CHECKPOINT = "last.ckpt"
LINE_SECONDS = 30.0
LOSS_CHECK_STEPS = 20

Log = Callable[[dict[str, float], int], None]
M = TypeVar("M", bound=nn.Module)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task(Generic[M]):
    """What is learned.

    Attributes:
        model: Network from uint8 images [N, 3, H, W] to logits; trained in place.
        initial: What it starts from: ``imagenet``, ``none`` or ``file:<path>``.
        items: Training items by (epoch, index), see :mod:`hairline.nn.data`.
        loss: (logits, targets of a batch) → scalar.
        evaluate: Scores of the model as it is, called after every epoch; empty where there is nothing to judge it on.
        sides_px: Sides that batches of images are resized to, one drawn a batch; empty keeps them as they are.
    """

    model: M
    initial: str
    items: Dataset[Any]
    loss: Callable[[Tensor, Tensor], Tensor]
    evaluate: Callable[[], dict[str, float]]
    sides_px: tuple[int, ...] = ()


@dataclass(frozen=True)
class Trained(Generic[M]):
    """A trained network.

    Attributes:
        model: The network with the weights of the last epoch, in evaluation mode.
        initial: What it started from: ``imagenet``, ``none`` or ``file:<path>``.
        history: One mapping an epoch: ``train/loss`` (mean over the batches), ``learning_rate`` (of the last step) and
            what was evaluated.
    """

    model: M
    initial: str
    history: list[dict[str, float]]


def optimizer(parameters: Iterable[nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
    """The optimiser of a recipe."""
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    return torch.optim.SGD(
        parameters, lr=recipe.learning_rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay
    )


def schedule(optimiser: torch.optim.Optimizer, recipe: Recipe, steps_per_epoch: int) -> LRScheduler:
    """The learning rate of a recipe, to be stepped after every batch; ``one_cycle`` leaves the momentum alone."""
    if recipe.schedule == "one_cycle":
        steps = recipe.epochs * steps_per_epoch
        return OneCycleLR(optimiser, recipe.learning_rate, total_steps=steps, cycle_momentum=False)
    if recipe.schedule == "step":
        period = recipe.step_epochs * steps_per_epoch
        return LambdaLR(optimiser, lambda step: recipe.step_divisor ** -(step // period))
    return LambdaLR(optimiser, lambda step: 1.0)


def fit(task: Task[M], recipe: Recipe, runtime: Runtime, log: Log, checkpoint_dir: Path) -> Trained[M]:
    """Train a network, going on after the last finished epoch of an earlier attempt.

    Args:
        task: Network, items, loss and evaluation.
        recipe: The optimisation.
        runtime: Device, precision, workers and seed.
        log: Called with the scores and the number of every epoch, counted from 1; when resuming, the epochs of the
            earlier attempt come first, so that the curves are whole.
        checkpoint_dir: Folder of this training alone: what lies there must have had the same parameters. The only
            place written to; the caller removes it when the result is safe.

    Raises:
        HairlineError: If the loss is no finite number.
        KeyboardInterrupt: On Ctrl-C.
        SystemExit: With status 143, on SIGTERM.
    """
    placement = resolve(runtime)
    checkpoint_dir.mkdir(parents=True, exist_ok=True)
    checkpoint = checkpoint_dir / CHECKPOINT
    task.model.train().to(memory_format=torch.channels_last)
    module = _Module(task, recipe, runtime, log)
    progress: list[Callback] = [TQDMProgressBar() if sys.stdout.isatty() else _Lines()]
    with _quiet():
        trainer = lp.Trainer(
            accelerator=placement.accelerator,
            devices=1,
            precision=placement.precision,  # type: ignore[arg-type]
            max_epochs=recipe.epochs,
            logger=False,
            callbacks=[*progress, _KeepLast(checkpoint)],
            enable_progress_bar=sys.stdout.isatty(),
            enable_model_summary=False,
            reload_dataloaders_every_n_epochs=1,
            default_root_dir=checkpoint_dir,
        )
        with _ended_by_signals(trainer):
            trainer.fit(module, ckpt_path=checkpoint if checkpoint.is_file() else None, weights_only=True)
    return Trained(task.model.eval(), module.initial, module.history)


class _Module(lp.LightningModule):
    """Lightning's view of a task."""

    def __init__(self, task: Task[Any], recipe: Recipe, runtime: Runtime, log: Log) -> None:
        super().__init__()
        self.model = task.model
        self.initial = task.initial
        self.history: list[dict[str, float]] = []
        self._task, self._recipe, self._runtime, self._report = task, recipe, runtime, log
        self._losses: list[Tensor] = []
        self._rate = 0.0

    def train_dataloader(self) -> DataLoader[list[Tensor]]:
        return loader(self._task.items, self._batches(len(self.history)), self._runtime.workers, self._on_cuda())

    def configure_optimizers(self) -> Any:
        optimiser = optimizer(self.model.parameters(), self._recipe)
        rate = schedule(optimiser, self._recipe, len(self._batches(0)))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": rate, "interval": "step"}}

    def on_train_epoch_start(self) -> None:
        self._losses.clear()
        seeds = np.random.SeedSequence([self._runtime.seed, len(self.history)])  # for networks that draw, as dropout
        torch.manual_seed(int(seeds.generate_state(1)[0]))

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        images, targets = batch
        images = self._resized(images.permute(0, 3, 1, 2), batch_idx)  # a channels-last view, not a copy
        loss = self._task.loss(self.model(images), targets)
        if batch_idx % LOSS_CHECK_STEPS == 0:  # seldom, because a GPU must finish its work to answer
            self._check(loss.item())
        self._losses.append(loss.detach())
        self._rate = self.trainer.optimizers[0].param_groups[0]["lr"]
        return loss

    def _resized(self, images: Tensor, batch_idx: int) -> Tensor:
        """The batch at one of the task's sides, a function of seed, epoch and batch."""
        if not self._task.sides_px:
            return images
        draws = np.random.default_rng([self._runtime.seed, len(self.history), batch_idx])
        side = int(draws.choice(self._task.sides_px))
        return F.interpolate(images, (side, side), mode="bilinear", antialias=True)

    def on_train_epoch_end(self) -> None:
        loss = torch.stack(self._losses).mean().item()
        self._check(loss)
        metrics = {"train/loss": loss, "learning_rate": self._rate, **self._task.evaluate()}
        self.model.train()
        self.history.append(metrics)

    def report_epoch(self) -> None:
        """Tell the scores of the epoch just ended, once its state is safe."""
        self._report(self.history[-1], len(self.history))
        scores = ", ".join(f"{name} {value:.4g}" for name, value in self.history[-1].items())
        _log.info("epoch %d of %d: %s", len(self.history), self._recipe.epochs, scores)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["hairline"] = {"history": self.history, "initial": self.initial}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.history, self.initial = checkpoint["hairline"]["history"], checkpoint["hairline"]["initial"]
        _log.info("going on after epoch %d of %d", len(self.history), self._recipe.epochs)
        for epoch, metrics in enumerate(self.history, 1):
            self._report(metrics, epoch)

    def _batches(self, epoch: int) -> list[list[tuple[int, int]]]:
        return batches(len(self._task.items), self._recipe.batch, self._runtime.seed, epoch)  # type: ignore[arg-type]

    def _on_cuda(self) -> bool:
        return resolve(self._runtime).device.type == "cuda"

    def _check(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise HairlineError(
                f"the training loss became {loss} in epoch {len(self.history) + 1} of {self._recipe.epochs}; lower "
                f"recipe.learning_rate (now {self._recipe.learning_rate:g}) or set runtime.precision to '32'"
            )


class _KeepLast(Checkpoint):
    """Write the state after every epoch, then report it; as a Checkpoint it runs after the module closed the epoch."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def on_train_epoch_end(self, trainer: lp.Trainer, pl_module: lp.LightningModule) -> None:
        with whole_file(self._path) as partial:
            trainer.save_checkpoint(partial)
        cast(_Module, pl_module).report_epoch()


class _Lines(Callback):
    """Progress as log lines, at most one every LINE_SECONDS, where no terminal shows a bar."""

    def __init__(self) -> None:
        self._next = time.monotonic() + LINE_SECONDS

    def on_train_batch_end(
        self, trainer: lp.Trainer, pl_module: lp.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if time.monotonic() >= self._next:
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
