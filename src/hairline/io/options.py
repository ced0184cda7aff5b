"""Options: frozen dataclasses that check their values, wherever these come from.

What params.yaml says becomes instances of such classes, and so does what a notebook or a test writes. A value of the
wrong type or outside its range is refused at once, by pydantic; nothing else in this package needs to check it again.
"""

import dataclasses
import difflib
import functools
import operator
import re
import reprlib
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar, Union, cast, dataclass_transform

import pydantic
import pydantic.dataclasses
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from hairline.errors import HairlineError

T = TypeVar("T")

CONFIG = pydantic.ConfigDict(extra="forbid", allow_inf_nan=False)
"""Unknown names and numbers that are not finite are refused; values are converted where nothing is lost, as 120 to
120.0 and a list to a tuple. Texts and truth values are no numbers: see :func:`strict`."""

_WORDS = {
    "unexpected_positional_argument": "one value too many",
    "missing": "missing value",
    "tuple_type": "expected a list, as [a, b]",
    "list_type": "expected a list, as [a, b]",
    "dict_type": "expected a mapping of names to values",
    "dataclass_type": "expected a mapping of names to values",
    "string_type": "expected a text; put it in quotes",
    "path_type": "expected a path; put it in quotes",
    "int_type": "expected an integer",
    "int_parsing_size": "expected an integer",
    "int_from_float": "expected an integer",
    "float_type": "expected a number",
    "finite_number": "expected a finite number",
    "none_required": "expected null",
    "literal_error": "expected {expected}",
    "greater_than": "expected a number greater than {gt}",
    "greater_than_equal": "expected a number greater than or equal to {ge}",
    "less_than": "expected a number less than {lt}",
    "less_than_equal": "expected a number less than or equal to {le}",
    "too_short": "expected at least {min_length} of them",
    "too_long": "expected at most {max_length} of them",
    "string_too_short": "expected at least {min_length} characters",
    "string_too_long": "expected at most {max_length} characters",
}
"""What is said of each kind of pydantic's errors, by what it tells of it."""

_WITHOUT_FOUND = ("missing", "value_error", "told")
_CLOSE = 0.6
_FEW = 12


def _number(value: object) -> object:
    """Neither a text nor a truth value is a number, though both could be made one."""
    if isinstance(value, str | bytes):
        quoted = isinstance(value, str) and re.fullmatch(r"\s*[-+]?[\d_.]+(e[-+]?\d+)?\s*", value, re.IGNORECASE)
        raise _other("a number", value, "; take the quotes away" if quoted else "")
    if _is_truth(value):
        raise _other("a number", value)
    return value


def _truth(value: object) -> object:
    """Neither a text nor a number is true or false."""
    if _is_truth(value):
        return value
    raise _other("true or false", value)


def _is_truth(value: object) -> bool:
    """Whether a value is true or false, NumPy's own included, which is not imported for it."""
    return isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")


_LEAVES: dict[Any, Any] = {
    int: Annotated[int, pydantic.BeforeValidator(_number)],
    float: Annotated[float, pydantic.BeforeValidator(_number)],
    bool: Annotated[bool, pydantic.BeforeValidator(_truth)],
}


def strict(hint: Any) -> Any:
    """An annotation under which texts and truth values are no numbers, and one of several kinds is told as one error.

    >>> strict(tuple[str, ...])
    tuple[str, ...]
    """
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is None or origin is Literal:
        return _LEAVES.get(hint, hint)
    if origin is Annotated:
        return Annotated[(strict(inside[0]), *hint.__metadata__)]
    if origin in (Union, types.UnionType):
        kinds: Any = functools.reduce(operator.or_, [strict(part) for part in inside])
        return kinds if len(inside) == 2 and type(None) in inside else Annotated[kinds, pydantic.WrapValidator(_either)]
    parts = tuple(part if part is Ellipsis else strict(part) for part in inside)
    return cast(Any, origin)[parts] if isinstance(origin, type) else hint


