"""Parameters as plain values: those of the base, and the files that hold any."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hairline.config import parameter_files, profiles, yaml_files

ROOT = Path(__file__).parents[2]


def base() -> dict[str, Any]:
    """The sections of the default profile, to be changed at will."""
    return profiles.base_values(ROOT / "profiles")


def write(folder: Path, values: Mapping[str, Any]) -> Path:
    """Write sections to params.yaml, gates.yaml and studies.yaml of a folder; gives the path of params.yaml."""
    for name, sections in parameter_files.split(values).items():
        (folder / name).write_text(yaml_files.dump(sections), encoding="utf-8")
    return folder / parameter_files.COMMON
