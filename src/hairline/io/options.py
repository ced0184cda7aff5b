"""Options: frozen dataclasses that check their values, wherever these come from.

What params.yaml says becomes instances of such classes, and so does what a notebook or a test writes. A value of the
wrong type or outside its range is refused at once, by pydantic; nothing else in this package needs to check it again.
"""

import re
from collections.abc import Iterable
from functools import wraps
from typing import Any, TypeVar, cast, dataclass_transform

import pydantic
import pydantic.dataclasses
from pydantic_core import ErrorDetails

from hairline.errors import HairlineError

T = TypeVar("T")

CONFIG = pydantic.ConfigDict(extra="forbid", allow_inf_nan=False)
"""Unknown names and numbers that are not finite are refused; values are converted where nothing is lost, as 120 to
120.0 and a list to a tuple."""

_WORDS = {
    "unexpected_keyword_argument": "unknown value",
    "unexpected_positional_argument": "one value too many",
    "missing": "missing value",
    "tuple_type": "expected a list, as [a, b]",
}
_WITHOUT_FOUND = ("missing", "value_error")


@dataclass_transform(frozen_default=True)
def checked_dataclass(cls: type[T]) -> type[T]:
    """A class of options: a frozen dataclass whose values are checked against its annotations when it is made.

    It stands in the place of ``@dataclass(frozen=True)``; ``dataclasses.replace``, ``asdict``, ``==`` and ``hash`` work
    as ever, and ``replace`` checks again. Ranges stand in the annotations, ``Annotated[int, Gt(0)]``; a rule over
    several fields in ``__post_init__``, which raises ValueError.

    Raises:
        HairlineError: When an instance is made of wrong values: a line for each, with class and field, what is allowed
            and the value that was found.

    >>> from typing import Annotated
    >>> from annotated_types import Gt
    >>> @checked_dataclass
    ... class Window:
    ...     side_px: Annotated[int, Gt(0)]
    >>> Window(32)
    Window(side_px=32)
    >>> Window(side_px=0)
    Traceback (most recent call last):
    hairline.errors.HairlineError: options.Window.side_px: Input should be greater than 0, found 0
    """
    made: Any = pydantic.dataclasses.dataclass(cls, frozen=True, config=CONFIG)
    check = made.__init__
    where, fields = f"{cls.__module__.rpartition('.')[2]}.{cls.__qualname__}", tuple(cls.__annotations__)

    @wraps(check)
    def init(self: T, *args: Any, **kwargs: Any) -> None:
        try:
            check(self, *args, **kwargs)
        except pydantic.ValidationError as error:
            lines = [told(problem, (where, *_named(problem["loc"], fields))) for problem in error.errors()]
            raise HairlineError("\n".join(lines)) from None

    made.__init__ = init
    return cast(type[T], made)


def matching(pattern: str) -> pydantic.StringConstraints:
    """A regular expression in the annotation of a text, as ranges of numbers stand in theirs.

    >>> from typing import Annotated
    >>> Name = Annotated[str, matching(r"^[a-z]+$")]
    """
    return pydantic.StringConstraints(pattern=pattern)


def _without_repeats(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise ValueError(f"names {', '.join(repr(name) for name in twice)} twice; name it once")
    return names


DISTINCT = pydantic.AfterValidator(_without_repeats)
"""In the annotation of a list of names: none of them twice."""


def _compilable(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"expected a regular expression, found {pattern!r} ({error})") from None
    return pattern


REGULAR_EXPRESSION = pydantic.AfterValidator(_compilable)
"""In the annotation of a text: it is a regular expression."""


def told(problem: ErrorDetails, place: Iterable[object]) -> str:
    """One of pydantic's errors in a line: its dotted place, what is allowed, and the value found unless all is told.

    Args:
        problem: An entry of ``ValidationError.errors()``.
        place: What leads to the value, from the outermost name to the innermost.
    """
    message = _WORDS.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    found = "" if problem["type"] in _WITHOUT_FOUND else f", found {problem['input']!r}"
    return f"{'.'.join(str(part) for part in place)}: {message}{found}"


def _named(place: tuple[int | str, ...], fields: tuple[str, ...]) -> tuple[int | str, ...]:
    """The place of a value with its field's name where it was given by position."""
    first = place[0] if place else None
    return (fields[first], *place[1:]) if isinstance(first, int) and first < len(fields) else place
