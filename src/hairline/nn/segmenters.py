"""Segmenters: the network with its normalisation, asked at full size, written and read (METHOD §5).

Training lies in :mod:`hairline.nn.segmentation`; nothing here needs the training engine, which takes long to import.
"""

import difflib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hairline import variants
from hairline.errors import HairlineError
from hairline.grid import PatchGrid
from hairline.nn import weights as weight_files
from hairline.nn.backbones import Normalisation
from hairline.nn.runtime import Placement, autocast

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ARCHITECTURES = "hairline.nn.architectures"
MULTIPLE_PX = 32


class Segmenter(nn.Module):
    """A network with its normalisation: uint8 RGB [N, 3, H, W] → logits of crack [N, 1, H, W].

    Attributes:
        network: From normalised images, sides multiples of 32, to logits of the same size.
    """

    def __init__(self, network: nn.Module, loss_weights: tuple[float, ...] = (1.0,), multiple_px: int = 32) -> None:
        super().__init__()
        self.normalise = Normalisation()
        self.network = network
        self.loss_weights = loss_weights
        self.multiple_px = multiple_px

    def outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        """Every supervised output."""
        return (self(images),)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of a batch."""
        answer: Tensor = self.network(self.normalise(images))
        return answer


def predict(model: nn.Module, image: NDArray[np.uint8], placement: Placement) -> NDArray[np.float32]:
    """Score of crack of every pixel.

    Args:
        model: The segmenter; it is moved to the placement's device and set to evaluation mode.
        image: RGB uint8 [height, width, 3] of any size, mirrored inside to multiples of 32.
        placement: Device and precision.

    Returns:
        float32 [height, width] in [0, 1].
    """
    scores: NDArray[np.float32] = logits(model, image, placement).sigmoid().cpu().numpy()
    return scores


def logits(model: nn.Module, image: NDArray[np.uint8], placement: Placement) -> Tensor:
    """Logits float32 [height, width] of one image, on the placement's device; arguments as for :func:`predict`."""
    height, width = image.shape[:2]
    pixels = PatchGrid(height, width, MULTIPLE_PX, MULTIPLE_PX).pad(image)
    images = torch.from_numpy(pixels[None]).to(placement.device).permute(0, 3, 1, 2)
    model.eval().to(placement.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    with torch.inference_mode(), autocast(placement):
        answer: Tensor = model(images)
    return answer[0, 0, :height, :width].float()


def known_encoder(encoder: str) -> str:
    """The name of an encoder of segmentation_models_pytorch, as given.

    Raises:
        HairlineError: If it has no such encoder; the message lists close ones.
    """
    from segmentation_models_pytorch.encoders import encoders  # slow to import, and most of this module does without

    if encoder not in encoders:
        close = difflib.get_close_matches(encoder, encoders, n=5) or ["resnet18", "resnet50"]
        raise HairlineError(
            f"encoder '{encoder}' is none of segmentation_models_pytorch; choose for example {', '.join(close)}"
        )
    return encoder


def save(
    model: nn.Module, folder: Path, architecture: str, options: "DataclassInstance", info: Mapping[str, object]
) -> None:
    """Write ``weights.safetensors`` and ``model.json`` (info, architecture and its options) into a folder.

    Args:
        model: What the architecture built.
        folder: Made if it is not there.
        architecture: Name of a module of :mod:`hairline.nn.architectures`.
        options: That module's Options.
        info: What else to keep.
    """
    weight_files.save(model, folder, {**info, "architecture": architecture, "options": asdict(options)})


def load(folder: Path) -> tuple[Segmenter, dict[str, object]]:
    """Read what :func:`save` wrote: the segmenter on the CPU in evaluation mode, and the content of model.json.

    Raises:
        HairlineError: If the folder holds no segmenter or its two files do not belong together.
    """
    return weight_files.load(folder, "segmenter", _assemble)


def _assemble(info: Mapping[str, Any]) -> Segmenter:
    architecture = variants.resolve(ARCHITECTURES, str(info["architecture"]))
    model: Segmenter = architecture.build(architecture.Options(**info["options"]), "none")[0]
    return model
