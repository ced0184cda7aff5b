"""What a study is: which options of a label set it varies, how far, towards what, and whether that goes together.

Nothing here searches (that is ``hairline.tuning``), so that ``hairline check`` tells of a faulty study without Optuna.
"""

import copy
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, MinLen

from hairline.errors import HairlineError

Value = bool | int | float | str
Objective = Literal["ods", "ois", "ap", "miou"]
MANY = 100_000
"""A range of more steps than this is a mistake."""


@dataclass(frozen=True)
class Choices:
    """An option takes one of a few values, which need no order."""

    choices: Annotated[tuple[Value, ...], MinLen(1)]

    def values(self) -> list[Value]:
        """Every value."""
        return list(self.choices)

    def corners(self) -> list[Value]:
        """Values that are checked together with those of another option."""
        return self.values()


@dataclass(frozen=True)
class Steps:
    """An option takes the values low, low + step, … up to and including high; whole numbers where all three are."""

    low: int | float
    high: int | float
    step: Annotated[int | float, Gt(0)]

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


@dataclass(frozen=True)
class Interval:
    """An option takes any number from low to high; evenly over its logarithm where ``log`` is set."""

    low: float
    high: float
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


@dataclass(frozen=True)
class Images:
    """Which images with masks a study uses.

    Attributes:
        split: Split of the data set they are drawn from.
        count: How many at most.
    """

    split: Literal["train", "val", "test"]
    count: Annotated[int, Gt(0)]


@dataclass(frozen=True)
class Pruning:
    """A trial is given up where its objective on the images so far is below the median of the finished trials there.

    Attributes:
        startup_trials: So many trials finish before any is given up.
        warmup_images: So many images are labelled before a trial is judged.
        every_images: It is judged after so many images each time.
    """

    startup_trials: Annotated[int, Ge(1)]
    warmup_images: Annotated[int, Ge(1)]
    every_images: Annotated[int, Ge(1)]


@dataclass(frozen=True)
class Study:
    """A search for the best options of a label set.

    Attributes:
        label_set: Whose options are varied; its own values are trial 0.
        dataset: Whose images are labelled.
        objective: What is to be large on the tuning images; several give a Pareto front.
        sampler: ``tpe`` (Optuna's), ``random``, or ``grid`` (every combination once, in random order).
        seed: Of sampler, choice and order of images.
        trials: How many, trial 0 included.
        tuning: Images the objective is taken on.
        held_out: Images the outcome is reported on; where the split is the same, no parent photo is in both.
        pruning: When trials are given up; ``null`` never does.
        workers: Processes on this machine; more than one makes ``tpe`` depend on their timing.
        memory_mb: Megabytes each worker keeps of what does not change from trial to trial.
        storage: ``sqlite`` (a file in state/) or the URL of a database; HAIRLINE_STUDY_STORAGE goes before it.
        heartbeat_s: A running trial tells so often that it is alive.
        grace_s: A trial not heard of for so long is lost and done again.
        tracked_trials: A study of more trials than this logs none of them as MLflow runs of their own.
        space: Option (``localization.cut``, ``otsu.0.window_px``) → the values it may take.
    """

    label_set: str
    dataset: str
    objective: Annotated[tuple[Objective, ...], MinLen(1)]
    sampler: Literal["tpe", "random", "grid"]
    seed: Annotated[int, Ge(0)]
    trials: Annotated[int, Gt(0)]
    tuning: Images
    held_out: Images
    pruning: Pruning | None
    workers: Annotated[int, Ge(1)]
    memory_mb: Annotated[int, Ge(0)]
    storage: str
    heartbeat_s: Annotated[int, Ge(1)]
    grace_s: Annotated[int, Ge(1)]
    tracked_trials: Annotated[int, Ge(0)]
    space: Annotated[dict[str, Dimension], MinLen(1)]

    def __post_init__(self) -> None:
        if self.pruning is not None and len(self.objective) > 1:
            raise ValueError("pruning needs a single objective; set it to null or choose one objective")
        if len(set(self.objective)) < len(self.objective):
            raise ValueError(f"objective names {', '.join(self.objective)}; name each once")
        if self.grace_s < 2 * self.heartbeat_s:
            raise ValueError(f"grace_s {self.grace_s} is less than two heartbeats of {self.heartbeat_s} s")
        points = grid_points(self.space) if self.sampler == "grid" else math.inf
        if self.trials > points:
            raise ValueError(f"the grid has {points:.0f} points, fewer than the {self.trials} trials; lower trials")


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


