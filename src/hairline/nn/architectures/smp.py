"""Every architecture of segmentation_models_pytorch with every encoder it goes with: ``smp:FPN:resnet34``."""

from functools import cache
from typing import TYPE_CHECKING, Any

from hairline.errors import HairlineError
from hairline.io.options import checked_dataclass

if TYPE_CHECKING:
    from hairline.nn.segmenter.segmenter import Segmenter

WORDS = ("architecture", "encoder")
"""What the name of such a network tells behind ``smp``."""

VIT = "DPT"
"""The one architecture whose encoders are plain vision transformers."""


@checked_dataclass
class Options:
    """An architecture and an encoder, both by their names there.

    Attributes:
        architecture: ``Unet``, ``UnetPlusPlus``, ``MAnet``, ``Linknet``, ``FPN``, ``PSPNet``, ``DeepLabV3``,
            ``DeepLabV3Plus``, ``PAN``, ``UPerNet``, ``Segformer`` or ``DPT``, with the values that the library
            gives it.
        encoder: ``resnet34``, ``efficientnet-b0``, ``mit_b1``, ``tu-`` before a name of timm, …; for ``DPT`` a vision
            transformer of timm such as ``tu-vit_small_patch16_224``, whose position code is stretched to the image.
    """

    architecture: str
    encoder: str


EXAMPLE = Options(architecture="FPN", encoder="resnet18")
"""``smp:FPN:resnet18``, small and quick."""


def backbone(options: Options) -> str:
    """The backbone of classifiers that the encoder can start from."""
    return options.encoder.removeprefix("tu-").partition(".")[0]


@cache
def multiple_px(options: Options) -> int:
    """What the sides of images must be multiples of: the encoder's output stride, or more where the decoder needs it.

    Raises:
        HairlineError: If there is no such architecture or encoder, they do not go together, or they serve images of one
            size only.
    """
    from hairline.nn.segmenter import encoders

    _known(options.architecture)
    encoders.known(options.encoder)
    examples = "tu-vit_small_patch16_224" if options.architecture == VIT else "resnet34, efficientnet-b0 or mit_b1"
    return encoders.multiple_px(
        lambda: _network(options), f"{options.architecture} with the encoder '{options.encoder}'",
        f"choose another encoder, for example {examples}, or another architecture, for example Unet or FPN",
    )  # fmt: skip


def build(options: Options, weights: str) -> tuple["Segmenter", str]:
    """Make a network.

    Args:
        options: Architecture and encoder.
        weights: Start of the encoder, as for :func:`hairline.nn.segmenter.encoders.start`.

    Returns:
        The network in training mode; and the encoder's actual start: ``imagenet``, ``none`` or ``file:<path>``.

    Raises:
        HairlineError: As for :func:`multiple_px`; or if the weights cannot be had or do not fit.
    """
    from hairline.nn.runtime import normalisation
    from hairline.nn.segmenter import encoders
    from hairline.nn.segmenter.segmenter import Segmenter

    multiple = multiple_px(options)
    network = _network(options)
    published = encoders.published(options.encoder)
    start = encoders.start(
        network.encoder, weights, published, f"the {options.architecture} encoder '{options.encoder}'"
    )
    scale = normalisation.of(options.encoder)
    return Segmenter(network, multiple_px=multiple, scale=scale, origin=start.origin), start.initial


def _known(architecture: str) -> Any:
    """The class of an architecture."""
    import segmentation_models_pytorch as smp

    classes = {kind.__name__: kind for kind in smp.MODEL_ARCHITECTURES_MAPPING.values()}
    if architecture not in classes:
        raise HairlineError(
            f"architecture '{architecture}' is none of segmentation_models_pytorch; it has {', '.join(sorted(classes))}"
        )
    return classes[architecture]


def _network(options: Options) -> Any:
    sizes = {"dynamic_img_size": True} if options.architecture == VIT else {}
    kind = _known(options.architecture)
    return kind(options.encoder, encoder_weights=None, in_channels=3, classes=1, **sizes)
