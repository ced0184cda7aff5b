"""The state of a training on disk: after every epoch, and every so many seconds between."""

import io
import logging
import math
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import lightning.pytorch as lp
import torch
from lightning.__version__ import version as LIGHTNING
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.plugins.io import TorchCheckpointIO

from hairline.errors import HairlineError
from hairline.io.atomic import whole_file
from hairline.io.reading import refuse_no_file, there
from hairline.nn.runtime import weights as weight_files
from hairline.nn.runtime.processes import leads
from hairline.nn.runtime.recipes import Stopping
from hairline.nn.training.gathering import everywhere
from hairline.nn.training.module import Learning, Progress

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


class Beside(TorchCheckpointIO):
    """Writes a checkpoint to the very path it is given; Lightning's own goes through a file in TMPDIR."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write it, in one piece: an error of the file system is its own, and not one of torch's writer."""
        content = io.BytesIO()
        torch.save(checkpoint, content)
        Path(path).write_bytes(content.getbuffer())

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Read it in the first process, which gives it to the others: nodes need not share a disk."""
        (content, *_) = everywhere(Path(path).read_bytes() if leads() else b"")
        state: dict[str, Any] = torch.load(io.BytesIO(content), "cpu", weights_only=True)
        return state


def found(folder: Path, learning: Learning, stopping: Stopping | None) -> Path | None:
    """The checkpoint that a training goes on from; None where it starts from its first epoch.

    One that cannot be read, or is of another network or version of Lightning, is moved aside and told of in the log:
    otherwise each repeat would fail on it again. Nothing in it is run.

    Args:
        folder: The folder of checkpoints.
        learning: What is to go on.
        stopping: Whether the best weights must be there, too.
    """
    path = folder / CHECKPOINT
    if not there(path):
        return None
    try:
        if _history(path, learning) and stopping is not None:
            path = folder / BEST
            _refuse_other(weight_files.read(path), learning.model.state_dict())
    except (HairlineError, ValueError) as error:
        if leads():
            _set_aside(folder, path, str(error).removeprefix(f"{path}: "))
        return None
    return folder / CHECKPOINT


def _history(path: Path, learning: Learning) -> Sequence[Mapping[str, float]]:
    """The epochs that a checkpoint has behind it; ValueError or HairlineError where it is none of this training."""
    refuse_no_file(path, "the state of a training")
    try:
        with zipfile.ZipFile(path) as archive:
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise ValueError("compressed, as no checkpoint is")
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content["pytorch-lightning_version"] != LIGHTNING:  # its loops may go on elsewhere than they ended
            raise ValueError(f"of Lightning {content['pytorch-lightning_version']}, and this is {LIGHTNING}")
        progress = Progress(**content["hairline"])
        _refuse_other(content["state_dict"], learning.state_dict())
        if not {"epoch", "global_step", "loops", "optimizer_states", "lr_schedulers"} <= content.keys():
            raise ValueError("without the state of the optimizer")
    except MemoryError:
        raise
    except Exception as error:  # of a damaged file torch raises RuntimeError, UnpicklingError, EOFError, KeyError, …
        raise ValueError((str(error).splitlines() or [type(error).__name__])[0][:200]) from None
    return progress.history


def _refuse_other(tensors: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    if {name: tensor.shape for name, tensor in tensors.items()} != {n: tensor.shape for n, tensor in wanted.items()}:
        raise ValueError("of another network")


def _set_aside(folder: Path, unreadable: Path, why: str) -> None:
    """Keep what was found under names that no training looks for."""
    when = f".unreadable-{time.strftime('%Y%m%dT%H%M%S')}"
    for path in (folder / CHECKPOINT, folder / BEST):
        if there(path):
            path.rename(path.with_name(path.name + when))
    _log.warning("%s: no training can go on from it (%s); it is kept as %s until this training has ended, which starts "
                 "again from its first epoch", unreadable, why, unreadable.name + when)  # fmt: skip


def best_epoch(history: Sequence[Mapping[str, float]], stopping: Stopping) -> int:
    """The epoch with the best monitored score, the first of equals, counted from 1; one that is no number is worst.

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
    told = [epoch[stopping.monitor] for epoch in history]
    scores = [-math.inf if math.isnan(score) else sign * score for score in told]
    return scores.index(max(scores)) + 1


def over(history: Sequence[Mapping[str, float]], stopping: Stopping) -> bool:
    """Whether a training has gone on for its patience without an improvement."""
    return len(history) - best_epoch(history, stopping) >= stopping.patience
