"""Adds to the gates.yaml of an older version what it lacks; what stands there stays as it is written."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node

from hairline.config import yaml_files
from hairline.errors import HairlineError
from hairline.io.atomic import write_texts

Way = tuple[str, ...]
"""Names from the outermost mapping to a value."""


def complete(gates: Path, base: Path) -> list[str]:
    """Write what a gates.yaml lacks into it, at the place that it has in the base.

    Args:
        gates: The gates.yaml.
        base: The gates.yaml of the default values.

    Returns:
        Dotted places of what was added; none where there was nothing to do.

    Raises:
        HairlineError: If a file cannot be read, or the text has no place to write at; the file is then as it was.
    """
    texts = {path: yaml_files.read_text(path, "nothing to complete") for path in (gates, base)}
    values, default = (yaml_files.parse(text, path) for path, text in texts.items())
    lacking = list(_lacking(values, default, ()))
    if not lacking:
        return []
    places = [".".join(way) for way in lacking]
    text = _inserted(texts[gates], texts[base], lacking)
    if not _holds(text, gates, _filled(values, default, lacking)):
        raise HairlineError(
            f"{gates}: lacks {', '.join(places)}, which cannot be added where the file is written as it is; copy them "
            f"from {base} by hand"
        )
    write_texts({gates: text})
    return places


def _lacking(values: Mapping[str, Any], default: Mapping[str, Any], way: Way) -> Iterator[Way]:
    """Places of the base that values lack, in the order of the base."""
    for name, value in default.items():
        here = (*way, name)
        if name not in values:
            yield here
        elif isinstance(value, Mapping) and isinstance(values[name], Mapping) and _fixed(here):
            yield from _lacking(values[name], value, here)


def _fixed(way: Way) -> bool:
    """Whether the names in a mapping are given by the base, not by a person."""
    return len(way) < 3 or way[-1] == "severities"


def _filled(values: Mapping[str, Any], default: Mapping[str, Any], lacking: list[Way]) -> dict[str, Any]:
    """Values with those of the base where they lack them."""
    inside = {name: [way[1:] for way in lacking if way[0] == name and len(way) > 1] for name in values}
    filled = {name: _filled(value, default[name], inside[name]) if inside[name] else value
              for name, value in values.items()}  # fmt: skip
    return filled | {way[0]: default[way[0]] for way in lacking if len(way) == 1}


def _holds(text: str, path: Path, values: Mapping[str, Any]) -> bool:
    try:
        return yaml_files.parse(text, path) == values
    except HairlineError:
        return False


def _inserted(text: str, base_text: str, lacking: list[Way]) -> str:
    """A text with the pieces of the base that it lacks."""
    root, base_root = (YAML().compose(each) for each in (text, base_text))
    pieces: dict[int, str] = {}
    for way in lacking:
        target, source = _at(root, way[:-1]), _at(base_root, way[:-1])
        if target.flow_style:
            place, piece = _in_braces(target, source, way[-1], base_text)
        else:
            place, piece = _in_lines(target, source, way[-1], text, base_text)
        pieces[place] = pieces.get(place, "") + piece
    for place in sorted(pieces, reverse=True):
        empty = text[place : place + 1] == "}"
        text = text[:place] + (pieces[place].removesuffix(", ") if empty else pieces[place]) + text[place:]
    return text


def _at(root: MappingNode, way: Way) -> MappingNode:
    for name in way:
        root = cast(MappingNode, _entries(root)[name][1])
    return root


def _entries(mapping: MappingNode) -> dict[str, tuple[Node, Node]]:
    return {str(key.value): (key, value) for key, value in mapping.value}


def _before(target: MappingNode, source: MappingNode, name: str) -> tuple[Node, Node] | None:
    """The entry of a mapping behind which a name of the base belongs; None: none of those before it is there."""
    names = list(_entries(source))
    there = _entries(target)
    return next((there[each] for each in reversed(names[: names.index(name)]) if each in there), None)


def _in_lines(target: MappingNode, source: MappingNode, name: str, text: str, base_text: str) -> tuple[int, str]:
    """Where in a mapping of a line each a name of the base is written, and its lines, indented as those beside it."""
    before = _before(target, source, name)
    first = target.value[0][0].start_mark
    place = _next_line(text, _end(*before, text)) if before else text.rfind("\n", 0, first.index) + 1
    key, value = _entries(source)[name]
    begin, end = base_text.rfind("\n", 0, key.start_mark.index) + 1, _next_line(base_text, _end(key, value, base_text))
    lines = [line[key.start_mark.column :] for line in base_text[begin:end].splitlines()]
    written = "".join(f"{' ' * first.column}{line}\n" for line in lines)
    return place, written if text[:place].endswith("\n") or not place else f"\n{written}"


def _in_braces(target: MappingNode, source: MappingNode, name: str, base_text: str) -> tuple[int, str]:
    """Where in a mapping in braces a name of the base is written, and its text."""
    before = _before(target, source, name)
    text = f"{name}: {_flow(_entries(source)[name][1], base_text)}"
    if before:
        return before[1].end_mark.index, f", {text}"
    return target.start_mark.index + 1, f"{text}, "


def _flow(value: Node, text: str) -> str:
    """A value on one line."""
    if not isinstance(value, MappingNode) or value.flow_style:
        return text[value.start_mark.index : value.end_mark.index]
    return "{" + ", ".join(f"{key.value}: {_flow(inside, text)}" for key, inside in value.value) + "}"


def _end(key: Node, value: Node, text: str) -> int:
    """Where an entry ends, without the blank lines and comments behind it."""
    if isinstance(value, MappingNode) and not value.flow_style and value.value:
        last_key, last_value = value.value[-1]
        return _end(last_key, last_value, text)
    if value.start_mark.index == value.end_mark.index:  # nothing there
        return int(key.end_mark.index)
    return len(text[: value.end_mark.index].rstrip())


def _next_line(text: str, place: int) -> int:
    """Where the line behind a place begins, the end of a text that ends without one."""
    end = text.find("\n", place)
    return len(text) if end < 0 else end + 1
