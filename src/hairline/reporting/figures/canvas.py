"""What all figures share: size, colours, and how they become files: the same bytes for the same figure.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart, and lines differ in their dashes too.
"""

import io
import re
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hairline.io.atomic import whole_file

COLOURS = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7")
DASHES = ("-", "--", "-.", ":")
DPI = 100
WIDTH_IN = 14.0


def png(figure: Figure) -> bytes:
    """A figure as the bytes of a PNG file without metadata, so that equal figures give equal bytes."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def svg(figure: Figure, salt: str) -> str:
    """A figure as an ``<svg>`` element for a page in HTML: no background, and black is the page's colour of text.

    Args:
        figure: The figure.
        salt: What tells the ids inside it from those of other figures on the page.
    """
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    element = buffer.getvalue()[buffer.getvalue().index("<svg") :]
    bare = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->| xmlns(:\w+)?=\"[^\"]*\"", "", element, flags=re.DOTALL)
    return re.sub("#000000|#666666", "currentColor", bare).replace("#cccccc", "var(--line, #cccccc)")


def save_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all, making its folder."""
    with whole_file(path) as partial:
        partial.write_bytes(png(figure))
