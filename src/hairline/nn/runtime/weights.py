"""Initial weights and weight files: safetensors only, so that no file read here can run code."""

import http.client
import logging
import queue
import threading
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import huggingface_hub
import safetensors
import safetensors.torch
from huggingface_hub import constants
from torch import Tensor, nn

from hairline.errors import HairlineError
from hairline.io.artefacts import read_json, repro
from hairline.io.atomic import whole_file, write_json
from hairline.io.hashing import content_hash
from hairline.io.reading import refuse_no_file, there
from hairline.nn.runtime import origins, pretrained, weight_packages
from hairline.nn.runtime.model_files import HASH as HASH
from hairline.nn.runtime.model_files import INFO_FILE as INFO_FILE
from hairline.nn.runtime.model_files import WEIGHTS_FILE as WEIGHTS_FILE
from hairline.nn.runtime.origins import Origin

NAMES = ("auto", "imagenet", "none")
FILE = "model.safetensors"
PACKAGE = Path(__file__).parents[2]
"""Where hairline itself lies."""
AGAIN = "a new installation of hairline"
"""What makes a network that ships anew."""
PROBE_SECONDS = 3.0

M = TypeVar("M", bound=nn.Module)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Published:
    """Where a network's ImageNet weights may be had.

    Attributes:
        repository: Hugging Face repository, ``owner/name``; None where nobody published any.
        revision: Revision of the repository; None is its main branch.
        network: timm's name of the network, for installed packages; None where it has no such name.
        licence: Licence of what lies in the repository, where it is known.
    """

    repository: str | None
    revision: str | None = None
    network: str | None = None
    licence: str | None = None


@dataclass(frozen=True)
class Start:
    """What a network starts from.

    Attributes:
        initial: ``imagenet``, ``none`` or ``file:<path>``.
        origin: Where that comes from; None of random weights.
        path: The safetensors file, where there is one.
        held: The weights themselves, where there is no such file.
    """

    initial: str
    origin: Origin | None = None
    path: Path | None = None
    held: Mapping[str, Tensor] | None = None

    def tensors(self) -> dict[str, Tensor] | None:
        """The weights by name; None where the network starts from random ones."""
        if self.path is not None:
            return read(self.path)
        return None if self.held is None else dict(self.held)

    @property
    def source(self) -> str:
        """Where the weights lie, for messages."""
        return str(self.path) if self.origin is None or self.path is not None else self.origin.source


RANDOM = Start("none")


def initial(weights: str, published: Published) -> Start:
    """Find what a network starts from.

    Args:
        weights: ``auto`` (ImageNet weights where they can be had, of an installed package, else of Hugging Face's cache
            or hub, else random ones after one warning), ``imagenet`` (these or an error), ``none`` (random) or the path
            of a safetensors file.
        published: Where its ImageNet weights may be had.

    Raises:
        HairlineError: If ``imagenet`` cannot be had, an installed package holds something else, or the path is no
            safetensors file.
    """
    if weights == "none":
        return RANDOM
    given = files(weights)
    if given:
        return Start(f"file:{weights}", _origin(given[0]), given[0])
    held = None if published.network is None else pretrained.of(published.network)
    if held is not None:
        return Start("imagenet", held[1], held=held[0])
    found = _imagenet(published.repository, published.revision)
    if isinstance(found, Path):
        return Start("imagenet", _hub_origin(published, found), found)
    package = weight_packages.PACKAGES.get(published.network or "")
    if package is not None:
        found = f"{package.distribution} is not installed, which 'make setup' does; {found}"
    named = f"'{published.network if package or not published.repository else published.repository}'"
    if weights == "imagenet":
        raise HairlineError(
            f"the ImageNet weights of {named} cannot be had: {found}; choose weights 'none' (random), 'auto' "
            f"(random where they cannot be had) or the path of a {FILE}"
        )
    _log.warning("no ImageNet weights of %s (%s): starting from random weights instead", named, found)
    return RANDOM


def on_this_machine(published: Published) -> bool:
    """Whether a network's ImageNet weights can be had without a connection: of a package, or of Hugging Face's cache.

    Raises:
        HairlineError: If their package is damaged.
    """
    if published.network is not None and weight_packages.installed(published.network) is not None:
        return True
    return published.repository is not None and _cached(published.repository, published.revision) is not None


def _cached(repository: str, revision: str | None) -> Path | None:
    found = huggingface_hub.try_to_load_from_cache(repository, FILE, revision=revision)
    return Path(found) if isinstance(found, str) else None


def _origin(path: Path) -> Origin:
    """That of a file; where a network of ours lies, with what that had started from, whose licence goes on."""
    beside, earlier = path.with_name(INFO_FILE), None
    if path.name == WEIGHTS_FILE and there(beside):
        earlier = origins.of_info(read_json(beside, _Told, "the stage that trains it"))
    if earlier is None:
        return Origin(path.as_posix(), None, None, content_hash(path))
    source = f"{path.as_posix()}, which started from {earlier.source}"
    return Origin(f"{source} {earlier.version}" if earlier.version else source, None, earlier.licence,
                  content_hash(path))  # fmt: skip


@dataclass
class _Told:
    """What is asked of model.json about a start."""

    origin: Origin | None = None


def _hub_origin(published: Published, path: Path) -> Origin:
    """Of a downloaded file, which lies in a folder called by its commit."""
    commit = path.parent.name if path.parent.parent.name == "snapshots" else published.revision
    return Origin(f"{published.repository} (Hugging Face)", commit, published.licence, content_hash(path))


