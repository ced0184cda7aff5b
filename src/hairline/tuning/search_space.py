"""What an option of a study may be: a few choices, steps, or an interval; and where it stands among nested options."""

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, MaxLen, MinLen

from hairline.io import bounds
from hairline.io.options import checked_dataclass

_RANGE = (Ge(-bounds.NUMBER), Le(bounds.NUMBER))
Number = Annotated[int, *_RANGE] | Annotated[float, *_RANGE]
Value = bool | Number | str
OPTION = "option "
"""Columns of options in the table of trials begin so."""

MANY = 100_000
"""A range of more steps than this is a mistake."""


@checked_dataclass
class Choices:
    """An option takes one of a few values, which need no order."""

    choices: Annotated[tuple[Value, ...], MinLen(1), MaxLen(bounds.CHOICES)]

    def values(self) -> list[Value]:
        """Every value."""
        return list(self.choices)

    def corners(self) -> list[Value]:
        """Values that are checked together with those of another option."""
        return self.values()


@checked_dataclass
class Steps:
    """An option takes the values low, low + step, … up to and including high; whole numbers where all three are."""

    low: Number
    high: Number
    step: Annotated[Number, Gt(0)]

    def __post_init__(self) -> None:
        steps = (self.high - self.low) / self.step
        if not 0 <= steps <= MANY or abs(steps - round(steps)) > 1e-9 * max(steps, 1):
            raise ValueError(f"from {self.low} to {self.high} is no whole number of steps of {self.step}")

    @property
    def whole(self) -> bool:
        """Whether all values are whole numbers."""
        return all(isinstance(number, int) for number in (self.low, self.high, self.step))

    def values(self) -> list[Value]:
        """Every value."""
        count = round((self.high - self.low) / self.step) + 1
        return [self.clean(self.low + index * self.step) for index in range(count)]

    def clean(self, value: float) -> int | float:
        """The value on the steps, without the rounding errors of its sum."""
        return int(value) if self.whole else round(self.low + round((value - self.low) / self.step) * self.step, 10)

    def corners(self) -> list[Value]:
        """The first and the last value."""
        return [self.clean(self.low), self.clean(self.high)]


@checked_dataclass
class Interval:
    """An option takes any number from low to high; evenly over its logarithm where ``log`` is set."""

    low: Annotated[float, *_RANGE]
    high: Annotated[float, *_RANGE]
    log: bool

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError(f"from {self.low} to {self.high} is no interval" + (" of a logarithm" if self.log else ""))

    def values(self) -> list[Value]:
        """Both ends."""
        return [self.low, self.high]

    def corners(self) -> list[Value]:
        """Both ends."""
        return self.values()


Dimension = Choices | Steps | Interval


def contains(dimension: Dimension, value: object) -> bool:
    """Whether an option may take a value."""
    if isinstance(dimension, Interval):
        return isinstance(value, int | float) and dimension.low <= value <= dimension.high
    if isinstance(dimension, Steps) and isinstance(value, float):
        return any(math.isclose(value, float(one), abs_tol=1e-9) for one in dimension.values())
    return value in dimension.values()


def grid_points(space: Mapping[str, Dimension]) -> int:
    """Number of combinations of a grid.

    Raises:
        ValueError: If an option takes any number of an interval.
    """
    for path, dimension in space.items():
        if isinstance(dimension, Interval):
            raise ValueError(f"a grid has no intervals; give space.{path} steps or choices")
    return math.prod(len(dimension.values()) for dimension in space.values())


def value_at(options: Any, path: str) -> Any:
    """Value of an option in nested plain values.

    Raises:
        KeyError: If there is none.
    """
    for key in path.split("."):
        try:
            options = options[int(key)] if isinstance(options, list | tuple) else options[key]
        except (IndexError, KeyError, TypeError, ValueError):
            raise KeyError(path) from None
    return options


def replaced(options: Mapping[str, Any], changes: Mapping[str, Value]) -> dict[str, Any]:
    """Nested plain values with some of them changed, as a copy of its own."""
    changed: Any = copy.deepcopy(dict(options))
    for path, value in changes.items():
        *way, last = path.split(".")
        inner = value_at(changed, ".".join(way)) if way else changed
        inner[int(last) if isinstance(inner, list) else last] = value
    return dict(changed)


def paths(options: Any, prefix: str = "") -> list[str]:
    """Every option of nested plain values, dotted."""
    if isinstance(options, Mapping):
        inside: Iterator[tuple[Any, Any]] = iter(options.items())
    elif isinstance(options, list | tuple):
        inside = iter(enumerate(options))
    else:
        return [prefix]
    return [path for key, value in inside for path in paths(value, f"{prefix}.{key}" if prefix else str(key))]
