"""What DVC wrote into dvc.lock: stages with the hashes of what they read and made."""

from pathlib import Path
from typing import Any

import yaml


def stages(path: Path) -> dict[str, dict[str, Any]]:
    """Stage → its entry, as it stands there; nothing where there is no such file yet."""
    if not path.is_file():
        return {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, in C: the file may have thousands of lines
    return dict((yaml.load(path.read_text(encoding="utf-8"), loader) or {}).get("stages", {}))


def hashes(entry: dict[str, Any], kind: str) -> dict[str, str]:
    """Path → hash of the ``deps`` or ``outs`` of a stage; an empty hash where DVC has none."""
    return {each["path"]: each.get("md5", "") for each in entry.get(kind, ())}
