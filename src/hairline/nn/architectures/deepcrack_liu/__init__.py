"""DeepCrack (Liu, Yao, Lu, Xie and Li 2019, Neurocomputing 338:139-153).

Five stages of VGG-16 with batch normalisation, 2-2-3-3-3 convolutions of 64, 128, 256, 512 and 512 channels; a 1 × 1
side output of each, enlarged bilinearly, and a 1 × 1 fusion of the five. All six are supervised, the sides with
the weights 0.5, 0.75, 1, 0.75 and 0.5, the fusion with 1.

Parameters: 14,724,619. VGG-16's convolutions have 14,714,688 (the 14.7 M usually quoted), batch normalisation adds
8,448, the sides 1,477, the fusion 6. In the authors' PyTorch code (DeepSegmentor) convolutions have no biases,
which batch normalisation makes idle; here they do, so that published weights of ``vgg16_bn`` fit.

The guided filter of the paper: the fused scores, with the first side output as the guide, r = 5, ε = 0.065 in 8-bit
levels. The authors' script cuts the fused scores at a threshold first; here they stay soft, since metrics need all
levels.
"""

from typing import TYPE_CHECKING

from hairline.io.options import checked_dataclass

if TYPE_CHECKING:
    from hairline.nn.segmenter.segmenter import Segmenter

LOSS_WEIGHTS = (1.0, 0.5, 0.75, 1.0, 0.75, 0.5)
MULTIPLE_PX = 32


@checked_dataclass
class Options:
    """What may be chosen.

    Attributes:
        guided_filter: Whether predictions are refined by the guided filter; training is the same either way.
    """

    guided_filter: bool


EXAMPLE = Options(guided_filter=True)
"""As published, with the guided filter."""


def backbone(options: Options) -> str:
    """The backbone of classifiers that the encoder can start from."""
    return "vgg16_bn"


def multiple_px(options: Options) -> int:
    """What the sides of images must be multiples of."""
    return MULTIPLE_PX


def build(options: Options, weights: str) -> tuple["Segmenter", str]:
    """Make a DeepCrack.

    Args:
        options: Whether predictions are refined.
        weights: Start of the encoder, as for :func:`hairline.nn.segmenter.encoders.start`: a file holds a ``vgg16_bn``.

    Returns:
        The network in training mode; and the encoder's actual start: ``imagenet``, ``none`` or ``file:<path>``.

    Raises:
        HairlineError: If the weights cannot be had or do not fit.
    """
    from hairline.nn.architectures.deepcrack_liu.network import DeepCrack, refine
    from hairline.nn.segmenter import encoders, vgg
    from hairline.nn.segmenter.segmenter import Segmenter

    network = DeepCrack()
    start = encoders.start(network.encoder, weights, encoders.published(vgg.NAME), "the VGG-16 of DeepCrack (Liu)")
    refined = refine if options.guided_filter else None
    return Segmenter(network, LOSS_WEIGHTS, MULTIPLE_PX, refined, origin=start.origin), start.initial
