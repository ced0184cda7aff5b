"""Segmenters that start from another: where that one lies, and what is taken from it."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hairline.errors import HairlineError
from hairline.io.artefacts import read_json
from hairline.io.hashing import content_hash
from hairline.io.reading import there
from hairline.nn.runtime import origins
from hairline.nn.runtime.origins import Origin
from hairline.nn.runtime.recipes import SHIPPED
from hairline.nn.runtime.weights import AGAIN, HASH, INFO_FILE, WEIGHTS_FILE
from hairline.nn.segmenter import learned_images, networks, segmenter, shipped
from hairline.nn.segmenter.segmenter import Segmenter

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass
class _Info:
    """What is asked of model.json."""

    network: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    origin: Origin | None = None


def folder(init: str) -> Path:
    """The folder of the segmenter that another starts from.

    Args:
        init: ``shipped`` or the path of a folder.

    Raises:
        HairlineError: If no segmenter lies there.
    """
    found = shipped.folder() if init == SHIPPED else Path(init)
    lacking = [name for name in (INFO_FILE, WEIGHTS_FILE) if not there(found / name)]
    if lacking:
        raise HairlineError(
            f"init '{init}': {found} has no {' and no '.join(lacking)}; name the folder of a trained segmenter "
            f"(models/EXPERIMENT/segmenters/…), '{SHIPPED}' or null"
        )
    return found


def check(init: str, network: str, options: "DataclassInstance") -> Path:
    """The folder of the segmenter that another starts from, which must be one of the same network and options.

    Args:
        init: As for :func:`folder`.
        network: Name of the network that starts, see :mod:`hairline.nn.segmenter.networks`.
        options: Its module's Options.

    Raises:
        HairlineError: If there is no such segmenter, it was not trained, it is another network, or its files do not
            belong together.
    """
    found = folder(init)
    info: dict[str, Any] = read_json(found / INFO_FILE, _Info, _maker(init))
    if "network" not in info:
        why = info.get("reason", f"its {INFO_FILE} names no network")
        raise HairlineError(f"init '{init}': {found} holds no trained segmenter ({why}); name another")
    if info["network"] != network or _read(network, info["options"]) != options:
        other, own = _named(info["network"], info["options"]), _named(network, asdict(options))
        raise HairlineError(
            f"init '{init}': the segmenter in {found} is {other}, and what starts from it is {own}; give both the same "
            "network and options, or set init to null"
        )
    if info.get(HASH) not in (None, weights_hash(init)):
        raise HairlineError(
            f"init '{init}': {found / WEIGHTS_FILE} holds other weights than {INFO_FILE} tells of, or damaged ones; "
            f"expected those that belong together; make both again with {_maker(init)}"
        )
    if init != SHIPPED:
        learned_images.read(found)
    return found


def _maker(init: str) -> str:
    """What makes a start anew: no stage of the experiment that starts from it."""
    return AGAIN if init == SHIPPED else learned_images.COPY


def build(init: str, network: str, options: "DataclassInstance") -> tuple[Segmenter, str]:
    """A segmenter with the weights of another, and where they come from: ``segmenter:<init>``.

    Raises:
        HairlineError: As :func:`check`; if the weights are damaged.
    """
    model, info = segmenter.load(check(init, network, options), _maker(init))
    model.calibration = segmenter.UNCALIBRATED  # was found for what it answered before it learned more
    model.origin = _origin(init, origins.of_info(info))
    return model, f"segmenter:{init}"


def weights_hash(init: str) -> str:
    """SHA-256 of the file of weights that a segmenter starts from."""
    return content_hash(folder(init) / WEIGHTS_FILE)


def _origin(init: str, before: Origin | None) -> Origin:
    """Where the weights of the other segmenter come from, and what that had started from, with its licence."""
    if before is None:
        return Origin(f"segmenter {init}", None, None, weights_hash(init))
    source = f"segmenter {init}, which started from {before.source}"
    return Origin(source, before.version, before.licence, weights_hash(init))


def _read(network: str, options: dict[str, Any]) -> object:
    """Options of a network as its module reads them; None where it does not."""
    try:
        return networks.module(network).Options(**options)
    except (HairlineError, TypeError, ValueError):
        return None


def _named(network: str, options: dict[str, Any]) -> str:
    return f"'{network}' with {', '.join(f'{name} {value}' for name, value in options.items())}".removesuffix(" with ")
