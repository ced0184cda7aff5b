"""What a ranking is written as: ranking.csv, and a page with the first photos, what differs in each, and why."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.inspection.page import colours, templating
from hairline.inspection.ranking import pictures
from hairline.inspection.ranking.ranked import Maps, Measured
from hairline.io.atomic import write_texts
from hairline.io.file_names import no_formula, printable
from hairline.metrics import ranking

TABLE, PAGE = "ranking.csv", "index.html"
MEANING = {
    "disagreement": "how far the sources are apart: 1 − their soft F1, the mean over all pairs",
    "expected": "1 − the F1 that the mask of the mean map is expected to have, if scores are probabilities",
    "area": "share of all pixels on which the sources differ",
}
"""Measure → what it is, for the page and the command line."""


@dataclass(frozen=True)
class Ranking:
    """Photos in order, and how they were ranked.

    Attributes:
        photos: The first to correct first.
        by: The measure.
        sources: What was compared, in the order of the colours on the page.
        in_turn: Whether groups take turns.
        told: Remarks for the page.
    """

    photos: Sequence[Measured]
    by: str
    sources: Sequence[str]
    in_turn: bool
    told: Sequence[str] = ()


def table(found: Ranking) -> str:
    """ranking.csv: ``rank``, ``photo``, ``group``, every measure, ``pixels``, pixels of each source's mask, ``why``."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    marked = [f"crack_px_{source}" for source in found.sources]
    writer.writerow(["rank", "photo", "group", *ranking.MEASURES, "pixels", *marked, "why"])
    for place, photo in enumerate(found.photos, 1):
        values = [f"{photo.values[measure]:.6f}" for measure in ranking.MEASURES]
        texts = [no_formula(text) for text in (photo.name, photo.group, photo.why)]
        counts = [photo.marked[source] for source in found.sources]
        writer.writerow([place, *texts[:2], *values, photo.pixels, *counts, texts[2]])
    return buffer.getvalue()


def write(
    out: Path,
    found: Ranking,
    shown: int,
    photo_of: Callable[[str], NDArray[np.uint8]],
    maps_of: Callable[[str], Maps],
    step: Callable[[], object] = lambda: None,
) -> list[Path]:
    """Write ranking.csv and index.html, both or none.

    Args:
        out: The folder.
        found: The ranking.
        shown: How many photos the page shows.
        photo_of: Name of a photo → RGB uint8 [height, width, 3].
        maps_of: Name of a photo → its maps.
        step: Called for each photo that was drawn.
    """
    cards = []
    for place, photo in enumerate(found.photos[:shown], 1):
        cards.append(_card(place, photo, found, photo_of(photo.name), maps_of(photo.name)))
        step()
    paths = [out / TABLE, out / PAGE]
    write_texts({paths[0]: table(found), paths[1]: _page(found, cards)})
    return paths


def _card(place: int, photo: Measured, found: Ranking, image: NDArray[np.uint8], maps: Maps) -> Mapping[str, object]:
    masks = [maps[source] >= ranking.CUT for source in found.sources[:2]]
    coloured = pictures.parts(masks[0], masks[1] if len(masks) > 1 else None)
    return {
        "place": place, "name": printable(photo.name), "value": f"{photo.values[found.by]:.3f}", "why": photo.why,
        "group": "" if photo.group == photo.name else printable(photo.group),
        "picture": pictures.address(pictures.drawn(image, coloured)),
    }  # fmt: skip


def _page(found: Ranking, cards: Sequence[Mapping[str, object]]) -> str:
    shades = [pictures.FIRST] if len(found.sources) == 1 else [pictures.AGREED, pictures.FIRST, pictures.SECOND]
    one = found.sources[0]
    names = [one] if len(found.sources) == 1 else ["both", f"{one} alone", f"{found.sources[1]} alone"]
    legend = [
        {"name": name, "back": colours.css(shade), "ink": colours.on(shade)}
        for name, shade in zip(names, shades, strict=True)
    ]
    others = [
        {"place": place, "name": printable(photo.name), "why": photo.why,
         "values": [f"{photo.values[measure]:.3f}" for measure in ranking.MEASURES]}
        for place, photo in enumerate(found.photos, 1)
    ]  # fmt: skip
    values = {
        "cards": cards, "legend": legend, "rows": others[:ROWS], "left_out": max(0, len(others) - ROWS),
        "count": len(others), "by": found.by, "meaning": MEANING[found.by], "measures": list(ranking.MEASURES),
        "sources": found.sources, "in_turn": found.in_turn, "told": found.told,
    }  # fmt: skip
    return templating.render(values, "ranking.html")


ROWS = 1000
"""Most photos in the table of the page; ranking.csv has all."""
