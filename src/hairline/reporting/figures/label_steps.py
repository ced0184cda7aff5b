"""Strips: an image, every map on the way to its label, the label and the mask, beside each other (figures 2-5).

A labeller tells of its steps (see :mod:`hairline.labelling.trace`); a :class:`Listener` keeps what a picture shows of
them, at the size it is drawn at, and :func:`strip` draws it.
"""

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hairline.imaging.downscale import shrunk_image, shrunk_map
from hairline.reporting.figures.curves import DPI

PANEL_PX = 420
GAP_PX = 16
WIDEST_PX = 1800
NARROWEST_PX = 200
TITLE_LINE_PX, HEADING_LINE_PX = 20, 27
SCALE_PX = 200
HEAT = "inferno"
NOTE = "colours: values from 0 to 1; black and white: no and yes"


@dataclass(frozen=True)
class Panel:
    """One picture of a strip.

    Attributes:
        title: What stands above it.
        pixels: RGB uint8 [height, width, 3], bool [height, width] or float in [0, 1] [height, width].
    """

    title: str
    pixels: NDArray[np.generic]


def panel(title: str, value: NDArray[np.generic]) -> Panel:
    """A panel of at most :data:`PANEL_PX` on its longer side that holds on to nothing of the map it is made of.

    Args:
        title: What to write above it.
        value: An RGB uint8 image [height, width, 3], or a map [height, width]: bool, uint8 (255 is 1), float in [0, 1].
    """
    if value.ndim == 3:
        return Panel(title, shrunk_image(np.asarray(value, dtype=np.uint8), PANEL_PX))
    small = shrunk_map(value, PANEL_PX)
    return Panel(title, small > 0 if value.dtype == np.bool_ else small.astype(np.float32))


class Listener:
    """Hears the steps of one label, as their ``tell``.

    Attributes:
        counts: Name to the sum of what was told under it.
        panels: What was told of maps, in order; empty where the listener does not draw.
    """

    def __init__(self, draws: bool) -> None:
        """Listen to the counts, and to the maps too where ``draws`` is set."""
        self._draws = draws
        self.counts: dict[str, int] = {}
        self.panels: list[Panel] = []

    def __call__(self, name: str, value: NDArray[np.generic] | int) -> None:
        """Hear of a step."""
        if not isinstance(value, np.ndarray):
            self.counts[name] = self.counts.get(name, 0) + int(value)
        elif self._draws:
            self.panels.append(panel(name, value))


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
