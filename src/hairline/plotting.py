"""Figures from counts and arrays: precision-recall curves, picture grids, training curves, contact sheets.

Every function returns a figure of its own (no global plotting state) and writes nothing; :func:`png` and
:func:`save_png` give the same bytes for the same figure. Colours are those of Okabe and Ito, which colour-blind
readers can tell apart, and lines differ in their dashes too. Figures are 1400 px wide unless many columns need more.
"""

import io
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from hairline import scoring
from hairline.outputs import whole_file

COLOURS = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7")
DASHES = ("-", "--", "-.", ":")
DPI = 100
WIDTH_IN = 14.0
PANEL_PX = 320
TINT = np.array([213, 94, 0], dtype=np.float64)
ISO_F1 = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class PictureRow:
    """One sample of a picture grid.

    Attributes:
        id: Name shown beside the row.
        image: uint8 RGB [height, width, 3].
        mask: bool [height, width], None where the sample has none.
        evidence: Localization map in [0, 1], float [height, width], drawn as heat over the image; None leaves it out.
        labels: Label set to score map [height, width], uint8 (255 is 1) or float in [0, 1].
        predictions: Model to score map, as for labels.
    """

    id: str
    image: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None
    evidence: NDArray[np.floating] | None
    labels: Mapping[str, NDArray[np.generic]]
    predictions: Mapping[str, NDArray[np.generic]]


def png(figure: Figure) -> bytes:
    """A figure as the bytes of a PNG file without metadata, so that equal figures give equal bytes."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def save_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all, making its folder."""
    with whole_file(path) as partial:
        partial.write_bytes(png(figure))


def pr_curves(panels: Mapping[str, Mapping[str, scoring.Counts]]) -> Figure:
    """Precision against recall of pooled counts, one panel a test set.

    Dots mark the threshold at which the mean F1 over the images is best (ODS); grey lines join points of equal F1.

    Args:
        panels: Test set to model name to counts. A model keeps its colour over the panels.
    """
    names = list(dict.fromkeys(name for models in panels.values() for name in models))
    cols = min(2, max(1, len(panels)))
    rows = max(1, math.ceil(len(panels) / cols))
    figure = Figure(figsize=(WIDTH_IN if cols > 1 else 9.0, 4.9 * rows), dpi=DPI, layout="constrained")
    axes = figure.subplots(rows, cols, squeeze=False).ravel()
    for axis, (test_set, models) in zip(axes, panels.items(), strict=False):
        _pr_panel(axis, test_set, {name: (names.index(name), counts) for name, counts in models.items()})
    for axis in axes[len(panels) :]:
        axis.set_axis_off()
    return figure


def _pr_panel(axis: Axes, title: str, models: Mapping[str, tuple[int, scoring.Counts]]) -> None:
    for level in ISO_F1:
        recall = np.linspace(level / (2 - level), 1, 100)
        axis.plot(recall, level * recall / (2 * recall - level), color="0.8", linewidth=0.9, zorder=0)
        axis.text(1.03, level / (2 - level), f"F1 {level}", color="0.4", fontsize=9, va="center")
    for name, (index, counts) in models.items():
        colour, dashes = COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)]
        precision, recall = scoring.precision_recall(counts)
        f1 = scoring.f1(counts)
        best = int(np.argmax(f1.mean(axis=0)))
        label = f"{name}: ODS {scoring.ods(f1):.3f}"
        axis.plot(recall, precision, color=colour, linestyle=dashes, linewidth=2, label=label)
        axis.plot(recall[best], precision[best], "o", color=colour, markersize=8, markeredgecolor="white", zorder=3)
    axis.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="Recall", ylabel="Precision")
    axis.set_title(title, fontsize=13, loc="left")
    axis.legend(loc="upper left", bbox_to_anchor=(1.1, 1.0), fontsize=10, frameon=False, title="● best threshold (ODS)")


def picture_grid(rows: Sequence[PictureRow]) -> Figure:
    """Samples below each other: image, mask, evidence as heat, pseudo-labels a set, predictions a model.

    Maps are shrunk by the maximum over blocks, so that thin cracks stay visible; masks and maps alike. Columns that no
    row fills are left out, panels that one row lacks say so.
    """
    panels = [_panels(row) for row in rows]
    titles = [title for title in _columns(rows) if any(title in drawn for drawn in panels)]
    width_in = max(WIDTH_IN, 1.3 * len(titles))
    tight = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.11, wspace=0, hspace=0)
    heights = [width_in / max(1, len(titles)) * row.image.shape[0] / row.image.shape[1] for row in rows]
    figure = Figure(figsize=(width_in, sum(heights) + 0.24 * len(rows) + 0.6), dpi=DPI, layout=tight)
    if not rows:
        return figure
    axes = figure.subplots(len(rows), len(titles), squeeze=False, gridspec_kw={"height_ratios": heights})
    for row, drawn, line in zip(rows, panels, axes, strict=True):
        for axis, title in zip(line, titles, strict=True):
            _draw(axis, drawn.get(title), row.image.shape[0] / row.image.shape[1])
        line[0].annotate(
            row.id, (0, 1), (0, 3), "axes fraction", "offset points", fontsize=9, annotation_clip=False
        ).set_in_layout(False)
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title("\n".join(_wrap(part, 18) for part in title), fontsize=10, pad=18)
    return figure


