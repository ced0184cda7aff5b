"""Which network and which photos a command line names: the network may be the first of its words."""

import re
from collections.abc import Sequence
from pathlib import Path

from hairline.inspection.registered import SCHEME
from hairline.nn.runtime.model_files import INFO_FILE, WEIGHTS_FILE

SHIPPED = "shipped"
EXPORTED = ".onnx"


def split(words: Sequence[Path], model: str | None) -> tuple[str, list[Path]]:
    """The network and the photos of ``MODEL PHOTOS…``, or of ``PHOTOS…`` where the network is named apart.

    Args:
        words: What stands on the command line.
        model: The network that is named apart; None for none.

    Returns:
        The network, :data:`SHIPPED` where none is named; and the photos.
    """
    if model is None and len(words) > 1 and is_model(words[0]):
        return source(words[0]), list(words[1:])
    return (SHIPPED if model is None else model), list(words)


def is_model(word: Path) -> bool:
    """Whether a word names a network and can be no photo: its folder, an exported file, ``models:/…``, ``shipped``."""
    if word.suffix.lower() == EXPORTED or source(word).startswith(SCHEME):
        return True
    if word.is_dir():
        return all((word / name).is_file() for name in (INFO_FILE, WEIGHTS_FILE))
    return str(word) == SHIPPED and not word.exists()


def source(word: Path) -> str:
    """A word as it was typed, where reading it as a path has changed it: ``models:/a`` has one slash."""
    return re.sub(r"^models:/+", SCHEME, word.as_posix())
