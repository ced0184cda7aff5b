"""Patch classifiers: a convolutional network of timm with two outputs.

Where the last feature map is averaged and goes through one linear layer, as in ResNets and EfficientNets, the closed
form of Grad-CAM++ holds; other heads (VGG, MobileNetV3, ConvNeXt) are asked for their gradient:
:mod:`hairline.nn.classifier.cam`.
"""

import difflib
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, cast

import timm
import torch
from torch import Tensor, nn

from hairline.errors import HairlineError
from hairline.nn.classifier import scales as scales  # makes its network known to timm
from hairline.nn.runtime import normalisation, origins
from hairline.nn.runtime import weights as weight_files
from hairline.nn.runtime.normalisation import Normalisation, Scale, ToldScale
from hairline.nn.training import shapes

BODY = "body."
CRACK = 1
_PROBE_PX = (64, 96)
HEAD_STD, WIDE_STD = 0.01, 0.1
"""Standard deviation of a new last layer on pretrained features, and above which the library's own is too wide."""


class Body(Protocol):
    """The part of a timm model used here."""

    def forward_features(self, images: Tensor) -> Tensor:
        """Last feature map [N, K, h, w] of normalised images [N, 3, H, W]."""
        ...

    def forward_head(self, features: Tensor) -> Tensor:
        """Logits [N, 2] of feature maps."""
        ...

    def get_classifier(self) -> nn.Module:
        """The last layer."""
        ...

    def reset_classifier(self, num_classes: int) -> None:
        """Replace the last layer; 0 removes it."""
        ...


class Classifier(nn.Module):
    """Crack or no crack, for RGB images of any size.

    Attributes:
        backbone: timm name of the network.
        cell_px: Pixels of the image a step on the feature map, its stride.
        body: The network; its parameters are named as timm names them. Without its last layer where that is ``linear``.
        linear: The last layer, K → 2, behind global average pooling; output 1 is crack. None where the head is another
            one, which then is the body's.
        origin: Where its initial weights come from; None of random ones, and of a network that was read.
    """

    def __init__(
        self, backbone: str, body: nn.Module, linear: nn.Linear | None, cell_px: int,
        scale: Scale = normalisation.IMAGENET,
    ) -> None:  # fmt: skip
        """Put the parts together; :func:`build` makes them."""
        super().__init__()
        self.backbone = backbone
        self.cell_px = cell_px
        self.origin: origins.Origin | None = None
        self.normalise = Normalisation(scale)
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
        exactly = nullcontext() if features.is_meta else torch.autocast(features.device.type, enabled=False)
        with exactly:
            exact = features.to(self.normalise.mean.dtype)
            if self.linear is None:
                return cast(Body, self.body).forward_head(exact)
            pooled: Tensor = self.linear(exact.mean(dim=(2, 3)))
        return pooled

    @property
    def amid(self) -> bool:
        """Whether patches are seen amid their image, and never cut out of it (:mod:`hairline.nn.classifier.amid`)."""
        return self.backbone == scales.NAME

    @property
    def crack_weight(self) -> Tensor | None:
        """Weight of every feature for the crack logit, shape [K]; None where no linear layer follows the average."""
        return None if self.linear is None else self.linear.weight[CRACK]


def build(backbone: str, weights: str) -> tuple[Classifier, str]:
    """Make a classifier.

    Args:
        backbone: Name of a timm model, e.g. ``resnet18`` or ``efficientnet_b0``.
        weights: As for :func:`hairline.nn.runtime.weights.initial`. A file is a classifier's ``weights.safetensors``
            (its last layer is used as well) or has timm's own names (its last layer is not).

    Returns:
        The classifier in training mode, and its actual initialisation: ``imagenet``, ``none`` or ``file:<path>``.

    Raises:
        HairlineError: If the name is unknown, the network has no feature map of rows and columns or wants images of one
            size, or the weights cannot be had or do not fit.
    """
    config = timm.get_pretrained_cfg(known(backbone))
    start = weight_files.initial(weights, published(backbone))
    model = _assemble(backbone, normalisation.of(backbone))
    model.origin = start.origin
    tensors = start.tensors()
    if tensors is not None:
        last_layer = "" if config is None else str(config.classifier)
        _start_from(model, tensors, f"{start.source} for '{backbone}'", last_layer)
    return model, start.initial


def published(backbone: str) -> weight_files.Published:
    """Where the ImageNet weights of a network of timm may be had."""
    config = timm.get_pretrained_cfg(backbone)
    if config is None:
        return weight_files.Published(None, None, backbone)
    return weight_files.Published(config.hf_hub_id, None, backbone, config.license)


def save(model: Classifier, folder: Path, info: Mapping[str, object]) -> None:
    """Write ``weights.safetensors`` and ``model.json`` (info, the backbone's name, how images are scaled)."""
    scaled = normalisation.as_json(model.normalise.scale)
    weight_files.save(model, folder, {**info, "backbone": model.backbone, "normalisation": scaled})


@dataclass
class _Info:
    """What is asked of model.json."""

    backbone: str
    normalisation: ToldScale | None = None
    origin: origins.Origin | None = None


def load(folder: Path) -> tuple[Classifier, dict[str, object]]:
    """Read what :func:`save` wrote: the classifier on the CPU in evaluation mode, and the content of model.json.

    Raises:
        HairlineError: If the folder holds no classifier or its two files do not belong together.
    """

    def assemble(info: Mapping[str, object]) -> Classifier:
        return _assemble(known(str(info.get("backbone"))), normalisation.of_info(info))

    return weight_files.load(folder, "classifier", _Info, assemble)


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


