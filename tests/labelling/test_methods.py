"""The contract of every labeller in the package, with the options that its module gives as PAPER or EXAMPLE."""

import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from support.labellers import (
    ALIKE_ON_BOTH_SIDES,
    LABELLERS,
    PACKAGE,
    SIZES,
    cracked,
    evidence_of,
    images_of,
    needs_of,
    options_of,
)
from support.variants import assert_options_are_checked, example_of

from hairline.io import plugins


@pytest.fixture(params=sorted(set(LABELLERS) - ALIKE_ON_BOTH_SIDES))
def dark_seeing(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=LABELLERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def labeller(name: str) -> ModuleType:
    return plugins.resolve(PACKAGE, name)


def test_there_are_labellers() -> None:
    assert {"konig", "otsu"} <= set(LABELLERS)


def test_options_are_checked_and_have_no_defaults(labeller: ModuleType) -> None:
    assert_options_are_checked(labeller.Options)


def test_label_takes_image_evidence_options_tell_and_is_documented(labeller: ModuleType) -> None:
    assert list(inspect.signature(labeller.label).parameters) == ["image", "evidence", "options", "tell"]
    assert labeller.__doc__
    assert labeller.label.__doc__


@pytest.mark.parametrize("size", SIZES)
def test_scores_are_float32_within_zero_and_one_at_any_size(
    name: str, labeller: ModuleType, size: tuple[int, int]
) -> None:
    options = options_of(name)
    for kind, image in images_of(*size).items():
        scores = labeller.label(image, evidence_of(*size, needs=needs_of(options)), options)
        assert isinstance(scores, np.ndarray), kind
        assert scores.dtype == np.float32, kind
        assert scores.shape == size, kind
        assert np.isfinite(scores).all(), kind
        assert 0 <= scores.min() <= scores.max() <= 1, kind


def test_labelling_is_deterministic_and_touches_no_input(name: str, labeller: ModuleType) -> None:
    options, (image, _) = options_of(name), cracked(90, 131)
    evidence = evidence_of(90, 131, needs=needs_of(options))
    before = image.copy()
    first = labeller.label(image, evidence, options)
    first_copy = first.copy()
    image.flags.writeable = False  # as images come from disk
    np.testing.assert_array_equal(labeller.label(image, evidence, options), first_copy)
    np.testing.assert_array_equal(first, first_copy)
    np.testing.assert_array_equal(image, before)


def test_listening_to_the_steps_changes_no_label_and_hears_maps_of_the_image(name: str, labeller: ModuleType) -> None:
    options, (image, _) = options_of(name), cracked(90, 131)
    evidence = evidence_of(90, 131, needs=needs_of(options))
    heard: dict[str, Any] = {}
    scores = labeller.label(image, evidence, options, heard.__setitem__)
    np.testing.assert_array_equal(scores, labeller.label(image, evidence, options))
    for step, value in heard.items():
        assert isinstance(value, int) or value.shape[:2] == (90, 131), step


def test_a_flat_image_has_no_crack(dark_seeing: str) -> None:
    labeller, options = plugins.resolve(PACKAGE, dark_seeing), options_of(dark_seeing)
    for level in (0, 128, 255):
        image = np.full((50, 61, 3), level, dtype=np.uint8)
        assert not labeller.label(image, evidence_of(50, 61, 1.0, needs_of(options)), options).any()


def test_a_plain_crack_under_sure_evidence_is_found(dark_seeing: str) -> None:
    labeller, options = plugins.resolve(PACKAGE, dark_seeing), options_of(dark_seeing)
    image, distance = cracked(120, 150)
    line, near = distance < 2.5, distance < 14  # farther off, windows see no line and call the darkest noise dark
    predicted = labeller.label(image, evidence_of(120, 150, 1.0, needs_of(options)), options) >= 0.5
    assert (predicted & line).sum() / ((predicted & near) | line).sum() > 0.8


def test_importing_a_labeller_imports_nothing_that_takes_long(name: str) -> None:
    code = (
        f"import sys; from hairline.io import plugins; plugins.resolve({PACKAGE!r}, {name!r}).Options;"
        "heavy = {'torch', 'lightning', 'timm', 'albumentations', 'safetensors', 'skimage.filters'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]", f"import {found.stdout.strip()} inside label(), as methods/sauvola.py does"


def test_the_documentation_names_labellers_that_there_are() -> None:
    text = (Path(__file__).parents[2] / "docs" / "labels.md").read_text()
    named = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert {"konig", "otsu"} <= set(named) <= set(LABELLERS)


def test_a_labeller_without_options_to_test_says_what_to_do() -> None:
    module = ModuleType("hairline.labelling.methods.snake")
    module.__file__ = "methods/snake.py"
    with pytest.raises(pytest.fail.Exception, match=r"not under test yet: give methods/snake.py a line EXAMPLE = "):
        example_of(module)
