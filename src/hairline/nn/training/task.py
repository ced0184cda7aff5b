"""What a training learns, apart from how: network, items, loss, and what is looked at on the way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from torch import Tensor, nn
from torch.utils.data import Dataset

from hairline.nn.training.mixture import Mixture

M = TypeVar("M", bound=nn.Module)


class Watch(Protocol):
    """Counts that tell of a network gone wrong, added up over an epoch."""

    def count(self, answer: Any, targets: Tensor) -> Tensor:
        """Counts of one batch, float [k], to be added up."""

    def rates(self, sums: Sequence[float]) -> dict[str, float]:
        """Rates of an epoch, of the added counts."""

    def warnings(self, scores: Mapping[str, float]) -> list[str]:
        """What is wrong about the scores of an epoch, in words."""


def _answer(model: nn.Module, images: Tensor) -> Any:
    return model(images)


def _no_picture(epoch: int) -> bytes | None:
    return None


@dataclass(frozen=True)
class Task(Generic[M]):
    """What is learned.

    Attributes:
        model: Network from uint8 images [N, 3, H, W]; trained in place.
        initial: What it starts from: ``imagenet``, ``none`` or ``file:<path>``.
        items: Training items by (epoch, index), see :mod:`hairline.nn.training.datasets`.
        loss: (answer of the network, targets of a batch) → scalar, a mean over the items.
        evaluate: Scores of the model as it is, called after every epoch; empty where there is nothing to judge it on.
        sides_px: Sides that batches of images are resized to, one drawn a batch; empty keeps them as they are.
        ask: (network, images) → its answer; calls it, if nothing else is said.
        together: (items, least=height and width that they have at least) → a batch; None stacks them.
        watch: What is counted during training.
        mixture: Which items an epoch has; None for each of them once.
        picture: Epoch, counted from 1 → a picture (PNG) for the log, or None.
    """

    model: M
    initial: str
    items: Dataset[Any]
    loss: Callable[[Any, Tensor], Tensor]
    evaluate: Callable[[], dict[str, float]]
    sides_px: tuple[int, ...] = ()
    ask: Callable[[Any, Tensor], Any] = _answer
    together: Callable[..., Any] | None = None
    watch: Watch | None = None
    mixture: Mixture | None = None
    picture: Callable[[int], bytes | None] = _no_picture


@dataclass(frozen=True)
class Trained(Generic[M]):
    """A trained network.

    Attributes:
        model: The network with the weights that are kept, in evaluation mode.
        initial: What it started from: ``imagenet``, ``none`` or ``file:<path>``.
        history: One mapping an epoch: ``train/loss`` (mean over the batches), ``learning_rate`` (of the last step),
            what was watched and what was evaluated.
        kept: Epoch whose weights are kept, counted from 1: the last, or the best where the recipe stops early.
    """

    model: M
    initial: str
    history: list[dict[str, float]]
    kept: int
