"""OED (König, Jenkins, Mannion, Barrie and Morison 2021).

"Optimized Deep Encoder-Decoder Methods for Crack Segmentation", Digital Signal Processing 108:102907.

An EfficientNet-B5 encoder with its last 1 × 1 convolution; skips at 1/2, 1/4, 1/8 and 1/16 from the expand activations
of blocks 2a, 3a, 4a and 6a, and two 3 × 3 convolutions of 16 channels on the image; a decoder of 256, 128, 64, 32
and 16 channels that doubles by nearest neighbours and puts the skip beside it. Stages 1 to 4 are a convolution with
batch normalisation and two residual blocks without, stage 5 two convolutions with it, then a 3 × 3 convolution to
one channel. A 1 × 1 head behind each of the stages 1 to 4 is supervised at full size, all with weight 1 (facts from
the author's public model.py).

Parameters with B5: 39,650,581, of which 28,340,784 in the encoder (30,389,784 with its classifier of 1,000 classes,
the 30 M of Tan and Le 2019). The author enlarges the heads' scores, here their logits are enlarged. ``tf_``
networks of timm pad as those in TensorFlow, which the author used.
"""

from typing import TYPE_CHECKING

from hairline.errors import HairlineError
from hairline.io.options import checked_dataclass

if TYPE_CHECKING:
    from timm.models.efficientnet import EfficientNet

    from hairline.nn.segmenter.segmenter import Segmenter

LOSS_WEIGHTS = (1.0,) * 5
MULTIPLE_PX = 32
DROP_PATH = 0.2


@checked_dataclass
class Options:
    """What may be chosen.

    Attributes:
        encoder: An EfficientNet of timm, B0 to B7, e.g. ``efficientnet_b0``; the published one is
            ``tf_efficientnet_b5`` (``tf_efficientnet_b5.aa_in1k`` for plain ImageNet weights). It can start from a
            classifier of its name.
    """

    encoder: str


EXAMPLE = Options(encoder="efficientnet_b0")
"""The smallest encoder, for a quick try; the published one is ``tf_efficientnet_b5``."""


def backbone(options: Options) -> str:
    """The backbone of classifiers that the encoder can start from."""
    return options.encoder.partition(".")[0]


def multiple_px(options: Options) -> int:
    """What the sides of images must be multiples of.

    Raises:
        HairlineError: If there is no such encoder or it is no EfficientNet.
    """
    import torch

    with torch.device("meta"):  # without content, so that it costs little
        _encoder(options)
    return MULTIPLE_PX


def build(options: Options, weights: str) -> tuple["Segmenter", str]:
    """Make an OED.

    Args:
        options: The encoder.
        weights: Start of the encoder, as for :func:`hairline.nn.segmenter.encoders.start`, with the names of timm.

    Returns:
        The network in training mode; and the encoder's actual start: ``imagenet``, ``none`` or ``file:<path>``.

    Raises:
        HairlineError: If there is no such encoder, or the weights cannot be had or do not fit.
    """
    from hairline.nn.architectures.oed.network import Oed
    from hairline.nn.runtime import normalisation
    from hairline.nn.segmenter import encoders
    from hairline.nn.segmenter.segmenter import Segmenter

    encoder = _encoder(options)
    published = encoders.published(f"{encoders.TIMM}{options.encoder}")
    start = encoders.start(encoder, weights, published, f"the OED encoder '{options.encoder}'")
    scale = normalisation.of(options.encoder)
    return Segmenter(Oed(encoder), LOSS_WEIGHTS, MULTIPLE_PX, scale=scale, origin=start.origin), start.initial


def _encoder(options: Options) -> "EfficientNet":
    import timm

    from hairline.nn.architectures.oed.network import expands
    from hairline.nn.classifier import backbones

    encoder = timm.create_model(backbones.known(options.encoder), num_classes=0, drop_path_rate=DROP_PATH)
    if not expands(encoder):
        raise HairlineError(
            f"OED needs an encoder built like EfficientNet-B0 to B7, which '{options.encoder}' is not; choose for "
            "example tf_efficientnet_b5 (the published one) or efficientnet_b0"
        )
    return encoder
