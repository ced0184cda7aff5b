"""The state of a training on disk: after every epoch, and every so many seconds between."""

import logging
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import lightning.pytorch as lp
from lightning.pytorch.callbacks import Checkpoint

from hairline.errors import HairlineError
from hairline.io.atomic import whole_file
from hairline.nn.runtime import weights as weight_files
from hairline.nn.runtime.recipes import Stopping
from hairline.nn.training.module import Learning

CHECKPOINT = "last.ckpt"
BEST = "best.safetensors"

_log = logging.getLogger(__name__)


class Keep(Checkpoint):
    """Write the state, then tell the log; as a Checkpoint it runs after the module closed the epoch.

    Between epochs the state is written only behind a step, since gradients under way are no part of it.
    """

    def __init__(self, folder: Path, seconds: float, stopping: Stopping | None) -> None:
        """Keep the state in a folder; see :class:`hairline.nn.runtime.recipes.Runtime` for the seconds."""
        self._folder, self._seconds, self._stopping = folder, seconds, stopping
        self._next = time.monotonic() + seconds

    def on_train_batch_end(
        self, trainer: lp.Trainer, pl_module: lp.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write the state where it is time to."""
        learning = cast(Learning, pl_module)
        stepped = (batch_idx + 1) % learning.recipe.accumulate == 0
        last = batch_idx + 1 == trainer.num_training_batches
        if last or not stepped or (batch_idx + 1) % learning.window:
            return
        due = time.monotonic() >= self._next
        if trainer.strategy.broadcast(due) if trainer.world_size > 1 else due:
            learning.settle()
            self._write(trainer)
            if trainer.is_global_zero:
                learning.tell_points()

    def on_train_epoch_end(self, trainer: lp.Trainer, pl_module: lp.LightningModule) -> None:
        """Keep the best weights, write the state, end early where that is due."""
        learning = cast(Learning, pl_module)
        history = learning.progress.history
        if self._stopping is not None:
            if best_epoch(history, self._stopping) == len(history) and trainer.is_global_zero:
                with whole_file(self._folder / BEST) as partial:
                    weight_files.write(learning.model, partial)
            trainer.should_stop = over(history, self._stopping)
        self._write(trainer)
        if trainer.is_global_zero:
            learning.tell_epoch()

    def on_load_checkpoint(
        self, trainer: lp.Trainer, pl_module: lp.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Do not go on with a training that had ended early."""
        if self._stopping is not None:
            trainer.should_stop = over(checkpoint["hairline"]["history"], self._stopping)

    def _write(self, trainer: lp.Trainer) -> None:
        if trainer.is_global_zero:
            with whole_file(self._folder / CHECKPOINT) as partial:
                trainer.save_checkpoint(partial)
        else:
            trainer.save_checkpoint(self._folder / CHECKPOINT)  # takes part, and writes nothing
        self._next = time.monotonic() + self._seconds


def best_epoch(history: Sequence[Mapping[str, float]], stopping: Stopping) -> int:
    """The epoch with the best monitored score, the first of equals, counted from 1.

    Raises:
        HairlineError: If the training has no such score.
    """
    if stopping.monitor not in history[-1]:
        known = ", ".join(history[-1])
        raise HairlineError(
            f"recipe.stopping.monitor: there is no '{stopping.monitor}' to watch (without images of split val there "
            f"are no val/ scores); choose one of {known}, or set stopping to null"
        )
    sign = -1.0 if stopping.monitor.endswith("loss") else 1.0
    scores = [sign * epoch[stopping.monitor] for epoch in history]
    return scores.index(max(score for score in scores if not math.isnan(score))) + 1


def over(history: Sequence[Mapping[str, float]], stopping: Stopping) -> bool:
    """Whether a training has gone on for its patience without an improvement."""
    return len(history) - best_epoch(history, stopping) >= stopping.patience
