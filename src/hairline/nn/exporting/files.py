"""Segmenters written to ONNX files: with preprocessing, calibration and what model.json tells inside, for any size.

torch's newer exporter (``dynamo=True``) cannot: of all architectures it fails on sides that are padded to a multiple.
"""

import io
import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.io import extras
from hairline.io.atomic import whole_file
from hairline.io.hashing import content_hash
from hairline.io.reading import read_text, there
from hairline.metrics import operating_point
from hairline.nn.exporting import parity, quantising, sessions
from hairline.nn.exporting.operators import Constant, Exportable
from hairline.nn.exporting.properties import Difference, Properties
from hairline.nn.exporting.whole import Whole
from hairline.nn.runtime import device, weights
from hairline.nn.runtime.recipes import ALONE, Runtime
from hairline.nn.segmenter import segmenter, shipped
from hairline.nn.segmenter.segmenter import Segmenter
from hairline.version import installed

OPSET = 17
EXAMPLES_PX = ((70, 101), (150, 230))
"""Heights and widths of two images that the network is traced with: what is the same for both is constant."""
CPU = Runtime("cpu", "32", 0, 0, ALONE, 60)


def export(folder: Path, target: Path, photos: Iterable[NDArray[np.uint8]] = (), int8: bool = False) -> Difference:
    """Write a segmenter to one ONNX file, which appears only when it answers as the segmenter does.

    Args:
        folder: Holds ``model.json`` and ``weights.safetensors``.
        target: The file; an earlier one is replaced.
        photos: Photos to compare both on beside generated ones, RGB uint8 [height, width, 3].
        int8: Whether its convolutions count in 8 bits; its scores then differ, and how much is told, not judged.

    Returns:
        How far its scores are from torch's, in 32 bit on processors.

    Raises:
        HairlineError: If the folder holds no segmenter, onnx is not installed, the network cannot be exported, or its
            scores differ by more than :data:`hairline.nn.exporting.parity.LARGEST`.
    """
    _onnx()
    model, info = segmenter.load(folder)
    with whole_file(target) as partial_file:
        network = as_onnx(model, str(info["network"]))
        if int8:
            images = parity.generated(quantising.IMAGES, quantising.SIDE_PX, quantising.SIDE_PX, quantising.SEED)
            network = quantising.quantised(network, images)
        told = properties(folder, info, int8)
        _write(partial_file, network, told.as_text())
        found = compared(model, partial_file, folder, photos)
        if not int8:
            refuse_apart(found, folder)
        _write(partial_file, network, told.measured(found).as_text())
    return found


def compared(model: Segmenter, file: Path, folder: Path, photos: Iterable[NDArray[np.uint8]] = ()) -> Difference:
    """How far the scores of an exported network are from torch's, in 32 bit on processors.

    Args:
        model: The segmenter.
        file: The exported network.
        folder: The segmenter's, for the message.
        photos: Photos to compare both on beside generated ones, RGB uint8 [height, width, 3].

    Raises:
        HairlineError: If the file cannot be run.
    """
    ask = partial(segmenter.predict, model, placement=device.resolve(CPU))
    try:
        return parity.compared(ask, sessions.Session(file).scores, parity.images(photos))
    except HairlineError as error:
        raise HairlineError(f"{folder}: cannot be exported, for as a file it fails: {error}") from None


def as_onnx(model: Segmenter, network: str, folded: bool = True) -> Any:
    """A segmenter as an ``onnx.ModelProto``.

    Args:
        model: The segmenter, on the CPU; set to evaluation mode.
        network: Its name, for the message.
        folded: Whether batch normalisation goes into the weights of convolutions, and what is constant is counted out;
            else each weight stays what it is in the segmenter, under its name.

    Raises:
        HairlineError: If torch cannot export it.
    """
    onnx = _onnx()
    first_px, second_px = EXAMPLES_PX
    try:
        content = _written(model, second_px, _constants(model, first_px), folded)
    except (RuntimeError, TypeError, ValueError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise HairlineError(
            f"network '{network}': torch {torch.__version__} cannot write it as ONNX ({first}); expected operators of "
            "ONNX; use the segmenter's folder instead of a file"
        ) from None
    return onnx.load_model_from_string(content)


def _constants(model: Segmenter, size: tuple[int, int]) -> list[Constant | None]:
    """What the network was told of sizes while an image passed."""
    operators = Exportable()
    with _quiet(), torch.no_grad(), operators:
        torch.jit.trace(Whole(model).eval(), (_black(size),), check_trace=False)  # type: ignore[no-untyped-call]
    return operators.constants


def _written(model: Segmenter, size: tuple[int, int], elsewhere: list[Constant | None], folded: bool) -> bytes:
    """The bytes of an ONNX file; what the network is told of sizes is constant where it is the same as elsewhere."""
    written = io.BytesIO()
    axes = {name: {0: "height", 1: "width"} for name in (sessions.IMAGE, sessions.SCORES)}
    with _quiet(), torch.no_grad(), Exportable(elsewhere):
        torch.onnx.export(
            Whole(model).eval(), (_black(size),), written,  # type: ignore[arg-type]  # it writes to buffers, too
            dynamo=False, opset_version=OPSET, dynamic_axes=axes,
            input_names=[sessions.IMAGE], output_names=[sessions.SCORES], do_constant_folding=folded,
            training=torch.onnx.TrainingMode.EVAL if folded else torch.onnx.TrainingMode.PRESERVE,
        )  # fmt: skip
    return written.getvalue()


def _black(size: tuple[int, int]) -> torch.Tensor:
    return torch.zeros(*size, 3, dtype=torch.uint8)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch warns of and prints while it traces."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def properties(folder: Path, info: Mapping[str, Any], int8: bool) -> Properties:
    """What the file of a segmenter tells of it.

    Args:
        folder: Where it lies.
        info: The content of its model.json.
        int8: Whether the file counts in 8 bits.
    """
    card = folder / shipped.CARD
    return Properties(
        hairline=installed(),
        info=json.dumps(info, allow_nan=False),
        card=read_text(card) if there(card) else "",
        weights_sha256=content_hash(folder / weights.WEIGHTS_FILE),
        threshold=f"{operating_point.of(info):g}",
        precision="int8" if int8 else "float32",
    )


def _write(path: Path, network: Any, told: Mapping[str, str]) -> None:
    """Write an ``onnx.ModelProto`` with properties, checked."""
    onnx = _onnx()
    onnx.helper.set_model_props(network, dict(told))
    network.producer_name, network.producer_version = "hairline", installed()
    onnx.checker.check_model(network)
    path.write_bytes(network.SerializeToString(deterministic=True))


def refuse_apart(found: Difference, folder: Path) -> None:
    """Raise HairlineError unless an exported network's scores are those of the segmenter."""
    if not found.largest <= parity.LARGEST:
        raise HairlineError(
            f"{folder}: the exported network's scores differ by up to {found.largest:.2g} from torch's (on an image of "
            f"{found.height}x{found.width} px); expected at most {parity.LARGEST:g}; nothing was written: use the "
            "folder instead of a file"
        )


def _onnx() -> Any:
    """The library onnx.

    Raises:
        HairlineError: If it is not installed.
    """
    return extras.library("onnx", "the export of a network")
