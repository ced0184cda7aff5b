"""A model card's Markdown as parts of a page: what cards use of it, the rest as it is written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

_INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\[([^\]]+)\]\([^)]*\)"), r"\1"),
)


@dataclass(frozen=True)
class Block:
    """A piece of a card.

    Attributes:
        kind: ``heading``, ``paragraph``, ``list`` or ``table``.
        lines: Its text; of a list its items; of a table its rows, the first with headings.
    """

    kind: str
    lines: list[list[Markup]]


def blocks(text: str) -> list[Block]:
    """The pieces of a card, in order; all text is escaped, addresses of links are left out."""
    return list(_blocks(text))


def _blocks(text: str) -> Iterator[Block]:
    for piece in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in piece.splitlines() if line.strip()]
        while lines and lines[0].startswith("#"):
            yield Block("heading", [[_inline(lines.pop(0).lstrip("# "))]])
        if not lines:
            continue
        if all(line.startswith("|") for line in lines):
            cells = [[_inline(cell.strip()) for cell in line.strip("|").split("|")] for line in lines]
            yield Block("table", [row for row, line in zip(cells, lines, strict=True) if set(line) - set("|-: ")])
        elif all(line.startswith(("- ", "* ")) for line in lines):
            yield Block("list", [[_inline(line[2:])] for line in lines])
        else:
            yield Block("paragraph", [[_inline(" ".join(lines))]])


def _inline(text: str) -> Markup:
    shown = str(escape(text))
    for pattern, tags in _INLINE:
        shown = pattern.sub(tags, shown)
    return Markup(shown)
