"""One self-contained HTML page: sentence first, then tables, pictures, gates and how the numbers came about.

The page opens from a file without a network: style and pictures are inside it, and its content security policy
forbids everything else. All text is escaped.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

from hairline.outputs import whole_file

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --soft: #f3f5f7; --line: #c9d0d6;
  --quiet: #56606a; --good: #00694c; --bad: #a33a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --paper: #14171a; --soft: #1f2429; --line: #3c444c;
  --quiet: #a3adb6; --good: #4fd0a5; --bad: #ff9e63; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; } h2 { font-size: 1.25rem; margin: 2.2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
.headline { font-size: 1.15rem; max-width: 60rem; padding: .7rem 1rem; border-left: .3rem solid var(--good);
  background: var(--soft); }
.notes { color: var(--quiet); max-width: 60rem; font-size: .9rem; padding-left: 1.2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .85rem; }
th, td { padding: .3rem .5rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid var(--line); vertical-align: bottom; } td.short { white-space: nowrap; }
tbody tr:nth-child(even) { background: var(--soft); }
figure { margin: 1rem 0; } summary { cursor: pointer; } figcaption { color: var(--quiet); font-size: .9rem; }
img { display: block; max-width: 100%; height: auto; background: #ffffff; border: 1px solid var(--line); }
.passed { color: var(--good); font-weight: 600; } .failed { color: var(--bad); font-weight: 600; }
td ul { margin: 0; padding-left: 1.1rem; }
@media print { :root { --ink: #000; --paper: #fff; --soft: #f3f5f7; --line: #999; --quiet: #333; }
  @page { size: landscape; margin: 12mm; }
  body { max-width: none; padding: 0; font-size: 9pt; } .wide { overflow: visible; } table { font-size: 8pt; }
  tr, figure { break-inside: avoid; } h2, h3 { break-after: avoid; } }
"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Picture:
    """A figure on the page.

    Attributes:
        title: Caption below it.
        alt: What it shows, in words, for those who do not see it.
        png: The picture, as the bytes of a PNG file.
    """

    title: str
    alt: str
    png: bytes


@dataclass(frozen=True)
class Gate:
    """Verdict of one data set's gate, field by field as in ``verdict.json``."""

    dataset: str
    passed: bool
    errors: Sequence[str]
    warnings: Sequence[str]
    waivers: Sequence[str]


@dataclass(frozen=True)
class Page:
    """What a report says, in the order it says it.

    Attributes:
        title: Heading and window title.
        headline: The result in a sentence or two.
        notes: How to read the tables, one remark each.
        tables: Heading to table; columns and cells are shown as they are.
        pictures: Figures, in order.
        steps: Figures that are folded up until they are asked for, each under its title.
        gates: Verdicts of the data gates.
        facts: Where the numbers come from: experiment, commit, seed, versions, machine.
    """

    title: str
    headline: str
    notes: Sequence[str]
    tables: Mapping[str, pd.DataFrame]
    pictures: Sequence[Picture]
    steps: Sequence[Picture]
    gates: Sequence[Gate]
    facts: Mapping[str, str]


def html(page: Page) -> str:
    """The page as one HTML document without any outside reference; sections without content are left out."""
    body = [
        f"<h1>{escape(page.title)}</h1>",
        f'<p class="headline">{escape(page.headline)}</p>',
        _section("Comparison", (_titled_table(title, table) for title, table in page.tables.items())),
        _list(page.notes, "notes"),
        _section("Pictures", (_figure(picture) for picture in page.pictures)),
        _section("Every step to a label", (_folded(picture) for picture in page.steps)),
        _section("Data gates", [_gates(page.gates)] if page.gates else []),
        _section("Where the numbers come from", [_facts(page.facts)] if page.facts else []),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def write(path: Path, page: Page) -> None:
    """Write the page to a file, whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(html(page), encoding="utf-8")


def _section(heading: str, parts: Iterable[str]) -> str:
    content = "\n".join(parts)
    return f"<section>\n<h2>{escape(heading)}</h2>\n{content}\n</section>" if content else ""


def _list(items: Sequence[str], style: str) -> str:
    entries = "".join(f"<li>{escape(str(item))}</li>" for item in items)
    return f'<ul class="{style}">{entries}</ul>' if entries else ""


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table from escaped cells."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    lines = "\n".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table></div>'


def _cell(content: str) -> str:
    short = len(content) <= 24 and "<" not in content
    return f'<td class="short">{content}</td>' if short else f"<td>{content}</td>"


def _titled_table(title: str, table: pd.DataFrame) -> str:
    rows = ([escape(str(cell)) for cell in row] for row in table.itertuples(index=False))
    return f"<h3>{escape(title)}</h3>\n{_table([escape(str(name)) for name in table.columns], rows)}"


def _figure(picture: Picture) -> str:
    source = "data:image/png;base64," + base64.b64encode(picture.png).decode("ascii")
    caption = f"<figcaption>{escape(picture.title)}</figcaption>"
    return f'<figure><img src="{source}" alt="{escape(picture.alt)}">{caption}</figure>'


def _folded(picture: Picture) -> str:
    return f"<details><summary>{escape(picture.title)}</summary>\n{_figure(picture)}\n</details>"


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


def _facts(facts: Mapping[str, str]) -> str:
    return _table(("What", "Value"), ([escape(str(name)), escape(str(value))] for name, value in facts.items()))
