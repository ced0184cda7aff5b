"""The network that ships with this package: trained from generated images alone (profiles/release.yaml)."""

from pathlib import Path

from hairline import nn
from hairline.errors import HairlineError
from hairline.io.reading import there
from hairline.nn.runtime import weights

FOLDER = Path(nn.__file__).parent / "shipped"
CARD = "CARD.md"


def folder() -> Path:
    """The folder of the network that ships: ``model.json``, ``weights.safetensors`` and ``CARD.md``.

    Raises:
        HairlineError: If one of its files is not there, as in a checkout before 'make release-weights'.
    """
    for name in (weights.INFO_FILE, weights.WEIGHTS_FILE, CARD):
        if not there(FOLDER / name):
            raise HairlineError(
                f"{FOLDER / name}: not found, so no network ships with this copy of hairline; expected one in the "
                "package; install hairline again, or train it with 'make release-weights', or name the folder of "
                "another segmenter"
            )
    return FOLDER
