"""Brings what changed between two versions of a parameter file into a person's own; what they changed stays."""

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from hairline.config import yaml_files


def carried(own: str, before: str, after: str, path: Path) -> str:
    """A person's text with the changes of a newer version.

    A value that the person left as it was written becomes the new one; one that they changed or added stays; one that
    they took out stays out. Comments and form are theirs.

    Args:
        own: The file as it is.
        before: As it was written.
        after: As it would be written now.
        path: The file, for messages.

    Raises:
        HairlineError: If a text is no YAML.
    """
    mine = yaml_files.parse_commented(own, path)
    old, new = yaml_files.parse(before, path), yaml_files.parse_commented(after, path)
    return yaml_files.dump(mine) if _carry(mine, old, new) else own


def _carry(own: MutableMapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Change ``own`` as said above; whether anything changed."""
    changed = False
    for key, value in after.items():
        mine, old = own.get(key), before.get(key)
        if key in before and key not in own:
            continue
        if all(isinstance(each, Mapping) for each in (mine, old, value)):
            changed |= _carry(own[key], before[key], value)
        elif (key not in own or (key in before and mine == old)) and mine != value:
            own[key], changed = value, True
    for key in before:
        if key not in after and key in own and own[key] == before[key]:
            del own[key]
            changed = True
    return changed
