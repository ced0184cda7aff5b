"""Curves of counts and numbers: precision against recall, training.

Every function returns a figure of its own (no global plotting state) and writes nothing.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from hairline.metrics import thresholds
from hairline.reporting.figures.canvas import COLOURS, DASHES, DPI, WIDTH_IN, named

MANY = 8  # models whose legend needs the room of a second column
BESIDE, LONG = 20, 48
"""Models whose names stand beside a panel, and letters of such a name; more, or longer ones, stand below it."""
LONGEST, ROW_IN, UNDER_IN = 60, 0.215, 0.55
"""Letters of a name that are shown, the height of its line, and how far below the panel the first is."""
ISO_F1 = (0.2, 0.4, 0.6, 0.8)


def pr_curves(panels: Mapping[str, Mapping[str, thresholds.Counts]]) -> Figure:
    """Precision against recall of pooled counts, one panel a test set.

    Dots mark the threshold at which the mean F1 over the images is best (ODS); grey lines join points of equal F1.

    Args:
        panels: Test set to model name to counts. A model keeps its colour over the panels.
    """
    names = list(dict.fromkeys(name for models in panels.values() for name in models))
    cols = min(2 if len(names) <= MANY else 1, max(1, len(panels)))
    below = len(names) > BESIDE or max(map(len, names), default=0) > LONG
    cols, rows = (1, max(1, len(panels))) if below else (cols, max(1, math.ceil(len(panels) / cols)))
    height = 4.9 + (ROW_IN * (len(names) + 3) if below else 0)
    figure = Figure(figsize=(WIDTH_IN if cols > 1 else 9.0, height * rows), dpi=DPI, layout="constrained")
    axes = figure.subplots(rows, cols, squeeze=False).ravel()
    for axis, (test_set, models) in zip(axes, panels.items(), strict=False):
        _pr_panel(axis, test_set, {name: (names.index(name), counts) for name, counts in models.items()}, below)
    for axis in axes[len(panels) :]:
        axis.set_axis_off()
    return figure


def _pr_panel(axis: Axes, title: str, models: Mapping[str, tuple[int, thresholds.Counts]], below: bool) -> None:
    for level in ISO_F1:
        recall = np.linspace(level / (2 - level), 1, 100)
        axis.plot(recall, level * recall / (2 * recall - level), color="0.8", linewidth=0.9, zorder=0)
        axis.text(1.03, level / (2 - level), f"F1 {level}", color="0.4", fontsize=9, va="center")
    for name, (index, counts) in models.items():
        colour, dashes = COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)]
        precision, recall = thresholds.precision_recall(counts)
        f1 = thresholds.f1(counts)
        best = int(np.argmax(f1.mean(axis=0)))
        label = f"{_cut(name)}: ODS {thresholds.ods(f1):.3f}"
        axis.plot(recall, precision, color=colour, linestyle=dashes, linewidth=2, label=label)
        axis.plot(recall[best], precision[best], "o", color=colour, markersize=8, markeredgecolor="white", zorder=3)
    axis.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="Recall", ylabel="Precision")
    axis.set_title(title, fontsize=13, loc="left")
    under = axis.transAxes + ScaledTranslation(0, -UNDER_IN, axis.figure.dpi_scale_trans)
    axis.legend(
        handles=named(axis), loc="upper left", fontsize=10, frameon=False, title="● best threshold (ODS)",
        alignment="left" if below else "center", bbox_to_anchor=(0, 0) if below else (1.1, 1.0),
        bbox_transform=under if below else axis.transAxes,
    )  # fmt: skip


def _cut(name: str) -> str:
    """A name whose middle is left out where it is too long for a legend."""
    half = LONGEST // 2
    return name if len(name) <= LONGEST else f"{name[:half]}…{name[-half:]}"


def training_curves(history: Sequence[Mapping[str, float]]) -> Figure:
    """Values over the epochs, a panel each for losses, scores and learning rate.

    Args:
        history: One mapping an epoch; ``epoch`` gives the position where there is one. Names holding ``loss`` and
            ``learning_rate`` have panels of their own, all others count as scores. Entries may miss names.
    """
    names = sorted({name for entry in history for name in entry} - {"epoch", "step"})
    rates = [name for name in names if "learning_rate" in name]
    losses = [name for name in names if "loss" in name]
    scores = [name for name in names if name not in rates + losses]
    groups = {"Loss": losses, "Score": scores, "Learning rate": rates}
    shown = [(title, group) for title, group in groups.items() if group]
    figure = Figure(figsize=(WIDTH_IN, 4.4), dpi=DPI, layout="constrained")
    axes = figure.subplots(1, max(1, len(shown)), squeeze=False)[0]
    for axis, (title, group) in zip(axes, shown, strict=False):
        _history_panel(axis, title, history, group)
    return figure


def _history_panel(axis: Axes, title: str, history: Sequence[Mapping[str, float]], names: Iterable[str]) -> None:
    for index, name in enumerate(names):
        points = [(entry.get("epoch", place), entry[name]) for place, entry in enumerate(history) if name in entry]
        colour, dashes = COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)]
        axis.plot(
            *zip(*points, strict=True), "o", color=colour, linestyle=dashes, markersize=4, linewidth=2, label=name
        )
    axis.set_title(title, fontsize=13, loc="left")
    axis.set_xlabel("Epoch")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.grid(color="0.9")
    axis.legend(fontsize=10, frameon=False)
