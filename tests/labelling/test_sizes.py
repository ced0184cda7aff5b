"""Sizes inside label methods follow the side of a patch."""

import importlib
import pkgutil
from typing import Any

import pytest

from hairline.labelling import methods, sizes
from hairline.labelling.methods import konig, multiscale


def shipped() -> dict[str, Any]:
    modules = {each.name: importlib.import_module(f"{methods.__name__}.{each.name}")
               for each in pkgutil.iter_modules(methods.__path__)}  # fmt: skip
    return {name: getattr(module, "EXAMPLE", None) or module.PAPER for name, module in modules.items()}


@pytest.mark.parametrize("factor", [0.1, 0.25, 0.5, 0.75, 1.5, 2, 4])
def test_every_method_takes_its_options_at_every_side(factor: float) -> None:
    for options in shipped().values():
        assert type(sizes.times(options, factor)) is type(options)


def test_sizes_double_and_halve_and_nothing_else_changes() -> None:
    for options in shipped().values():
        assert sizes.resized(options, sizes.PATCH_PX) == options
    double, half = sizes.resized(multiscale.EXAMPLE, 256), sizes.times(multiscale.EXAMPLE, 0.5)
    assert [part.window_px for part in double.otsu] == [128] and double.otsu[0].weight == 1
    assert (double.extent_px, half.extent_px) == (400, 100)
    assert (double.line_px, half.line_px) == (61, 15) and (double.closing_px, half.closing_px) == (17, 5)
    assert double.cams == multiscale.EXAMPLE.cams and double.classes == multiscale.EXAMPLE.classes
    assert sizes.resized(multiscale.EXAMPLE, 64) == multiscale.EXAMPLE
    assert sizes.resized(konig.PAPER, 256).localization.vote_window_px == 64
    plain = {"votes": [{"window_px": 32, "weight": 1}], "line_px": 0, "extent_levels": [0.1], "align": "corner"}
    assert sizes.resized(plain, 256) == plain | {"votes": [{"window_px": 64, "weight": 1}]}
