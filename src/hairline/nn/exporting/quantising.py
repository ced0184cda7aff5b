"""Exported segmenters whose convolutions count in 8 bits, by onnxruntime's static quantisation (``QDQ``, a channel).

Activations are unsigned, weights signed and of 7 bits, so that sums fit everywhere: on processors without VNNI products
of full 8 bits saturate, in silence. What decides the scores, the last convolution before them, stays in 32 bits.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.nn.exporting import sessions

KINDS = ("Conv", "Clip", "Relu", "Add", "Concat", "Resize", "Pad", "MaxPool")
"""Operators that count in 8 bits, so that maps stay in them from one convolution to the next."""

IMAGES, SIDE_PX, SEED = 16, 320, 5
"""Generated images that the ranges of activations are found on."""


def quantised(model: Any, images: Iterable[NDArray[np.uint8]]) -> Any:
    """A network in 32 bits as one whose convolutions count in 8.

    Args:
        model: An ``onnx.ModelProto`` whose input is an image.
        images: That the ranges of activations are found on, RGB uint8 [height, width, 3].

    Raises:
        HairlineError: If onnxruntime cannot do so with this network.
    """
    import onnx
    from onnxruntime import quantization

    with TemporaryDirectory() as folder, _quiet():
        written = Path(folder) / "int8.onnx"
        try:
            quantization.quantize_static(
                model, written, _reader(images), op_types_to_quantize=list(KINDS), nodes_to_exclude=_last(model.graph),
                per_channel=True, reduce_range=True, activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
            )  # fmt: skip
        except Exception as error:  # of many classes, onnxruntime's own among them
            first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise HairlineError(
                f"onnxruntime cannot bring this network to 8 bits ({first}); expected one of convolutions; export it "
                "without --int8"
            ) from error
        return onnx.load(written)


def _reader(images: Iterable[NDArray[np.uint8]]) -> Any:
    """Images as onnxruntime's calibration asks for them."""
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._images = iter(images)

        def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
            image = next(self._images, None)
            return None if image is None else {sessions.IMAGE: image}

    return Reader()


def _last(graph: Any) -> list[str]:
    """Names of the convolutions from which the scores come without another one between."""
    makers = {name: node for node in graph.node for name in node.output}
    waiting, seen, found = [value.name for value in graph.output], set[str](), []
    while waiting:
        node = makers.get(waiting.pop())
        if node is None or node.name in seen:
            continue
        seen.add(node.name)
        if node.op_type == "Conv":
            found.append(node.name)
        else:
            waiting += list(node.input)
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the advice that onnxruntime logs for people who call it themselves."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
