"""The labeller konig against the same method as plain loops, in both modes."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
from support import labellers
from support.pictures import real
from support.plain_konig import dark_pixels as plain_dark
from support.plain_konig import exact_centre, filtered_grey, fused, library_centre, localization
from support.plain_konig import label as plain_label
from support.plain_otsu import exhaustive, single

from hairline.config import profiles
from hairline.config.params import Params
from hairline.imaging.images import read_image
from hairline.imaging.windows import PatchGrid
from hairline.labelling.localization import Align, Evidence, Votes, localize
from hairline.labelling.methods import konig
from hairline.labelling.thresholding import dark_pixels

MODES = {"paper": "konig", "reference": "reference"}
CELL_AT, VOTE_AT = (3.5, 8.5), (11.5, 13.5)
"""Where the first cell looks, in place of the middle of its square, and votes in their windows."""
SHIFTS = {"centre": {"cam_start": (-12, -7), "vote_shift": (-4, -2)}, "corner": {}}
"""The same as whole pixels, by the option align."""
SIZES = [(97, 131), (64, 360), (50, 484), (33, 648), (40, 1000), (5, 40)]


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, konig.Options]:
    """Each mode's options as the profile has them."""
    path = tmp_path_factory.mktemp("profile") / "params.yaml"
    profiles.apply(Path(__file__).parents[3] / "profiles", "labels-cpu", path, force=False)
    return {mode: Params(path).label_set(name).options for mode, name in MODES.items()}


def cracked(height: int, width: int) -> tuple[np.ndarray, Evidence]:
    """A rough coloured surface under uneven light with winding cracks, and evidence that is high near them."""
    rng = np.random.default_rng(height * 10_000 + width)
    y, x = np.mgrid[:height, :width]
    image = rng.normal(0, 9, (height, width, 3)) + rng.normal(0, 6, (height, width, 1)) + [150, 160, 140]
    image += (25 * np.sin(x / 90) + 15 * np.cos(y / 40))[..., None]
    near = np.zeros((height, width))
    for offset in (0.3, 0.75):
        path = height * offset + 8 * np.sin(x / 17 + 9 * offset) + 0.1 * x * (offset - 0.5)
        image[np.abs(y - path) < 1.7] -= [80, 70, 75]
        near = np.maximum(near, np.exp(-(((y - path) / 20) ** 2)))
    grid, cells = PatchGrid(height, width, 32, 16), PatchGrid(height, width, 32, 32)
    votes = grid.split(near).mean((2, 3)) * 1.3 + rng.normal(0, 0.1, (grid.rows, grid.cols))
    cam = cells.split(near).mean((2, 3)) * 20 * rng.uniform(0.8, 1.2, (cells.rows, cells.cols))
    votes = Votes(32, 16, np.clip(votes, 0, 1).astype(np.float32), VOTE_AT)
    evidence = Evidence(height, width, (votes,), cam.astype(np.float32), 32, 0.9, centre_px=CELL_AT)
    return np.clip(image, 0, 255).astype(np.uint8), evidence


def photo(name: str, number: int) -> tuple[np.ndarray, Evidence]:
    """A piece of a photo, and evidence that is high all over."""
    folder = {"crack500": "valcrop", "cfd": "image"}[name]
    image = read_image(sorted((real(name) / folder).glob("*.jpg"))[number])[40:147, 60:229]
    height, width = image.shape[:2]
    grid, cells, rng = PatchGrid(height, width, 32, 16), PatchGrid(height, width, 32, 32), np.random.default_rng(number)
    votes = Votes(32, 16, rng.uniform(0.6, 1, (grid.rows, grid.cols)).astype(np.float32), VOTE_AT)
    cam = rng.uniform(6, 9, (cells.rows, cells.cols))
    return image, Evidence(height, width, (votes,), cam, 32, 0.9, centre_px=CELL_AT)


def compare(image: np.ndarray, evidence: Evidence, options: konig.Options, mode: str, agreement: float) -> None:
    """Labels against plain ones: the same with exact Otsu; with scikit-image's, but for what its thresholds change."""
    votes, cam, grey = evidence.votes[0].probabilities, evidence.cam, filtered_grey(image, mode)
    shift = SHIFTS[options.localization.align]
    located = localization(image.shape[:2], votes, cam, mode, **shift)
    np.testing.assert_allclose(localize(evidence, options.localization), located, atol=1e-6)
    dark, strict = dark_pixels(image, options.thresholding), not options.thresholding.includes_k1
    exact = plain_dark(grey, 32, 8, 3, strict, exact_centre)
    np.testing.assert_array_equal(dark, exact)
    ours = konig.label(image, evidence, options)
    assert ours.any() or min(image.shape[:2]) < 32
    np.testing.assert_array_equal(ours, fused(exact, located).astype(np.float32))

    differ = dark != plain_dark(grey, 32, 8, 3, strict, library_centre)
    assert not (differ & ~under_other_thresholds(grey, differ)).any()
    unlike = ours != plain_label(image, votes, cam, mode, **shift).astype(np.float32)
    around = np.ones((9, 9), np.uint8)  # as far as the bilateral filter and the closing carry
    assert not (unlike & ~cv2.dilate(differ.astype(np.uint8), around).astype(bool)).any()
    assert 1 - unlike.mean() >= agreement


def under_other_thresholds(grey: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Pixels in windows where scikit-image's own sums, but not exact ones, lead to another threshold."""
    grid = PatchGrid(*grey.shape, 32, 8)
    padded, where = grid.pad(grey), grid.pad(asked)
    found = np.zeros(padded.shape, bool)
    for y, x in grid.origins():
        here = slice(y, y + 32), slice(x, x + 32)
        histogram = np.bincount(padded[here].ravel(), minlength=256)
        if where[here].any() and np.count_nonzero(histogram) >= 3:
            found[here] |= single(histogram, 3) != exhaustive(histogram, 3)
    return found[: grey.shape[0], : grey.shape[1]]


@pytest.mark.parametrize("align", SHIFTS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", SIZES)
def test_labels_of_awkward_sizes_are_those_of_plain_loops(
    options: dict[str, konig.Options], mode: str, size: tuple[int, int], align: Align
) -> None:
    located = dataclasses.replace(options[mode].localization, align=align)
    compare(*cracked(*size), dataclasses.replace(options[mode], localization=located), mode, 0.999)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("name", "number"), [("crack500", 3), ("cfd", 50)])
def test_labels_of_photos_are_those_of_plain_loops(
    options: dict[str, konig.Options], mode: str, name: str, number: int
) -> None:
    compare(*photo(name, number), options[mode], mode, 0.99)  # where all that is dark is labelled


def test_the_modes_differ(options: dict[str, konig.Options]) -> None:
    image, evidence = cracked(64, 360)
    paper, reference = (konig.label(image, evidence, options[mode]) for mode in MODES)
    assert 0.005 < (np.abs(paper - reference) > 2 / 255).mean() < 0.5


def test_without_evidence_of_a_crack_nothing_is_labelled() -> None:
    image, _ = labellers.cracked(90, 131)
    assert not konig.label(image, labellers.evidence_of(90, 131, 0.0), konig.PAPER).any()


def test_a_label_keeps_to_the_place_the_classifier_points_at() -> None:
    image, distance = labellers.cracked(128, 256)
    evidence = labellers.evidence_of(128, 256, 1.0)
    evidence.votes[0].probabilities[:, 8:] = 0
    evidence.cam[:, 4:] = 0
    scores = konig.label(image, evidence, konig.PAPER)
    assert scores[(distance < 2.5) & (np.arange(256) < 96)].mean() > 0.6
    assert not scores[:, 176:].any()
