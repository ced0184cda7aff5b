import numpy as np
import pytest

from hairline.labelling.steps import panel
from hairline.reporting.figures import canvas, label_steps


def maps(height=60, width=90):
    rng = np.random.default_rng(0)
    return {
        "image": rng.integers(0, 256, (height, width, 3), dtype=np.uint8),
        "patch map": rng.random((height, width), dtype=np.float32),
        "product": rng.integers(0, 256, (height, width), dtype=np.uint8),
        "dark": rng.random((height, width)) > 0.9,
    }


def drawn(**found):
    return label_steps.strip("cfd · 001 · labels of konig", [panel(*one) for one in found.items()], {"windows": 4321})


def boxes(figure):
    figure.canvas.draw()
    return [axis.get_window_extent() for axis in figure.axes]


def test_a_strip_shows_every_map_under_its_name_in_panels_of_one_size():
    figure = drawn(**maps())
    texts = [text.get_text() for text in figure.texts]
    assert texts[:5] == ["cfd · 001 · labels of konig", "image", "patch map", "product", "dark"]
    assert "windows: 4,321" in texts[5]
    sizes = {(round(box.width), round(box.height)) for box in boxes(figure)[:4]}
    assert sizes == {(420, 280)}


def test_heat_maps_share_the_scale_from_zero_to_one_and_bool_maps_are_black_and_white():
    given = maps()
    image, *heat, dark, bar = (axis.get_images()[0] for axis in drawn(**given).axes)
    np.testing.assert_array_equal(image.get_array(), given["image"])
    assert [each.get_clim() for each in (*heat, bar)] == [(0, 1)] * 3
    assert {each.get_cmap().name for each in (*heat, bar)} == {"inferno"}
    np.testing.assert_allclose(heat[0].get_array(), given["patch map"])
    np.testing.assert_allclose(heat[1].get_array(), given["product"] / 255, atol=1e-6)
    assert dark.get_cmap().name == "gray" and dark.get_clim() == (0, 1)
    np.testing.assert_array_equal(dark.get_array(), given["dark"])


@pytest.mark.parametrize("size", [(1, 1), (40, 900), (900, 40), (500, 300), (360, 640)])
@pytest.mark.parametrize("count", [1, 4, 11])
def test_nothing_is_cut_off_and_nothing_overlaps(size, count):
    titles = [
        "smoothed product",
        *(f"{'a rather long name of step ' * (index == 2)}{index}" for index in range(1, count)),
    ]
    panels = [panel(title, np.zeros(size)) for title in titles]
    told = {"windows": 12345, "degenerate windows": 0, "pixels thrown away": 10**9}
    figure = label_steps.strip("a_set · " + "WIDE_name-" * 18 + " · labels of konig_without_bilateral", panels, told)
    width, height = figure.get_size_inches() * canvas.DPI
    assert width <= label_steps.WIDEST_PX
    found = [*boxes(figure), *(text.get_window_extent() for text in figure.texts)]
    assert [box for box in found if min(box.x0, box.y0) < 0 or box.x1 > width or box.y1 > height] == []
    assert [(one, other) for index, one in enumerate(found) for other in found[:index] if one.overlaps(other)] == []
