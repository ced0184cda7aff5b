"""Parameters as plain values: those of the base, and the files that hold any."""

import copy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hairline.config import parameter_files, profiles, yaml_files

ROOT = Path(__file__).parents[2]


def base() -> dict[str, Any]:
    """The sections of the default profile, to be changed at will."""
    return copy.deepcopy(_base())


@cache
def _base() -> dict[str, Any]:
    return profiles.base_values(ROOT / "profiles")


def write(folder: Path, values: Mapping[str, Any]) -> Path:
    """Write sections to params.yaml, gates.yaml and studies.yaml of a folder; gives the path of params.yaml."""
    for name, sections in parameter_files.split(values).items():
        (folder / name).write_text(text(sections), encoding="utf-8")
    return folder / parameter_files.COMMON


def text(sections: Mapping[str, Any]) -> str:
    """The YAML of sections."""
    return "\n".join(map(_dumped, sections.items())) or yaml_files.dump({})


_texts: dict[str, str] = {}  # of a section; most tests change few of them


def _dumped(section: tuple[str, Any]) -> str:
    known = repr(section)
    if known not in _texts:
        _texts[known] = yaml_files.dump(dict([section]))
    return _texts[known]
