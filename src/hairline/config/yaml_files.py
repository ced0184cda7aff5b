"""Reads YAML that a person wrote, by the rules of DVC, so that a value means the same to both.

DVC reads with ruamel's safe loader, which follows YAML 1.2: ``off``, ``yes`` and ``1:30`` are texts, ``010`` is ten,
``1e-3`` is a number, and a key that is given twice is an error.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML, events
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

from hairline.errors import HairlineError
from hairline.io.options import shown

WIDTH = 120
"""Longest line that is written, where it can be broken."""

BYTES = 2**20
"""Size of a file."""

NESTING = 50
"""Mappings and lists inside one another."""

VALUES = 50_000
"""Values of a file, those that an alias stands for counted every time."""

DIGITS = 1_000
"""Digits of a number."""


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
    if not path.exists():
        raise HairlineError(f"{path}: not found; {if_missing}")
    if not path.is_file():
        raise HairlineError(f"{path}: expected a file of YAML, found a folder or a device; move it away")
    with path.open("rb") as file:
        content = file.read(BYTES + 1)
    if len(content) > BYTES:
        raise HairlineError(
            f"{path}: is larger than {BYTES // 2**20} MiB, the most that such a file may have; shorten it"
        )
    try:
        return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8").read()
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
        HairlineError: If it is no valid YAML, gives a key twice, goes beyond a bound of this module, holds something
            else than names, texts, numbers, true, false and null, or is no mapping; the message has line or place.
    """
    return dict(_loaded(YAML(typ="safe"), text, path))


def parse_commented(text: str, path: Path) -> CommentedMap:
    """The same with comments and style, for :func:`dump`."""
    return cast(CommentedMap, _loaded(_round_trip(), text, path))


def dump(values: Mapping[str, Any]) -> str:
    """The YAML of a mapping, with its comments and in its style if it has any.

    Lines have at most 120 characters where they can be broken behind a comma, and two blanks before a comment: ruamel
    itself breaks between a key and its value, and leaves comments in the column where the old value ended.

    Raises:
        HairlineError: If the values would be read back as others.
    """
    stream = io.StringIO()
    _round_trip().dump(values, stream)
    text = stream.getvalue()
    tidy = "".join(f"{line}\n" for line in _spaced(_wrapped(text.splitlines())))
    loader = YAML(typ="safe")
    read = loader.load(text)
    if not _alike(read, values):
        raise HairlineError("holds a text that cannot be written as YAML, such as an odd line end; write it without")
    return tidy if loader.load(tidy) == read else text  # such as texts of several lines


def _alike(one: Any, other: Any) -> bool:
    """Whether nested values are equal, no number being equal to itself."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other or (one != one and other != other))


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
        _refuse_beyond_bounds(text, path)
        values = loader.load(text)
    except YAMLError as error:
        raise HairlineError(_problem(error, path)) from None
    except (ValueError, KeyError, AttributeError) as error:  # of a number or a tag that is none
        raise HairlineError(f"{path}: holds a value that cannot be read ({error}); put texts in quotes") from None
    if not isinstance(values, Mapping):
        found = "nothing" if values is None else shown(values)
        raise HairlineError(f"{path}: expected a mapping of names to values, found {found}")
    for problem in _odd(values, ()):
        raise HairlineError(f"{path}: {problem}")
    return values


def _refuse_beyond_bounds(text: str, path: Path) -> None:
    """Look through a text without making anything of it, since a few lines can stand for more than any memory holds."""
    loader = YAML(typ="safe")
    sizes: dict[str, int] = {}  # of what has an anchor
    inside: list[tuple[str | None, int]] = []  # the mappings and lists around, with anchor and values so far
    for event in loader.parse(text):
        line, size = f"{path}, line {event.start_mark.line + 1}", 1
        if isinstance(event, events.CollectionStartEvent):
            inside.append((event.anchor, 1))
            if len(inside) > NESTING:
                raise HairlineError(
                    f"{line}: more than {NESTING} mappings and lists inside one another; write it flatter"
                )
            continue
        if isinstance(event, events.CollectionEndEvent):
            anchor, size = inside.pop()
        elif isinstance(event, events.AliasEvent):
            if event.anchor in (around for around, _ in inside):
                raise HairlineError(
                    f"{line}: the alias '{event.anchor}' stands for something that it is itself part of"
                )
            anchor, size = None, sizes.get(event.anchor, 1)
        elif isinstance(event, events.ScalarEvent):
            anchor = event.anchor
            _refuse_scalar(loader, event, line)
        else:
            continue
        if anchor is not None:
            sizes[anchor] = size
        if inside:
            inside[-1] = (inside[-1][0], inside[-1][1] + size)
        if size > VALUES or (inside and inside[-1][1] > VALUES):
            raise HairlineError(
                f"{line}: more than {VALUES} values, those that aliases stand for counted every time; shorten it"
            )


def _refuse_scalar(loader: YAML, event: events.ScalarEvent, line: str) -> None:
    """Refuse what YAML reads as a date, since nothing here is one, and numbers that Python does not write out again."""
    if not event.implicit[0]:
        return
    tag = str(loader.resolver.resolve(ScalarNode, event.value, event.implicit))
    if tag.endswith(":timestamp"):
        raise HairlineError(f"{line}: {shown(event.value)} would be read as a date; put it in quotes")
    if tag.endswith((":int", ":float")) and len(event.value) > DIGITS:
        raise HairlineError(f"{line}: a number of {len(event.value)} characters; put it in quotes if it is a text")


def _odd(values: Any, way: tuple[str, ...]) -> Iterator[str]:
    """What no parameter can be: names that are no texts, and what the rarer tags of YAML make."""
    place = f"{'.'.join(way)}: " if way else ""
    if isinstance(values, Mapping):
        for name, value in values.items():
            if not isinstance(name, str):
                yield f"{place}expected a text as a name, found {shown(name)}; put it in quotes or take it out"
            else:
                yield from _odd(value, (*way, name))
    elif isinstance(values, list):
        for index, value in enumerate(values):
            yield from _odd(value, (*way, str(index)))
    elif isinstance(values, str):
        if "\0" in values or any("\ud800" <= letter <= "\udfff" for letter in values):
            yield f"{place}holds a character that no file can have, found {shown(values)}; take it out"
    elif not isinstance(values, bool | int | float | None):
        yield f"{place}expected a text, a number, true, false, null, a list or a mapping, found {shown(values)}"


def _problem(error: YAMLError, path: Path) -> str:
    """What a loader of ruamel found wrong with a file, as one line."""
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    place = f"{path}, line {mark.line + 1}" if mark else f"{path}"
    if isinstance(error, DuplicateKeyError) and (key := re.search('duplicate key "(.*?)"', str(error.problem))):
        return f"{place}: '{key[1]}' is given twice; keep one of them"
    told = error.problem if isinstance(error, MarkedYAMLError) and error.problem else str(error)
    return f"{place}: no valid YAML: {' '.join(str(told).split())}"
