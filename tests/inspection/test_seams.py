"""Cracks that cross the borders of tiles: the network that ships finds them there as in the whole image."""

import cv2
import numpy as np
import pytest

import hairline
from hairline.imaging.tiles import Tiling
from hairline.inspection import prediction

TILES = Tiling(256, 128, 32, 32)


def wall() -> tuple[np.ndarray, np.ndarray]:
    """A rough grey wall with dark cracks of 3 px from side to side, and their mask; 400 x 560 px."""
    rng = np.random.default_rng(0)
    grain = cv2.GaussianBlur(rng.normal(0, 12, (400, 560)), (0, 0), 1.2)
    mask = np.zeros((400, 560), np.uint8)
    for start, end in (((0, 60), (559, 330)), ((0, 300), (559, 120)), ((150, 0), (210, 399)), ((480, 0), (330, 399))):
        steps = np.linspace(0, 1, 40)[:, None]
        line = np.array(start) * (1 - steps) + np.array(end) * steps + rng.normal(0, 2.5, (40, 2))
        cv2.polylines(mask, [line.round().astype(np.int32)], False, 255, 3)
    grey = 165 + grain - 110 * cv2.GaussianBlur(mask / 255.0, (0, 0), 0.8)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2), mask > 0


def test_no_seam_shows_where_a_crack_crosses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    (image, crack), network = wall(), hairline.load_segmenter()
    monkeypatch.setattr(prediction, "TILING", TILES)
    found = network.predict(image) >= 0.5
    near = np.zeros_like(crack)
    for border in (px for span in TILES.spans(400) for px in span if 0 < px < 400):
        near[border - 4 : border + 4] = True
    for border in (px for span in TILES.spans(560) for px in span if 0 < px < 560):
        near[:, border - 4 : border + 4] = True
    hits, false = [(found & crack & where).sum() / (crack & where).sum() for where in (near, ~near)], found & ~crack
    assert (crack & near).sum() > 300 and hits[1] > 0.9
    assert hits[0] > hits[1] - 0.03
    assert false[near].mean() < 1.5 * false[~near].mean() + 0.002
