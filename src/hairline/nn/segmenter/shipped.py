"""The network that ships with this package: trained from generated images alone (profiles/release.yaml)."""

from pathlib import Path

from hairline import nn
from hairline.errors import HairlineError
from hairline.io.reading import there
from hairline.nn.runtime.model_files import INFO_FILE, WEIGHTS_FILE

FOLDER = Path(nn.__file__).parent / "shipped"
CARD = "CARD.md"
NETWORK = "network.onnx"
"""The network for onnxruntime, which takes its weights from the file beside it: :mod:`hairline.nn.exporting.graph`."""


def folder() -> Path:
    """The folder of the network that ships: ``model.json``, ``weights.safetensors``, ``network.onnx`` and ``CARD.md``.

    Raises:
        HairlineError: If one of its files is not there, as in a checkout before 'make release-weights'.
    """
    for name in (INFO_FILE, WEIGHTS_FILE, CARD):
        if not there(FOLDER / name):
            raise HairlineError(
                f"{FOLDER / name}: not found, so no network ships with this copy of hairline; expected one in the "
                "package; install hairline again, or train it with 'make release-weights', or name the folder of "
                "another segmenter"
            )
    return FOLDER
