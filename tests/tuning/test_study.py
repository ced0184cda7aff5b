"""What a study may be: spaces that fit the label set, and one line for each that does not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hairline.config.checks import check
from hairline.config.params import Params
from hairline.errors import HairlineError
from hairline.tuning import search_space

WINDOW, STRIDE = "thresholding.window_px", "thresholding.stride_px"
Write = Callable[[dict[str, Any]], Path]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"space": {"localization.cutt": {"choices": [0.5]}}}, ["space.localization.cutt", "no such option", ".cut,"]),
        ({"space": {"localization.cut": {"low": 0.0, "high": 1.5, "step": 0.5}}}, ["cut: 1.0", "less than 1"]),
        ({"space": {"fusion.closing_px": {"low": 1, "high": 5, "step": 1}}}, ["fusion.closing_px: 2", "odd"]),
        (
            {"space": {WINDOW: {"choices": [32, 64]}, STRIDE: {"choices": [8, 48]}}},
            ["thresholding.stride_px: 48", "uncovered"],
        ),
        (
            {"space": {WINDOW: {"choices": [16, 32]}, STRIDE: {"choices": [8, 24]}}},
            ["space.thresholding.window_px: 16 with space.thresholding.stride_px: 24", "uncovered"],
        ),
        (
            {"space": {"localization.vote_window_px": {"choices": [32, 64]}}},
            ["no evidence of windows of 64 px", "localize.vote_windows_px"],
        ),
        ({"space": {"localization.erosion_iterations": {"choices": [7, 8]}}}, ["does not hold 1", "trial 0"]),
        ({"space": {"localization.cut": {"low": 0.0, "high": 0.5, "step": 0.3}}}, ["no whole number of steps"]),
        ({"space": {"localization.cut": {"low": 0.5, "high": 0.1, "log": False}}}, ["no interval"]),
        ({"objective": ["ods", "ap"], "pruning": {"startup_trials": 1, "warmup_images": 1, "every_images": 1}},
         ["pruning needs a single objective"]),
        ({"objective": ["dice"]}, ["objective", "'dice'"]),
        ({"sampler": "grid", "trials": 7}, ["the grid has 6 points", "7 trials"]),
        ({"grace_s": 5, "heartbeat_s": 5}, ["grace_s 5"]),
        ({"label_set": "snake"}, ["studies.konig.label_set", "'snake'", "konig"]),
        ({"dataset": "cfd"}, ["studies.konig.dataset", "'cfd'", "matrix.localized"]),
        ({"worker": 2}, ["studies.konig.worker", "unknown value"]),
    ],
)  # fmt: skip
def test_a_study_that_cannot_run_is_told_before_it_does(
    values: dict[str, Any], write_params: Write, change: dict[str, Any], told: list[str]
) -> None:
    values["studies"]["konig"].update(change)
    with pytest.raises(HairlineError) as caught:
        check(Params(write_params(values)))
    assert all(part in str(caught.value) for part in told), str(caught.value)


def test_an_objective_with_masks_on_a_layout_without_any_is_told(values: dict[str, Any], write_params: Write) -> None:
    values["datasets"]["patches"] = {
        "layout": "patch_folders", "root": "data/raw/patches",
        "options": {"crack": ["c"], "no_crack": ["u"], "group": "", "shares": {"train": 1.0}, "limit": 0,
                    "exclude": []},
    }  # fmt: skip
    for name in ("datasets", "localized"):
        values["matrix"][name].append("patches")
    values["studies"]["konig"].update(dataset="patches", objective=["maskless", "ods"])
    with pytest.raises(
        HairlineError, match=r"studies\.konig\.objective: maskless, ods on .* has no masks; .*\[maskless\]"
    ):
        check(Params(write_params(values)))
    values["studies"]["konig"]["objective"] = ["maskless"]
    check(Params(write_params(values)))


def test_a_name_that_a_study_takes_is_told(values: dict[str, Any], write_params: Write) -> None:
    values["label_sets"]["konig_tuned"] = values["label_sets"]["otsu"]
    with pytest.raises(HairlineError, match=r"label_sets\.konig_tuned: this name .* of studies\.konig;"):
        check(Params(write_params(values)))


def test_tuned_label_sets_can_be_trained_on(values: dict[str, Any], write_params: Write) -> None:
    values["matrix"]["label_sets"].append("konig_tuned")
    check(Params(write_params(values)))


def test_steps_hold_their_ends_and_no_rounding_errors() -> None:
    assert search_space.Steps(0.1, 0.7, 0.05).values() == [
        0.1,
        0.15,
        0.2,
        0.25,
        0.3,
        0.35,
        0.4,
        0.45,
        0.5,
        0.55,
        0.6,
        0.65,
        0.7,
    ]
    whole = search_space.Steps(1, 9, 2).values()
    assert whole == [1, 3, 5, 7, 9]
    assert all(isinstance(value, int) for value in whole)


def test_options_are_replaced_in_a_copy_at_any_depth() -> None:
    options = {"a": {"b": 1, "c": [{"d": 2}, {"d": 3}]}, "e": 4}
    changed = search_space.replaced(options, {"a.b": 10, "a.c.1.d": 30, "e": 40})
    assert changed == {"a": {"b": 10, "c": [{"d": 2}, {"d": 30}]}, "e": 40}
    assert options == {"a": {"b": 1, "c": [{"d": 2}, {"d": 3}]}, "e": 4}
    assert search_space.paths(options) == ["a.b", "a.c.0.d", "a.c.1.d", "e"]
    assert search_space.value_at(options, "a.c.1.d") == 3
    for absent in ("a.x", "a.c.2.d", "e.f", "a.c.x"):
        with pytest.raises(KeyError):
            search_space.value_at(options, absent)
