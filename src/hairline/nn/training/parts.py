"""A process's part of each batch: which items it has, and how they are loaded."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from hairline.nn.training.datasets import Key
from hairline.nn.training.task import Task


@dataclass(frozen=True)
class Part:
    """What one process has of a batch.

    Attributes:
        batch: Keys of the items of all processes.
        rank: Number of the process.
        ranks: Processes there are.
    """

    batch: Sequence[Key]
    rank: int
    ranks: int

    @property
    def keys(self) -> Sequence[Key]:
        """Keys of what the process loads: of its items; of any one where it has none, for the shape.

        >>> [Part([(0, 5), (0, 1), (0, 4)], rank, 2).keys for rank in range(2)]
        [[(0, 5), (0, 4)], [(0, 1)]]
        """
        return self.batch[self.rank :: self.ranks] or self.batch[:1]


class _Loaded(Dataset[Any]):
    """Items of a part, and the largest sides of its batch where these are not all alike."""

    def __init__(self, items: Dataset[Any], sizes: bool) -> None:
        self._items, self._sizes = items, sizes

    def __getitem__(self, part: Part) -> tuple[list[Any], tuple[int, int]]:
        least = (0, 0)
        if self._sizes and part.ranks > 1:
            heights, widths = zip(*map(self._items.size, part.batch), strict=True)  # type: ignore[attr-defined]
            least = max(heights), max(widths)
        return [self._items[key] for key in part.keys], least


def loader(task: Task[Any], parts: Iterable[Part], workers: int, pin_memory: bool) -> DataLoader[list[Tensor]]:
    """Load batches; images arrive as uint8 [batch, height, width, 3].

    Args:
        task: Whose items, and how batches are made of them.
        parts: Of the batches; asked anew every epoch, while the workers stay.
        workers: Processes that prepare batches; 0 prepares them here.
        pin_memory: Whether batches go to a CUDA device.
    """
    return DataLoader(
        _Loaded(task.items, task.together is not None),
        sampler=parts,
        batch_size=None,
        num_workers=workers,
        pin_memory=pin_memory,
        collate_fn=partial(_together, task.together),
        worker_init_fn=_single_thread,
        persistent_workers=workers > 0,
        multiprocessing_context="fork" if workers else None,  # shares the images instead of copying them
        generator=torch.Generator(),  # else making a loader would draw from the generator of the network
    )


def _together(make: Callable[..., Any] | None, loaded: tuple[list[Any], tuple[int, int]]) -> Any:
    items, least = loaded
    return torch.utils.data.default_collate(items) if make is None else make(items, least=least)


def _single_thread(worker: int) -> None:
    cv2.setNumThreads(0)
