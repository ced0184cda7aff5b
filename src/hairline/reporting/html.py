"""One self-contained HTML page: sentence first, then tables, pictures, gates and how the numbers came about.

The page opens from a file without a network: style, script and pictures are inside it, and its content security policy
forbids everything else, scripts other than its own included. All text is escaped. Without scripts it can be read as
well; they sort and filter tables and drive the image browser.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from pathlib import Path

import pandas as pd

from hairline.outputs import whole_file
from hairline.reporting.figures import image_browser
from hairline.reporting.figures.image_browser import Browser

STYLE = files("hairline.reporting").joinpath("templates", "style.css").read_text(encoding="utf-8")
SCRIPT = files("hairline.reporting").joinpath("templates", "report.js").read_text(encoding="utf-8")
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-"
    + base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    + "'"
)
FILTERED = 6
"""Rows from which a table gets a field to filter them."""


@dataclass(frozen=True)
class Table:
    """A table under a heading; columns and cells are shown as they are. Sorted and filtered by the reader."""

    title: str
    frame: pd.DataFrame
    folded: bool = False


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


Part = Table | Picture | Drawings | Notes | Facts | Gates | Browser


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
    sections = {f"s{at}": section for at, section in enumerate(page.sections) if section.parts}
    body = [
        '<a class="skip" href="#main">Skip to the result</a>',
        _menu(sections),
        f'<main id="main">\n<h1>{escape(page.title)}</h1>\n<p class="headline">{escape(page.headline)}</p>',
        *map(_part, page.summary),
        *(_section(name, section) for name, section in sections.items()),
        "</main>",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + f"\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def write(path: Path, page: Page) -> None:
    """Write the page to a file, whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(render(page), encoding="utf-8")


def _menu(sections: Mapping[str, Section]) -> str:
    links = "".join(f'<li><a href="#{name}">{escape(each.heading)}</a></li>' for name, each in sections.items())
    return f'<nav aria-label="Sections"><ul>{links}</ul></nav>' if links else ""


def _section(name: str, section: Section) -> str:
    content = "\n".join(map(_part, section.parts))
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{escape(section.heading)}</h2>\n{content}\n</section>'


def _part(part: Part) -> str:
    match part:
        case Table():
            return _titled_table(part)
        case Picture():
            return _picture(part)
        case Drawings():
            drawn = "\n".join(_drawing(told, svg) for told, svg in part.drawings.items())
            return f'<h3>{escape(part.title)}</h3>\n<div class="drawings">\n{drawn}\n</div>'
        case Notes():
            return _list(part.items, "notes")
        case Facts():
            return _table(("", ""), [[escape(name), escape(value)] for name, value in part.values.items()])
        case Gates():
            return _gates(part.verdicts)
        case Browser():
            return image_browser.html(part)


def _list(items: Sequence[str], style: str) -> str:
    entries = "".join(f"<li>{escape(str(item))}</li>" for item in items)
    return f'<ul class="{style}">{entries}</ul>' if entries else ""


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], named: str = "", sortable: bool = False) -> str:
    """A table from escaped cells; ``named`` is the id of its heading."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    lines = "\n".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    shown = f"<thead><tr>{head}</tr></thead>\n" if any(header) else ""
    style = ' class="sortable"' if sortable else ""
    label = f' role="region" aria-labelledby="{named}"' if named else ""
    return f'<div class="wide" tabindex="0"{label}><table{style}>\n{shown}<tbody>\n{lines}\n</tbody>\n</table></div>'


def _cell(content: str) -> str:
    short = len(content) <= 24 and "<" not in content
    return f'<td class="short">{content}</td>' if short else f"<td>{content}</td>"


def _titled_table(table: Table) -> str:
    name = "t" + hashlib.sha256(table.title.encode()).hexdigest()[:8]
    rows = ([escape(str(cell)) for cell in row] for row in table.frame.itertuples(index=False))
    content = _table([escape(str(column)) for column in table.frame.columns], rows, name, sortable=True)
    if len(table.frame) >= FILTERED:
        content = (
            f'<div><div class="filter" hidden><label for="{name}f">Rows with</label><input type="search" id="{name}f">'
            f"<output></output></div>\n{content}</div>"
        )
    if table.folded:
        return f'<details><summary id="{name}">{escape(table.title)}</summary>\n{content}\n</details>'
    return f'<h3 id="{name}">{escape(table.title)}</h3>\n{content}'


def _picture(picture: Picture) -> str:
    source = f"data:image/{picture.kind};base64," + base64.b64encode(picture.data).decode("ascii")
    image = f'<img src="{source}" alt="{escape(picture.alt)}">'
    if picture.folded:
        summary = f"<summary>{escape(picture.title)}</summary>"
        return f'<details>{summary}\n<figure class="paper">{image}</figure>\n</details>'
    return f'<figure class="paper">{image}<figcaption>{escape(picture.title)}</figcaption></figure>'


def _drawing(told: str, svg: str) -> str:
    return f'<figure role="img" aria-label="{escape(told)}">{svg}</figure>'


def _gates(gates: Sequence[Gate]) -> str:
    rows = [
        [
            escape(gate.dataset),
            '<span class="passed">passed</span>' if gate.passed else '<span class="failed">failed</span>',
            *(_list(found, "found") for found in (gate.errors, gate.warnings, gate.waivers)),
        ]
        for gate in gates
    ]
    return _table(("Set", "Verdict", "Errors", "Warnings", "Waivers"), rows)
