"""docs/method.md: its table of modes is what the profiles say, and it names every option of konig."""

import dataclasses
import re
import typing
from pathlib import Path
from typing import Any

import pytest
import yaml

from hairline.config import profiles
from hairline.labelling.methods import konig

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


def test_the_table_has_every_option() -> None:
    sections = typing.get_type_hints(konig.Options).items()
    expected = [f"{section}.{field.name}" for section, kind in sections for field in dataclasses.fields(kind)]
    assert sorted(row[0] for row in TABLE) == sorted(expected)
