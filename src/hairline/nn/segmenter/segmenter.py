"""Segmenters: the network with its normalisation, asked at full size, written and read (docs/method.md §5).

Training lies in :mod:`hairline.nn.segmenter.training`; nothing here needs the training engine, which takes long to
import.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hairline.errors import HairlineError
from hairline.imaging.windows import PatchGrid
from hairline.nn.runtime import normalisation, origins
from hairline.nn.runtime import weights as weight_files
from hairline.nn.runtime.device import Placement, autocast
from hairline.nn.runtime.normalisation import Normalisation, Scale, ToldScale
from hairline.nn.segmenter import networks
from hairline.nn.training import shapes

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LARGE_PX = 256
"""Side of a whole image where none is known yet."""

Refine = Callable[[Sequence[Tensor]], Tensor]
"""Scores of all outputs, float [N, 1, H, W] in [0, 1] → scores of the same shape and range."""


@dataclass(frozen=True)
class Calibration:
    """What brings logits to scores of which 0.5 is the sensible threshold: ``logit / temperature + bias``.

    Attributes:
        temperature: Above 0; larger ones make scores less sure.
        bias: Added behind the division; larger ones make more pixels crack.

    Raises:
        HairlineError: If the temperature is not above 0, or one of both is no finite number.
    """

    temperature: float = 1.0
    bias: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature > 0 and math.isfinite(self.bias)):
            raise HairlineError(
                f"calibration: found temperature {self.temperature} and bias {self.bias}; expected a finite "
                "temperature above 0 and a finite bias; correct them"
            )

    def __call__(self, logits: Tensor) -> Tensor:
        """Logits of the same shape."""
        return logits if self == UNCALIBRATED else logits / self.temperature + self.bias


UNCALIBRATED = Calibration()
"""Logits as the network gives them."""


class Segmenter(nn.Module):
    """A network with its normalisation: uint8 RGB [N, 3, H, W] → logits of crack [N, 1, H, W].

    Attributes:
        network: From normalised images to logits [N, 1, H, W], or to several of them of which the first is the answer.
        loss_weights: How much each output counts in the loss, in the network's order.
        multiple_px: What the sides of images must be multiples of.
        refine: What is done to the scores of one image when it is predicted; None for nothing.
        scale: How images are scaled before the network sees them.
        origin: Where the initial weights come from; None of random ones, and of a network that was read.
        calibration: What is done to logits when an image is predicted, not while the network learns.
    """

    def __init__(
        self,
        network: nn.Module,
        loss_weights: tuple[float, ...] = (1.0,),
        multiple_px: int = 32,
        refine: Refine | None = None,
        scale: Scale = normalisation.IMAGENET,
        origin: origins.Origin | None = None,
    ) -> None:
        super().__init__()
        self.origin = origin
        self.normalise = Normalisation(scale)
        self.network = network
        self.loss_weights = loss_weights
        self.multiple_px = multiple_px
        self.refine = refine
        self.calibration = UNCALIBRATED

    def outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        """Logits of every supervised output of a batch, each [N, 1, H, W], the final one first."""
        found = self.network(self.normalise(images))
        return (found,) if isinstance(found, Tensor) else tuple(found)

    def forward(self, images: Tensor) -> Tensor:
        """Final logits of a batch."""
        return self.outputs(images)[0]


def predict(model: nn.Module, image: NDArray[np.uint8], placement: Placement) -> NDArray[np.float32]:
    """Score of crack of every pixel, refined where the segmenter does so.

    Args:
        model: A :class:`Segmenter`; it is moved to the placement's device and set to evaluation mode.
        image: RGB uint8 [height, width, 3] of any size, mirrored inside to multiples of what the segmenter needs.
        placement: Device and precision.

    Returns:
        float32 [height, width] in [0, 1].
    """
    refine = cast(Segmenter, model).refine
    found = _outputs(cast(Segmenter, model), image, placement)
    with torch.inference_mode():
        scores = found[0].sigmoid() if refine is None else refine([output.sigmoid() for output in found])
    answer: NDArray[np.float32] = scores[0, 0].cpu().numpy()
    return answer


def logits(model: nn.Module, image: NDArray[np.uint8], placement: Placement) -> Tensor:
    """Final logits float32 [height, width] of an image, calibrated, on the placement's device, as :func:`predict`."""
    return _outputs(cast(Segmenter, model), image, placement)[0][0, 0]


