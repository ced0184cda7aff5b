"""What DVC wrote into dvc.lock: stages with the hashes of what they read and made."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from hairline.io.artefacts import read_text, refuse_misfit, spoilt
from hairline.io.reading import there


@dataclass
class _Place:
    path: str
    md5: str = ""


@dataclass
class _Entry:
    deps: list[_Place] | None = None
    outs: list[_Place] | None = None
    params: dict[str, dict[str, Any]] | None = None


@dataclass
class _File:
    stages: dict[str, _Entry] | None


MAKER = (
    "'git checkout HEAD -- dvc.lock' (in a merge too) or, once the file is deleted, 'dvc repro', which takes from its "
    "cache what it has"
)


def stages(path: Path) -> dict[str, dict[str, Any]]:
    """Stage → its entry, read as DVC reads it; nothing where there is no such file yet.

    Raises:
        HairlineError: If the file is no dvc.lock, such as one that git could not merge.
    """
    return _stages(path, YAML(typ="safe").load)


def outs(path: Path) -> dict[str, str]:
    """Output → its hash, of every stage.

    Ten times faster than :func:`stages`, since every value is taken for a text, as paths and hashes are. Errors are as
    there.
    """
    entries = _stages(path, _texts)
    return {out: digest for entry in entries.values() for out, digest in hashes(entry, "outs").items()}


def _texts(text: str) -> Any:
    import yaml

    try:
        return yaml.load(text, getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except yaml.YAMLError:
        return YAML(typ="safe").load(text)  # which says in DVC's way what is wrong


def _stages(path: Path, load: Callable[[str], Any]) -> dict[str, dict[str, Any]]:
    if not there(path) or (path.is_file() and not path.stat().st_size):
        return {}
    text = read_text(path, MAKER)
    try:
        content = load(text) or {"stages": {}}
    except (YAMLError, ValueError, RecursionError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        found = f"is not as DVC writes it{f', from line {mark.line + 1} on' if mark else ''}"
        raise spoilt(path, found, "what DVC wrote", MAKER) from None
    refuse_misfit(path, content, _File, "what DVC wrote", MAKER)
    return dict(content["stages"] or {})


def params(entry: dict[str, Any]) -> dict[str, Any]:
    """The values of a stage, of all parameter files; those that the file names with dots are keys with dots."""
    return {name: value for file in (entry.get("params") or {}).values() for name, value in (file or {}).items()}


def hashes(entry: dict[str, Any], kind: str) -> dict[str, str]:
    """Path → hash of the ``deps`` or ``outs`` of a stage; an empty hash where DVC has none."""
    return {each["path"]: each.get("md5", "") for each in entry.get(kind) or ()}
