"""The image browser of a report: layers of test images behind a slider, and the scores of every model on them."""

import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hairline.shrinking import shrunk_image, shrunk_map

SIDE_PX = 480
QUALITY = 70

FRAME = """<div class="browser" hidden>
<div class="controls">
<label>Test set<select name="set"></select></label>
<label>Images<select name="order"></select></label>
<label>Image<select name="image"></select></label>
<button type="button" name="previous" aria-keyshortcuts="p">Previous</button>
<button type="button" name="next" aria-keyshortcuts="n">Next</button>
</div>
<div class="controls">
<label>Left<select name="left"></select></label>
<label class="slider">Where the left ends and the right begins
<input type="range" name="cut" min="0" max="100" value="50"></label>
<label>Right<select name="right"></select></label>
</div>
<p class="quiet"><output aria-live="polite"></output></p>
<p class="quiet">Keys: n next, p previous, arrows move the slider.</p>
<div class="stage"><img alt="" src="{blank}"><img class="over" alt="" src="{blank}"><div class="edge"></div></div>
<div class="below"></div>
<div class="wide" tabindex="0" role="region" aria-label="Scores on this image"><table>
<thead><tr><th scope="col">Model</th><th scope="col">F1 at its best threshold (ODS)</th><th scope="col">Prediction</th>
</tr></thead><tbody></tbody></table></div>
<script type="application/json">{data}</script>
</div>
<noscript><p class="quiet">The image browser needs scripts; the galleries below do without.</p></noscript>"""


@dataclass(frozen=True)
class Shown:
    """An image of the browser.

    Attributes:
        id: Its name.
        test_set: What it belongs to.
        f1: Model → F1 of this image at the threshold of the model's ODS.
        layers: What is shown → the bytes of a WebP file, all of one size; ``image`` first, models by the names of
            ``f1``.
    """

    id: str
    test_set: str
    f1: Mapping[str, float]
    layers: Mapping[str, bytes]


@dataclass(frozen=True)
class Browser:
    """Images to look through."""

    images: Sequence[Shown]


def photo(image: NDArray[np.uint8]) -> bytes:
    """An RGB uint8 image [height, width, 3] as WebP, at most :data:`SIDE_PX` on a side."""
    return _webp(shrunk_image(image, SIDE_PX), lossless=False)


def score_map(scores: NDArray[np.generic]) -> bytes:
    """A score map or mask [height, width] in grey as WebP, at most :data:`SIDE_PX` on a side, lone pixels kept.

    Args:
        scores: bool, uint8 (255 is 1) or float in [0, 1]. Maps of two levels, such as masks, are kept exactly.
    """
    grey = np.round(255 * shrunk_map(scores, SIDE_PX)).astype(np.uint8)
    return _webp(grey, lossless=len(np.unique(grey)) <= 2)  # also smaller: lossy files of masks full of dots are large


def webp(png: bytes) -> bytes:
    """A picture in another format, for a page that has many."""
    with Image.open(io.BytesIO(png)) as picture:
        return _webp(np.asarray(picture.convert("RGB")), lossless=False)


def _webp(pixels: NDArray[np.uint8], lossless: bool) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="WEBP", quality=QUALITY, method=6, lossless=lossless)
    return buffer.getvalue()


def html(browser: Browser) -> str:
    """The browser as HTML; the page's script fills it. Names are data, never markup."""
    data = [
        {
            "id": each.id,
            "set": each.test_set,
            "f1": {name: round(value, 4) for name, value in each.f1.items()},
            "layers": {name: _source(layer) for name, layer in each.layers.items()},
        }
        for each in browser.images
    ]
    blank = _source(_webp(np.full((1, 1, 3), 128, dtype=np.uint8), lossless=True))
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")  # so that no name ends the element
    return FRAME.format(blank=blank, data=text)


def _source(file: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(file).decode("ascii")
