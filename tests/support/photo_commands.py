"""What every command on anybody's photos owes them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.errors import HairlineError
from hairline.imaging.images import write_image


def refused_before_anything_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: Sequence[str], told: str
) -> None:
    """Run a command in a folder with a.png alone; its mistake is told in a sentence, and the folder is as it was."""
    monkeypatch.chdir(folder)
    write_image(folder / "a.png", np.zeros((8, 8, 3), np.uint8))
    done = CliRunner().invoke(app, list(words))
    assert isinstance(done.exception, HairlineError) and told in str(done.exception)
    assert [path.name for path in folder.iterdir()] == ["a.png"]
