"""The contract of every labeller in the package: whoever adds one is tested by adding an entry to OPTIONS."""

import dataclasses
import inspect
import re
import subprocess
import sys
import typing
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from support.labellers import (
    ALIKE_ON_BOTH_SIDES,
    BILATERAL,
    LABELLERS,
    OPTIONS,
    PACKAGE,
    SIZES,
    UNFILTERED,
    built,
    cracked,
    evidence_of,
    images_of,
    options_of,
)

from hairline.io import plugins
from hairline.labelling.localization import Votes
from hairline.labelling.thresholding import Bilateral, grey, smooth


@pytest.fixture(params=sorted(set(LABELLERS) - ALIKE_ON_BOTH_SIDES))
def dark_seeing(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=LABELLERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def labeller(name: str) -> ModuleType:
    return plugins.resolve(PACKAGE, name)


def test_there_are_labellers_and_no_entry_without_one() -> None:
    assert {"konig", "otsu"} <= set(LABELLERS)
    assert set(OPTIONS) <= set(LABELLERS)


def test_options_are_frozen_dataclasses_without_defaults(labeller: ModuleType) -> None:
    waiting = [labeller.Options]
    while waiting:
        kind = waiting.pop()
        assert dataclasses.is_dataclass(kind)
        assert kind.__dataclass_params__.frozen, f"{kind} is not frozen"
        for field in dataclasses.fields(kind):
            given = field.default, field.default_factory
            assert given == (dataclasses.MISSING, dataclasses.MISSING), f"{kind}.{field.name} has a default"
        waiting += [hint for hint in typing.get_type_hints(kind).values() if dataclasses.is_dataclass(hint)]


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
        scores = labeller.label(image, evidence_of(*size), options)
        assert isinstance(scores, np.ndarray), kind
        assert scores.dtype == np.float32, kind
        assert scores.shape == size, kind
        assert np.isfinite(scores).all(), kind
        assert 0 <= scores.min() <= scores.max() <= 1, kind


def test_labelling_is_deterministic_and_touches_no_input(name: str, labeller: ModuleType) -> None:
    options, evidence, (image, _) = options_of(name), evidence_of(90, 131), cracked(90, 131)
    before = image.copy()
    first = labeller.label(image, evidence, options)
    first_copy = first.copy()
    image.flags.writeable = False  # as images come from disk
    np.testing.assert_array_equal(labeller.label(image, evidence, options), first_copy)
    np.testing.assert_array_equal(first, first_copy)
    np.testing.assert_array_equal(image, before)


def test_listening_to_the_steps_changes_no_label_and_hears_maps_of_the_image(name: str, labeller: ModuleType) -> None:
    options, evidence, (image, _) = options_of(name), evidence_of(90, 131), cracked(90, 131)
    heard: dict[str, Any] = {}
    scores = labeller.label(image, evidence, options, heard.__setitem__)
    np.testing.assert_array_equal(scores, labeller.label(image, evidence, options))
    for step, value in heard.items():
        assert isinstance(value, int) or value.shape[:2] == (90, 131), step


def test_a_flat_image_has_no_crack(dark_seeing: str) -> None:
    labeller, options = plugins.resolve(PACKAGE, dark_seeing), options_of(dark_seeing)
    for level in (0, 128, 255):
        image = np.full((50, 61, 3), level, dtype=np.uint8)
        assert not labeller.label(image, evidence_of(50, 61, 1.0), options).any()


def test_a_plain_crack_under_sure_evidence_is_found(dark_seeing: str) -> None:
    labeller = plugins.resolve(PACKAGE, dark_seeing)
    image, distance = cracked(120, 150)
    line, near = distance < 2.5, distance < 14  # farther off, windows see no line and call the darkest noise dark
    predicted = labeller.label(image, evidence_of(120, 150, 1.0), options_of(dark_seeing)) >= 0.5
    assert (predicted & line).sum() / ((predicted & near) | line).sum() > 0.8


def test_importing_a_labeller_or_its_options_imports_no_torch(name: str) -> None:
    code = (
        f"import sys; from hairline.io import plugins; plugins.resolve({PACKAGE!r}, {name!r}).Options;"
        "heavy = {'torch', 'lightning', 'timm', 'albumentations', 'safetensors', 'pydantic', 'skimage.filters'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_konig_without_evidence_of_a_crack_labels_nothing() -> None:
    image, _ = cracked(90, 131)
    assert not plugins.resolve(PACKAGE, "konig").label(image, evidence_of(90, 131, 0.0), options_of("konig")).any()


def test_konig_keeps_to_the_place_the_classifier_points_at() -> None:
    image, distance = cracked(128, 256)
    evidence = evidence_of(128, 256, 1.0)
    evidence.votes[0].probabilities[:, 8:] = 0
    evidence.cam[:, 4:] = 0
    scores = plugins.resolve(PACKAGE, "konig").label(image, evidence, options_of("konig"))
    assert scores[(distance < 2.5) & (np.arange(256) < 96)].mean() > 0.6
    assert not scores[:, 176:].any()


def test_multiscale_prefers_a_line_to_a_spot_as_dark() -> None:
    image, distance = cracked(128, 256)
    image[20:25, 40:45] = 40
    scores = plugins.resolve(PACKAGE, "multiscale").label(image, evidence_of(128, 256, 1.0), options_of("multiscale"))
    assert scores[21:24, 41:44].mean() < 0.6 * scores[distance < 2].mean()


def test_multiscale_without_evidence_of_a_crack_labels_nothing() -> None:
    image, _ = cracked(90, 131)
    labeller = plugins.resolve(PACKAGE, "multiscale")
    assert not labeller.label(image, evidence_of(90, 131, 0.0), options_of("multiscale")).any()


@pytest.mark.parametrize(
    ("guard", "expected"),
    [("none", 1.0), ("image", 0.3), ("image_or_windows", 1 - 0.7 * 0.8)],
)
def test_multiscale_weighs_labels_by_how_surely_there_is_a_crack(guard: str, expected: float) -> None:
    image, _ = cracked(90, 131)
    evidence = dataclasses.replace(evidence_of(90, 131, 0.2), crack_probability=0.3)
    other = Votes(64, 16, np.ones((3, 3), np.float32))  # not asked for, so not asked
    evidence = dataclasses.replace(evidence, votes=(*evidence.votes, other))
    labeller, options = plugins.resolve(PACKAGE, "multiscale"), options_of("multiscale")
    free = labeller.label(image, evidence, dataclasses.replace(options, cam_guard="none"))
    found = labeller.label(image, evidence, dataclasses.replace(options, cam_guard=guard))
    assert free.max() > 0.7
    np.testing.assert_allclose(found, free * np.float32(expected), atol=1e-6)


def test_multiscale_without_votes_is_guarded_by_the_image_alone() -> None:
    image, _ = cracked(90, 131)
    evidence = dataclasses.replace(evidence_of(90, 131, 1.0), crack_probability=0.0)
    options = dataclasses.replace(options_of("multiscale"), votes=())
    assert not plugins.resolve(PACKAGE, "multiscale").label(image, evidence, options).any()


def test_multiscale_refuses_even_windows() -> None:
    with pytest.raises(ValueError, match="closing_px must be odd, found 4"):
        dataclasses.replace(options_of("multiscale"), closing_px=4)


def test_multiscale_finds_nothing_where_no_cell_looks_like_a_crack() -> None:
    image, distance = cracked(128, 256)
    evidence = evidence_of(128, 256, 1.0)
    evidence.cells[0].probabilities[:, 4:] = 0
    scores = plugins.resolve(PACKAGE, "multiscale").label(image, evidence, options_of("multiscale"))
    line = distance < 2
    assert scores[line & (np.arange(256) > 150)].mean() < 0.3 * scores[line & (np.arange(256) < 100)].mean()


def test_multiscale_refuses_a_gate_without_cells() -> None:
    with pytest.raises(ValueError, match="gate_power needs cells"):
        dataclasses.replace(options_of("multiscale"), cells=())


def test_gamma_changes_no_ranking() -> None:
    (image, _), evidence, options = cracked(90, 131), evidence_of(90, 131), options_of("multiscale")
    label = plugins.resolve(PACKAGE, "multiscale").label
    plain, bent = label(image, evidence, options), label(image, evidence, dataclasses.replace(options, gamma=0.5))
    np.testing.assert_allclose(bent, np.sqrt(plain), atol=1e-6)


def test_otsu_splits_where_the_between_class_variance_is_largest() -> None:
    rng = np.random.default_rng(3)
    levels = np.clip(
        np.where(rng.random((40, 51)) < 0.2, rng.normal(60, 15, (40, 51)), rng.normal(150, 20, (40, 51))), 0, 255
    )
    image = levels.astype(np.uint8)[..., None].repeat(3, axis=2)
    flat = grey(image).ravel().astype(float)
    spread = {t: (flat <= t).mean() * (flat > t).mean() * (flat[flat <= t].mean() - flat[flat > t].mean()) ** 2
              for t in range(int(flat.min()), int(flat.max()))}  # fmt: skip
    best = max(spread, key=lambda t: spread[t])
    scores = plugins.resolve(PACKAGE, "otsu").label(image, evidence_of(40, 51), options_of("otsu"))
    np.testing.assert_array_equal(scores, (grey(image) <= best).astype(np.float32))


@pytest.mark.parametrize("name", ["niblack", "sauvola"])
@pytest.mark.parametrize("k", [0.0, 0.2, 0.5])
def test_local_thresholds_equal_a_loop_over_the_windows(name: str, k: float) -> None:
    image, _ = cracked(23, 31)
    levels, window = grey(image).astype(float), 9
    mirrored = np.pad(levels, window // 2, mode="reflect")
    expected = np.zeros(levels.shape, dtype=np.float32)
    for y, x in np.ndindex(*levels.shape):
        around = mirrored[y : y + window, x : x + window]
        mean, deviation = around.sum() / window**2, np.sqrt(((around - around.mean()) ** 2).sum() / window**2)
        threshold = mean - k * deviation if name == "niblack" else mean * (1 + k * (deviation / 100 - 1))
        expected[y, x] = levels[y, x] < threshold
    heard: dict[str, Any] = {}
    values = {"bilateral": UNFILTERED, "window_px": window, "k": k} | ({"r": 100.0} if name == "sauvola" else {})
    labeller = plugins.resolve(PACKAGE, name)
    scores = labeller.label(image, evidence_of(23, 31), built(labeller.Options, values), heard.__setitem__)
    assert 0 < expected.mean() < 1
    np.testing.assert_array_equal(scores, expected)
    np.testing.assert_array_equal(levels < heard["threshold"] * 255, expected)
    np.testing.assert_array_equal(heard["smoothed"], image)


@pytest.mark.parametrize("name", ["niblack", "sauvola"])
def test_windows_without_a_middle_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="window_px must be odd, found 32"):
        dataclasses.replace(options_of(name), window_px=32)


def test_multi_otsu_takes_the_darkest_class_of_the_best_of_all_splits() -> None:
    rng = np.random.default_rng(3)
    levels = rng.choice([20, 60, 120, 125, 130, 200], (30, 41), p=[0.05, 0.1, 0.3, 0.2, 0.15, 0.2]).astype(np.uint8)
    image = levels[..., None].repeat(3, axis=2)
    bins = np.minimum(256 * (grey(image).astype(int) - 20) // 180, 255).ravel()
    occupied = np.unique(bins)
    spread = {}
    for first in occupied[:-2]:
        for second in occupied[(occupied > first) & (occupied < occupied[-1])]:
            parts = bins[bins <= first], bins[(bins > first) & (bins <= second)], bins[bins > second]
            spread[first, second] = sum(len(part) * (part.mean() - bins.mean()) ** 2 for part in parts)
    darkest = (bins <= max(spread, key=lambda split: spread[split])[0]).reshape(levels.shape)
    labeller, heard = plugins.resolve(PACKAGE, "multi_otsu"), dict[str, Any]()
    options = built(labeller.Options, {"bilateral": UNFILTERED, "classes": 3})
    scores = labeller.label(image, evidence_of(30, 41), options, heard.__setitem__)
    np.testing.assert_array_equal(scores, darkest.astype(np.float32))
    assert (heard["windows"], heard["degenerate windows"]) == (1, 0)
    two = np.where(levels > 100, np.uint8(90), np.uint8(30))[..., None].repeat(3, axis=2)
    assert not labeller.label(two, evidence_of(30, 41), options, heard.__setitem__).any()
    assert heard["degenerate windows"] == 1
    of_two = labeller.label(two, evidence_of(30, 41), dataclasses.replace(options, classes=2))
    np.testing.assert_array_equal(of_two, levels <= 100)


def test_local_otsu_is_what_konig_multiplies_by_localization() -> None:
    image, _ = cracked(90, 131)
    heard: dict[str, Any] = {}
    plugins.resolve(PACKAGE, "konig").label(image, evidence_of(90, 131), options_of("konig"), heard.__setitem__)
    alone = plugins.resolve(PACKAGE, "local_otsu").label(image, evidence_of(90, 131), options_of("local_otsu"))
    np.testing.assert_array_equal(alone, heard["dark"])


@pytest.mark.parametrize("name", ["multi_otsu", "niblack", "sauvola", "local_otsu"])
def test_thresholding_alone_looks_at_the_filtered_image_and_at_no_evidence(name: str) -> None:
    image, _ = cracked(90, 131)
    heard: dict[str, Any] = {}
    labeller, options = plugins.resolve(PACKAGE, name), options_of(name)
    scores = labeller.label(image, evidence_of(90, 131, 0.0), options, heard.__setitem__)
    np.testing.assert_array_equal(scores, labeller.label(image, evidence_of(90, 131, 1.0), options))
    np.testing.assert_array_equal(heard["smoothed"], smooth(image, Bilateral(**BILATERAL)))
    assert set(np.unique(scores)) == {0, 1}


def test_every_labeller_stands_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "labels.md").read_text()
    assert sorted(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == LABELLERS


def test_a_missing_entry_says_what_to_do() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"'snake' is not under contract yet: give it an entry in OPTIONS"):
        options_of("snake")
