"""The memory of a study: the same labels as without it, nothing computed twice, no more bytes than allowed."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.labellers import LABELLERS, PACKAGE, cracked, evidence_of, needs_of, options_of

from hairline.io import plugins
from hairline.labelling.cache import Cache, remembered

LIMIT = 1 << 28


class Counted:
    """A function that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, array: np.ndarray, factor: int) -> np.ndarray:
        self.calls += 1
        return array * factor


def test_labels_are_those_without_memory_for_any_order_of_options() -> None:
    image, _ = cracked(90, 131)
    for name in LABELLERS:
        labeller, options = plugins.resolve(PACKAGE, name), options_of(name)
        evidence = evidence_of(90, 131, needs=needs_of(options))
        changed = [options, *_changes(name, options), options]
        plain = [labeller.label(image, evidence, each) for each in changed]
        for limit in (LIMIT, 60_000, 0):
            with Cache(limit) as cache:
                cache.name(image, "image")
                cache.name(evidence, "evidence")
                for each, expected in zip(changed * 2, plain * 2, strict=True):
                    np.testing.assert_array_equal(labeller.label(image, evidence, each), expected)
                assert cache.bytes <= limit


def _changes(name: str, options: Any) -> list[Any]:
    if name == "konig":
        thresholding, localization = options.thresholding, options.localization
        unfiltered = replace(thresholding.bilateral, radius_px=0)
        return [
            replace(options, thresholding=replace(thresholding, window_px=48)),
            replace(options, thresholding=replace(thresholding, bilateral=unfiltered)),
            replace(options, localization=replace(localization, cam_guard="image")),
        ]
    return {"multiscale": lambda: [replace(options, line_px=15, otsu_strides=2)]}.get(name, list)()


def test_a_call_is_computed_once_for_each_array_and_option() -> None:
    counted = Counted()
    function = remembered(counted)
    first, second = np.arange(3), np.arange(3)
    with Cache(LIMIT) as cache:
        cache.name(first, 1)
        cache.name(second, 2)
        for _ in range(3):
            for array in (first, second):
                for factor in (2, 3):
                    np.testing.assert_array_equal(function(function(array, factor), 5), array * factor * 5)
    assert counted.calls == cache.misses == 8
    assert cache.hits == 16


def test_outside_the_block_and_for_unknown_arrays_everything_is_computed() -> None:
    counted = Counted()
    function = remembered(counted)
    with Cache(LIMIT) as cache:
        function(np.arange(3), 2)
        function(np.arange(3), 2)
    known = np.arange(3)
    cache.name(known, "known")
    function(known, 2)
    function(known, 2)
    assert counted.calls == 4
    assert cache.bytes == 0


def test_what_is_kept_cannot_be_changed_by_accident() -> None:
    array = np.arange(3)
    with Cache(LIMIT) as cache:
        cache.name(array, "array")
        result = remembered(Counted())(array, 2)
    with pytest.raises(ValueError, match="read-only"):
        result += 1


def test_the_least_recently_used_is_forgotten_first() -> None:
    counted = Counted()
    function = remembered(counted)
    array = np.arange(4)
    with Cache(2 * array.nbytes) as cache:
        cache.name(array, "array")
        for factor in (1, 2, 1, 3, 1):  # 3 takes the place of 2
            function(array, factor)
        assert counted.calls == 3
        function(array, 2)
    assert counted.calls == 4
