"""A segmenter's network for onnxruntime without weights of its own: it names those of weights.safetensors beside it.

So the network that ships runs with torch and without, and its weights are there once, in half precision.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hairline.errors import HairlineError
from hairline.io import extras
from hairline.io.atomic import whole_file
from hairline.io.hashing import content_hash
from hairline.nn.exporting import files
from hairline.nn.exporting.properties import Difference
from hairline.nn.runtime.model_files import HASH, WEIGHTS_FILE
from hairline.nn.segmenter import segmenter
from hairline.nn.segmenter.segmenter import Segmenter
from hairline.version import installed

BEFORE = "segmenter."
"""What the names of weights begin with in the network that is exported, :class:`hairline.nn.exporting.whole.Whole`."""
TYPES = {"F16": "FLOAT16", "BF16": "BFLOAT16", "F32": "FLOAT"}
"""Kinds of numbers as safetensors calls them, and as ONNX does."""
HALF, LENGTH_BYTES = "_half", 8


def write(folder: Path, name: str) -> Difference:
    """Write the network of a segmenter beside its weights; it appears only when it answers as torch does.

    In goes an RGB image uint8 [height, width, 3], out come scores float32 [height, width], as of an exported segmenter.
    Its weights are places in ``weights.safetensors``, whose SHA-256 it tells.

    Args:
        folder: Holds ``model.json`` and ``weights.safetensors``.
        name: Of the file in it.

    Returns:
        How far its scores are from torch's, in 32 bit on processors.

    Raises:
        HairlineError: If the folder holds no segmenter, onnx is not installed, the network cannot be exported, or its
            scores differ by more than :data:`hairline.nn.exporting.parity.LARGEST`.
    """
    model, info = segmenter.load(folder)
    with whole_file(folder / name) as partial:  # beside the weights, which it names by their file
        partial.write_bytes(_content(model, str(info["network"]), folder))
        found = files.compared(model, partial, folder)
        files.refuse_apart(found, folder)
    return found


def _content(model: Segmenter, kind: str, folder: Path) -> bytes:
    onnx = extras.library("onnx", "the export of a network")
    network = files.as_onnx(model, kind, folded=False)
    stored = places(folder / WEIGHTS_FILE)
    held, casts = [], []
    for weight in network.graph.initializer:
        name = weight.name.removeprefix(BEFORE)
        if name not in stored or not weight.name.startswith(BEFORE):
            held.append(weight)
            continue
        held.append(_elsewhere(onnx, weight.name, stored[name]))
        if held[-1].name != weight.name:
            casts.append(onnx.helper.make_node("Cast", [held[-1].name], [weight.name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *network.graph.node]
    del network.graph.initializer[:], network.graph.node[:]
    network.graph.initializer.extend(held)
    network.graph.node.extend(nodes)
    onnx.helper.set_model_props(network, {HASH: content_hash(folder / WEIGHTS_FILE)})
    network.producer_name, network.producer_version = "hairline", installed()
    content: bytes = network.SerializeToString(deterministic=True)
    return content


def places(weights: Path) -> dict[str, Mapping[str, Any]]:
    """Where each tensor lies in a safetensors file: ``dtype``, ``shape``, ``data_offsets`` from the file's beginning.

    Args:
        weights: A file that :func:`hairline.nn.runtime.weights.read` reads.
    """
    with weights.open("rb") as file:
        length = int.from_bytes(file.read(LENGTH_BYTES), "little")
        told: dict[str, Any] = json.loads(file.read(length))
    begin = LENGTH_BYTES + length
    return {
        name: {**each, "data_offsets": [begin + at for at in each["data_offsets"]]}
        for name, each in told.items()
        if name != "__metadata__"
    }


def _elsewhere(onnx: Any, name: str, place: Mapping[str, Any]) -> Any:
    """A tensor whose content lies in the file of weights; named otherwise where it is in half precision."""
    kind = TYPES.get(place["dtype"])
    if kind is None:
        raise HairlineError(
            f"{WEIGHTS_FILE}: {name.removeprefix(BEFORE)} is of the kind {place['dtype']}; expected one of "
            f"{', '.join(TYPES)}; convert it"
        )
    begin, end = place["data_offsets"]
    tensor = onnx.TensorProto(
        name=name if kind == "FLOAT" else name + HALF, dims=place["shape"],
        data_type=getattr(onnx.TensorProto, kind), data_location=onnx.TensorProto.EXTERNAL,
    )  # fmt: skip
    for key, value in {"location": WEIGHTS_FILE, "offset": begin, "length": end - begin}.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor
