"""Patch classifiers: a timm network whose last feature map is averaged and goes through one linear layer.

That architecture is required because the closed form of Grad-CAM++ holds for it alone (see :mod:`hairline.nn.cam`).
"""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, cast

import timm
import torch
from timm.layers.adaptive_avgmax_pool import SelectAdaptivePool2d
from torch import Tensor, nn

from hairline.errors import HairlineError
from hairline.nn import weights as weight_files

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
BODY = "body."
CRACK = 1
_PROBE_PX = 64


class Body(Protocol):
    """The part of a timm model used here."""

    def forward_features(self, images: Tensor) -> Tensor:
        """Last feature map [N, K, h, w] of normalised images [N, 3, H, W]."""
        ...

    def get_classifier(self) -> nn.Module:
        """The last layer."""
        ...

    def reset_classifier(self, num_classes: int) -> None:
        """Replace the last layer; 0 removes it."""
        ...


class Normalisation(nn.Module):
    """uint8 RGB [N, 3, H, W] → (x/255 - mean) / std of ImageNet, in the dtype of the network; no weights are saved."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        """Keep mean and standard deviation as buffers that follow the module's device and dtype."""
        super().__init__()
        self.register_buffer("mean", 255 * torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", 255 * torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Normalise a batch."""
        return (images.to(self.mean.dtype) - self.mean) / self.std


class Classifier(nn.Module):
    """Crack or no crack, for RGB images of any size.

    Attributes:
        backbone: timm name of the network.
        cell_px: Pixels of the image a step on the feature map, its stride.
        body: The network without its last layer; its parameters are named as timm names them.
        linear: The last layer, K → 2; output 1 is crack.
    """

    def __init__(self, backbone: str, body: nn.Module, linear: nn.Linear, cell_px: int) -> None:
        """Put the parts together; :func:`build` makes them."""
        super().__init__()
        self.backbone = backbone
        self.cell_px = cell_px
        self.normalise = Normalisation()
        self.body = body
        self.linear = linear

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, 2] (no crack, crack) of images uint8 [N, 3, H, W]."""
        return self.head(self.features(images))

    def features(self, images: Tensor) -> Tensor:
        """Last feature map after its activation [N, K, ceil(H / cell_px), ceil(W / cell_px)]; images as above."""
        return cast(Body, self.body).forward_features(self.normalise(images))

    def head(self, features: Tensor) -> Tensor:
        """Logits [N, 2] of feature maps [N, K, h, w], never in reduced precision: averages and logits would suffer."""
        with torch.autocast(features.device.type, enabled=False):
            pooled: Tensor = self.linear(features.to(self.linear.weight.dtype).mean(dim=(2, 3)))
        return pooled

    @property
    def crack_weight(self) -> Tensor:
        """Weight of every feature for the crack logit, shape [K]."""
        return self.linear.weight[CRACK]


def build(backbone: str, weights: str) -> tuple[Classifier, str]:
    """Make a classifier.

    Args:
        backbone: Name of a timm model, e.g. ``resnet18`` or ``efficientnet_b0``.
        weights: As for :func:`hairline.nn.weights.initial`. A file is a classifier's ``weights.safetensors`` (its last
            layer is used as well) or has timm's own names (its last layer is not).

    Returns:
        The classifier in training mode, and its actual initialisation: ``imagenet``, ``none`` or ``file:<path>``.

    Raises:
        HairlineError: If the name is unknown, the network is no average-pooled linear classifier, or the weights
            cannot be had or do not fit.
    """
    config = timm.get_pretrained_cfg(known(backbone))
    path, actual = weight_files.initial(weights, None if config is None else config.hf_hub_id)
    model = _assemble(backbone)
    if path is not None:
        last_layer = "" if config is None else str(config.classifier)
        _start_from(model, weight_files.read(path), f"{path} for '{backbone}'", last_layer)
    return model, actual


def save(model: Classifier, folder: Path, info: Mapping[str, object]) -> None:
    """Write ``weights.safetensors`` and ``model.json`` (the info and the backbone's name) into a folder."""
    weight_files.save(model, folder, {**info, "backbone": model.backbone})


def load(folder: Path) -> tuple[Classifier, dict[str, object]]:
    """Read what :func:`save` wrote: the classifier on the CPU in evaluation mode, and the content of model.json.

    Raises:
        HairlineError: If the folder holds no classifier or its two files do not belong together.
    """
    return weight_files.load(folder, "classifier", lambda info: _assemble(known(str(info.get("backbone")))))


def known(backbone: str) -> str:
    """The name of a timm model, as given.

    Raises:
        HairlineError: If timm has no such model; the message lists close ones.
    """
    tagged = "." in backbone  # e.g. resnet50.tv_in1k: one of several published sets of weights
    if not (timm.is_model_pretrained(backbone) if tagged else timm.is_model(backbone)):
        close = difflib.get_close_matches(backbone, timm.list_models(), n=5) or ["resnet18", "efficientnet_b0"]
        raise HairlineError(f"backbone '{backbone}' is no timm model; choose for example {', '.join(close)}")
    return backbone


def _assemble(backbone: str) -> Classifier:
    """A classifier with random weights."""
    network = timm.create_model(backbone, num_classes=2)
    linear = cast(Body, network).get_classifier()
    pool = getattr(network, "global_pool", None)
    if not isinstance(linear, nn.Linear) or not isinstance(pool, SelectAdaptivePool2d) or pool.pool_type != "avg":
        raise _unsuitable(backbone)
    cast(Body, network).reset_classifier(0)
    model = Classifier(backbone, network, linear, cell_px=1)
    with torch.inference_mode():
        features = model.eval().features(torch.zeros(1, 3, _PROBE_PX, _PROBE_PX, dtype=torch.uint8))
    if features.ndim != 4 or features.shape[1] != linear.in_features:
        raise _unsuitable(backbone)
    model.cell_px = _PROBE_PX // features.shape[-1]
    return model.train()


def _unsuitable(backbone: str) -> HairlineError:
    return HairlineError(
        f"backbone '{backbone}' does not end in global average pooling and a single linear layer, which the activation "
        "maps need; choose a ResNet or an EfficientNet, e.g. resnet18 or efficientnet_b0"
    )


def _start_from(model: Classifier, tensors: dict[str, Tensor], source: str, last_layer: str) -> None:
    if any(name.startswith(BODY) for name in tensors):
        weight_files.fill(model, tensors, source)
    else:
        kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(f"{last_layer}.")}
        weight_files.fill(model.body, kept, source)
