"""One self-contained HTML page: sentence first, then tables, pictures, gates and how the numbers came about.

The page opens from a file without a network: style, script and pictures are inside it, and its content security policy
forbids everything else, scripts other than its own included. All text is escaped. Without scripts it can be read as
well; they sort and filter tables and drive the image browser.
"""

import hashlib
from collections.abc import Mapping, Sequence
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
    """A table under a heading; columns and cells are shown as they are. Sorted and filtered by the reader."""

    title: str
    frame: pd.DataFrame
    folded: bool = False

    @property
    def anchor(self) -> str:
        """Id of its heading on the page."""
        return "t" + hashlib.sha256(self.title.encode()).hexdigest()[:8]

    @property
    def filtered(self) -> bool:
        """Whether it has a field to filter its rows."""
        return len(self.frame) >= FILTERED


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
class Panels:
    """Pictures of one image beside each other: what each shows, in words → the bytes of a WebP file; one caption."""

    title: str
    pictures: Mapping[str, bytes]


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


Part = Table | Picture | Panels | Signs | Drawings | Notes | Facts | Gates | Browser


@dataclass(frozen=True)
class Section:
    """What stands under one heading; left out where it has no part."""

    heading: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Page:
    """What a report says, in the order it says it: heading and window title, the result in a sentence or two, the rest.

    Parts of ``summary`` stand below the headline, before the first section.
    """

    title: str
    headline: str
    summary: Sequence[Part]
    sections: Sequence[Section] = field(default_factory=tuple)


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
        case Panels():
            return "panels"
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
