"""What public functions say of themselves: enough to be used by, and examples that run."""

import ast
import doctest
import importlib
import inspect
import statistics
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import hairline

ROOT = Path(hairline.__file__).parent
ROOMS = ("metrics", "labelling", "imaging")
"""Whose public functions are called on arrays."""
MODULES = sorted({path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path.name != "__init__.py"})
WORDS = 45
"""Of the median docstring: torchmetrics has 53, optuna 42."""
TOLD = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def public(body: list[ast.stmt], start: str = "") -> Iterator[tuple[str, str]]:
    """Public functions, classes and methods, without properties, which are attributes; and their docstrings."""
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if any("property" in ast.unparse(each) for each in node.decorator_list):
            continue
        yield f"{start}{node.name}", ast.get_docstring(node) or ""
        if isinstance(node, ast.ClassDef):
            yield from public(node.body, f"{node.name}.")


def of_rooms() -> dict[str, str]:
    return {f"{path.relative_to(ROOT)}:{name}": text
            for path in MODULES for name, text in public(ast.parse(path.read_text(encoding="utf-8")).body)}  # fmt: skip


def of_the_package() -> dict[str, str]:
    """What `hairline.__all__` offers, and the methods of its classes that it has itself."""
    found: dict[str, str] = {}
    for name in hairline.__all__:
        thing = getattr(hairline, name)
        if isinstance(thing, ModuleType):
            continue  # whose functions are those of the rooms
        found[name] = inspect.getdoc(thing) or ""
        members = vars(thing) if isinstance(thing, type) else {}
        methods = [
            each for each, value in members.items() if isinstance(value, classmethod) or inspect.isfunction(value)
        ]
        found |= {f"{name}.{each}": inspect.getdoc(members[each]) or "" for each in methods if not each.startswith("_")}
    return found


def words(found: dict[str, str]) -> float:
    return statistics.median(len(text.split()) for text in found.values())


def test_docstrings_say_enough() -> None:
    assert words(of_rooms() | of_the_package()) >= WORDS
    assert words(of_the_package()) >= WORDS


def test_what_the_package_offers_says_what_goes_in_and_comes_out() -> None:
    for name, text in of_the_package().items():
        thing = getattr(hairline, name.partition(".")[0])
        function = inspect.isfunction(thing) or "." in name
        assert len(text.split()) >= 20 or not function, f"{name} says too little"
        if inspect.isfunction(thing):
            assert {"Args:", "Returns:", "Raises:", "Example:"} <= set(text.split()), name


def modules() -> list[str]:
    files = {*MODULES, *(Path(inspect.getfile(getattr(hairline, name))) for name in hairline.__all__)}
    return sorted(
        ".".join(("hairline", *path.relative_to(ROOT).with_suffix("").parts))
        for path in files if ">>> " in path.read_text(encoding="utf-8")
    )  # fmt: skip


@pytest.mark.parametrize("name", modules())
def test_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    done = doctest.testmod(module, extraglobs={"np": np}, optionflags=TOLD, report=True)
    assert done.failed == 0 and done.attempted