def _outputs(model: Segmenter, image: NDArray[np.uint8], placement: Placement) -> list[Tensor]:
    """Logits of all outputs, each float32 [1, 1, height, width]."""
    height, width = image.shape[:2]
    pixels = PatchGrid(height, width, model.multiple_px, model.multiple_px).pad(image)
    images = torch.from_numpy(pixels[None]).to(placement.device).permute(0, 3, 1, 2)
    model.eval().to(placement.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    with torch.inference_mode(), autocast(placement):
        found = model.outputs(images)
    return [model.calibration(output[:, :, :height, :width].float()) for output in found]


def check(network: str, options: "DataclassInstance", crop_px: int | None) -> None:
    """Make sure that a network can be built and trained, without building it in earnest.

    Args:
        network: Its name, see :mod:`hairline.nn.segmenter.networks`.
        options: Its module's Options.
        crop_px: Side of the crops it is to learn from; None for none.

    Raises:
        HairlineError: If there is no such network or crops of this side do not fit it.
    """
    multiple = networks.module(network).multiple_px(options)
    if crop_px is not None and crop_px % multiple:
        raise HairlineError(
            f"network '{network}' needs images whose sides are multiples of {multiple} px, but segmenter.crop_px is "
            f"{crop_px}; choose such a crop_px, or another network"
        )


def check_batches(network: str, options: "DataclassInstance", crop_px: int, batch: int) -> None:
    """Make sure that a network can learn from batches of crops, without building it in earnest.

    Args:
        network: Its name, see :mod:`hairline.nn.segmenter.networks`.
        options: Its module's Options.
        crop_px: Side of the crops; 0 for whole images, which are taken to be large.
        batch: Crops a batch, on one device.

    Raises:
        HairlineError: If it cannot; the message names what to change.
    """
    module = networks.module(network)
    side = crop_px or max(LARGE_PX, 8 * module.multiple_px(options))
    model = shapes.sketch(lambda: module.build(options, "none")[0])
    refuse_batches(model, network, batch, (side, side), "crop" if crop_px else "image", "set recipe.batch to 2")


def refuse_batches(model: nn.Module, network: str, items: int, size: tuple[int, int], of: str, more: str) -> None:
    """Refuse batches that a network cannot learn from, as :func:`hairline.nn.training.shapes.refuse`.

    Args:
        model: A :class:`Segmenter`.
        network: Its name, for the message.
        items: Crops or images of the smallest batch.
        size: Their height and width in pixels.
        of: ``crop`` or ``image``.
        more: How batches of two are had.
    """
    height, width = size
    larger = [(f"set crop_px to {times * height}", items, times * height, times * width) for times in (2, 4, 8)]
    remedies = [[(more, 2, height, width)], larger if of == "crop" else []]
    shapes.refuse(model, f"network '{network}'", items, size, of, remedies)


def save(
    model: nn.Module, folder: Path, network: str, options: "DataclassInstance", info: Mapping[str, object]
) -> None:
    """Write ``weights.safetensors`` and ``model.json`` (info, network, options, scale of images) into a folder.

    Args:
        model: What the network's module built.
        folder: Made if it is not there.
        network: Its name, see :mod:`hairline.nn.segmenter.networks`.
        options: Its module's Options.
        info: What else to keep.
    """
    scaled = normalisation.as_json(cast(Segmenter, model).normalise.scale)
    weight_files.save(model, folder, {**info, "network": network, "options": asdict(options), "normalisation": scaled})


@dataclass
class _Calibration:
    temperature: float
    bias: float


@dataclass
class _Info:
    """What is asked of model.json."""

    network: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    normalisation: ToldScale | None = None
    calibration: _Calibration | None = None


def load(folder: Path, made_by: str | None = None) -> tuple[Segmenter, dict[str, object]]:
    """Read what :func:`save` wrote: the segmenter on the CPU in evaluation mode, and the content of model.json.

    Weights in half precision become float32. Where model.json has a ``calibration``, the segmenter has it.

    Args:
        folder: Where it lies.
        made_by: What makes it anew, for messages; None for the stage, or of one inside hairline its installation.

    Raises:
        HairlineError: If the folder holds no segmenter or its two files do not belong together.
    """
    return weight_files.load(folder, "segmenter", _Info, _assemble, made_by)


def _assemble(info: Mapping[str, Any]) -> Segmenter:
    if info.get("status") == "not trainable":
        raise HairlineError(f"this segmenter was not trained: {info.get('reason')}")
    if "backbone" in info:
        raise HairlineError(
            "this is a classifier of patches, no segmenter; label photos by it with 'hairline label --classifier', or "
            "name a segmenter (models/EXPERIMENT/segmenters/…)"
        )
    if "network" not in info:
        raise HairlineError("names no network; train this segmenter again (dvc repro train_segmenter)")
    module = networks.module(str(info["network"]))
    model: Segmenter = module.build(module.Options(**info["options"]), "none")[0]
    model.normalise = Normalisation(normalisation.of_info(info))
    found = info.get("calibration")
    model.calibration = Calibration(found["temperature"], found["bias"]) if found else UNCALIBRATED
    return model
