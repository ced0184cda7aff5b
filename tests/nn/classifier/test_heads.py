"""The last layer alone learns: the line that clicks teach, as a training."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from hairline.config.params import Params
from hairline.errors import HairlineError
from hairline.nn.classifier import frozen, heads, linear, training
from hairline.nn.runtime import device
from hairline.nn.runtime.recipes import ClassifierOptions
from hairline.nn.training.module import Log

SIDE = 64


def wall(seed: int) -> NDArray[np.uint8]:
    """Noise, with a dark line across the left half."""
    image = np.random.default_rng(seed).integers(120, 200, (SIDE, 2 * SIDE, 3), dtype=np.uint8)
    image[30:34, :SIDE] = 20
    return image


PATCHES = pd.DataFrame(
    {"sample": f"{photo}", "split": "train" if photo < 5 else "val", "y": 0, "x": x, "side": SIDE, "crack": x == 0}
    for photo in range(7)
    for x in (0, SIDE)
)


class Told(Log):
    """What a training said."""

    def __init__(self) -> None:
        self.scores = list[dict[str, float]]()

    def metrics(self, values: object, step: int) -> None:
        self.scores.append(dict(values))  # type: ignore[call-overload]


def load(sample: str) -> NDArray[np.uint8]:
    return wall(int(sample))


@pytest.fixture
def options() -> ClassifierOptions:
    own = Params(Path("params.yaml")).classifier("lite0")
    return replace(own, backbone="hairline_scales", weights="auto", head_only=True)


def test_it_finds_on_other_photos_what_it_was_taught(options: ClassifierOptions, tmp_path: Path) -> None:
    told, runtime = Told(), Params(Path("params.yaml")).runtime
    shuffled = PATCHES.sample(frac=1, random_state=0)
    trained = training.train(shuffled, load, SIDE, options, runtime, told, tmp_path)
    assert told.scores == trained.history and trained.history[0]["val/f1"] == 1
    assert trained.initial == "shipped" and trained.model.origin is not None
    said = training.predict(trained.model, PATCHES, load, SIDE, 8, device.resolve(runtime))
    assert ((said >= 0.5) == PATCHES["crack"]).all() and not list(tmp_path.iterdir())

    network = frozen.Frozen(frozen.of_shipped())
    rows = PATCHES[PATCHES["split"] == "train"]
    squares = [(x, y, side) for x, y, side in zip(rows["x"], rows["y"], rows["side"], strict=True)]
    features = np.stack([
        network.features(load(sample), [square])[0] for sample, square in zip(rows["sample"], squares, strict=True)
    ])  # fmt: skip
    line = linear.fit(features, rows["crack"].to_numpy(), linear.standard([features], network.emphasis))
    assert line is not None and np.allclose(line.probabilities(features), said[: len(rows)], atol=0.01)


def test_patches_of_another_side_are_resized(options: ClassifierOptions) -> None:
    network = frozen.Frozen(frozen.of_shipped())
    rows = PATCHES[:4].assign(side=[SIDE, SIDE // 2, SIDE, SIDE // 2])
    found = heads.features_of(network, rows, load, SIDE, 8)
    assert np.allclose(found[0], network.features(load("0"), [(0, 0, SIDE)])[0], atol=1e-4)
    assert not np.allclose(found[1], network.features(load("0"), [(SIDE, 0, SIDE // 2)])[0], atol=1e-2)


def test_a_network_without_a_linear_last_layer_is_refused(options: ClassifierOptions) -> None:
    other = replace(options, backbone="mobilenetv3_small_050", weights="none")
    with pytest.raises(HairlineError, match=r"its last layer is no linear one.*set head_only to false"):
        heads.network(other)
