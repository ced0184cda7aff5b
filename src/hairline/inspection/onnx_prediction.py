"""An exported segmenter, asked through onnxruntime as the segmenter itself is through torch, which is not needed."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.inspection.prediction import Predictor
from hairline.io.hashing import content_hash
from hairline.io.reading import refuse_no_file
from hairline.nn.exporting import properties, sessions

EXPECTED = "a network in an ONNX file, as 'hairline export' writes it"


class OnnxPredictor(Predictor):
    """A loaded segmenter of one ONNX file.

    Attributes:
        info: What the segmenter's model.json says: network, options, training.
        card: Its model card in Markdown; empty where it had none.
        sha256: Hash of the file, 64 hexadecimal digits.
        properties: What else the file tells: precision, difference from torch, hash of the weights.
        providers: Where it runs, as onnxruntime calls it.
    """

    def __init__(self, file: Path) -> None:
        """Load what ``hairline export`` wrote, onto the GPU where onnxruntime has one.

        Raises:
            HairlineError: If there is no such file, it is something else, or onnxruntime is not installed.
        """
        refuse_no_file(file, EXPECTED)
        self._session = sessions.Session(file)
        told = properties.of_text(self._session.properties)
        info = None if told is None else _info(told.info)
        if told is None or info is None or self._session.signature != sessions.SIGNATURE:
            raise HairlineError(
                f"{file}: is an ONNX file, but was not written by 'hairline export'; expected {EXPECTED}; export the "
                "segmenter's folder"
            )
        self.properties = told
        self.info = info
        self.card = told.card
        self.sha256 = content_hash(file)
        self.providers = self._session.providers

    def _scores(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._session.scores(image)


def _info(text: str) -> dict[str, object] | None:
    """The content of a model.json; None where it is something else."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
