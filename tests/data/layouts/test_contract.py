"""The contract of every layout in the package, with the options of its entries in docs/data.md, or its EXAMPLE."""

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from support.variants import assert_options_are_checked, example_of

from hairline.errors import HairlineError
from hairline.io import plugins

PACKAGE = "hairline.data.layouts"
LAYOUTS = plugins.names(PACKAGE)
PAGE = (Path(__file__).parents[3] / "docs" / "data.md").read_text()
SHOWN = [
    entry
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for entry in yaml.safe_load(block)["datasets"].values()
]


def write_file(root: Path) -> None:
    root.write_text("no folder", encoding="utf-8")


UNREADABLE: dict[str, Callable[[Path], object]] = {
    "missing": lambda root: None,
    "empty": lambda root: root.mkdir(),
    "a file": write_file,
}


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> ModuleType:
    return plugins.resolve(PACKAGE, str(request.param))


def options_of(layout: ModuleType) -> list[Any]:
    """Every set of options that the documentation shows for a layout, or its EXAMPLE where it shows none."""
    name = layout.__name__.rpartition(".")[2]
    shown = [layout.Options(**entry["options"]) for entry in SHOWN if entry["layout"] == name]
    return shown or [example_of(layout)]


def test_there_are_layouts() -> None:
    assert {"crack500", "folder"} <= set(LAYOUTS)


def test_options_are_checked_and_have_no_defaults(layout: ModuleType) -> None:
    assert_options_are_checked(layout.Options, added=["min_val"])  # of parameter files from before there was one


def test_read_takes_root_and_options_and_is_documented(layout: ModuleType) -> None:
    assert list(inspect.signature(layout.read).parameters) == ["root", "options"]
    assert layout.__doc__
    assert layout.read.__doc__


@pytest.mark.parametrize("state", UNREADABLE)
def test_a_root_that_holds_no_set_is_refused_by_its_name(layout: ModuleType, state: str, tmp_path: Path) -> None:
    root = tmp_path / "the set"
    UNREADABLE[state](root)
    for options in options_of(layout):
        with pytest.raises(HairlineError, match=re.escape(str(root))):
            layout.read(root, options)


def test_reading_touches_no_options(layout: ModuleType, tmp_path: Path) -> None:
    for options in options_of(layout):
        before = repr(options)
        with pytest.raises(HairlineError):
            layout.read(tmp_path / "gone", options)
        assert repr(options) == before


def test_importing_layouts_imports_no_torch() -> None:
    code = (
        f"import sys; from hairline.io import plugins; [plugins.resolve({PACKAGE!r}, name) for name in {LAYOUTS}];"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_layout_without_options_to_test_says_what_to_do() -> None:
    module = ModuleType("hairline.data.layouts.walls")
    module.__file__ = "layouts/walls.py"
    with pytest.raises(pytest.fail.Exception, match=r"not under test yet: give layouts/walls.py a line EXAMPLE = "):
        options_of(module)
