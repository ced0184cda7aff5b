import numpy as np
import pytest

from hairline.reporting.figures import agreement


def test_each_pixel_has_the_colour_of_what_became_of_it():
    mask, called = np.zeros((2, 2), dtype=bool), np.zeros((2, 2), dtype=bool)
    mask[0, :] = called[:, 0] = True
    drawn, opacity = agreement.layer(mask, called, 2)
    assert opacity.tolist() == [[255, 255], [255, 0]]
    assert drawn[0].tolist() == [list(agreement.COLOURS["found"]), list(agreement.COLOURS["missed"])]
    assert drawn[1, 0].tolist() == list(agreement.COLOURS["wrong"])


def test_lone_pixels_survive_being_shrunk():
    mask = np.zeros((100, 100), dtype=bool)
    mask[57, 31] = True
    drawn, opacity = agreement.layer(mask, ~mask & False, 10)
    assert (drawn == agreement.COLOURS["missed"]).all(axis=2).sum() == (opacity == 255).sum() == 1


@pytest.mark.parametrize("threshold", [0.01, 0.2, 0.4, 0.53, 0.99])
def test_ties_are_decided_exactly(threshold):
    levels = np.arange(256, dtype=np.uint8)[None]
    expected = [level * 100 >= round(threshold * 100) * 255 for level in range(256)]
    assert agreement.at_least(levels, threshold)[0].tolist() == expected
    assert bool(agreement.at_least(np.array([[51]], dtype=np.uint8), 0.2))


def test_the_legend_names_each_colour():
    assert list(agreement.LEGEND) == [f"rgb{colour}" for colour in agreement.COLOURS.values()]
