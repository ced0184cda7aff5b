"""Small sets of predictions and masks, and `hairline score` run on them as a person does."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hairline.cli import app

SHAPE = 24, 32
NAMES = ("a", "b", "c", "d")


@dataclass
class Told:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def values(self) -> Any:
        """The JSON that it printed."""
        assert not self.status, self.err
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """The one line of a refusal."""
        assert self.status == 1, (self.status, self.out[-300:], self.err)
        told = self.err.rpartition("hairline: ")[2]
        assert "Traceback" not in self.err
        assert told.count("\n") == 1, told
        return told.strip()


Score = Callable[..., Told]


@pytest.fixture
def score(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Score:
    """Runs `hairline score` in this process."""

    def run(*words: object) -> Told:
        monkeypatch.setattr(sys, "argv", ["hairline", "score", *map(str, words)])
        status = 0
        try:
            app.main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
        found = capsys.readouterr()
        return Told(status, found.out, found.err)

    return run


def mask(seed: int, shape: tuple[int, int] = SHAPE) -> NDArray[np.bool_]:
    """A crooked line two pixels wide."""
    rows, columns = shape
    steps = np.random.default_rng(seed).integers(-1, 2, columns).cumsum()
    middle = np.clip(rows // 2 + steps, 1, rows - 1)
    return np.abs(np.arange(rows)[:, None] - middle + 0.5) < 1


def scores(seed: int, shape: tuple[int, int] = SHAPE) -> NDArray[np.uint8]:
    """Levels that are higher on that line, but not everywhere."""
    noise = np.random.default_rng(seed + 1000).integers(0, 140, shape)
    return np.asarray(noise + mask(seed, shape) * 100, dtype=np.uint8)


def picture(path: Path, pixels: NDArray[Any]) -> Path:
    """An image file, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def pair(folder: Path, names: tuple[str, ...] = NAMES) -> tuple[Path, Path]:
    """Folders of predictions and of masks."""
    for seed, name in enumerate(names):
        picture(folder / "predictions" / f"{name}.png", scores(seed))
        picture(folder / "masks" / f"{name}.png", mask(seed).astype(np.uint8) * np.uint8(255))
    return folder / "predictions", folder / "masks"
