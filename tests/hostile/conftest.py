"""A good set of six walls in each layout, made once and copied for each case that spoils it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.dataset  # noqa: F401 - once here, not in every process that reads or writes a table
import pyarrow.parquet  # noqa: F401
import pytest
from support import parameters, seen, walls

from hairline.config import parameter_files, yaml_files
from hairline.config.paths import Paths
from hairline.data.samples import RawSample
from hairline.io import plugins
from pipeline import ingest, validate

SAMPLE = "b"
"""The wall that is spoilt: a training image in every layout that can say so."""


@dataclass(frozen=True)
class Attempt:
    """A folder with parameters that name the set ``walls``, and the set itself, to be spoilt.

    Attributes:
        folder: The workspace.
        image: Path of the image file to spoil.
        mask: Path of the file that its mask stands in, None where the layout has none.
    """

    folder: Path
    image: Path
    mask: Path | None

    @property
    def root(self) -> Path:
        """Where the set lies."""
        return self.folder / "raw"

    def ingest(self) -> seen.Seen:
        """Run the stage as its command does."""
        return seen.see(ingest, self.folder, ["--dataset", "walls"])

    def validate(self) -> seen.Seen:
        """Run the gate of the samples."""
        return seen.see(validate, self.folder, ["--dataset", "walls"])

    def written(self) -> list[Path]:
        """What the stages have left of the set, hidden files included."""
        sets = Paths(self.folder, "tiny").sets
        return sorted(sets.rglob("*")) if sets.exists() else []


@pytest.fixture(scope="module", autouse=True)
def process_of_a_file() -> Iterator[None]:
    """No process waits for work longer than the tests of a file last."""
    yield
    seen.end()


@pytest.fixture(scope="session")
def workspaces(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A good workspace of a layout, to be copied."""
    made: dict[str, Path] = {}

    def workspace(layout: str) -> Path:
        if layout not in made:
            folder = tmp_path_factory.mktemp(layout)
            walls.write(layout, folder / "raw")
            parameters.write(folder, _values(layout))
            for name in parameter_files.FILES:
                yaml_files.read(folder / name, "")  # known from here on, in the process of every case too
            made[layout] = folder
        return made[layout]

    return workspace


@pytest.fixture
def attempt(workspaces: Callable[[str], Path], tmp_path: Path) -> Iterator[Callable[[str], Attempt]]:
    """Gives a workspace of a layout, as its own copy."""
    folder = tmp_path / "workspace"

    def start(layout: str) -> Attempt:
        shutil.copytree(workspaces(layout), folder)
        chosen = _sample(layout, folder / "raw")
        return Attempt(folder, chosen.image, chosen.mask)

    yield start
    shutil.rmtree(folder, ignore_errors=True)


def _values(layout: str) -> dict[str, Any]:
    from conftest import tiny_values

    values = tiny_values()
    values["datasets"]["walls"] = {"layout": layout, "root": "raw", "options": walls.OPTIONS[layout]}
    values["gates"]["samples"].update(max_crack_share=0.4, min_contrast=20, min_split_share={})
    values["gates"]["samples"]["require_masks"] = layout in walls.MASKED
    return values


def _sample(layout: str, root: Path) -> RawSample:
    module = plugins.resolve(walls.PACKAGE, layout)
    samples: list[RawSample] = module.read(root, module.Options(**walls.OPTIONS[layout]))
    return next(sample for sample in samples if sample.id.endswith(SAMPLE))
