"""Names on drawings: as they are, whatever letters they have."""

import warnings

import numpy as np
import pytest
from matplotlib.figure import Figure

from hairline.labelling.steps import Panel
from hairline.metrics import thresholds
from hairline.reporting.figures import canvas, curves, image_grids, label_steps

IMAGE = np.full((12, 16, 3), 90, np.uint8)
MASK = np.zeros((12, 16), bool)
NAMES = ["$o$", "u$v$", "$\\frac{$", "50% #1; 'q'", "裂缝", "\U0001f600", "Brücke", "a_b^c"]


def drawings(name: str) -> list[Figure]:
    row = image_grids.PictureRow(name, IMAGE, MASK, None, {name: MASK}, {})
    return [
        image_grids.picture_grid([row]),
        image_grids.contact_sheet([IMAGE], [MASK], [name]),
        label_steps.strip(f"walls · {name}", [Panel("image", IMAGE)], {name: 3}),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_drawn_without_a_warning(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for figure in drawings(name):
            assert canvas.png(figure).startswith(b"\x89PNG")
            canvas.svg(figure, "salt")


def test_a_name_between_dollars_is_another_than_the_one_within() -> None:
    for one, other in zip(drawings("$o$"), drawings("o"), strict=True):
        assert canvas.png(one) != canvas.png(other)
        texts = [text.get_text() for text in one.findobj(lambda part: hasattr(part, "get_text"))]
        assert any("$o$" in text for text in texts)


def test_names_in_letters_without_a_glyph_can_be_told_apart() -> None:
    for one, other in zip(drawings("裂缝"), drawings("缝裂"), strict=True):
        assert canvas.png(one) != canvas.png(other)


@pytest.mark.parametrize("name", ["_konig", "$a$", "konig"])
def test_every_curve_stands_in_the_legend(name: str) -> None:
    histograms = thresholds.histograms(np.linspace(0, 255, 12).astype(np.uint8).reshape(3, 4), np.eye(3, 4, dtype=bool))
    table = thresholds.counts(*(each[None] for each in histograms))
    figure = curves.pr_curves({"walls": {name: table}})
    canvas.png(figure)
    (told,) = figure.axes[0].get_legend().get_texts()
    assert told.get_text().startswith(f"{name}: ODS")


def test_numbers_along_an_axis_stay_formulas() -> None:
    figure = Figure(figsize=(3, 2))
    figure.subplots().semilogy([1, 2, 3], [1e-3, 1, 1e3])
    canvas.png(figure)
    labels = [text for text in figure.axes[0].get_yticklabels() if "10" in text.get_text()]
    assert labels
    assert all(text.get_parse_math() for text in labels)
