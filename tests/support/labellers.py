"""Labellers in tests: options for each, evidence and images made from a seed."""

import dataclasses
import typing
from typing import Any

import numpy as np
import pytest

from hairline.imaging.windows import PatchGrid
from hairline.io import plugins
from hairline.labelling.localization import CellVotes, Evidence, Votes

PACKAGE = "hairline.labelling.methods"
LABELLERS = plugins.names(PACKAGE)
BILATERAL = {"radius_px": 2, "sigma_range": 120.0, "sigma_space": 120.0}
UNFILTERED = {**BILATERAL, "radius_px": 0}
THRESHOLDING = {
    "bilateral": BILATERAL,
    "grey": "rgb",
    "window_px": 32,
    "stride_px": 8,
    "classes": 3,
    "includes_k1": True,
}
OPTIONS: dict[str, dict[str, Any]] = {
    "crf": {
        "theta_alpha_px": 50.0,
        "theta_beta": 5.0,
        "theta_gamma_px": 3.0,
        "w1": 10.0,
        "w2": 3.0,
        "iterations": 10,
        "confidence": 0.9,
        "neutral": 0.5,
        "upsampling": "lanczos",
        "cam_guard": "none",
    },
    "konig": {
        "localization": {
            "vote_window_px": 32,
            "cells": "mean",
            "quantise": False,
            "upsampling": "lanczos",
            "patch_weight": 0.5,
            "cam_guard": "none",
            "cut": 0.5,
            "erosion_px": 3,
            "erosion_iterations": 4,
        },
        "thresholding": THRESHOLDING,
        "fusion": {"bilateral": BILATERAL, "closing_px": 3, "closing_iterations": 1},
    },
    "local_otsu": {"thresholding": THRESHOLDING},
    "multi_otsu": {"bilateral": BILATERAL, "classes": 3},
    "multiscale": {
        "cams": [{"scale": 1.0, "weight": 1.0}],
        "cells": [{"scale": 1.0, "weight": 1.0}],
        "gate_power": 0.5,
        "votes": [{"window_px": 32, "weight": 1.0}],
        "cam_guard": "image_or_windows",
        "cut": 0.1,
        "localization_power": 0.7,
        "bilateral": BILATERAL,
        "otsu": [{"window_px": 64, "weight": 1.0}],
        "otsu_strides": 4,
        "classes": 3,
        "contrast": [{"window_px": 61, "weight": 1.0}],
        "darkness_power": 0.75,
        "line_px": 31,
        "line_contrast_px": 61,
        "line_power": 1.0,
        "closing_px": 7,
        "full_percentile": 99.0,
        "extent_levels": [0.05, 0.1],
        "extent_px": 60.0,
        "extent_power": 1.0,
        "gamma": 1.0,
    },
    "niblack": {"bilateral": BILATERAL, "window_px": 33, "k": 0.2},
    "otsu": {},
    "sauvola": {"bilateral": BILATERAL, "window_px": 33, "k": 0.2, "r": 127.5},
}
ALIKE_ON_BOTH_SIDES = {"crf"}
"""Labellers that follow edges and do not know that cracks are dark: where the evidence is sure, they believe it."""

SIZES = [(1, 1), (1, 40), (7, 5), (33, 47), (90, 131)]


def built(kind: type, values: dict[str, Any]) -> Any:
    """A dataclass from nested plain values, one value for each field and no other."""
    hints = typing.get_type_hints(kind)
    assert set(values) == {field.name for field in dataclasses.fields(kind)}, f"OPTIONS do not fit {kind}"
    return kind(**{name: value_of(hints[name], value) for name, value in values.items()})


def value_of(hint: Any, value: Any) -> Any:
    """A nested dataclass, a tuple of them, or the value itself."""
    if dataclasses.is_dataclass(hint):
        return built(hint, value)  # type: ignore[arg-type]
    if typing.get_origin(hint) is tuple:
        return tuple(value_of(typing.get_args(hint)[0], one) for one in value)
    return value


def options_of(name: str) -> Any:
    if name not in OPTIONS:
        pytest.fail(f"the labeller '{name}' is not under contract yet: give it an entry in OPTIONS of {__file__}")
    return built(plugins.resolve(PACKAGE, name).Options, OPTIONS[name])


def evidence_of(height: int, width: int, probability: float | None = None) -> Evidence:
    rng = np.random.default_rng(height * 1000 + width)
    grid, cells = PatchGrid(height, width, 32, 16), PatchGrid(height, width, 32, 32)
    votes = rng.random((grid.rows, grid.cols), dtype=np.float32)
    cam = rng.random((cells.rows, cells.cols), dtype=np.float32)
    if probability is not None:
        votes, cam = np.full_like(votes, probability), np.full_like(cam, probability)
    certain = 0.9 if probability is None else probability
    alone = (CellVotes(1.0, cam),)  # in [0, 1] like the activation map
    return Evidence(height, width, (Votes(32, 16, votes),), cam, 32, certain, cells=alone)


def images_of(height: int, width: int) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    ramp = np.broadcast_to(np.linspace(0, 255, width).astype(np.uint8)[None, :, None], noise.shape).copy()
    two = np.where(noise[..., :1] > 127, noise.dtype.type(200), noise.dtype.type(50)).repeat(3, axis=2)
    flat = {f"flat {level}": np.full_like(noise, level) for level in (0, 128, 255)}
    return {"noise": noise, "ramp": ramp, "two levels": two, **flat}


def cracked(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A bright rough surface with a dark slanting line, and the distance from the line's middle."""
    image = np.random.default_rng(11).integers(150, 190, (height, width, 1), dtype=np.uint8).repeat(3, axis=2)
    y, x = np.mgrid[:height, :width]
    distance = np.abs(y - height / 2 - (x - width / 2) * 0.3)
    image[distance < 2.5] = 40
    return image, distance
