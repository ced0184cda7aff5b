"""What Lightning runs: steps of a task, their losses, and everything that a training must remember to go on exactly.

Batches, changes to images and random numbers of the network are functions of seed, epoch and batch, so that what goes
to disk besides Lightning's own state is the list of losses so far.
"""

import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import lightning.pytorch as lp
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader

from hairline.errors import HairlineError
from hairline.nn.runtime.device import resolve
from hairline.nn.runtime.processes import OthersEndedError
from hairline.nn.runtime.recipes import Recipe, Runtime
from hairline.nn.training import processors
from hairline.nn.training.datasets import Key, batches
from hairline.nn.training.gathering import whole
from hairline.nn.training.optimizers import optimizer, schedule
from hairline.nn.training.parts import Part, loader
from hairline.nn.training.task import Task
from hairline.nn.training.whole_batch import WholeBatch

SPOILED_BATCH = "spoiled-batch.npz"
WINDOW = 20  # steps between looks at the losses where looking makes a device wait
POINT_STEPS = 10  # steps between points of the curves of a log

_log = logging.getLogger(__name__)


class Log(Protocol):
    """Where a training tells what it does; :class:`hairline.tracking.Run` is one."""

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Take the scores of an epoch, counted from 1, and the images (crops, patches) a second it learned from."""

    def curves(self, points: Sequence[tuple[int, Mapping[str, float]]]) -> None:
        """Take numbers of single steps, counted from 1."""

    def drawing(self, name: str, png: bytes) -> None:
        """Take a picture."""


@dataclass
class Progress:
    """What a training remembers; plain values, the same on every device.

    Attributes:
        initial: What the network started from.
        history: Scores of the finished epochs.
        losses: Losses of the batches of the epoch under way.
        sums: Sums of what is watched in that epoch.
        points: Of every tenth batch of the whole training its number, loss and learning rate.
    """

    initial: str
    history: list[dict[str, float]]
    losses: list[float]
    sums: list[float]
    points: list[tuple[int, float, float]]


class EpochBatches:
    """The batches of the epoch under way, this process's part of each, from the one that is next."""

    def __init__(self, learning: "Learning") -> None:
        self._learning = learning

    def __len__(self) -> int:
        return len(self._learning.sizes)

    def __iter__(self) -> Iterator[Part]:
        learning, progress = self._learning, self._learning.progress
        rank, ranks = learning.trainer.global_rank, learning.trainer.world_size
        parts = learning.parts(len(progress.history))
        return iter([Part(keys, rank, ranks) for keys in parts[len(progress.losses) :]])


