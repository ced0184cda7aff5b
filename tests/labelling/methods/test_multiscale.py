"""The labeller multiscale: lines, guard, gate and gamma."""

import dataclasses

import numpy as np
import pytest
from support.labellers import cracked, evidence_of

from hairline.errors import HairlineError
from hairline.labelling.localization import Votes
from hairline.labelling.methods import multiscale
from hairline.labelling.methods.multiscale import Scale, Window
from hairline.labelling.thresholding import Bilateral

OPTIONS = multiscale.Options(
    cams=(Scale(1, 1),),
    cells=(Scale(1, 1),),
    gate_power=0.5,
    votes=(Window(32, 1),),
    cam_guard="image_or_windows",
    cut=0.1,
    localization_power=0.7,
    bilateral=Bilateral(radius_px=2, sigma_range=120, sigma_space=120),
    otsu=(Window(64, 1),),
    otsu_strides=4,
    classes=3,
    contrast=(Window(61, 1),),
    darkness_power=0.75,
    line_px=31,
    line_contrast_px=61,
    line_power=1,
    closing_px=7,
    full_percentile=99,
    extent_levels=(0.05, 0.1),
    extent_px=60,
    extent_power=1,
    gamma=1,
    align="corner",
)


def test_a_line_scores_above_a_spot_as_dark() -> None:
    image, distance = cracked(128, 256)
    image[20:25, 40:45] = 40
    scores = multiscale.label(image, evidence_of(128, 256, 1.0), OPTIONS)
    assert scores[21:24, 41:44].mean() < 0.6 * scores[distance < 2].mean()


def test_without_evidence_of_a_crack_nothing_is_labelled() -> None:
    image, _ = cracked(90, 131)
    assert not multiscale.label(image, evidence_of(90, 131, 0.0), OPTIONS).any()


@pytest.mark.parametrize(
    ("guard", "expected"),
    [("none", 1.0), ("image", 0.3), ("image_or_windows", 1 - 0.7 * 0.8)],
)
def test_labels_are_weighed_by_how_surely_there_is_a_crack(guard: str, expected: float) -> None:
    image, _ = cracked(90, 131)
    evidence = dataclasses.replace(evidence_of(90, 131, 0.2), crack_probability=0.3)
    other = Votes(64, 16, np.ones((3, 3), np.float32))  # not asked for, so not asked
    evidence = dataclasses.replace(evidence, votes=(*evidence.votes, other))
    free = multiscale.label(image, evidence, dataclasses.replace(OPTIONS, cam_guard="none"))
    found = multiscale.label(image, evidence, dataclasses.replace(OPTIONS, cam_guard=guard))
    assert free.max() > 0.7
    np.testing.assert_allclose(found, free * np.float32(expected), atol=1e-6)


def test_without_votes_labels_are_guarded_by_the_image_alone() -> None:
    image, _ = cracked(90, 131)
    evidence = dataclasses.replace(evidence_of(90, 131, 1.0), crack_probability=0.0)
    options = dataclasses.replace(OPTIONS, votes=())
    assert not multiscale.label(image, evidence, options).any()


def test_even_windows_are_refused() -> None:
    with pytest.raises(HairlineError, match="closing_px must be odd, found 4"):
        dataclasses.replace(OPTIONS, closing_px=4)


def test_nothing_is_found_where_no_cell_looks_like_a_crack() -> None:
    image, distance = cracked(128, 256)
    evidence = evidence_of(128, 256, 1.0)
    evidence.cells[0].probabilities[:, 4:] = 0
    scores = multiscale.label(image, evidence, OPTIONS)
    line = distance < 2
    assert scores[line & (np.arange(256) > 150)].mean() < 0.3 * scores[line & (np.arange(256) < 100)].mean()


def test_a_gate_without_cells_is_refused() -> None:
    with pytest.raises(HairlineError, match="gate_power needs cells"):
        dataclasses.replace(OPTIONS, cells=())


def test_gamma_changes_no_ranking() -> None:
    (image, _), evidence, options = cracked(90, 131), evidence_of(90, 131), OPTIONS
    label = multiscale.label
    plain, bent = label(image, evidence, options), label(image, evidence, dataclasses.replace(OPTIONS, gamma=0.5))
    np.testing.assert_allclose(bent, np.sqrt(plain), atol=1e-6)
