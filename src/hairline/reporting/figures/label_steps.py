"""Strips: an image, every map on the way to its label, the label and the mask, beside each other (figures 2-5).

A labeller tells of its steps, :mod:`hairline.labelling.steps` keeps what a picture shows of them, and :func:`strip`
draws it.
"""

import math
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from hairline.labelling.steps import PANEL_PX, Panel
from hairline.reporting.figures.canvas import DPI

GAP_PX = 16
WIDEST_PX = 1800
NARROWEST_PX = 200
TITLE_LINE_PX, HEADING_LINE_PX = 20, 27
SCALE_PX = 200
HEAT = "inferno"
NOTE = "colours: values from 0 to 1; black and white: no and yes"


def strip(heading: str, panels: Sequence[Panel], counts: Mapping[str, int]) -> Figure:
    """Panels of one size in rows, each under its title; all heat maps in one scale from 0 to 1.

    Args:
        heading: What the strip is of.
        panels: At least one; all are drawn at the proportions of the first.
        counts: Numbers told below the panels.
    """
    height, width = panels[0].pixels.shape[:2]
    high, wide = (max(1, round(PANEL_PX * side / max(height, width))) for side in (height, width))
    cell = max(wide, NARROWEST_PX) + GAP_PX
    rows = math.ceil(len(panels) / max(1, (WIDEST_PX - GAP_PX) // cell))
    cols = math.ceil(len(panels) / rows)
    total = GAP_PX + max(cols * cell, 3 * NARROWEST_PX)
    titles = [_wrapped(each.title, cell // 9) for each in panels]
    above = TITLE_LINE_PX * max(title.count("\n") + 1 for title in titles) + 6
    headline, legend = _wrapped(heading, total // 13), _legend(counts, (total - SCALE_PX) // 8)
    top = GAP_PX + HEADING_LINE_PX * (headline.count("\n") + 1)
    below = top + rows * (above + high + GAP_PX)
    tall = below + max(44, TITLE_LINE_PX * (legend.count("\n") + 1) + GAP_PX)
    figure = Figure(figsize=(total / DPI, tall / DPI), dpi=DPI)
    figure.text(GAP_PX / total, 1 - GAP_PX / tall, headline, fontsize=13, weight="bold", va="top")
    for index, (each, title) in enumerate(zip(panels, titles, strict=True)):
        row, col = divmod(index, cols)
        left, foot = GAP_PX + col * cell, top + row * (above + high + GAP_PX) + above + high
        axis = figure.add_axes((left / total, 1 - foot / tall, wide / total, high / tall), xticks=[], yticks=[])
        axis.imshow(each.pixels, cmap="gray" if each.pixels.dtype == np.bool_ else HEAT, vmin=0, vmax=1, aspect="auto",
                    interpolation="nearest")  # fmt: skip
        figure.text(left / total, 1 - (foot - high - 4) / tall, title, fontsize=11, va="bottom")
    scale = figure.add_axes((GAP_PX / total, 1 - (below + 14) / tall, (SCALE_PX - 40) / total, 14 / tall), yticks=[])
    scale.imshow(np.linspace(0, 1, 256)[None], cmap=HEAT, vmin=0, vmax=1, aspect="auto", extent=(0, 1, 0, 1))
    scale.set_xticks([0, 0.5, 1], ["0", "0.5", "1"], fontsize=9)
    figure.text((GAP_PX + SCALE_PX) / total, 1 - below / tall, legend, fontsize=10, va="top")
    return figure


def _legend(counts: Mapping[str, int], width: int) -> str:
    told = " · ".join(f"{name}: {count:,}" for name, count in counts.items())
    return "\n".join(_wrapped(line, width) for line in (NOTE, told) if line)


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, max(width, 1))) or " "