def _either(value: object, read: pydantic.ValidatorFunctionWrapHandler) -> Any:
    """A value of one of several kinds; what is wrong is told of the kind that it comes closest to."""
    try:
        return read(value)
    except pydantic.ValidationError as error:
        by_kind: dict[object, list[ErrorDetails]] = {}
        for problem in error.errors():
            by_kind.setdefault(problem["loc"][0], []).append(problem)
        inside = [problems for problems in by_kind.values() if _looked_inside(problems)]
        if not inside:
            every = [problems[0] for problems in by_kind.values()]
            told = [_apart(problem) for problem in every]
            allowed, remedies = (dict.fromkeys(filter(None, parts)) for parts in zip(*told, strict=True))
            raise _other(" or ".join(allowed), value, "".join(remedies)) from None
        closest = min(inside, key=lambda problems: (_strange(problems), len(problems)))
        raise pydantic.ValidationError.from_exception_data("value", [_moved(each) for each in closest]) from None


def _apart(problem: ErrorDetails) -> tuple[str, str]:
    """What a value should have been, of one kind of several, and what to do about it, if that is known."""
    told = problem.get("ctx", {})
    allowed, behind, remedy = _allowed(problem).removeprefix("expected ").partition("; ")
    return str(told.get("allowed", allowed)), str(told.get("remedy", behind + remedy))


def _looked_inside(problems: Sequence[ErrorDetails]) -> bool:
    """Whether a value was of a kind in outline, and something in it was not."""
    return len(problems[0]["loc"]) > 1 or problems[0]["type"] == "value_error"


def _strange(problems: Iterable[ErrorDetails]) -> int:
    """Names that a kind does not have, or has and did not find."""
    return sum(problem["type"] in ("unexpected_keyword_argument", "missing") for problem in problems)


def _moved(problem: ErrorDetails) -> InitErrorDetails:
    """A problem without the kind that it is told of."""
    if problem["type"] == "unexpected_keyword_argument":
        return InitErrorDetails(type=problem["type"], loc=problem["loc"][1:], input=problem["input"])
    return InitErrorDetails(type=_told(_said(problem)), loc=problem["loc"][1:], input=problem["input"])


def _told(text: str) -> PydanticCustomError:
    return PydanticCustomError("told", "{text}", {"text": text})


def _other(allowed: str, value: object, remedy: str = "") -> PydanticCustomError:
    """That a value is of another kind than it should be, with what to do about it, if that is known."""
    text = f"expected {allowed}, found {shown(value)}{remedy}"
    return PydanticCustomError("told", "{text}", {"text": text, "allowed": allowed, "remedy": remedy})


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
    hairline.errors.HairlineError: options.Window.side_px: expected a number greater than 0, found 0
    """
    cls.__annotations__ = {name: strict(hint) for name, hint in cls.__annotations__.items()}
    made: Any = pydantic.dataclasses.dataclass(cls, frozen=True, config=CONFIG)
    check = made.__init__
    where = f"{cls.__module__.rpartition('.')[2]}.{cls.__qualname__}"
    fields = tuple(field.name for field in dataclasses.fields(made))

    @functools.wraps(check)
    def init(self: T, *args: Any, **kwargs: Any) -> None:
        try:
            check(self, *args, **kwargs)
        except pydantic.ValidationError as error:
            lines = [told(problem, (where, *_named(problem["loc"], fields)), made, 1) for problem in problems(error)]
            raise HairlineError("\n".join(lines)) from None

    made.__init__ = init
    return cast(type[T], made)


def matching(pattern: str, words: str) -> Any:
    """A regular expression in the annotation of a text, as ranges of numbers stand in theirs.

    Args:
        pattern: What the whole text must match.
        words: The same in words, behind "expected".

    >>> from typing import Annotated
    >>> Name = Annotated[str, matching(r"[a-z]+", "small letters")]
    """
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"expected {words}, found {shown(text)}")
        return text

    return pydantic.AfterValidator(check)


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


def told(problem: ErrorDetails, place: Iterable[object], kind: object = None, outer: int = 0) -> str:
    """One of pydantic's errors in a line: its dotted place, what is allowed, and the value found unless all is told.

    Args:
        problem: An entry of ``ValidationError.errors()``.
        place: What leads to the value, from the outermost name to the innermost.
        kind: What the values were read as, for the names that it has; None for nothing to say of them.
        outer: How many parts of the place lead to the kind.
    """
    parts = [part for part in place if part != "[key]"]
    message = _said(problem)
    if problem["type"] == "unexpected_keyword_argument":
        message = f"unknown value, {_names(str(parts[-1]), _fields(kind, parts[outer:-1]))}"
    return f"{'.'.join(_one_line(str(part)) for part in parts)}: {message}"


def problems(error: pydantic.ValidationError) -> list[ErrorDetails]:
    """What is wrong, without lists that are only too short because some of their values are wrong."""
    found = error.errors()
    return [each for each in found if each["type"] != "too_short" or not _inside(each, found)]


def _inside(problem: ErrorDetails, problems: Iterable[ErrorDetails]) -> bool:
    place = problem["loc"]
    return any(len(each["loc"]) > len(place) and each["loc"][: len(place)] == place for each in problems)


def shown(value: object) -> str:
    """A value in a message: on one line, of some 80 characters at most."""
    return _Shown().repr(value)


def close(name: str, names: Iterable[str]) -> str | None:
    """The one of some names that a misspelt name comes closest to, if any does."""
    found = difflib.get_close_matches(name, list(names), n=1, cutoff=_CLOSE)
    return found[0] if found else None


class _Shown(reprlib.Repr):
    """Numbers of very many digits by their count: Python refuses to write those of more than 4,300."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = 80
        self.maxlevel = 3

    def repr_bool(self, value: bool, level: int) -> str:
        """True and false as YAML has them."""
        return str(value).lower()

    def repr_int(self, value: int, level: int) -> str:
        """A number, or how many digits it has."""
        digits = int(value.bit_length() * 0.30103) + 1
        return repr(value) if digits <= self.maxlong else f"a number of {digits} digits"