def check_batches(backbone: str, sides_px: Sequence[int], batch: int, where: str) -> None:
    """Make sure that a classifier can learn from batches of patches, without building it in earnest.

    Args:
        backbone: A timm name, see :func:`known`.
        sides_px: Sides that patches have in training.
        batch: Patches a batch, on one device.
        where: The parameter that holds the sides, for the message.

    Raises:
        HairlineError: If it cannot, or is no network for images of any size.
    """
    model = cast(Classifier, shapes.sketch(partial(_sketched, known(backbone))))
    for side in dict.fromkeys(sides_px):
        refuse_batches(model, batch, side, where, "set recipe.batch to 2")


def refuse_batches(model: Classifier, items: int, side: int, where: str, more: str) -> None:
    """Refuse batches that a classifier cannot learn from, as :func:`hairline.nn.training.shapes.refuse`.

    Args:
        model: In training mode.
        items: Patches of the smallest batch.
        side: Side of the patches in pixels.
        where: The parameter that holds the side, for the message.
        more: How batches of two are had.
    """
    larger = [(f"set {where} to {times * side}", items, times * side, times * side) for times in (2, 4, 8)]
    remedies = [[(more, 2, side, side)], larger]
    shapes.refuse(model, f"backbone '{model.backbone}'", items, (side, side), "patch", remedies)


def check_windows(backbone: str, windows_px: Sequence[int]) -> None:
    """Make sure that a classifier can be asked about windows of some sizes, without building it in earnest.

    Raises:
        HairlineError: If it cannot; the message names the least power of two that it can be asked about.
    """
    model = shapes.sketch(partial(_sketched, known(backbone))).eval()
    for window in windows_px:
        why = shapes.problem(model, 1, window, window)
        if why is not None:
            sides = (2**power for power in range(window.bit_length(), 11))
            least = next((side for side in sides if shapes.problem(model, 1, side, side) is None), None)
            todo = "choose another backbone" if least is None else f"choose windows of {least} px or more"
            raise HairlineError(f"backbone '{backbone}' cannot look at windows of {window} px, because {why}; {todo}")


def _sketched(backbone: str) -> Classifier:
    """A classifier whose head is the body's own, whatever it is."""
    model = Classifier(backbone, timm.create_model(backbone, num_classes=2), None, cell_px=1)
    _probed_shape(model.eval())
    return model


def _assemble(backbone: str, scale: Scale) -> Classifier:
    """A classifier with random weights."""
    network = timm.create_model(backbone, num_classes=2)
    model = Classifier(backbone, network, None, 1, scale).eval()
    features = _probe(model)
    model.cell_px = _PROBE_PX[0] // features.shape[2]
    linear = cast(Body, network).get_classifier()
    if isinstance(linear, nn.Linear) and linear.in_features == features.shape[1]:
        with torch.inference_mode():
            if torch.allclose(model.head(features), linear(features.mean(dim=(2, 3))), atol=1e-5):
                model.linear = linear
    if model.linear is not None:
        cast(Body, network).reset_classifier(0)
    return model.train()


def _probe(model: Classifier) -> Tensor:
    """Random features [1, K, h, w] of the size that an image of :data:`_PROBE_PX` gives.

    Raises:
        HairlineError: If the network cannot serve images of any size or its features have no rows and columns.
    """
    noise = torch.Generator().manual_seed(0)
    return torch.rand(_probed_shape(model), generator=noise)


def _probed_shape(model: Classifier) -> torch.Size:
    """Shape of the features of an image of :data:`_PROBE_PX`, with the errors of :func:`_probe`."""
    height, width = _PROBE_PX
    try:
        with torch.inference_mode():
            features = model.features(torch.zeros(1, 3, height, width, dtype=torch.uint8))
            shape, logits = features.shape, model.head(features)
    except (AssertionError, RuntimeError) as error:  # what networks of one image size raise
        raise _unsuitable(model.backbone, str(error)) from None
    if len(shape) != 4 or height // shape[2] * shape[3] != width or logits.shape != (1, 2):
        raise _unsuitable(model.backbone, f"its last features have the shape {tuple(shape)}")
    return shape


def _unsuitable(backbone: str, why: str) -> HairlineError:
    return HairlineError(
        f"backbone '{backbone}' is no convolutional network for images of any size ({why}); choose for example "
        "resnet18, efficientnet_b0, vgg11_bn, mobilenetv3_large_100 or convnext_tiny"
    )


def _start_from(model: Classifier, tensors: dict[str, Tensor], source: str, last_layer: str) -> None:
    if any(name.startswith(BODY) for name in tensors):
        weight_files.fill(model, tensors, source)
    else:
        kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(f"{last_layer}.")}
        own = {name: tensor for name, tensor in model.body.state_dict().items() if name.startswith(f"{last_layer}.")}
        weight_files.fill(model.body, kept | own, source)
        _narrow(model)


def _narrow(model: Classifier) -> None:
    """Start a new last layer small on pretrained features where the library starts it wide, as timm's EfficientNets.

    Theirs has a standard deviation of 0.41 for two outputs, so that the first steps would undo what was learned.
    """
    if model.linear is not None and float(model.linear.weight.detach().std()) > WIDE_STD:
        nn.init.normal_(model.linear.weight, std=HEAD_STD)
        nn.init.zeros_(model.linear.bias)
