"""Whether a network can learn from batches of a shape, tried on tensors without content before anything is read.

Tensors on torch's ``meta`` device have a shape and nothing else, so that a try costs no memory and little time.
"""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from hairline.errors import HairlineError

SINGLE = "one of its batch normalisations would be over a single value a channel"

_TORCH_SAYS = "more than 1 value per channel"

_ANY_PX = (256, 256)

Remedy = tuple[str, int, int, int]
"""What to change, and the items, height and width of a batch that come of it."""


def sketch(make: Callable[[], nn.Module]) -> nn.Module:
    """A network in training mode without content, or in earnest where it cannot be made without.

    Args:
        make: Makes the network, from images uint8 [N, 3, H, W].

    Raises:
        Exception: What the network raises where it cannot be made at all.
    """
    with torch.random.fork_rng(devices=[]):
        try:
            with torch.device("meta"):
                model = make().train()
            if not _needs_numbers(model):
                return model
        except HairlineError:
            raise
        except Exception:  # whatever a library raises where it needs numbers to make a network
            pass
        return make().train()


def _needs_numbers(model: nn.Module) -> bool:
    """Whether a network looks at numbers on its way, so that tensors without any do not pass."""
    try:
        with torch.no_grad():
            _forward(model, 2, *_ANY_PX)
    except Exception as error:
        return _of_meta(error)
    return False


def _of_meta(error: Exception) -> bool:
    return isinstance(error, NotImplementedError) or "meta" in str(error)


def problem(model: nn.Module, items: int, height: int, width: int) -> str | None:
    """Why a network cannot learn from a batch, in words; None where it can.

    Args:
        model: In training mode; neither it nor any random number is changed.
        items: Images of the batch.
        height: Their height in pixels.
        width: Their width in pixels.
    """
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            try:
                _forward(model, items, height, width)
            except Exception as error:
                if not _of_meta(error):
                    raise
                _in_earnest(model, min(items, 2), height, width)
    except Exception as error:  # whatever a network raises of a shape that it does not take
        if _TORCH_SAYS in str(error):
            return SINGLE
        return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return None


def refuse(
    model: nn.Module, what: str, items: int, size: tuple[int, int], of: str, remedies: Sequence[Sequence[Remedy]]
) -> None:
    """Make sure that a network can learn from the smallest batch there will be.

    Args:
        model: In training mode, see :func:`problem`.
        what: What it is, for the message.
        items: Images of the batch.
        size: Height and width in pixels.
        of: What the images are: crop, patch or image.
        remedies: What may be changed, each with its values in order; the first that helps of each is named.

    Raises:
        HairlineError: If it cannot.
    """
    why = problem(model, items, *size)
    if why is None:
        return
    tried = ([words for words, *shape in values if problem(model, *shape) is None] for values in remedies)
    todo = " or ".join(words[0] for words in tried if words) or "choose another one"
    (height, width), many = size, "s" if items > 1 else ""
    raise HairlineError(
        f"{what} cannot learn from batches of {items} {of}{many} of {height}x{width} px, because {why}; {todo}"
    )


def _forward(model: nn.Module, items: int, height: int, width: int) -> None:
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    images = torch.zeros(items, 3, height, width, dtype=torch.uint8, device="meta")
    without: dict[str, Tensor] = {name: torch.empty_like(tensor, device="meta") for name, tensor in tensors.items()}
    functional_call(model, without, (images,))


def _in_earnest(model: nn.Module, items: int, height: int, width: int) -> None:
    copied = copy.deepcopy(model).to("cpu")
    copied(torch.zeros(items, 3, height, width, dtype=torch.uint8))
