"""U-Net (Ronneberger et al. 2015) on an encoder of segmentation_models_pytorch (METHOD §5)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from hairline.nn.segmenters import Segmenter

CLASSIFIER_BODY = "body."
LAST_LAYERS = ("fc.", "classifier.", "linear.")


@dataclass(frozen=True)
class Options:
    """A U-Net.

    Attributes:
        encoder: An encoder of segmentation_models_pytorch, e.g. ``resnet18``. The ResNets (and not the EfficientNets,
            whose layers are named differently there) can start from a classifier of the same name.
    """

    encoder: str


def build(options: Options, weights: str) -> tuple["Segmenter", str]:
    """Make a U-Net.

    Args:
        options: The encoder.
        weights: Start of the encoder, as for :func:`hairline.nn.weights.initial`. A file is a classifier's
            ``weights.safetensors`` or has the names of timm; the last layer of a classifier is left out.

    Returns:
        The network in training mode, uint8 RGB [N, 3, H, W] → logits [N, 1, H, W] for sides that are multiples of 32;
        and the encoder's actual start: ``imagenet``, ``none`` or ``file:<path>``.

    Raises:
        HairlineError: If there is no such encoder, or the weights cannot be had or do not fit.
    """
    import segmentation_models_pytorch as smp
    from segmentation_models_pytorch.encoders import encoders

    from hairline.nn import weights as weight_files
    from hairline.nn.segmenters import Segmenter, known_encoder

    published = encoders[known_encoder(options.encoder)]["pretrained_settings"].get("imagenet", {})
    path, actual = weight_files.initial(weights, published.get("repo_id"), published.get("revision"))
    network = smp.Unet(options.encoder, encoder_weights=None, in_channels=3, classes=1)
    if path is not None:
        source = f"{path} for the U-Net encoder '{options.encoder}'"
        weight_files.fill(network.encoder, encoder_tensors(weight_files.read(path)), source)
    return Segmenter(network), actual


def encoder_tensors(tensors: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
    """The part of a classifier's weights that is an encoder, under the encoder's names."""
    bare = {name.removeprefix(CLASSIFIER_BODY): tensor for name, tensor in tensors.items()}
    return {name: tensor for name, tensor in bare.items() if not name.startswith(LAST_LAYERS)}
