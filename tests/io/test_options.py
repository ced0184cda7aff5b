"""Options refuse wrong values wherever they come from, in one readable line each, and are dataclasses in all else."""

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from annotated_types import Ge, Gt, Lt

from hairline.errors import HairlineError
from hairline.io.options import checked_dataclass
from hairline.labelling import localization
from hairline.labelling.methods import konig


@checked_dataclass
class Filter:
    """A filter."""

    radius_px: Annotated[int, Ge(0)]
    sigma: Annotated[float, Gt(0)]


@checked_dataclass
class Named(Filter):
    """A filter with a value more than the class it is made of."""

    name: str


@checked_dataclass
class Method:
    """A method with nested options and a rule over two fields."""

    filters: tuple[Filter, ...]
    mode: Literal["soft", "hard"]
    root: Path
    cut: Annotated[float, Ge(0), Lt(1)]
    sides_px: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.mode == "hard" and self.cut == 0:
            raise ValueError("mode 'hard' needs a cut; make it 'soft' or cut above 0")


GIVEN: dict[str, Any] = {"filters": [Filter(2, 120)], "mode": "soft", "root": Path("data"), "cut": 0.5}


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Filter(-1, 120), ["Filter.radius_px: ", "greater than or equal to 0", "found -1"]),
        (lambda: Filter(radius_px=2.5, sigma=1), ["Filter.radius_px: ", "integer", "found 2.5"]),
        (lambda: Filter(2, sigma="wide"), ["Filter.sigma: ", "number", "found 'wide'"]),
        (lambda: Filter(2, float("nan")), ["Filter.sigma: ", "finite", "found nan"]),
        (lambda: Filter(2), ["Filter.sigma: missing value"]),
        (lambda: Filter(2, 1, 3), ["Filter.2: one value too many, found 3"]),
        (lambda: Filter(2, 1, sigm=3), ["Filter.sigm: unknown value, did you mean 'sigma'?"]),
        (lambda: Named(-1, 120, "smooth"), ["Named.radius_px: ", "found -1"]),
        (lambda: Method(**GIVEN | {"mode": "loud"}), ["Method.mode: ", "'soft' or 'hard'", "found 'loud'"]),
        (lambda: Method(**GIVEN | {"filters": [{"radius_px": 1}]}), ["Method.filters.0.sigma: missing value"]),
        (lambda: Method(**GIVEN | {"filters": 3}), ["Method.filters: ", "expected a list", "found 3"]),
        (lambda: Method(**GIVEN | {"mode": "hard", "cut": 0}), ["Method: mode 'hard' needs a cut; make it 'soft'"]),
        (lambda: dataclasses.replace(Method(**GIVEN), cut=1), ["Method.cut: ", "less than 1", "found 1"]),
        (lambda: dataclasses.replace(konig.PAPER, fusion=None), ["konig.Options.fusion: ", "found None"]),
        (lambda: dataclasses.replace(localization.PAPER, erosion_px=4), ["localization.Options: erosion_px must be"]),
    ],
)
def test_a_wrong_value_is_told_with_field_value_and_what_is_allowed(make: Callable[[], Any], told: list[str]) -> None:
    with pytest.raises(HairlineError) as caught:
        make()
    message = str(caught.value)
    assert all(part in message for part in told), message
    assert len(message.splitlines()) == 1 and "pydantic" not in message
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_two_wrong_values_are_two_lines() -> None:
    with pytest.raises(HairlineError) as caught:
        Filter(-1, 0)
    assert [line.partition(":")[0].rpartition(".")[2] for line in str(caught.value).splitlines()] == [
        "radius_px",
        "sigma",
    ]


def test_values_are_converted_where_nothing_is_lost() -> None:
    made = Method([{"radius_px": np.int64(2), "sigma": 120}], "soft", "data", np.float32(0.5), [np.int64(3)])  # type: ignore[arg-type, list-item]
    assert made == Method(**GIVEN, sides_px=(3,))
    assert isinstance(made.filters, tuple) and isinstance(made.root, Path)
    assert [type(value) for value in dataclasses.astuple(made.filters[0])] == [int, float]
    assert [type(value) for value in made.sides_px] == [int] and isinstance(made.cut, float)


def test_given_lists_and_mappings_stay_apart_from_the_options() -> None:
    @checked_dataclass
    class Shares:
        """Values that may be changed."""

        exclude: list[str]
        shares: dict[str, float]

    exclude, shares = ["a"], {"train": 1.0}
    made = Shares(exclude, shares)
    exclude.append("b")
    shares["test"] = 0.5
    assert made == Shares(["a"], {"train": 1.0})


def test_they_are_frozen_dataclasses_in_all_else() -> None:
    made = Method(**GIVEN)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.cut = 0.1  # type: ignore[misc]
    assert dataclasses.asdict(made) == {
        "filters": ({"radius_px": 2, "sigma": 120.0},),
        "mode": "soft",
        "root": Path("data"),
        "cut": 0.5,
        "sides_px": (),
    }
    assert repr(made.filters[0]) == "Filter(radius_px=2, sigma=120.0)"
    assert list(inspect.signature(Filter).parameters) == ["radius_px", "sigma"]
    assert Filter.__doc__ == "A filter."
    other = dataclasses.replace(made, cut=0.25)
    assert other != made and other.filters[0] is made.filters[0]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_copies_are_equal_and_have_the_same_hash(again: Callable[[Any], Any]) -> None:
    found = again(konig.PAPER)
    assert found == konig.PAPER and hash(found) == hash(konig.PAPER)
    assert {konig.PAPER: "kept"}[found] == "kept"


def test_importing_options_brings_neither_torch_nor_numpy() -> None:
    code = "import sys; import hairline.io.options, hairline.nn.runtime.recipes; sys.exit(any(m in sys.modules for m in ('torch', 'numpy')))"  # noqa: E501
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
