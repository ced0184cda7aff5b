"""One self-contained HTML page: sentence first, then tables, pictures, gates and how the numbers came about.

The page opens from a file without a network: style, script and pictures are inside it, and its content security policy
forbids everything else, scripts other than its own included. All text is escaped. Without scripts it can be read as
well; they sort and filter tables and drive the image browser.
"""

import hashlib
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from hairline.io.atomic import whole_file
from hairline.reporting import templating
from hairline.reporting.figures.image_browser import Browser

FILTERED = 6
"""Rows from which a table gets a field to filter them."""


@dataclass(frozen=True)
class Table:
    """A table under a heading; columns and cells are shown as they are. Sorted and filtered by the reader.

    Attributes:
        title: Its heading.
        frame: Its cells.
        folded: Shown only when asked for.
        best: Row and column, counted from 0, of the cells that stand out as the best.
        stacked: Whether on a phone each row is a list of its cells, so that all are seen; for tables of few rows.
        names: Ids of its rows on the page; where there are none, they are made of the first cells.
    """

    title: str
    frame: pd.DataFrame
    folded: bool = False
    best: Container[tuple[int, int]] = ()
    stacked: bool = False
    names: Sequence[str] = ()

    @property
    def anchor(self) -> str:
        """Id of its heading on the page."""
        return "t" + hashlib.sha256(self.title.encode()).hexdigest()[:8]

    @property
    def filtered(self) -> bool:
        """Whether it has a field to filter its rows."""
        return len(self.frame) >= FILTERED

    @property
    def rows(self) -> list[tuple[str, tuple[object, ...]]]:
        """Id of each row on the page, to be linked to, and its cells."""
        rows = list(self.frame.itertuples(index=False, name=None))
        return list(zip(self.names or self._ids(rows), rows, strict=True))

    def _ids(self, rows: Sequence[tuple[object, ...]]) -> list[str]:
        """The first cells of each row in letters and digits, as few as tell the rows apart; else with its number."""
        for cells in range(1, len(self.frame.columns) + 1):
            told = [re.sub(r"\W+", "-", " ".join(map(str, row[:cells]))).strip("-") for row in rows]
            if len(set(told)) == len(told):
                return [f"{self.anchor}-{each}" for each in told]
        return [f"{self.anchor}-{number}" for number in range(1, len(rows) + 1)]

    def headed(self, column: int) -> str:
        """What stands before a cell where the row is a list; empty in other tables."""
        return str(self.frame.columns[column]) if self.stacked else ""


@dataclass(frozen=True)
class Picture:
    """A picture under a caption.

    Attributes:
        title: Caption below it.
        alt: What it shows, in words, for those who do not see it.
        data: The bytes of its file.
        kind: Format of the file, as ``png`` or ``webp``.
        folded: Shown only when asked for.
    """

    title: str
    alt: str
    data: bytes
    kind: str = "png"
    folded: bool = False


@dataclass(frozen=True)
class Stage:
    """A photo with layers over it: the picture that a page opens with.

    Attributes:
        title: What it is, in a sentence or two.
        photo_told: What the photo is, in a few words.
        photo: The bytes of a WebP file.
        layers: What each shows, in words → the bytes of a WebP file, transparent where the photo is to be seen; the
            best last, which is also shown where no script runs.
        legend: Colour, as CSS writes it → what it means.
    """

    title: str
    photo_told: str
    photo: bytes
    layers: Mapping[str, bytes]
    legend: Mapping[str, str] = field(default_factory=dict)

    @property
    def best(self) -> str:
        """What the last layer shows."""
        return [*self.layers][-1]

    @property
    def data(self) -> dict[str, object]:
        """The layers as the page's script reads them; the photo is on the page already."""
        return {"layers": {name: templating.data_uri(layer, "webp") for name, layer in self.layers.items()}}


@dataclass(frozen=True)
class Signs:
    """What the signs of the numbers mean, in a line, which with scripts keeps the numbers that carry chosen ones.

    Attributes:
        meanings: Sign and word → what it means, in a few words; empty where the word says it.
    """

    meanings: Mapping[str, str]


@dataclass(frozen=True)
class Drawings:
    """Drawings in lines, beside each other where there is room: what each shows, in words → an ``<svg>`` element."""

    title: str
    drawings: Mapping[str, str]


@dataclass(frozen=True)
class Notes:
    """Remarks, one a line."""

    items: Sequence[str]


@dataclass(frozen=True)
class Facts:
    """Names and values."""

    values: Mapping[str, str]


@dataclass(frozen=True)
class Gate:
    """Verdict of one data set's gate, field by field as in ``verdict.json``."""

    dataset: str
    passed: bool
    errors: Sequence[str]
    warnings: Sequence[str]
    waivers: Sequence[str]


@dataclass(frozen=True)
class Gates:
    """Verdicts of the data gates."""

    verdicts: Sequence[Gate]


Part = Table | Picture | Signs | Drawings | Notes | Facts | Gates | Browser


@dataclass(frozen=True)
class Section:
    """What stands under one heading; left out where it has no part."""

    heading: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Page:
    """What a report says: heading and window title, the result in a sentence or two, and the rest.

    The picture stands before the headline, parts of ``summary`` below it, before the first section.
    """

    title: str
    headline: str
    summary: Sequence[Part]
    sections: Sequence[Section] = field(default_factory=tuple)
    picture: Stage | None = None

    @property
    def beside(self) -> bool:
        """Whether some of its pictures are files beside it."""
        parts = [part for section in self.sections for part in section.parts]
        return any(part.beside for part in parts if isinstance(part, Browser))


def render(page: Page) -> str:
    """The page as one HTML document without any outside reference; sections without content are left out."""
    sections = [section for section in page.sections if section.parts]
    return templating.render("report.html", {"page": page, "sections": sections, "macro_of": macro_of})


def write(path: Path, page: Page) -> None:
    """Write the page to a file, whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(render(page), encoding="utf-8")


def macro_of(part: Part) -> str:
    """Name of the macro in ``templates/parts.html`` that shows a part."""
    match part:
        case Table():
            return "table"
        case Picture():
            return "picture"
        case Signs():
            return "signs"
        case Drawings():
            return "drawings"
        case Notes():
            return "notes"
        case Facts():
            return "facts"
        case Gates():
            return "gates"
        case Browser():
            return "browser"
