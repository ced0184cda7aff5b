"""The templates of the pages, filled in by jinja2: what is filled in is escaped, a name without a value is an error.

All that passes unescaped is marked so here: the style sheet and the script of the templates' folder, and drawings.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from hairline.data.names import FSV, FSV_MEANS
from hairline.reporting import seen_signs

PACKAGE, FOLDER = "hairline.reporting", "templates"
SCRIPTS = ("tables.js", "viewer.js", "browser.js", "report.js")
"""The page has them as one, in this order."""


def render(template: str, values: Mapping[str, object]) -> str:
    """A page as one HTML document without any outside reference.

    Args:
        template: Its file in the folder ``templates``.
        values: What the template names.

    Raises:
        jinja2.UndefinedError: If the template names something without a value.
    """
    return _environment().get_template(template).render(values)


def data_uri(data: bytes, kind: str) -> str:
    """The bytes of a picture's file, of a kind such as ``png`` or ``webp``, as an address that needs no network."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def signed(text: object) -> Markup:
    """A text in which FSV, and each sign and word of what a number has seen, is marked and tells what it means."""
    return Markup(_FSV.sub(_ABBREVIATED, _MARK.sub(_sign, str(escape(text)))))


def short(content: object) -> bool:
    """Whether a cell is kept in one line: a few words, or numbers with what they have seen."""
    text = str(content)
    return len(text) <= (60 if _MARK.search(text) else 24)


_FSV, _ABBREVIATED = re.compile(rf"\b{FSV}\b"), f'<abbr title="{FSV_MEANS}">{FSV}</abbr>'
_MARK = re.compile("|".join(re.escape(f"{sign} {word}") for word, sign in seen_signs.ALL.items()))


def _sign(found: re.Match[str]) -> str:
    word = found.group(0)[2:]
    told = escape(seen_signs.MEANINGS.get(word, "the ledger does not tell"))
    return f'<span class="seen" data-seen="{word}" title="{told}">{found.group(0)}</span>'


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader(PACKAGE, FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False}  # keys in their own order
    made.filters |= {"data_uri": data_uri, "svg": Markup, "signed": signed, "short": short}
    style, *scripts = (files(PACKAGE).joinpath(FOLDER, each).read_text("utf-8") for each in ("style.css", *SCRIPTS))
    script = "".join(scripts)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    made.globals |= {"style": Markup(style), "script": Markup(script), "script_sha256": digest}
    return made