class Learning(lp.LightningModule):
    """Lightning's view of a task."""

    def __init__(self, task: Task[Any], recipe: Recipe, runtime: Runtime, log: Log, folder: Path) -> None:
        super().__init__()
        self.model = task.model
        self.progress = Progress(task.initial, [], [], [], [])
        self.task, self.recipe, self.runtime, self.log_, self._folder = task, recipe, runtime, log, folder
        self.layers = WholeBatch()
        self._pending: list[tuple[Tensor, float]] = []
        self._watched: list[Tensor] = []
        self._told_points = 0
        self._sizes: list[int] = []
        self._last_rate = 0.0
        self._began, self._seen, self._speed = time.perf_counter(), 0, 0.0

    def train_dataloader(self) -> DataLoader[list[Tensor]]:
        """Batches from the one that is next."""
        on_cuda = resolve(self.runtime).device.type == "cuda"
        return loader(self.task, EpochBatches(self), self.runtime.workers, on_cuda)

    def configure_optimizers(self) -> Any:
        """What the recipe says."""
        optimiser = optimizer(self.model.parameters(), self.recipe)
        rate = schedule(optimiser, self.recipe, len(self.sizes))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": rate, "interval": "step"}}

    def on_fit_start(self) -> None:
        """Spare what only processors pay; here and not before, since other processes may get this by pickling it."""
        self._spared = ExitStack()
        if self.device.type == "cpu":
            self._spared.enter_context(processors.depthwise_in_float32(self.model))

    def teardown(self, stage: str) -> None:
        """Leave the network as it was."""
        self._spared.close()

    def parts(self, epoch: int) -> list[list[Key]]:
        """Keys of the batches of an epoch, of all devices."""
        if self.task.mixture is not None:
            return self.task.mixture.batches(self.recipe.batch, self.runtime.seed, epoch)
        return batches(len(self.task.items), self.recipe.batch, self.runtime.seed, epoch)  # type: ignore[arg-type]

    @property
    def sizes(self) -> list[int]:
        """Items of every batch of an epoch, on all devices; the same in every epoch."""
        self._sizes = self._sizes or [len(part) for part in self.parts(0)]
        return self._sizes

    def on_train_epoch_start(self) -> None:
        """Start the clock of the epoch, or of what is left of it."""
        self._began, self._seen = time.perf_counter(), 0

    def on_train_batch_start(self, batch: list[Tensor], batch_idx: int) -> None:
        """Seed networks that draw, as those with dropout do; alike in all processes."""
        place = [self.runtime.seed, len(self.progress.history), batch_idx, 0]
        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1)[0]))

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        """The loss of the whole batch: what the network answers to this process's part goes to all, and theirs here."""
        rank, ranks, items = self.trainer.global_rank, self.trainer.world_size, self.sizes[batch_idx]
        images, targets = (each[: len(range(rank, items, ranks))] for each in batch)
        self.layers.items = items
        images = self._resized(images.permute(0, 3, 1, 2), batch_idx)  # a channels-last view, not a copy
        answer, targets = whole(self.task.ask(self.model, images), items), whole(targets, items)
        loss = self.task.loss(answer, targets)
        self._pending.append((loss.detach(), self.trainer.optimizers[0].param_groups[0]["lr"]))
        if self.task.watch is not None:
            with torch.no_grad():
                self._watched.append(self.task.watch.count(answer, targets))
        return loss * ranks  # the gradients are sums over the processes, and Lightning takes their mean

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Look at the losses where it is time to."""
        self._seen += self.sizes[batch_idx]
        if len(self._pending) >= self.window:
            self.settle()

    @property
    def window(self) -> int:
        """Steps after which losses are looked at: all where no device has to be waited for."""
        return 1 if self.device.type == "cpu" else WINDOW

    def settle(self) -> None:
        """Bring losses and watched sums of the steps since the last time into the progress.

        Raises:
            HairlineError: If a loss is no finite number; its batch goes to a file.
        """
        if not self._pending:
            return
        losses = torch.stack([loss for loss, _ in self._pending]).tolist()
        if self._watched:
            new = torch.stack(self._watched).sum(0).tolist()
            old = self.progress.sums or [0.0] * len(new)
            self.progress.sums = [a + b for a, b in zip(old, new, strict=True)]
        before = len(self.progress.history) * len(self.sizes) + len(self.progress.losses)
        for number, (loss, (_, rate)) in enumerate(zip(losses, self._pending, strict=True), before + 1):
            self._check(loss, number - 1)
            self.progress.losses.append(loss)
            if number % POINT_STEPS == 0:
                self.progress.points.append((number, loss, rate))
        self._last_rate = self._pending[-1][1]
        self._pending.clear()
        self._watched.clear()

    def on_train_epoch_end(self) -> None:
        """Judge the network, and close the epoch."""
        self.settle()
        self._speed = self._seen / (time.perf_counter() - self._began)
        progress, watch = self.progress, self.task.watch
        mean = math.fsum(progress.losses) / len(progress.losses)
        scores = {"train/loss": mean, "learning_rate": self._last_rate}
        scores |= {} if watch is None else watch.rates(progress.sums)
        scores |= self.trainer.strategy.broadcast(self.task.evaluate())
        self.model.train()
        progress.history.append(scores)
        progress.losses, progress.sums = [], []

    def tell_epoch(self) -> None:
        """Tell the scores of the epoch just ended, once its state is safe; on the first device alone."""
        epoch, scores = len(self.progress.history), self.progress.history[-1]
        self.tell_points()
        speed = {"images_per_second": self._speed} if self._speed else {}  # none of an epoch told after a restart
        self.log_.metrics(scores | speed, epoch)
        told = ", ".join(f"{name} {value:.4g}" for name, value in scores.items())
        _log.info("epoch %d of %d: %s", epoch, self.recipe.epochs, told)
        if self.task.watch is not None:
            for line in self.task.watch.warnings(scores):
                _log.warning("epoch %d of %d: %s", epoch, self.recipe.epochs, line)
        picture = self.task.picture(epoch)
        if picture is not None:
            self.log_.drawing(f"epoch_{epoch:03d}.png", picture)

    def tell_points(self) -> None:
        """Tell the points of the curves that have not been told."""
        points = self.progress.points[self._told_points :]
        if points:
            self.log_.curves([(n, {"step/loss": loss, "step/learning_rate": rate}) for n, loss, rate in points])
        self._told_points = len(self.progress.points)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the progress."""
        checkpoint["hairline"] = vars(self.progress)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the progress up, and tell the log of it once more."""
        self.progress = Progress(**checkpoint["hairline"])
        epochs, steps = len(self.progress.history), len(self.progress.losses)
        if not self.trainer.is_global_zero:
            return
        where = f"batch {steps} of epoch {epochs + 1}" if steps else f"epoch {epochs}"
        _log.info("going on after %s of %d", where, self.recipe.epochs)
        for epoch, scores in enumerate(self.progress.history, 1):
            self.log_.metrics(scores, epoch)
        self.tell_points()

    def _resized(self, images: Tensor, batch_idx: int) -> Tensor:
        """The batch at one of the task's sides, a function of seed, epoch and batch."""
        if not self.task.sides_px:
            return images
        draws = np.random.default_rng([self.runtime.seed, len(self.progress.history), batch_idx])
        side = int(draws.choice(self.task.sides_px))
        return F.interpolate(images, (side, side), mode="bilinear", antialias=True)

    def _check(self, loss: float, number: int) -> None:
        if math.isfinite(loss):
            return
        if not self.trainer.is_global_zero:
            raise OthersEndedError(f"the training loss became {loss}, which the first process tells of")
        epoch, batch = divmod(number, len(self.sizes))
        path = self._folder / SPOILED_BATCH
        items = [self.task.items[key] for key in self.parts(epoch)[batch]]
        columns = zip(*items, strict=True)
        np.savez_compressed(path, **dict(zip(("images", "targets"), map(_stacked, columns), strict=True)))
        raise HairlineError(
            f"the training loss became {loss} in epoch {epoch + 1} of {self.recipe.epochs}, batch {batch + 1}, which "
            f"lies in {path}; look at it, lower recipe.learning_rate (now {self.recipe.learning_rate:g}) or set "
            "runtime.precision to '32'"
        )


def _stacked(values: Sequence[Any]) -> Any:
    """Images or targets of a batch as one array, where they are of one size."""
    arrays = [np.asarray(value) for value in values]
    if len({array.shape for array in arrays}) == 1:
        return np.stack(arrays)
    together = np.empty(len(arrays), object)
    together[:] = arrays
    return together
