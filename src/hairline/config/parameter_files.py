"""The three parameter files: params.yaml, and beside it gates.yaml and studies.yaml with a section each.

DVC has the same list in ``dvc.yaml``: stages name the file of a section that is not in params.yaml.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hairline.config import yaml_files
from hairline.errors import HairlineError

COMMON = "params.yaml"
"""The file of every section that has none of its own."""

OWN = {"gates": "gates.yaml", "studies": "studies.yaml"}
"""Section → the file that holds it and nothing else."""

FILES = (COMMON, *OWN.values())


def path_of(params: Path, section: str) -> Path:
    """The file of a section, for the params.yaml it lies beside; a params.yaml may have any name."""
    return params.with_name(OWN[section]) if section in OWN else params


def paths(params: Path) -> dict[str, Path]:
    """Name in :data:`FILES` → the file, for a params.yaml that may have any name."""
    return {COMMON: params} | {name: params.with_name(name) for name in OWN.values()}


def split(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Sections by the file they belong in: every name in :data:`FILES` → its sections, in their order."""
    files: dict[str, dict[str, Any]] = {name: {} for name in FILES}
    for section, value in values.items():
        files[OWN.get(section, COMMON)][section] = value
    return files


def read(params: Path) -> dict[str, Any]:
    """The sections of a params.yaml and of the files beside it.

    Raises:
        HairlineError: If a file is missing, is no YAML mapping, has a section that belongs in another of them, or lacks
            its own.
    """
    common = yaml_files.read(params, "write one with 'hairline profile synthetic'")
    misplaced = [section for section in common if section in OWN]
    if misplaced:
        into = " and ".join(OWN[section] for section in misplaced)
        raise HairlineError(
            f"{params}: {' and '.join(misplaced)} of older versions stood here and now belong in {into} beside it; "
            "'hairline upgrade' moves them, comments kept; where that file has values of its own, write these there"
        )
    values = dict(common)
    for section, name in OWN.items():
        path = params.with_name(name)
        own = yaml_files.read(path, f"it has the section '{section}'; write one with 'hairline profile synthetic'")
        for found in own:
            if found != section:
                todo = f"it belongs in {OWN[found]}" if found in OWN else "mend its name, or move it to params.yaml"
                raise HairlineError(f"{path}: holds the section '{section}' alone, found '{found}'; {todo}")
        if section not in own:
            raise HairlineError(f"{path}: missing section {section}, which it is for")
        values |= own
    return values