def _columns(rows: Sequence[PictureRow]) -> list[tuple[str, ...]]:
    labels = dict.fromkeys(name for row in rows for name in row.labels)
    models = dict.fromkeys(name for row in rows for name in row.predictions)
    fixed: list[tuple[str, ...]] = [("image",), ("mask",), ("evidence",)]
    return fixed + [("labels", name) for name in labels] + [("prediction", name) for name in models]


def _panels(row: PictureRow) -> dict[tuple[str, ...], NDArray[np.generic]]:
    drawn: dict[tuple[str, ...], NDArray[np.generic]] = {("image",): _shrunk_image(row.image)}
    if row.mask is not None:
        drawn["mask",] = shrunk_map(row.mask)
    if row.evidence is not None:
        drawn["evidence",] = _heat(row.image, row.evidence)
    drawn |= {("labels", name): shrunk_map(scores) for name, scores in row.labels.items()}
    return drawn | {("prediction", name): shrunk_map(scores) for name, scores in row.predictions.items()}


def _draw(axis: Axes, pixels: NDArray[np.generic] | None, aspect: float) -> None:
    axis.set(xticks=[], yticks=[], box_aspect=aspect)
    for spine in axis.spines.values():
        spine.set(color="0.7", linewidth=0.6)
    if pixels is None:
        axis.text(0.5, 0.5, "none", color="0.4", fontsize=10, ha="center", va="center", transform=axis.transAxes)
    else:
        axis.imshow(pixels, cmap="gray", vmin=0, vmax=1, aspect="auto")


def _wrap(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width)) or " "


def _factor(height: int, width: int) -> int:
    return math.ceil(max(height, width) / PANEL_PX)


def shrunk_map(scores: NDArray[np.generic]) -> NDArray[np.float64]:
    """Maximum over square blocks, so that neither side exceeds 320 px.

    Args:
        scores: [height, width], bool, uint8 (255 is 1) or float in [0, 1].

    Returns:
        float64 in [0, 1].
    """
    unit = scores.astype(np.float64) / (255 if scores.dtype == np.uint8 else 1)
    height, width = unit.shape
    factor = _factor(height, width)
    padded = np.pad(unit, ((0, -height % factor), (0, -width % factor)))
    blocks = padded.reshape(padded.shape[0] // factor, factor, padded.shape[1] // factor, factor)
    maxima: NDArray[np.float64] = blocks.max(axis=(1, 3))
    return maxima


def _shrunk_image(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    factor = _factor(*image.shape[:2])
    size = (math.ceil(image.shape[1] / factor), math.ceil(image.shape[0] / factor))
    small: NDArray[np.uint8] = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return small


def _heat(image: NDArray[np.uint8], scores: NDArray[np.generic]) -> NDArray[np.float64]:
    """The image in grey under a heat map, float RGB in [0, 1]; the stronger the evidence, the less image."""
    strength = shrunk_map(scores)
    grey = _shrunk_image(image).mean(axis=2, keepdims=True) / 255
    opacity = 0.75 * strength[..., None]
    colours = matplotlib.colormaps["inferno"](0.25 + 0.75 * strength)[..., :3]
    blend: NDArray[np.float64] = (1 - opacity) * grey + opacity * colours
    return blend


def contact_sheet(
    images: Sequence[NDArray[np.uint8]], overlays: Sequence[NDArray[np.generic]], titles: Sequence[str]
) -> Figure:
    """Many images, six a line, each under its score map as an orange tint.

    Args:
        images: uint8 RGB [height, width, 3], sizes may differ.
        overlays: One map [height, width] an image: bool, uint8 (255 is 1) or float in [0, 1].
        titles: One an image, shown above it.

    Raises:
        ValueError: If the three differ in length.
    """
    cols = 6
    aspects = [image.shape[0] / image.shape[1] for image in images] or [1.0]
    heights = [WIDTH_IN / cols * max(aspects[at : at + cols]) + 0.45 for at in range(0, len(aspects), cols)]
    figure = Figure(figsize=(WIDTH_IN, sum(heights)), dpi=DPI, layout="constrained")
    axes = figure.subplots(len(heights), cols, squeeze=False, gridspec_kw={"height_ratios": heights}).ravel()
    for axis in axes:
        axis.set_axis_off()
    for index, (image, overlay, title) in enumerate(zip(images, overlays, titles, strict=True)):
        opacity = 0.85 * shrunk_map(overlay)[..., None]
        axes[index].imshow(((1 - opacity) * _shrunk_image(image) + opacity * TINT) / 255)
        axes[index].set_title(_wrap(title, 28), fontsize=9)
    return figure


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
