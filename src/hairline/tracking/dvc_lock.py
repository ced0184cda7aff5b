"""What DVC wrote into dvc.lock: stages with the hashes of what they read and made."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from hairline.errors import HairlineError


def stages(path: Path) -> dict[str, dict[str, Any]]:
    """Stage → its entry, read as DVC reads it; nothing where there is no such file yet.

    Raises:
        HairlineError: If it is no dvc.lock, such as one that git could not merge.
    """
    if not path.is_file():
        return {}
    try:
        found = (YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}).get("stages") or {}
        return {name: dict(entry) for name, entry in found.items()}
    except (YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        place = f"{path}, line {mark.line + 1}" if mark else f"{path}"
        raise HairlineError(
            f"{place}: not as DVC writes it; bring it back ('git checkout HEAD -- {path.name}', in a merge too) or "
            "delete it, then 'dvc repro'"
        ) from None


def params(entry: dict[str, Any]) -> dict[str, Any]:
    """The values of a stage, of all parameter files; those that the file names with dots are keys with dots."""
    return {name: value for file in (entry.get("params") or {}).values() for name, value in (file or {}).items()}


def hashes(entry: dict[str, Any], kind: str) -> dict[str, str]:
    """Path → hash of the ``deps`` or ``outs`` of a stage; an empty hash where DVC has none."""
    return {each["path"]: each.get("md5", "") for each in entry.get(kind) or ()}
