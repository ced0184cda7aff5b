"""Pictures beside each other: grids of samples with their maps, contact sheets.

Every function returns a figure of its own (no global plotting state) and writes nothing. Figures are 1400 px wide
unless many columns need more.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from hairline.imaging.downscale import shrunk_image, shrunk_map
from hairline.reporting.figures.canvas import DPI, WIDTH_IN

PANEL_PX = 320
TINT = np.array([213, 94, 0], dtype=np.float64)


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
        axis.set_title(
            "\n".join(_wrap(part, max(int(11 * width_in / len(titles)), 6)) for part in title), fontsize=10, pad=18
        )
    return figure


def _columns(rows: Sequence[PictureRow]) -> list[tuple[str, ...]]:
    labels = dict.fromkeys(name for row in rows for name in row.labels)
    models = dict.fromkeys(name for row in rows for name in row.predictions)
    fixed: list[tuple[str, ...]] = [("image",), ("mask",), ("evidence",)]
    return fixed + [("labels", name) for name in labels] + [("prediction", name) for name in models]


def _panels(row: PictureRow) -> dict[tuple[str, ...], NDArray[np.generic]]:
    drawn: dict[tuple[str, ...], NDArray[np.generic]] = {("image",): shrunk_image(row.image, PANEL_PX)}
    if row.mask is not None:
        drawn["mask",] = shrunk_map(row.mask, PANEL_PX)
    if row.evidence is not None:
        drawn["evidence",] = _heat(row.image, row.evidence)
    drawn |= {("labels", name): shrunk_map(scores, PANEL_PX) for name, scores in row.labels.items()}
    return drawn | {("prediction", name): shrunk_map(scores, PANEL_PX) for name, scores in row.predictions.items()}


def _draw(axis: Axes, pixels: NDArray[np.generic] | None, aspect: float) -> None:
    _without_scales(axis)
    axis.set_box_aspect(aspect)
    for spine in axis.spines.values():
        spine.set(color="0.7", linewidth=0.6)
    if pixels is None:
        axis.text(0.5, 0.5, "none", color="0.4", fontsize=10, ha="center", va="center", transform=axis.transAxes)
    else:
        axis.imshow(pixels, cmap="gray", vmin=0, vmax=1, aspect="auto")


def _without_scales(axis: Axes) -> None:
    """Leave the scales of a panel out, of which matplotlib would measure every tick time and again."""
    axis.xaxis.set_visible(False)
    axis.yaxis.set_visible(False)


def _wrap(text: str, width: int) -> str:
    """Lines of at most ``width`` characters, broken at spaces and behind underscores where that is possible."""
    return "\n".join(textwrap.wrap(text.replace("_", "_ "), width)).replace("_ ", "_") or " "


def _heat(image: NDArray[np.uint8], scores: NDArray[np.generic]) -> NDArray[np.float64]:
    """The image in grey under a heat map, float RGB in [0, 1]; the stronger the evidence, the less image."""
    strength = shrunk_map(scores, PANEL_PX)
    grey = shrunk_image(image, PANEL_PX).mean(axis=2, keepdims=True) / 255
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
        _without_scales(axis)
        axis.set_frame_on(False)
    for index, (image, overlay, title) in enumerate(zip(images, overlays, titles, strict=True)):
        opacity = 0.85 * shrunk_map(overlay, PANEL_PX)[..., None]
        axes[index].imshow(((1 - opacity) * shrunk_image(image, PANEL_PX) + opacity * TINT) / 255)
        axes[index].set_title(_wrap(title, 28), fontsize=9)
    return figure
