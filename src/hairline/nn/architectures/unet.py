"""U-Net (Ronneberger et al. 2015) on an encoder of segmentation_models_pytorch."""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Gt, Le, MaxLen, MinLen

from hairline.io import bounds
from hairline.io.options import checked_dataclass

if TYPE_CHECKING:
    from hairline.nn.segmenter.segmenter import Segmenter


@checked_dataclass
class Options:
    """A U-Net.

    Attributes:
        encoder: An encoder of segmentation_models_pytorch, e.g. ``resnet18``. The ResNets (and not the EfficientNets,
            whose layers are named differently there) can start from a classifier of the same name; so can ``tu-NAME``
            from a classifier of timm's network NAME.
        decoder_channels: Channels of the five steps of the decoder, from the coarsest to the image's own size.
    """

    encoder: str
    decoder_channels: Annotated[tuple[Annotated[int, Gt(0), Le(bounds.CHANNELS)], ...], MinLen(5), MaxLen(5)] = (
        256,
        128,
        64,
        32,
        16,
    )


ADDED = ("decoder_channels",)
"""Options that files of older versions lack: their default is what those did."""

EXAMPLE = Options(encoder="resnet18")
"""The smallest encoder, for a quick try; the profile ``paper`` has ``resnet50``."""


def backbone(options: Options) -> str:
    """The backbone of classifiers that the encoder can start from."""
    return options.encoder.removeprefix("tu-").partition(".")[0]


@cache
def multiple_px(options: Options) -> int:
    """What the sides of images must be multiples of.

    Raises:
        HairlineError: If there is no such encoder, or it serves images of one size only.
    """
    from hairline.nn.segmenter import encoders

    encoders.known(options.encoder)
    return encoders.multiple_px(
        lambda: _network(options), f"a U-Net with the encoder '{options.encoder}'",
        "choose for example the encoder resnet18, efficientnet-b0 or tu-convnext_tiny",
    )  # fmt: skip


def build(options: Options, weights: str) -> tuple["Segmenter", str]:
    """Make a U-Net.

    Args:
        options: The encoder and the decoder's channels.
        weights: Start of the encoder, as for :func:`hairline.nn.segmenter.encoders.start`.

    Returns:
        The network in training mode; and the encoder's actual start: ``imagenet``, ``none`` or ``file:<path>``.

    Raises:
        HairlineError: If there is no such encoder, or the weights cannot be had or do not fit.
    """
    from hairline.nn.runtime import normalisation
    from hairline.nn.segmenter import encoders
    from hairline.nn.segmenter.segmenter import Segmenter

    multiple = multiple_px(options)
    network = _network(options)
    published = encoders.published(options.encoder)
    start = encoders.start(network.encoder, weights, published, f"the U-Net encoder '{options.encoder}'")
    scale = normalisation.of(options.encoder)
    return Segmenter(network, multiple_px=multiple, scale=scale, origin=start.origin), start.initial


def _network(options: Options) -> Any:
    import segmentation_models_pytorch as smp

    return smp.Unet(
        options.encoder, encoder_weights=None, decoder_channels=options.decoder_channels, in_channels=3, classes=1
    )
