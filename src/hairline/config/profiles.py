"""Profiles: experiments to begin with, each a short file that says how it differs from the base.

``profiles/base/`` has every value, as ``params.yaml``, ``gates.yaml`` and ``studies.yaml``. A profile,
``profiles/NAME.yaml``, lists the fragments that it shares with others (``use: [sets/cfd, …]``, files under
``profiles/parts/``) and then what is its own. They are merged over the base in that order, the profile's own last, so
that what comes later wins:

- mappings merge, lists and plain values replace, null removes;
- ``like: NAME`` begins an entry as a copy of another one beside it, as that is at this point;
- anchors, aliases and merge keys (``<<``) hold within their file.

The three files that come of it have every value spelled out, so that changing one there, by hand or by
``dvc exp run -S``, changes no other. Comments survive.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ruamel.yaml.comments import Comment, CommentedMap, CommentedSeq, Format

from hairline.config import parameter_files, yaml_files
from hairline.config.parameter_files import COMMON, FILES, OWN
from hairline.errors import HairlineError
from hairline.io.atomic import write_texts

BASE = "base"
"""The folder of the complete values, beside the profiles."""

PARTS = "parts"
"""The folder of the fragments."""

COMPLETE = "synthetic"
"""The profile that is the base itself."""

HEADER = "# The profile '{name}', written by: hairline profile {name} ({digest})\n"
HEADED = re.compile(
    r"# The profile '(?P<name>.+?)', written by: hairline profile (?P=name) \((?P<digest>[0-9a-f]{12})\)\n"
)
"""How a params.yaml begins that a profile made; the digest is that of all three files as they were written."""

FAULT = re.compile(rf"(?P<file>{'|'.join(map(re.escape, FILES))}): (?P<place>\w+(?:\.\w+)*)")
"""How a message begins about a value of a parameter file."""

LIKE, USE = "like", "use"


def names(folder: Path) -> list[str]:
    """Names of the profiles in a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def parts(folder: Path) -> list[str]:
    """Names of the fragments that profiles in a folder may use, sorted."""
    found = (folder / PARTS).rglob("*.yaml")
    return sorted(path.relative_to(folder / PARTS).with_suffix("").as_posix() for path in found)


def base_values(folder: Path) -> dict[str, Any]:
    """The sections of the base, of all its files; none where there is no base."""
    values: dict[str, Any] = {}
    for path in sorted((folder / BASE).glob("*.yaml")):
        values |= yaml_files.read(path, "")
    return values


