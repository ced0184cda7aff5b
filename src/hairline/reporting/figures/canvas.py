"""What all figures share: size, colours, and how they become files: the same bytes for the same figure.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart, and lines differ in their dashes too.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.text import Text
from PIL import Image

from hairline.io.atomic import whole_file

COLOURS = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7")
DASHES = ("-", "--", "-.", ":")
DPI = 100
WIDTH_IN = 14.0

COMPRESSION = 4
"""Of PNG files: photos get no smaller beyond it, in three times the time."""


def png(figure: Figure) -> bytes:
    """A figure as the bytes of a PNG file without metadata, so that equal figures give equal bytes.

    Names stand in it as they are: a ``$`` opens no formula, a letter that the font lacks is written as its number.
    """
    for text in _take_literally(figure):
        text.set_text(_drawable(text))
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    opaque = np.asarray(canvas.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]
    buffer = io.BytesIO()
    Image.fromarray(opaque).save(buffer, format="png", compress_level=COMPRESSION)
    return buffer.getvalue()


def svg(figure: Figure, salt: str) -> str:
    """A figure as an ``<svg>`` element for a page in HTML: no background, and black is the page's colour of text.

    Args:
        figure: The figure.
        salt: What tells the ids inside it from those of other figures on the page.
    """
    _take_literally(figure)
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    element = buffer.getvalue()[buffer.getvalue().index("<svg") :]
    bare = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->| xmlns(:\w+)?=\"[^\"]*\"", "", element, flags=re.DOTALL)
    bare = re.sub('<g id="[^"]*"', "<g", bare)  # those of groups are alike in every figure, and named nowhere
    return re.sub("#000000|#666666", "currentColor", bare).replace("#cccccc", "var(--line, #cccccc)")


def save_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all, making its folder."""
    with whole_file(path) as partial:
        partial.write_bytes(png(figure))


def named(axes: Axes) -> list[Line2D]:
    """The lines of a panel that were given a name, for its legend, which leaves out names that start with ``_``."""
    return [line for line in axes.get_lines() if not str(line.get_label()).startswith("_child")]


def _take_literally(figure: Figure) -> list[Text]:
    """Keep matplotlib from reading formulas in the texts of a figure but the numbers along axes; gives these texts."""
    texts = [text for child in figure.get_children() for text in _texts(child)]
    for text in texts:
        text.set_parse_math(False)
    return texts


def _texts(artist: Artist) -> Iterator[Text]:
    """Texts in a part of a figure; of an axis its name alone, since its ticks are made when first looked at."""
    if isinstance(artist, Axis):
        yield artist.label
    elif isinstance(artist, Axes):
        for child in artist.get_children():
            yield from _texts(child)
    else:
        yield from (text for text in artist.findobj(Text) if isinstance(text, Text))


def _drawable(text: Text) -> str:
    r"""What a text says, with ``\u88c2`` for a letter that its font has no glyph for."""
    there = get_font(findfont(text.get_fontproperties())).get_charmap()
    return "".join(
        letter if ord(letter) in there or letter.isspace() else ascii(letter)[1:-1] for letter in text.get_text()
    )
