"""What is wrong with a study before anything runs: options that there are not, values that do not go together."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from hairline.errors import HairlineError
from hairline.tuning.search_space import Dimension, Value, contains, paths, replaced, value_at
from hairline.tuning.study import Study

T = TypeVar("T")

MOST = 5_000
"""Values, or pairs of them, that are tried at most; a second or two."""

CORNERS = 30
"""Choices of an option that are tried with those of another at most."""


def problems(
    study: Study,
    options: Mapping[str, Any],
    parse: Callable[[Mapping[str, Any]], Any],
    windows_px: Sequence[int],
    scales: Sequence[float],
) -> Iterator[str]:
    """What is wrong with a search space, one line each: unknown options, values out of range, or not to go together.

    Every value of every option is tried with the label set's own others, then every pair of options at its choices and
    ends; of more than :data:`MOST` of either, so many evenly spaced. Between them lie values that might still be
    refused, as no rule of a labeller does today.

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
        if not contains(dimension, value):
            yield f"space.{path}: does not hold {value!r}, the label set's own value, which is trial 0; widen it"
    faults = dict[str, None]()  # in order, each once
    singles = [{path: value} for path, dimension in known.items() for value in dimension.values()]
    for changes in _some(singles):
        faults |= dict.fromkeys(_refused(changes, options, parse, windows_px, scales))
    if not faults:
        for changes in _some(list(_pairs(known))):
            faults |= dict.fromkeys(_refused(changes, options, parse, windows_px, scales))
    yield from list(faults)[:8]


def _pairs(space: Mapping[str, Dimension]) -> Iterator[dict[str, Value]]:
    for one, other in itertools.combinations(space, 2):
        firsts, seconds = (_some(space[path].corners(), CORNERS) for path in (one, other))
        yield from ({one: first, other: second} for first, second in itertools.product(firsts, seconds))


def _some(values: Sequence[T], most: int = MOST) -> Sequence[T]:
    """The values, or so many of them, evenly spaced from the first to the last."""
    if len(values) <= most:
        return values
    return [values[round(index * (len(values) - 1) / (most - 1))] for index in range(most)]


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