def render(folder: Path, name: str, own: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Text of each parameter file under a profile.

    Args:
        folder: Where the profiles lie.
        name: The profile.
        own: Sections that are merged over it, last of all, by the rules of profiles.

    Returns:
        Name of the file, as in :data:`~hairline.config.parameter_files.FILES` → its text.

    Raises:
        HairlineError: If there is no such profile or no such part, and the message lists those there are; if a part is
            used twice; or if one of the files is no valid YAML.
    """
    if name not in names(folder):
        raise HairlineError(f"{folder}: no profile '{name}'; there are {', '.join(names(folder)) or 'none'}")
    paths = {file: folder / BASE / file for file in FILES}
    texts = {file: yaml_files.read_text(path, "the base of all profiles") for file, path in paths.items()}
    values = {file: yaml_files.parse_commented(text, paths[file]) for file, text in texts.items()}
    for path, overlay in _overlays(folder, name).items():
        for section, value in _spelled_out(overlay).items():
            if section != USE:
                _merge(values[OWN.get(section, COMMON)], {section: value}, f"{path}: ")
    for section, value in (own or {}).items():
        _merge(values[OWN.get(section, COMMON)], {section: value}, f"{folder / name}: ")
    rendered = {file: _text(file, texts[file], values[file], name) for file in FILES}
    if name != COMPLETE:
        rendered[COMMON] = HEADER.format(name=name, digest=_digest(rendered)) + rendered[COMMON]
    return rendered


def _digest(texts: Mapping[str, str]) -> str:
    """Of the three files without the header."""
    content = "\0".join(HEADED.sub("", texts[file], count=1) for file in FILES)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _overlays(folder: Path, name: str) -> dict[Path, CommentedMap]:
    """The files that are merged over the base, in order, with what they hold."""
    path = folder / f"{name}.yaml"
    own = _commented(path)
    used = own.get(USE, [])
    if not isinstance(used, list) or not all(isinstance(part, str) for part in used):
        raise HairlineError(
            f"{path}: {USE}: expected a list of parts, as [sets/cfd, labels/multiscale], found {used!r}"
        )
    for part in used:
        if part not in parts(folder):
            raise HairlineError(f"{path}: {USE}: there is no part '{part}'; there are {', '.join(parts(folder))}")
        if used.count(part) > 1:
            raise HairlineError(f"{path}: {USE}: names '{part}' twice; name it once")
    overlays = {file: _commented(file) for file in (folder / PARTS / f"{part}.yaml" for part in used)}
    for file, overlay in overlays.items():
        if USE in overlay:
            raise HairlineError(f"{file}: {USE}: a part cannot use parts; name them in the profile")
    return overlays | {path: own}


def _commented(path: Path) -> CommentedMap:
    return yaml_files.parse_commented(yaml_files.read_text(path, "a file of a profile"), path)


def _text(file: str, base: str, values: CommentedMap, name: str) -> str:
    """The base's own text where nothing differs, so that its form is kept as well."""
    same = values == yaml_files.parse(base, Path(file))
    if same and (file != COMMON or name == COMPLETE):
        return base
    _beside_the_braces(values)
    body = yaml_files.dump(values)
    while body.startswith("#"):
        body = body.partition("\n")[2]
    return "\n" + body.lstrip("\n")


def edited_by_hand(folder: Path, texts: Mapping[str, str]) -> bool:
    """Whether parameter files are not as a profile has written them; the profile itself may have changed since."""
    header = HEADED.match(texts[COMMON])
    return _digest(texts) != header["digest"] if header else render(folder, COMPLETE) != dict(texts)


def apply(
    folder: Path, name: str, target: Path, force: bool, check: Callable[[Path], None] = lambda params: None
) -> list[str]:
    """Write a profile to params.yaml and the files beside it; all of them or none.

    Args:
        folder: Where the profiles lie.
        name: The profile.
        target: The params.yaml to write.
        force: Write over files that were edited by hand.
        check: Refuses a params.yaml, with the files beside it, by a HairlineError; nothing is written then.

    Returns:
        A line for each value that changed.

    Raises:
        HairlineError: If the profile is unknown, ``check`` refuses it, or a file was edited by hand and ``force`` is
            not given.
    """
    after, paths = render(folder, name), parameter_files.paths(target)
    before = {file: yaml_files.read_text(path, "") if path.is_file() else "" for file, path in paths.items()}
    lines = list(_changes(_values(before, paths, force), _values(after, paths, force), ""))
    if not force and any(before.values()) and edited_by_hand(folder, before):
        told = "\n  ".join(lines)
        raise HairlineError(
            f"{target} or a file beside it: edited by hand, so all were left as they are; give --force to write the "
            f"profile '{name}' over them. That would change:\n  {told or 'comments and form alone'}"
        )
    _try(folder, name, after, check)
    write_texts({path: after[file] for file, path in paths.items()})
    return lines


def _try(folder: Path, name: str, texts: Mapping[str, str], check: Callable[[Path], None]) -> None:
    """Check what a profile comes to in a folder of its own; a fault is told of the file that sets the value."""
    with TemporaryDirectory() as home:
        for file, text in texts.items():
            (Path(home) / file).write_text(text, encoding="utf-8")
        try:
            check(Path(home) / COMMON)
        except HairlineError as error:
            lines = str(error).replace(f"{home}/", "").splitlines()
            told = "\n".join(_by_its_file(line, _sources(folder, name)) for line in lines)
            profile = folder / f"{name}.yaml"
            raise HairlineError(f"{profile}: what it comes to is not valid, so nothing was written:\n{told}") from None


def _sources(folder: Path, name: str) -> dict[Path, Mapping[str, Any]]:
    """The files that a profile is made of, with what they hold, the last word first."""
    base = {path: _commented(path) for path in (folder / BASE / file for file in FILES)}
    return dict(reversed([*base.items(), *_overlays(folder, name).items()]))


def _by_its_file(line: str, sources: Mapping[Path, Mapping[str, Any]]) -> str:
    """A fault, ``FILE: PLACE: …``, of the one of some files that has most of the way to the place, if any has."""
    found = FAULT.match(line)
    ways = {path: _way(values, found["place"].split(".")) for path, values in sources.items()} if found else {}
    longest = max(ways, key=lambda path: ways[path], default=None)
    if found is None or longest is None or not ways[longest]:
        return line
    return f"{longest}{line[found.end('file') :]}"


def _way(values: Any, place: Sequence[str]) -> int:
    """How many steps of the way to a place there are."""
    if not place or not isinstance(values, Mapping) or place[0] not in values:
        return 0
    return 1 + _way(values[place[0]], place[1:])


def _values(texts: Mapping[str, str], paths: Mapping[str, Path], force: bool) -> dict[str, Any]:
    """The sections of all files; where they are to be written over anyway, a file that is no YAML counts as empty."""
    values: dict[str, Any] = {}
    for file, text in texts.items():
        try:
            values |= yaml_files.parse(text, paths[file]) if text.strip() else {}
        except HairlineError:
            if not force:
                raise
    return values


def _spelled_out(value: Any, comments: bool = True) -> Any:
    """A copy of its own of every mapping and list, without anchors and merge keys, in the same style."""
    if isinstance(value, CommentedMap):
        copy: Any = CommentedMap((key, _spelled_out(item, comments)) for key, item in value.items())
    elif isinstance(value, CommentedSeq):
        copy = CommentedSeq(_spelled_out(item, comments) for item in value)
    else:
        return value
    for attribute in (Comment.attrib, Format.attrib) if comments else (Format.attrib,):
        if hasattr(value, attribute):
            setattr(copy, attribute, getattr(value, attribute))
    return copy


def _merge(values: CommentedMap, overlay: Mapping[str, Any], where: str) -> None:
    for key, value in overlay.items():
        if value is None:
            if key not in values:
                raise HairlineError(f"{where}{key}: null removes, but there is no '{key}' here; mend the name")
            values.pop(key)
            continue
        if isinstance(value, Mapping) and LIKE in value:
            if value[LIKE] not in values:
                there = ", ".join(map(str, values))
                raise HairlineError(f"{where}{key}.{LIKE}: there is no '{value[LIKE]}' here yet; there are {there}")
            values[key] = _spelled_out(values[value[LIKE]], comments=False)
            value = {name: item for name, item in value.items() if name != LIKE}
        if isinstance(value, Mapping) and isinstance(values.get(key), Mapping):
            _merge(values[key], value, f"{where}{key}.")
        else:
            values[key] = value
        _take_comment(values, overlay, key)


def _take_comment(values: CommentedMap, overlay: Mapping[str, Any], key: str) -> None:
    """A comment of the overlay behind a key takes the place of the one there, if it fits the form of the value."""
    comment = overlay.ca.items.get(key) if isinstance(overlay, CommentedMap) else None
    if comment and (not isinstance(values[key], CommentedMap) or _in_braces(values[key]) == _in_braces(overlay[key])):
        values.ca.items[key] = comment


def _in_braces(value: Any) -> bool:
    return bool(isinstance(value, CommentedMap) and value.fa.flow_style())


def _beside_the_braces(values: CommentedMap) -> None:
    """Where nothing is left of a mapping, move the comment behind its key to behind its {}, where it is valid."""
    for key, value in values.items():
        if isinstance(value, CommentedMap):
            _beside_the_braces(value)
            behind = values.ca.items.get(key)
            if not value:
                values[key] = CommentedMap()
                if behind and len(behind) > 3 and behind[3]:
                    values.ca.items[key] = [None, None, behind[3][0], None]


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
