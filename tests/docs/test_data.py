"""docs/data.md: every entry it shows is valid; tests/data/layouts/test_contract.py tries each."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from hairline.config.params import Params
from hairline.io import plugins

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text()
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: "-".join(block["datasets"]))
def test_every_entry_is_valid(
    block: dict[str, Any], values: dict[str, Any], write_params: Callable[[dict[str, Any]], Path]
) -> None:
    assert list(block) == ["datasets"]
    params = Params(write_params(values | block))
    for name in block["datasets"]:
        dataset = params.dataset(name)
        assert dataset.root == Path("data/raw") / name


def test_the_layouts_it_shows_are_there() -> None:
    shown = {entry["layout"] for block in BLOCKS for entry in block["datasets"].values()}
    assert {"crack500", "folder"} <= shown <= set(plugins.names("hairline.data.layouts"))
