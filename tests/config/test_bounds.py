"""Every number among the options has a range, and what lies outside it is refused in a line that tells the bound."""

import dataclasses
import math
import time
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from annotated_types import Ge, Gt, Le, Lt
from support import options, parameters, variants

from hairline.config.checks import check
from hairline.config.params import Params
from hairline.errors import HairlineError
from hairline.io import plugins

Write = Callable[[dict[str, Any]], Path]

VARIANTS = [(package, name) for package in ("hairline.data.layouts", "hairline.labelling.methods",
            "hairline.nn.architectures") for name in plugins.names(package)]  # fmt: skip
NO_NUMBERS = [math.nan, math.inf, -math.inf, True, False, "1", "1e5", [1], {"a": 1}]
HUGE = [10**12, -(10**12), 10**400, 1e300, -1e300]
SMALL = [0, -0.0, -1, 5e-324]


def told(number: object) -> str:
    """A number as the name of a test."""
    return repr(number)[:6] if not isinstance(number, int) or abs(number) < 10**20 else f"{number.bit_length()} bits"


def leaves(values: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where numbers stand in nested plain values."""
    if isinstance(values, dict | list | tuple):
        for key, value in values.items() if isinstance(values, dict) else enumerate(values):
            yield from leaves(value, (*way, key))
    elif isinstance(values, int | float) and not isinstance(values, bool):
        yield way


def put(values: Any, way: tuple[Any, ...], value: object) -> Any:
    """Nested plain values with one of them changed, as a copy."""
    if not way:
        return value
    if isinstance(values, dict):
        return {**values, way[0]: put(values[way[0]], way[1:], value)}
    return [put(each, way[1:], value) if index == way[0] else each for index, each in enumerate(values)]


def test_every_number_has_a_lowest_and_a_highest_value(write_params: Write, values: dict[str, Any]) -> None:
    check(Params(write_params(values)))  # loads the options of every section
    for package, name in VARIANTS:
        plugins.resolve(package, name)
    kinds = options.kinds()
    assert len(kinds) > 40
    for where, kind in kinds.items():
        for name, hint in typing.get_type_hints(kind, include_extras=True).items():
            for _, said in options.numbers(hint):
                low = [each for each in said if isinstance(each, Ge | Gt)]
                high = [each for each in said if isinstance(each, Le | Lt)]
                assert low and high, f"{where}.{name}: give its range in its annotation, by one of hairline.io.bounds"


@pytest.mark.parametrize(("package", "name"), [each for each in VARIANTS if "layouts" not in each[0]])
def test_numbers_of_variants_out_of_range_are_refused(package: str, name: str) -> None:
    module = plugins.resolve(package, name)
    values = dataclasses.asdict(variants.example_of(module))
    for way in leaves(values):
        for number in [*NO_NUMBERS, *HUGE, 10**5000, *SMALL]:
            try:
                module.Options(**put(values, way, number))
            except HairlineError as error:
                assert all(len(line) < 400 for line in str(error).splitlines())
                assert str(way[0]) in str(error) or isinstance(number, int)  # a rule over several options
            else:
                assert number in SMALL, f"{way} takes {told(number)}"


@pytest.mark.parametrize("number", [*NO_NUMBERS, *HUGE, *SMALL], ids=told)
def test_numbers_of_all_sections_out_of_range_are_refused_at_once(write_params: Write, number: object) -> None:
    values = parameters.base()
    ways = list(leaves(values))
    for way in ways:
        values = put(values, way, number)
    path, began = write_params(values), time.process_time()
    with pytest.raises(HairlineError) as caught:
        check(Params(path))
    assert time.process_time() - began < 5
    lines = str(caught.value).splitlines()
    assert all(len(line) < 400 for line in lines)
    places = [line.partition(": ")[2].partition(": ")[0] for line in lines]
    for way in ways:
        place = ".".join(map(str, way))
        free = (
            number in SMALL
            or (way[-1] == "seed" and number == 10**12)
            or (number in (True, False, "1", "1e5") and "choices" in way)
        )
        assert free or any(place.startswith(each) for each in places), f"{place} takes {told(number)}"


@pytest.mark.parametrize(
    ("place", "number", "bound"),
    [
        ("comparison.resamples", 10**12, "less than or equal to 100000, found 1000000000000"),
        ("patches.window_px", 10**11, "less than or equal to 4096"),
        ("patches.stride_px", 0, "greater than 0, found 0"),
        ("runtime.workers", 10**6, "less than or equal to 1024"),
        ("segmenter.recipe.epochs", 10**9, "less than or equal to 100000"),
        ("segmenter.crop_px", 2**20, "less than or equal to 16384"),
        ("studies.konig.trials", 10**9, "less than or equal to 100000"),
        ("studies.konig.memory_mb", 10**9, "less than or equal to 1000000"),
        ("studies.konig.seed", 2**32, "less than 4294967296"),
        ("label_sets.konig.options.localization.erosion_iterations", 10**9, "less than or equal to 1000"),
        ("label_sets.konig.options.thresholding.bilateral.radius_px", 10**4, "less than or equal to 100"),
        ("synthetic_sets.synthetic.height_px", 10**7, "less than or equal to 8192"),
    ],
)
def test_the_bound_is_told(write_params: Write, place: str, number: int, bound: str) -> None:
    path = write_params(put(parameters.base(), tuple(place.split(".")), number))
    with pytest.raises(HairlineError) as caught:
        check(Params(path))
    assert place in str(caught.value) and bound in str(caught.value), str(caught.value)


def test_batches_of_more_pixels_than_a_memory_holds_are_refused(write_params: Write) -> None:
    values = put(parameters.base(), ("segmenter", "recipe", "batch"), 60_000)
    with pytest.raises(HairlineError, match=r"segmenter: recipe\.batch 60000 of crops of 16384 px are more than"):
        check(Params(write_params(put(values, ("segmenter", "crop_px"), 16_384))))


def test_batches_of_large_patches_are_refused_too(write_params: Write) -> None:
    values = put(parameters.base(), ("patches", "window_px"), 4096)
    with pytest.raises(HairlineError, match=r"classifiers\.lite0: recipe\.batch 128 of patches of 4096 px are more"):
        check(Params(write_params(put(values, ("classifiers", "lite0", "recipe", "batch"), 128))))


def test_a_study_of_many_options_is_checked_in_seconds(write_params: Write) -> None:
    space = {"localization.cut": {"low": 0.0, "high": 0.99999, "step": 0.00001},
             "localization.patch_weight": {"choices": [index / 1000 for index in range(1000)]},
             "thresholding.bilateral.sigma_range": {"choices": list(range(1, 1001))}}  # fmt: skip
    path, began = write_params(put(parameters.base(), ("studies", "konig", "space"), space)), time.process_time()
    check(Params(path))
    assert time.process_time() - began < 10
