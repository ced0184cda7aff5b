"""Labellers that ask no classifier (figure 3 of the paper): against plain loops, or against what they are a part of."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from support.labellers import PACKAGE, cracked, evidence_of, options_of

from hairline.errors import HairlineError
from hairline.io import plugins
from hairline.labelling.methods import konig, local_otsu, multi_otsu, otsu
from hairline.labelling.thresholding import PAPER_BILATERAL, grey, smooth

UNFILTERED = dataclasses.replace(PAPER_BILATERAL, radius_px=0)


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
    scores = otsu.label(image, evidence_of(40, 51), otsu.PAPER)
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
    scores = labeller.label(image, evidence_of(23, 31), labeller.Options(**values), heard.__setitem__)
    assert 0 < expected.mean() < 1
    np.testing.assert_array_equal(scores, expected)
    np.testing.assert_array_equal(levels < heard["threshold"] * 255, expected)
    np.testing.assert_array_equal(heard["smoothed"], image)


@pytest.mark.parametrize("name", ["niblack", "sauvola"])
def test_windows_without_a_middle_are_refused(name: str) -> None:
    with pytest.raises(HairlineError, match="window_px must be odd, found 32"):
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
    heard, options = dict[str, Any](), multi_otsu.Options(bilateral=UNFILTERED, classes=3)
    scores = multi_otsu.label(image, evidence_of(30, 41), options, heard.__setitem__)
    np.testing.assert_array_equal(scores, darkest.astype(np.float32))
    assert (heard["windows"], heard["degenerate windows"]) == (1, 0)
    two = np.where(levels > 100, np.uint8(90), np.uint8(30))[..., None].repeat(3, axis=2)
    assert not multi_otsu.label(two, evidence_of(30, 41), options, heard.__setitem__).any()
    assert heard["degenerate windows"] == 1
    of_two = multi_otsu.label(two, evidence_of(30, 41), dataclasses.replace(options, classes=2))
    np.testing.assert_array_equal(of_two, levels <= 100)


def test_local_otsu_is_what_konig_multiplies_by_localization() -> None:
    image, _ = cracked(90, 131)
    heard: dict[str, Any] = {}
    konig.label(image, evidence_of(90, 131), konig.PAPER, heard.__setitem__)
    alone = local_otsu.label(image, evidence_of(90, 131), local_otsu.PAPER)
    np.testing.assert_array_equal(alone, heard["dark"])


@pytest.mark.parametrize("name", ["multi_otsu", "niblack", "sauvola", "local_otsu"])
def test_thresholding_alone_looks_at_the_filtered_image_and_at_no_evidence(name: str) -> None:
    image, _ = cracked(90, 131)
    heard: dict[str, Any] = {}
    labeller, options = plugins.resolve(PACKAGE, name), options_of(name)
    scores = labeller.label(image, evidence_of(90, 131, 0.0), options, heard.__setitem__)
    np.testing.assert_array_equal(scores, labeller.label(image, evidence_of(90, 131, 1.0), options))
    np.testing.assert_array_equal(heard["smoothed"], smooth(image, PAPER_BILATERAL))
    assert set(np.unique(scores)) == {0, 1}
