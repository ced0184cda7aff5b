"""Curves of patch classifiers: ROC, precision against recall, reliability."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from hairline.metrics import calibration
from hairline.reporting.figures.canvas import COLOURS, DASHES, DPI, WIDTH_IN, named


def draw(answers: Mapping[str, tuple[NDArray[np.floating], NDArray[np.bool_]]]) -> Figure:
    """ROC, precision against recall, and reliability of patch classifiers; dots mark a probability of one half.

    Args:
        answers: Name to probability of crack [patches] in [0, 1] and truth, bool [patches]; both classes among them.
    """
    figure = Figure(figsize=(WIDTH_IN, 4.9), dpi=DPI, layout="constrained")
    rates, precision, reliable = figure.subplots(1, 3)
    for index, (name, (probabilities, crack)) in enumerate(answers.items()):
        style = {"color": COLOURS[index % len(COLOURS)], "linestyle": DASHES[index % len(DASHES)], "linewidth": 2}
        false, true, cuts = roc_curve(crack, probabilities, drop_intermediate=False)
        _curve(rates, false, true, int(np.argmin(cuts >= 0.5)) - 1 if (cuts < 0.5).any() else -1, name, style)
        hits, found, levels = precision_recall_curve(crack, probabilities)
        _curve(precision, found, hits, int(np.searchsorted(levels, 0.5)), name, style)
        bins = calibration.reliability(probabilities, crack)
        error = calibration.expected_error(probabilities, crack)
        reliable.plot(bins.predicted, bins.observed, label=f"{name}: error {error:.3f}", **style)
        reliable.scatter(bins.predicted, bins.observed, 8 + 300 * bins.items / bins.items.sum(), style["color"])
    for axis in (rates, reliable):
        axis.plot([0, 1], [0, 1], color="0.8", linewidth=0.9, zorder=0)
    rates.set(title="ROC", xlabel="False positive rate", ylabel="True positive rate (recall)")
    precision.set(title="Precision and recall", xlabel="Recall", ylabel="Precision")
    reliable.set(
        title="Calibration (dots: share of patches)", xlabel="Probability of crack", ylabel="Share with a crack"
    )
    for axis in (rates, precision, reliable):
        axis.set(xlim=(0, 1.02), ylim=(0, 1.02))
        place = "upper left" if axis is reliable else "lower left"
        axis.legend(handles=named(axis), fontsize=10, frameon=False, loc=place)
    return figure


def _curve(
    axis: Axes, across: NDArray[np.floating], up: NDArray[np.floating], marked: int, name: str, style: Mapping[str, Any]
) -> None:
    axis.plot(across, up, label=name, **style)
    axis.plot(across[marked], up[marked], "o", color=style["color"], markersize=8, markeredgecolor="white", zorder=3)
