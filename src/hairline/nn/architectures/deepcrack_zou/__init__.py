"""DeepCrack (Zou, Zhang, Li, Qi, Wang and Wang 2018, IEEE Trans. Image Processing 28(3):1498-1512).

SegNet (Badrinarayanan et al. 2017): the encoder of VGG-16 with batch normalisation, and a decoder that puts every
value back where its maximum lay. Encoder and decoder of each of the five scales are fused: both side by side, a 3 ×
3 convolution to 64 channels, a 1 × 1 convolution to one, enlarged bilinearly; a 1 × 1 convolution of the five is
the answer. Six cross-entropies, not weighted.

Parameters: 30,919,051. The authors' PyTorch code (codes/model/deepcrack.py) has 30,905,011 by its definition: no
batch normalisation (here 16,640), and 3 × 3 convolutions to one channel where ours are 1 × 1 (2,931, not 331). It
enlarges both maps before their 3 × 3 convolution; here the convolution comes first, 256 times cheaper at the
coarsest scale.
"""

from typing import TYPE_CHECKING

from hairline.io.options import checked_dataclass

if TYPE_CHECKING:
    from hairline.nn.segmenter.segmenter import Segmenter

LOSS_WEIGHTS = (1.0,) * 6
MULTIPLE_PX = 32


@checked_dataclass
class Options:
    """Nothing may be chosen."""


EXAMPLE = Options()
"""The one there is."""


def backbone(options: Options) -> str:
    """The backbone of classifiers that the encoder can start from."""
    return "vgg16_bn"


def multiple_px(options: Options) -> int:
    """What the sides of images must be multiples of."""
    return MULTIPLE_PX


def build(options: Options, weights: str) -> tuple["Segmenter", str]:
    """Make a DeepCrack.

    Args:
        options: None.
        weights: Start of the encoder, as for :func:`hairline.nn.segmenter.encoders.start`: a file holds a ``vgg16_bn``.

    Returns:
        The network in training mode; and the encoder's actual start: ``imagenet``, ``none`` or ``file:<path>``.

    Raises:
        HairlineError: If the weights cannot be had or do not fit.
    """
    from hairline.nn.architectures.deepcrack_zou.network import DeepCrack
    from hairline.nn.segmenter import encoders, vgg
    from hairline.nn.segmenter.segmenter import Segmenter

    network = DeepCrack()
    start = encoders.start(network.encoder, weights, encoders.published(vgg.NAME), "the VGG-16 of DeepCrack (Zou)")
    return Segmenter(network, LOSS_WEIGHTS, MULTIPLE_PX, origin=start.origin), start.initial
