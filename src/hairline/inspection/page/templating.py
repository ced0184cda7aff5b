"""The template of the page, filled in by jinja2: what is filled in is escaped, a name without a value is an error."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

PACKAGE, FOLDER = "hairline.inspection.page", "templates"


def render(values: Mapping[str, object], template: str = "inspection.html") -> str:
    """The page as one HTML document.

    Args:
        values: What the template names.
        template: The template's file.

    Raises:
        jinja2.UndefinedError: If it names something without a value.
    """
    return _environment().get_template(template).render(values)


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
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    style, script = (files(PACKAGE).joinpath(FOLDER, each).read_text("utf-8") for each in ("style.css", "page.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    made.globals |= {"style": Markup(style), "script": Markup(script), "script_sha256": digest}
    return made
