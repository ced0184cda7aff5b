"""docs/method.md: its modes and the constants PAPER are what the profiles say, and it names every option of konig."""

import dataclasses
import re
import typing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from hairline.config import profiles
from hairline.config.params import Params
from hairline.data import patch_index
from hairline.labelling.fusion import PAPER_RULE
from hairline.labelling.methods import konig, local_otsu, multi_otsu, otsu
from hairline.nn.runtime.recipes import PAPER_CLASSIFIER, PAPER_SEGMENTER

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "method.md").read_text()
ROWS = re.findall(r"^\| `([\w.]+)` \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
TABLE = [row for row in ROWS if "." in row[0]]


@pytest.mark.parametrize(("column", "label_set"), [(1, "konig"), (2, "reference")])
def test_the_modes_are_those_of_the_profiles(column: int, label_set: str) -> None:
    labels = yaml.safe_load(profiles.render(ROOT / "profiles", "labels-cpu")["params.yaml"])["label_sets"]
    options: dict[str, Any] = labels[label_set]
    found: dict[str, Any] = {}
    for row in TABLE:
        section, _, name = row[0].partition(".")
        found.setdefault(section, {})[name] = yaml.safe_load(row[column])
    assert found == options["options"]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Params:
    """The profile ``paper``."""
    path = tmp_path_factory.mktemp("profile") / "params.yaml"
    profiles.apply(ROOT / "profiles", "paper", path, force=False)
    return Params(path)


def test_the_papers_values_are_those_of_its_profile(paper: Params) -> None:
    assert paper.label_set("konig").options == konig.PAPER
    assert paper.trainable == PAPER_RULE
    assert paper.patches == patch_index.PAPER
    assert paper.classifier("resnet50").recipe == PAPER_CLASSIFIER
    assert paper.segmenter.recipe == PAPER_SEGMENTER


@pytest.mark.parametrize("method", [local_otsu, multi_otsu, otsu])
def test_the_papers_values_of_figure_3_are_those_of_the_profile(method: ModuleType) -> None:
    name = method.__name__.rpartition(".")[2]
    rendered = profiles.render(ROOT / "profiles", "labels-cpu")
    sets: dict[str, Any] = yaml.safe_load(rendered["params.yaml"])["label_sets"]
    assert [method.Options(**each["options"]) for each in sets.values() if each["method"] == name] == [method.PAPER]


def test_the_table_has_every_option() -> None:
    sections = typing.get_type_hints(konig.Options).items()
    expected = [f"{section}.{field.name}" for section, kind in sections for field in dataclasses.fields(kind)]
    assert sorted(row[0] for row in TABLE) == sorted(expected)
