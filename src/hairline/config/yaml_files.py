"""Reads YAML that a person wrote, by the rules of DVC, so that a value means the same to both.

DVC reads with ruamel's safe loader, which follows YAML 1.2: ``off``, ``yes`` and ``1:30`` are texts, ``010`` is ten,
``1e-3`` is a number, and a key that is given twice is an error.
"""

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from hairline.errors import HairlineError


def read(path: Path, if_missing: str) -> dict[str, Any]:
    """The mapping that a file holds.

    Args:
        path: The file.
        if_missing: What to do where there is no such file, to end the message with.

    Raises:
        HairlineError: If the file is missing or not encoded in UTF-8, or as :func:`parse` says.
    """
    return parse(read_text(path, if_missing), path)


def read_text(path: Path, if_missing: str) -> str:
    """The text of a file, with the errors of :func:`read`."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise HairlineError(f"{path}: not found; {if_missing}") from None
    except UnicodeDecodeError as error:
        raise HairlineError(
            f"{path}: is not encoded in UTF-8 (first at byte {error.start}); save it as UTF-8"
        ) from None


def parse(text: str, path: Path) -> dict[str, Any]:
    """The mapping that a text holds, plain dictionaries, lists and scalars.

    Args:
        text: The YAML.
        path: The file it is from, for messages.

    Raises:
        HairlineError: If it is no valid YAML, gives a key twice or is no mapping; the message has the line.
    """
    return dict(_loaded(YAML(typ="safe"), text, path))


def parse_commented(text: str, path: Path) -> CommentedMap:
    """The same with comments and style, for :func:`dump`."""
    return cast(CommentedMap, _loaded(_round_trip(), text, path))


def dump(values: CommentedMap) -> str:
    """The YAML of a mapping, with its comments and in its style."""
    text = io.StringIO()
    _round_trip().dump(values, text)
    return text.getvalue()


def _round_trip() -> YAML:
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 120, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _loaded(loader: YAML, text: str, path: Path) -> Mapping[str, Any]:
    try:
        values = loader.load(text)
    except YAMLError as error:
        raise HairlineError(_problem(error, path)) from None
    if not isinstance(values, Mapping):
        raise HairlineError(f"{path}: expected a mapping of names to values, found {type(values).__name__}")
    return values


def _problem(error: YAMLError, path: Path) -> str:
    """What a loader of ruamel found wrong with a file, as one line."""
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    place = f"{path}, line {mark.line + 1}" if mark else f"{path}"
    if isinstance(error, DuplicateKeyError) and (key := re.search('duplicate key "(.*?)"', str(error.problem))):
        return f"{place}: '{key[1]}' is given twice; keep one of them"
    told = error.problem if isinstance(error, MarkedYAMLError) and error.problem else str(error)
    return f"{place}: no valid YAML: {' '.join(str(told).split())}"
