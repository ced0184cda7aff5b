"""What every variant (labeller, layout, architecture) must have: checked options, and an instance of them to test."""

import dataclasses
import typing
from collections.abc import Collection
from types import ModuleType
from typing import Any

import pytest

from hairline.errors import HairlineError


def example_of(module: ModuleType) -> Any:
    """The options a variant is tested with; without any the test fails with what to do."""
    for name in ("PAPER", "EXAMPLE"):
        if hasattr(module, name):
            options = getattr(module, name)
            assert isinstance(options, module.Options), f"{name} of {module.__name__} is no instance of its Options"
            return options
    pytest.fail(
        f"{module.__name__} is not under test yet: give {module.__file__} a line EXAMPLE = Options(…) with values that "
        "show what it does, or PAPER = Options(…) where a paper states them"
    )


def assert_options_are_checked(kind: type, added: Collection[str] = ()) -> None:
    """Frozen dataclasses without defaults that refuse unknown names, all the way down; ``added`` may have a default."""
    waiting: list[Any] = [kind]
    while waiting:
        kind = waiting.pop()
        assert dataclasses.is_dataclass(kind) and _refuses_unknown_names(kind), (
            f"{kind} does not check its values; put @checked_dataclass of hairline.io.options above it"
        )
        assert kind.__dataclass_params__.frozen, f"{kind} is not frozen"  # type: ignore[attr-defined]
        for field in dataclasses.fields(kind):
            given = field.default, field.default_factory
            assert field.name in added or given == (dataclasses.MISSING, dataclasses.MISSING), (
                f"{kind}.{field.name} has a default"
            )
        waiting += [inner for hint in typing.get_type_hints(kind).values() for inner in _dataclasses(hint)]


def _refuses_unknown_names(kind: Any) -> bool:
    try:
        kind(surely_unknown=1)
    except HairlineError as error:
        return "surely_unknown: unknown value" in str(error)
    except TypeError:  # what a plain dataclass says
        pass
    return False


def _dataclasses(hint: Any) -> list[Any]:
    """Every dataclass that an annotation names, as ``tuple[Window, ...]`` names Window."""
    inside = [found for part in typing.get_args(hint) for found in _dataclasses(part)]
    return [hint, *inside] if dataclasses.is_dataclass(hint) else inside
