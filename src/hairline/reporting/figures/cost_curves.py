"""ODS against corrected images, and the minutes that they take."""

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hairline.reporting.figures.canvas import COLOURS, DASHES, DPI, named

SIZE_IN = 7.0, 4.6
MARKERS = ("o", "s", "^", "D", "v")


def draw(means: pd.DataFrame, title: str) -> Figure:
    """A line an order over the number of corrected images, with the interval of each point; minutes along the top.

    Args:
        means: Rows of one test set, of :func:`hairline.reporting.cost_curve.curve`.
        title: What it is of.
    """
    figure = Figure(figsize=SIZE_IN, dpi=DPI, layout="constrained")
    axis = figure.subplots()
    start = means[means["images"] == 0]
    orders = [
        order for order in dict.fromkeys(means["order"]) if (means.loc[means["order"] == order, "images"] > 0).any()
    ]
    for number, order in enumerate(orders):
        rows = pd.concat([start, means[means["order"] == order]]).sort_values("images")
        _line(axis, rows, order, number, len(orders))
    axis.set(xlabel="Corrected images", ylabel="ODS")
    axis.set_title(title, fontsize=11, loc="left", pad=12)
    axis.grid(axis="y", color="#cccccc", linewidth=0.6)
    lowest, highest = axis.get_ylim()
    axis.set_ylim(max(lowest, 0), min(highest, 1))
    figure.legend(handles=named(axis), frameon=False, loc="outside lower center", ncols=len(orders) or 1)
    _minutes(axis, means)
    return figure


def _line(axis: Axes, rows: pd.DataFrame, order: str, number: int, count: int) -> None:
    """A line, moved aside by a little, so that the intervals of several can be told apart."""
    style = COLOURS[(number + 1) % len(COLOURS)], DASHES[number % len(DASHES)], MARKERS[number % len(MARKERS)]
    aside = (number - (count - 1) / 2) * 0.008 * float(rows["images"].max())
    x = rows["images"] + aside * (rows["images"] > 0)
    colour, dashes, marker = style
    axis.plot(x, rows["mean"], color=colour, linestyle=dashes, marker=marker, linewidth=2, label=order)
    axis.vlines(x, rows["low"], rows["high"], color=colour, linewidth=1.4)


def _minutes(axis: Axes, means: pd.DataFrame) -> None:
    corrected = means[means["images"] > 0]
    rates = (corrected["minutes"] / corrected["images"]).unique()
    if len(rates) == 1:
        rate = float(rates[0])
        above = axis.secondary_xaxis("top", functions=(partial(np.multiply, rate), partial(np.multiply, 1 / rate)))
        above.set_xlabel(f"Minutes of work, at {rate:g} an image")
