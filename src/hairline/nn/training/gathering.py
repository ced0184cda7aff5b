"""What the processes of a training have each, put together in all of them; in one process all of it is as it was.

Item ``i`` of a batch, or of whatever is shared out, belongs to process ``i % processes``.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

T = TypeVar("T")
R = TypeVar("R")


def ranks() -> int:
    """Processes of this training."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Number of this process, from 0."""
    return dist.get_rank() if ranks() > 1 else 0


def shared_out(items: Sequence[T], ask: Callable[[Sequence[T]], Sequence[R]]) -> list[R]:
    """Answers to items of which each process asks its share; the same in all of them, in the order of the items.

    Args:
        items: The same in every process.
        ask: Items → an answer to each.
    """
    if ranks() == 1:
        return list(ask(items))
    answers: list[Any] = [None] * len(items)
    for number, found in enumerate(everywhere(list(ask(items[rank() :: ranks()])))):
        answers[number :: ranks()] = found
    return answers


def everywhere(found: T) -> list[T]:
    """What each process has, in their order."""
    every: list[Any] = [found] * ranks()
    if ranks() > 1:
        dist.all_gather_object(every, found)
    return every


def whole(answer: Any, items: int) -> Any:
    """A tensor, or a tuple of them, of the batch of all processes.

    Gradients come back to the process that they belong to, as large as they are in one process.

    Args:
        answer: This process's part, ``[rank::ranks]`` along the first dimension; it may have no item.
        items: Items of the batch in all processes.
    """
    if ranks() == 1:
        return answer
    if isinstance(answer, Tensor):
        return _Whole.apply(answer, items)
    return tuple(whole(each, items) for each in answer)


class _Whole(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, part: Tensor, items: int) -> Tensor:
        most = -(-items // ranks())
        sent = part.new_zeros((most, *part.shape[1:]))
        sent[: len(part)] = part
        flat = sent.flatten().view(torch.uint8)  # bytes: not every backend knows every type
        every = [torch.empty_like(flat) for _ in range(ranks())]
        dist.all_gather(every, flat)
        answer = part.new_empty((items, *part.shape[1:]))
        for number, got in enumerate(every):
            place = answer[number :: ranks()]
            place.copy_(got.view(part.dtype).view_as(sent)[: len(place)])
        return answer

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0][rank() :: ranks()].contiguous(), None
