"""Scores averaged over views: each view is looked at as it should be and turned back."""

from typing import cast

import numpy as np
import pytest

from hairline.errors import HairlineError
from hairline.inspection import averaging
from hairline.inspection.averaging import CHOICES, Average, averaged

IMAGE = np.random.default_rng(0).integers(0, 256, (9, 14, 3), dtype=np.uint8)


class Slanted:
    """Its answer depends on where a pixel lies, and on the scale."""

    sha256 = "n1"

    def __init__(self) -> None:
        self.asked: list[float] = []

    def predict(self, image: np.ndarray, scale: float) -> np.ndarray:
        self.asked.append(scale)
        rows, columns = np.indices(image.shape[:2])
        return (image[..., 0] * (1 + rows + 3 * columns) / 1e5 + scale / 100).astype(np.float32)


@pytest.mark.parametrize(("average", "views"), [("none", 1), ("flips", 4), ("scales", 3), ("both", 12)])
def test_the_mean_over_all_views_turned_back(average: str, views: int) -> None:
    network, alone = Slanted(), Slanted()
    found = averaged(network, 2, cast(Average, average))(IMAGE)
    flips = [np.s_[:, :], np.s_[:, ::-1], np.s_[::-1], np.s_[::-1, ::-1]]
    scales = [1.5, 2, 3] if average in ("scales", "both") else [2]
    expected = [alone.predict(IMAGE[flip], scale)[flip] for scale in scales
                for flip in (flips if average in ("flips", "both") else flips[:1])]  # fmt: skip
    assert len(network.asked) == views == len(expected)
    np.testing.assert_allclose(found, np.mean(expected, axis=0), rtol=1e-5)


def test_no_view_is_seen_larger_than_a_network_may_see_it() -> None:
    network = Slanted()
    averaged(network, 16, "scales")(IMAGE)
    assert network.asked == [12, 16, 16]


def test_other_ways_are_refused() -> None:
    assert [averaging.refuse(choice) for choice in CHOICES] == list(CHOICES)
    with pytest.raises(HairlineError, match="--average all: expected one of none, flips, scales, both"):
        averaging.refuse("all")
