"""The classes of options, and the numbers among their annotations."""

import dataclasses
import sys
import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any

from hairline.errors import HairlineError


def kinds() -> dict[str, type]:
    """Every class of options among the modules that are loaded."""
    modules = [module for name, module in sys.modules.items() if name.startswith("hairline.")]
    loaded = {f"{kind.__module__}.{kind.__qualname__}": kind for module in modules for kind in vars(module).values()
              if isinstance(kind, type)}  # fmt: skip
    return {name: kind for name, kind in loaded.items() if name.startswith("hairline.") and _checks(kind)}


def _checks(kind: type) -> bool:
    """Whether it is a class of options: one that says in a line of its own what is wrong."""
    if not dataclasses.is_dataclass(kind):
        return False
    try:
        typing.cast(Any, kind)(surely_unknown=1)
    except HairlineError:
        return True
    except TypeError:
        return False
    return False


def numbers(hint: Any, meta: tuple[object, ...] = ()) -> Iterator[tuple[type, tuple[object, ...]]]:
    """Every int or float that an annotation allows, with what its annotation says of it."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        yield from numbers(inside[0], (*meta, *hint.__metadata__))
    elif origin in (typing.Union, types.UnionType):
        for part in inside:
            yield from numbers(part, meta)
    elif inside and origin is not typing.Literal:
        for part in inside:
            yield from numbers(part)
    elif hint in (int, float):
        yield hint, meta
