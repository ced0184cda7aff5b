"""Encoders of segmentation networks: which there are, what they start from, which sizes of images they serve."""

import difflib
from collections.abc import Callable

import torch
from torch import Tensor, nn

from hairline.errors import HairlineError
from hairline.nn.classifier import backbones
from hairline.nn.classifier.backbones import BODY
from hairline.nn.runtime import weights as weight_files
from hairline.nn.runtime.weights import Published

TIMM = "tu-"
"""How segmentation_models_pytorch begins the names of timm's networks."""

PORTED = "timm-"
"""How it begins the names of networks of timm that it has copied."""

WRAPPED = "model"
DOUBLINGS = 4


def known(encoder: str) -> str:
    """The name of an encoder of segmentation_models_pytorch, as given.

    Raises:
        HairlineError: If it has no such encoder; the message lists close ones.
    """
    import timm
    from segmentation_models_pytorch.encoders import encoders  # slow to import, and loading weights does without

    bare = encoder.removeprefix(TIMM)
    tagged = "." in bare  # e.g. tu-resnet50.tv_in1k: one of several published sets of weights
    in_timm = timm.is_model_pretrained(bare) if tagged else timm.is_model(bare)
    if encoder not in encoders and not (encoder.startswith(TIMM) and in_timm):
        names = [*encoders, *(f"{TIMM}{name}" for name in timm.list_models())]
        close = difflib.get_close_matches(encoder, names, n=5) or ["resnet18", "resnet50", "tu-convnext_tiny"]
        raise HairlineError(
            f"encoder '{encoder}' is none of segmentation_models_pytorch; choose for example {', '.join(close)}"
        )
    return encoder


def published(encoder: str) -> Published:
    """Where an encoder's ImageNet weights may be had.

    Raises:
        HairlineError: If there is no such encoder.
    """
    import timm
    from segmentation_models_pytorch.encoders import encoders

    if known(encoder).startswith(TIMM):
        return backbones.published(encoder.removeprefix(TIMM))
    found = encoders[encoder]["pretrained_settings"].get("imagenet", {})
    name = encoder.removeprefix(PORTED)
    return Published(found.get("repo_id"), found.get("revision"), name if timm.is_model(name) else None)


def start(encoder: nn.Module, weights: str, published: Published, what: str) -> weight_files.Start:
    """Give an encoder its initial weights.

    Args:
        encoder: Filled in place; left with its random weights for ``none``.
        weights: As for :func:`hairline.nn.runtime.weights.initial`. A file is a classifier's ``weights.safetensors`` or
            has the names of the library that the encoder is from; layers behind the encoder are left out.
        published: Where its ImageNet weights may be had.
        what: What the encoder is, for messages.

    Returns:
        The actual start.

    Raises:
        HairlineError: If the weights cannot be had or do not fit.
    """
    found = weight_files.initial(weights, published)
    tensors = found.tensors()
    if tensors is not None:
        while [name for name, _ in encoder.named_children()] == [WRAPPED]:
            encoder = encoder.get_submodule(WRAPPED)
        weight_files.fill(encoder, _own(tensors, encoder), f"{found.source} for {what}")
    return found


def _own(tensors: dict[str, Tensor], encoder: nn.Module) -> dict[str, Tensor]:
    """The tensors of those parts that an encoder has; timm says ``stages_0`` there for ``stages.0`` of a classifier."""
    parts = {name.partition(".")[0] for name in encoder.state_dict()}
    own = {}
    for full_name, tensor in tensors.items():
        name = full_name.removeprefix(BODY)
        for candidate in (name, name.replace(".", "_", 1)):
            if candidate.partition(".")[0] in parts:
                own[candidate] = tensor
                break
    return own


def multiple_px(make: Callable[[], nn.Module], what: str, choices: str) -> int:
    """The least multiple of the encoder's output stride, doubled where needed, at which a network serves any image.

    The network is tried out on tensors without content (torch's ``meta`` device), which costs no memory and little
    time; one that cannot be made there is made in earnest.

    Args:
        make: Makes the network, from images [N, 3, H, W] to logits [N, 1, H, W], with an attribute ``encoder``.
        what: What it is, for the message.
        choices: What to choose instead, for the message.

    Raises:
        HairlineError: If the network cannot be made, or serves images of one size only.
    """
    for device in ("meta", "cpu"):
        try:
            with torch.random.fork_rng(devices=[]), torch.device(device), torch.no_grad():
                return _least_multiple(make().eval())
        except Exception as error:  # whatever the libraries raise about a combination that they do not support
            problem = error
    first = str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
    raise HairlineError(f"{what} cannot be built for images of any size: {first[:300]}; {choices}") from problem


def _least_multiple(network: nn.Module) -> int:
    """As told there; raises what the network raises at the largest multiple tried."""
    stride = int(network.encoder.output_stride)  # type: ignore[arg-type, union-attr]
    for doubling in range(DOUBLINGS):
        multiple = stride << doubling
        try:
            _serve(network, multiple, multiple)
            _serve(network, 3 * multiple, 2 * multiple)
        except Exception:
            if doubling == DOUBLINGS - 1:
                raise
        else:
            return multiple
    raise AssertionError("unreachable: the last multiple returns or raises")


def _serve(network: nn.Module, height: int, width: int) -> None:
    found = tuple(network(torch.zeros(1, 3, height, width)).shape)
    if found != (1, 1, height, width):
        raise ValueError(f"images of {height}x{width} px give logits of the shape {found}")
