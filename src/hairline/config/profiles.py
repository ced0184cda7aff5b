"""Profiles: params.yaml as one complete file and small overlays on it.

``profiles/synthetic.yaml`` is complete; every other profile is merged over it: mappings merge, lists replace, null
removes. Comments survive the merge. A profile may use anchors, aliases and merge keys (``<<``); params.yaml gets every
value spelled out, so that changing one there, by hand or by ``dvc exp run -S``, changes no other.
"""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import Comment, CommentedMap, CommentedSeq, Format

from hairline.errors import HairlineError
from hairline.io.atomic import whole_file

COMPLETE = "synthetic"


def names(folder: Path) -> list[str]:
    """Names of the profiles in a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def render(folder: Path, name: str) -> str:
    """Text of params.yaml under a profile.

    Raises:
        HairlineError: If there is no such profile; the message lists those there are.
    """
    if name not in names(folder):
        raise HairlineError(f"{folder}: no profile '{name}'; there are {', '.join(names(folder)) or 'none'}")
    complete = (folder / f"{COMPLETE}.yaml").read_text()
    if name == COMPLETE:
        return complete
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 120, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    values = yaml.load(complete)
    _merge(values, _spelled_out(yaml.load(folder / f"{name}.yaml")))
    text = io.StringIO()
    yaml.dump(values, text)
    header = f"# The profile '{name}' over '{COMPLETE}', written by: hairline profile {name}\n"
    body = text.getvalue()
    while body.startswith("#"):
        body = body.partition("\n")[2]
    return header + body


def edited_by_hand(folder: Path, text: str) -> bool:
    """Whether a params.yaml is none of the profiles."""
    return all(render(folder, name) != text for name in names(folder))


def apply(folder: Path, name: str, target: Path, force: bool) -> list[str]:
    """Write a profile to params.yaml.

    Args:
        folder: Where the profiles lie.
        name: The profile.
        target: The params.yaml to write.
        force: Write over a file that was edited by hand.

    Returns:
        A line for each value that changed.

    Raises:
        HairlineError: If the profile is unknown, or the file was edited by hand and ``force`` is not given.
    """
    text, before = render(folder, name), target.read_text() if target.is_file() else ""
    lines = list(_changes(_values(before), _values(text), ""))
    if before and edited_by_hand(folder, before) and not force:
        told = "\n  ".join(lines)
        raise HairlineError(
            f"{target}: edited by hand, so it was left as it is; give --force to write the profile '{name}' over it. "
            f"That would change:\n  {told}"
        )
    with whole_file(target) as partial:
        partial.write_text(text)
    return lines


def _values(text: str) -> Any:
    return YAML(typ="safe").load(text) or {}


def _spelled_out(value: Any) -> Any:
    """A copy of its own of every mapping and list, without anchors and merge keys, with comments and flow style."""
    if isinstance(value, CommentedMap):
        copy: Any = CommentedMap((key, _spelled_out(item)) for key, item in value.items())
    elif isinstance(value, CommentedSeq):
        copy = CommentedSeq(_spelled_out(item) for item in value)
    else:
        return value
    for attribute in (Comment.attrib, Format.attrib):
        if hasattr(value, attribute):
            setattr(copy, attribute, getattr(value, attribute))
    return copy


def _merge(values: Any, overlay: Mapping[str, Any]) -> None:
    for key, value in overlay.items():
        if value is None:
            values.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(values.get(key), Mapping):
            _merge(values[key], value)
            if not values[key]:  # a comment behind its key would come between the key and its {}
                values[key] = CommentedMap()
                values.ca.items.pop(key, None)
        else:
            values[key] = value


def _changes(before: Any, after: Any, where: str) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            place = f"{where}.{key}" if where else str(key)
            if key not in after:
                yield f"{place}: removed"
            elif key not in before:
                yield f"{place}: {after[key]} (new)"
            else:
                yield from _changes(before[key], after[key], place)
    elif before != after:
        yield f"{where}: {before} → {after}"
