"""What DVC wrote into dvc.lock: stages with the hashes of what they read and made."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from hairline.errors import HairlineError


def stages(path: Path) -> dict[str, dict[str, Any]]:
    """Stage → its entry, read as DVC reads it; nothing where there is no such file yet.

    Raises:
        HairlineError: If it is no file of DVC's, as after a merge with conflicts.
    """
    if not path.is_file():
        return {}
    try:
        return dict((YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}).get("stages", {}))
    except (YAMLError, UnicodeDecodeError, AttributeError, TypeError, ValueError, RecursionError):
        raise HairlineError(
            f"{path}: cannot be read, as after a merge with conflicts; take it from a commit ('git checkout COMMIT -- "
            f"{path.name}') or delete it, and run 'dvc repro'"
        ) from None


def params(entry: dict[str, Any]) -> dict[str, Any]:
    """The values of a stage, of all parameter files; those that the file names with dots are keys with dots."""
    return {name: value for file in entry.get("params", {}).values() for name, value in file.items()}


def hashes(entry: dict[str, Any], kind: str) -> dict[str, str]:
    """Path → hash of the ``deps`` or ``outs`` of a stage; an empty hash where DVC has none."""
    return {each["path"]: each.get("md5", "") for each in entry.get(kind, ())}
