"""Segmenters asked through onnxruntime, without torch: exported ones, and the one that ships."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.inspection.prediction import Predictor, card_of, of_folder
from hairline.io.artefacts import read_json
from hairline.io.hashing import content_hash
from hairline.io.reading import refuse_no_file
from hairline.nn.exporting import properties, sessions
from hairline.nn.runtime.model_files import HASH, INFO_FILE, WEIGHTS_FILE
from hairline.nn.segmenter import shipped

EXPECTED = "a network in an ONNX file, as 'hairline export' writes it"
AGAIN = "a new installation of hairline"


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
            HairlineError: If there is no such file, or it is something else.
        """
        refuse_no_file(file, EXPECTED)
        self._file = file
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

    def __reduce__(self) -> tuple[type["OnnxPredictor"], tuple[Path]]:
        """In another process it is loaded from the same file."""
        return OnnxPredictor, (self._file,)

    def _scores(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._session.scores(image)


class ShippedPredictor(Predictor):
    """The network that ships, on onnxruntime: the same weights, the same card, the same hash as on torch.

    Attributes:
        info: What its model.json says.
        card: Its model card in Markdown.
        sha256: Hash of its weights and its model.json, 64 hexadecimal digits.
    """

    def __init__(self, folder: Path) -> None:
        """Load it from its folder.

        Raises:
            HairlineError: If a file of it is not there, or not of the others.
        """
        refuse_no_file(folder / shipped.NETWORK, f"the network that ships, for onnxruntime; {AGAIN} brings it")
        self._session = sessions.Session(folder / shipped.NETWORK)
        told = read_json(folder / INFO_FILE, dict[str, object], AGAIN)
        digest = content_hash(folder / WEIGHTS_FILE)
        if not self._session.properties.get(HASH) == told.get(HASH) == digest:
            raise HairlineError(
                f"{folder / WEIGHTS_FILE}: other weights than {shipped.NETWORK} and {INFO_FILE} beside it tell of; "
                f"expected one network in all three; {AGAIN} brings them"
            )
        self._folder = folder
        self.info = {name: value for name, value in told.items() if name != HASH}
        self.card = card_of(folder)
        self.sha256 = of_folder(folder)

    def __reduce__(self) -> tuple[type["ShippedPredictor"], tuple[Path]]:
        """In another process it is loaded from the same folder."""
        return ShippedPredictor, (self._folder,)

    def _scores(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._session.scores(image)


def _info(text: str) -> dict[str, object] | None:
    """The content of a model.json; None where it is something else."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