def problems(
    study: Study,
    options: Mapping[str, Any],
    parse: Callable[[Mapping[str, Any]], Any],
    windows_px: Sequence[int],
    scales: Sequence[float],
) -> Iterator[str]:
    """What is wrong with a search space, one line each: unknown options, values out of range, or not to go together.

    Every value of every option is tried with the label set's own others, then every pair of options at its choices and
    ends. Between them lie values that a pair might still refuse, as no rule of a labeller does today.

    Args:
        study: The study.
        options: Options of its label set as plain values.
        parse: Makes options of the labeller of plain values.
        windows_px: Sizes of voting windows that the evidence holds.
        scales: Scales of activation maps that it holds besides 1.
    """
    known = {}
    for path, dimension in study.space.items():
        try:
            value = value_at(options, path)
        except KeyError:
            yield f"space.{path}: label set '{study.label_set}' has no such option; it has {', '.join(paths(options))}"
            continue
        known[path] = dimension
        if not _contains(dimension, value):
            yield f"space.{path}: does not hold {value!r}, the label set's own value, which is trial 0; widen it"
    faults = dict[str, None]()  # in order, each once
    singles = [{path: value} for path, dimension in known.items() for value in dimension.values()]
    pairs = [
        {one: first, other: second}
        for one, other in itertools.combinations(known, 2)
        for first, second in itertools.product(known[one].corners(), known[other].corners())
    ]
    for changes in singles:
        faults |= dict.fromkeys(_refused(changes, options, parse, windows_px, scales))
    if not faults:
        for changes in pairs:
            faults |= dict.fromkeys(_refused(changes, options, parse, windows_px, scales))
    yield from list(faults)[:8]


def _refused(
    changes: Mapping[str, Value],
    options: Mapping[str, Any],
    parse: Callable[[Mapping[str, Any]], Any],
    windows_px: Sequence[int],
    scales: Sequence[float],
) -> Iterator[str]:
    told = " with ".join(f"space.{path}: {value!r}" for path, value in changes.items())
    try:
        parsed = parse(replaced(options, changes))
    except HairlineError as error:
        yield f"{told}: {str(error).splitlines()[0]}"
        return
    if not hasattr(parsed, "needs"):
        return
    needs = parsed.needs()
    for window in set(needs.windows_px) - set(windows_px):
        yield f"{told}: there is no evidence of windows of {window} px; add it to localize.vote_windows_px"
    for scale in set(needs.scales) - set(scales):
        yield f"{told}: there is no evidence on scale {scale:g}; add it to localize.cam_scales"


def _contains(dimension: Dimension, value: object) -> bool:
    if isinstance(dimension, Interval):
        return isinstance(value, int | float) and dimension.low <= value <= dimension.high
    if isinstance(dimension, Steps) and isinstance(value, float):
        return any(math.isclose(value, float(one), abs_tol=1e-9) for one in dimension.values())
    return value in dimension.values()


def paths(options: Any, prefix: str = "") -> list[str]:
    """Every option of nested plain values, dotted."""
    if isinstance(options, Mapping):
        inside: Iterator[tuple[Any, Any]] = iter(options.items())
    elif isinstance(options, list | tuple):
        inside = iter(enumerate(options))
    else:
        return [prefix]
    return [path for key, value in inside for path in paths(value, f"{prefix}.{key}" if prefix else str(key))]
