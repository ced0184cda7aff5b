"""Reads YAML that a person wrote, by the rules of DVC, so that a value means the same to both.

DVC reads with ruamel's safe loader, which follows YAML 1.2: ``off``, ``yes`` and ``1:30`` are texts, ``010`` is ten,
``1e-3`` is a number, and a key that is given twice is an error.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.representer import RoundTripRepresenter

from hairline.errors import HairlineError

WIDTH = 120
"""Longest line that is written, where it can be broken."""


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


def dump(values: Mapping[str, Any]) -> str:
    """The YAML of a mapping, with its comments and in its style if it has any.

    Lines have at most 120 characters where they can be broken behind a comma, and two blanks before a comment: ruamel
    itself breaks between a key and its value, and leaves comments in the column where the old value ended.
    """
    stream = io.StringIO()
    _round_trip().dump(values, stream)
    text = stream.getvalue()
    tidy = "".join(f"{line}\n" for line in _spaced(_wrapped(text.splitlines())))
    loader = YAML(typ="safe")
    return tidy if loader.load(tidy) == loader.load(text) else text  # such as texts of several lines


class _Representer(RoundTripRepresenter):
    """Writes null as a word, not as nothing."""


_Representer.add_representer(type(None), lambda it, _: it.represent_scalar("tag:yaml.org,2002:null", "null"))


def _round_trip() -> YAML:
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.width, yaml.preserve_quotes = 1 << 20, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _wrapped(lines: Iterable[str]) -> Iterator[str]:
    """Lines broken behind commas, two blanks before a comment."""
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            yield line
            continue
        code, comment = _parted(line)
        further = " " * (len(code) - len(code.lstrip()) + 2)
        while len(code) > WIDTH and (cuts := [end for end in _ends(code) if len(further) < end <= WIDTH]):
            yield code[: cuts[-1]].rstrip()
            code = further + code[cuts[-1] :]
        yield f"{code}  {comment}" if comment else code


def _ends(code: str) -> list[int]:
    """Where items of lists and mappings in braces end, behind comma and blank; commas in quotes end none."""
    found = re.finditer(r"""("(?:[^"\\]|\\.)*"|'[^']*')|, """, code)
    return [each.end() for each in found if not each[1]]


def _parted(line: str) -> tuple[str, str]:
    """A line without its comment, and the comment; a number sign in quotes begins none."""
    found = re.match(r"""((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'\s]|\s(?!\#))*)\s*(\#.*)?$""", line)
    return (found[1].rstrip(), found[2] or "") if found else (line, "")


def _spaced(lines: Iterable[str]) -> Iterator[str]:
    """Lines with a blank one before each section, above the comment that stands over it, and no others."""
    before, apart = "", False
    for line in lines:
        if not line.strip():
            apart = before.startswith("#")  # a comment that stands over nothing stays so
            continue
        if before and not line.startswith(" ") and (apart or not before.startswith("#")):
            yield ""
        yield line
        before, apart = line, False


def _loaded(loader: YAML, text: str, path: Path) -> Mapping[str, Any]:
    try:
        values = loader.load(text)
    except YAMLError as error:
        raise HairlineError(_problem(error, path)) from None
    except (ValueError, KeyError, RecursionError) as error:  # of a date, a number or a tag that is none; of nesting
        raise HairlineError(f"{path}: holds a value that cannot be read ({error}); put texts in quotes") from None
    if isinstance(values, Mapping) and not all(isinstance(key, str) for key in values):
        odd = next(key for key in values if not isinstance(key, str))
        raise HairlineError(f"{path}: expected names of sections, found {odd!r}; put it in quotes or take it out")
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