def files(weights: str, *also: str) -> list[Path]:
    """The file that initial weights are the path of, as a list of one; none where they are a name.

    Args:
        weights: One of :data:`NAMES` or the path of a safetensors file.
        also: Further names.

    Raises:
        HairlineError: If the path is no safetensors file.
    """
    names = (*NAMES, *also)
    if weights in names:
        return []
    path = Path(weights)
    if path.suffix != ".safetensors" or not path.is_file():
        raise HairlineError(
            f"weights '{weights}': neither one of {', '.join(names)} nor an existing .safetensors file; correct it"
        )
    return [path]


def save(model: nn.Module, folder: Path, info: Mapping[str, object]) -> None:
    """Write ``weights.safetensors`` and ``model.json`` (the info) into a folder; it is made if it is not there.

    model.json also tells the hash of the weights, so that damaged ones are known.
    """
    with whole_file(folder / WEIGHTS_FILE) as partial:
        write(model, partial)
    write_json(folder / INFO_FILE, {**info, HASH: content_hash(folder / WEIGHTS_FILE)})


def load(
    folder: Path, kind: str, shape: type, assemble: Callable[[Mapping[str, Any]], M], made_by: str | None = None
) -> tuple[M, dict[str, Any]]:
    """Read what :func:`save` wrote: the network on the CPU in evaluation mode, and the content of model.json.

    Args:
        folder: Where it lies.
        kind: What it is, for the message: classifier or segmenter.
        shape: A dataclass with what ``assemble`` asks of model.json.
        assemble: Makes the network, whatever its weights, from the content of model.json.
        made_by: What makes it anew, for messages; None for :func:`maker`.

    Raises:
        HairlineError: If the folder holds no network or its two files do not belong together.
    """
    path = folder / INFO_FILE
    if not there(path):
        raise HairlineError(f"{path}: not found; train this {kind} first (dvc repro)")
    again = made_by or maker(folder, kind)
    info: dict[str, Any] = read_json(path, shape, again)
    try:
        model = assemble(info)
    except HairlineError as error:
        raise HairlineError(f"{path}: {error}") from None
    file = folder / WEIGHTS_FILE
    try:
        tensors = read(file)
        if info.pop(HASH, None) not in (None, content_hash(file)):
            raise HairlineError(f"{file}: other weights than {INFO_FILE} beside it tells of, or damaged ones")
        fill(model, tensors, str(file))
    except HairlineError as error:
        raise HairlineError(f"{error}; {again} makes both") from None
    return model.eval(), info


def maker(folder: Path, kind: str) -> str:
    """What makes a network anew, for the end of a sentence: a stage, or for one inside hairline its installation."""
    return AGAIN if folder.is_relative_to(PACKAGE) else repro(f"train_{kind}")


def write(module: nn.Module, path: Path) -> None:
    """Write a module's parameters and buffers to a safetensors file, whatever their device and memory layout."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}
    path.write_bytes(safetensors.torch.save(tensors))  # whose own writer tells of a full disk in no OSError


def read(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file onto the CPU.

    Raises:
        HairlineError: If the file is missing, no safetensors file, or holds numbers that are not finite.
    """
    refuse_no_file(path, "network weights (safetensors)")
    try:
        tensors = safetensors.torch.load_file(path)
    except safetensors.SafetensorError as error:
        told = f"{path}: no readable safetensors file ({error}); expected network weights: get or make it anew"
        raise HairlineError(told) from None
    spoilt = [name for name, tensor in tensors.items() if not _is_finite(tensor)]
    if spoilt:
        told = (
            f"{path}: has numbers in '{spoilt[0]}' that are not finite; expected network weights: get or make it anew"
        )
        raise HairlineError(told)
    return tensors


def _is_finite(tensor: Tensor) -> bool:
    known = tensor if tensor.dtype.itemsize > 1 else tensor.float()  # torch does not ask numbers of 8 bit
    return bool(known.isfinite().all())


def fill(module: nn.Module, tensors: dict[str, Tensor], source: str) -> None:
    """Load tensors into a module whose names and shapes must be the same.

    Args:
        module: Module to fill in place.
        tensors: Its parameters and buffers by name.
        source: Where the tensors come from, for the message.

    Raises:
        HairlineError: If names or shapes differ.
    """
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        first = "; ".join(line.strip() for line in str(error).splitlines()[1:3])
        raise HairlineError(f"{source}: these weights are of another network ({first[:300]})") from None


def _imagenet(repository: str | None, revision: str | None) -> Path | str:
    """Path of the downloaded file, or in words why there is none; offline this takes PROBE_SECONDS at most."""
    if repository is None:
        return "none were published for this network"
    cached = _cached(repository, revision)
    if cached is not None:
        return cached
    if constants.HF_HUB_OFFLINE:
        return "not downloaded yet, and HF_HUB_OFFLINE forbids it"
    problem = _unreachable(huggingface_hub.hf_hub_url(repository, FILE, revision=revision))
    if problem is not None:
        return problem
    try:
        return Path(huggingface_hub.hf_hub_download(repository, FILE, revision=revision))
    except Exception as error:  # the hub's client raises whatever its HTTP library does; the reason is handed on
        return f"download failed: {error}"


def _unreachable(url: str) -> str | None:
    """Why a file cannot be fetched, None if it can: one quick request, because the hub's client retries for long."""
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=PROBE_SECONDS):
                answers.put(None)
        except (OSError, http.client.HTTPException, ValueError) as error:  # the last of an address that is none
            answers.put(f"not reachable: {error}")

    threading.Thread(target=ask, daemon=True).start()  # a thread, because name resolution has no timeout of its own
    try:
        return answers.get(timeout=PROBE_SECONDS)
    except queue.Empty:
        return f"no answer within {PROBE_SECONDS:g} s"
