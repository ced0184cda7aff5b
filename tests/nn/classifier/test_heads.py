"""The last layer alone learns: the line that clicks teach, as a training."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from hairline.config.params import Params
from hairline.errors import HairlineError
from hairline.imaging.windows import PatchGrid
from hairline.nn.classifier import backbones, frozen, heads, linear, training
from hairline.nn.runtime import device
from hairline.nn.runtime.recipes import ClassifierOptions
from hairline.nn.training.datasets import cut, region
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


@pytest.fixture(scope="module")
def network() -> frozen.Frozen:
    """The one that ships."""
    return frozen.Frozen(frozen.of_shipped())


@pytest.fixture
def options() -> ClassifierOptions:
    own = Params(Path("params.yaml")).classifier("lite0")
    return replace(own, backbone="hairline_scales", weights="auto", head_only=True)


def test_it_finds_on_other_photos_what_it_was_taught(
    options: ClassifierOptions, network: frozen.Frozen, tmp_path: Path
) -> None:
    told, runtime = Told(), Params(Path("params.yaml")).runtime
    shuffled = PATCHES.sample(frac=1, random_state=0)
    trained = training.train(shuffled, load, SIDE, options, runtime, told, tmp_path)
    assert told.scores == trained.history and trained.history[0]["val/f1"] == 1
    assert trained.initial == "shipped" and trained.model.origin is not None
    said = training.predict(trained.model, PATCHES, load, SIDE, 8, device.resolve(runtime))
    assert ((said >= 0.5) == PATCHES["crack"]).all() and not list(tmp_path.iterdir())

    rows = PATCHES[PATCHES["split"] == "train"]
    squares = [(x, y, side) for x, y, side in zip(rows["x"], rows["y"], rows["side"], strict=True)]
    features = np.stack([
        network.features(load(sample), [square])[0] for sample, square in zip(rows["sample"], squares, strict=True)
    ])  # fmt: skip
    line = linear.fit(features, rows["crack"].to_numpy(), linear.standard([features], network.emphasis))
    assert line is not None and np.allclose(line.probabilities(features), said[: len(rows)], atol=0.01)


def test_patches_of_another_side_keep_their_size_amid_the_photo_and_whole_images_are_resized(
    network: frozen.Frozen,
) -> None:
    rows = PATCHES[:4].assign(side=[SIDE, SIDE // 2, SIDE, 2 * SIDE])
    found = heads.features_of(network, rows.iloc[::-1].reset_index(drop=True), load, SIDE, 8)[::-1]
    assert np.allclose(found[:2], network.features(load("0"), [(0, 0, SIDE), (SIDE, 0, SIDE // 2)]), atol=1e-4)
    assert np.allclose(found[2], network.features(load("1"), [(0, 0, SIDE)])[0], atol=1e-4)
    whole = cut(region(load("1"), 0, SIDE, 2 * SIDE), 0, 0, 2 * SIDE, SIDE)
    assert np.allclose(found[3], network.of_patches(whole[None])[0], atol=1e-3)


def test_patches_of_other_networks_are_cut_out_and_resized() -> None:
    other = frozen.Frozen(backbones.build("test_resnet", "none")[0].eval())
    rows = PATCHES[:2].assign(side=[SIDE, SIDE // 2])
    found = heads.features_of(other, rows, load, SIDE, 8)
    pixels = np.stack([load("0")[:SIDE, :SIDE], cut(load("0"), 0, SIDE, SIDE // 2, SIDE)])
    assert np.allclose(found, other.of_patches(pixels), atol=1e-5)


def test_a_network_without_a_linear_last_layer_is_refused(options: ClassifierOptions) -> None:
    other = replace(options, backbone="mobilenetv3_small_050", weights="none")
    with pytest.raises(HairlineError, match=r"its last layer is no linear one.*set head_only to false"):
        heads.network(other)


def test_such_a_network_is_refused_when_params_are_checked() -> None:
    heads.check("resnet18")
    with pytest.raises(HairlineError, match=r"'mobilenetv3_small_050': its last layer is no linear one"):
        heads.check("mobilenetv3_small_050")


@pytest.mark.parametrize(("weights", "head_only"), [("auto", False), ("none", False), ("imagenet", True)])
def test_the_network_that_looks_at_whole_photos_learns_its_last_layer_alone(
    options: ClassifierOptions, weights: str, head_only: bool
) -> None:
    with pytest.raises((ValueError, HairlineError), match=r"set weights to auto and head_only to true"):
        replace(options, weights=weights, head_only=head_only)


def test_windows_of_any_grid_are_learned_from_as_their_votes_see_them(network: frozen.Frozen) -> None:
    """Strides that do not divide the window have windows that lie beyond the image: they show its mirror image."""
    image = wall(1)[:, :90]
    origins = PatchGrid(*image.shape[:2], SIDE, 50).origins()
    assert (origins[:, 1] >= 90).any()
    rows = pd.DataFrame({"sample": "1", "y": origins[:, 0], "x": origins[:, 1], "side": SIDE})
    found = heads.features_of(network, rows, lambda sample: image, SIDE, 8)
    ((_, seen),) = network.look(image, (SIDE,), 50, (), 8).windows
    assert np.allclose(found, seen.reshape(found.shape), atol=1e-3) and not np.allclose(found[0], found[1], atol=0.1)


def test_patches_that_are_all_alike_teach_nothing_and_stop_nothing() -> None:
    features, crack = np.ones((2, 5), np.float32), np.array([True, False])
    line = linear.fit(features, crack, linear.standard([features]))
    assert line is not None and line.probabilities(features).tolist() == [0.5, 0.5]