def _said(problem: ErrorDetails) -> str:
    """What is allowed, and the value found unless all is told."""
    found = "" if problem["type"] in _WITHOUT_FOUND else f"found {shown(problem['input'])}"
    allowed, behind, remedy = _allowed(problem).partition("; ")
    return f"{allowed}{', ' if found else ''}{found}{behind}{remedy}"


def _allowed(problem: ErrorDetails) -> str:
    words = _WORDS.get(problem["type"])
    if words is None:
        return problem["msg"].removeprefix("Value error, ")
    return words.format_map(problem.get("ctx", {}))


def _names(name: str, names: tuple[str, ...]) -> str:
    """What to do about a name that is none of these."""
    if name in names:
        return "does not go with the others"
    meant = close(name, names)
    if meant:
        return f"did you mean '{meant}'?"
    if not names:
        return "found one where none is expected"
    return f"choose among {', '.join(names[:_FEW])}{' and others' if len(names) > _FEW else ''}"


def _fields(kind: Any, place: Iterable[object]) -> tuple[str, ...]:
    """The names of the options that stand at a place of a kind; none where no options do."""
    for part in place:
        options = next(iter(_options(kind, part)), None)
        if options is None:
            return ()
        kind = options
    found = [each for each in _within(kind) if dataclasses.is_dataclass(each)]
    return tuple(field.name for each in found for field in dataclasses.fields(each))


def _options(kind: Any, part: object) -> Iterable[Any]:
    """What stands behind a name or a number in a kind."""
    for each in _within(kind):
        if dataclasses.is_dataclass(each) and str(part) in each.__annotations__:
            yield each.__annotations__[str(part)]
        elif typing.get_origin(each) in (tuple, list):
            yield typing.get_args(each)[0]
        elif typing.get_origin(each) in (dict, Mapping):
            yield typing.get_args(each)[1]


def _within(kind: Any) -> Iterable[Any]:
    """The kinds that an annotation allows."""
    origin = typing.get_origin(kind)
    if origin is Annotated:
        yield from _within(typing.get_args(kind)[0])
    elif origin in (Union, types.UnionType):
        for part in typing.get_args(kind):
            yield from _within(part)
    else:
        yield kind


def _one_line(part: str) -> str:
    """A part of a place as it stands, or in quotes where it would be read as something else."""
    return part if part.isprintable() and len(part) <= 80 else shown(part)


def _named(place: tuple[int | str, ...], fields: tuple[str, ...]) -> tuple[int | str, ...]:
    """The place of a value with its field's name where it was given by position."""
    first = place[0] if place else None
    return (fields[first], *place[1:]) if isinstance(first, int) and first < len(fields) else place
