"""Initial weights and weight files: safetensors only, so that no file read here can run code."""

import http.client
import logging
import queue
import threading
import urllib.request
from collections.abc import Callable, Mapping
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

NAMES = ("auto", "imagenet", "none")
FILE = "model.safetensors"
WEIGHTS_FILE = "weights.safetensors"
INFO_FILE = "model.json"
HASH = "weights_sha256"
PROBE_SECONDS = 3.0

M = TypeVar("M", bound=nn.Module)

_log = logging.getLogger(__name__)


def initial(weights: str, repository: str | None, revision: str | None = None) -> tuple[Path | None, str]:
    """Find the file that a network starts from.

    Args:
        weights: ``auto`` (ImageNet weights where they can be had, else random ones after one warning),
            ``imagenet`` (these or an error), ``none`` (random) or the path of a safetensors file.
        repository: Hugging Face repository of the ImageNet weights, ``owner/name``; None where nobody published any.
        revision: Revision of the repository; None is its main branch.

    Returns:
        The safetensors file, None for random weights; and what it is: ``imagenet``, ``none`` or ``file:<path>``.

    Raises:
        HairlineError: If ``imagenet`` cannot be had, or the path is no safetensors file.
    """
    if weights == "none":
        return None, "none"
    given = files(weights)
    if given:
        return given[0], f"file:{weights}"
    found = _imagenet(repository, revision)
    if isinstance(found, Path):
        return found, "imagenet"
    if weights == "imagenet":
        raise HairlineError(
            f"the ImageNet weights of '{repository}' cannot be had: {found}; choose weights 'none' (random), 'auto' "
            f"(random where they cannot be had) or the path of a {FILE}"
        )
    _log.warning("no ImageNet weights of '%s' (%s): starting from random weights instead", repository, found)
    return None, "none"


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


def load(folder: Path, kind: str, shape: type, assemble: Callable[[Mapping[str, Any]], M]) -> tuple[M, dict[str, Any]]:
    """Read what :func:`save` wrote: the network on the CPU in evaluation mode, and the content of model.json.

    Args:
        folder: Where it lies.
        kind: What it is, for the message: classifier or segmenter.
        shape: A dataclass with what ``assemble`` asks of model.json.
        assemble: Makes the network, whatever its weights, from the content of model.json.

    Raises:
        HairlineError: If the folder holds no network or its two files do not belong together.
    """
    path = folder / INFO_FILE
    if not there(path):
        raise HairlineError(f"{path}: not found; train this {kind} first (dvc repro)")
    info: dict[str, Any] = read_json(path, shape, repro(f"train_{kind}"))
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
        raise HairlineError(f"{error}; {repro(f'train_{kind}')} makes both") from None
    return model.eval(), info


def write(module: nn.Module, path: Path) -> None:
    """Write a module's parameters and buffers to a safetensors file, whatever their device and memory layout."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}
    path.write_bytes(safetensors.torch.save(tensors))  # whose own writer tells of a full disk in no OSError


def read(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file onto the CPU.

    Raises:
        HairlineError: If the file is missing or no safetensors file.
    """
    refuse_no_file(path, "network weights (safetensors)")
    try:
        return safetensors.torch.load_file(path)
    except safetensors.SafetensorError as error:
        told = f"{path}: no readable safetensors file ({error}); expected network weights: get or make it anew"
        raise HairlineError(told) from None


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
    cached = huggingface_hub.try_to_load_from_cache(repository, FILE, revision=revision)
    if isinstance(cached, str):
        return Path(cached)
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
        except (OSError, http.client.HTTPException) as error:
            answers.put(f"not reachable: {error}")

    threading.Thread(target=ask, daemon=True).start()  # a thread, because name resolution has no timeout of its own
    try:
        return answers.get(timeout=PROBE_SECONDS)
    except queue.Empty:
        return f"no answer within {PROBE_SECONDS:g} s"
