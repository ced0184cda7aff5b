"""Params files as they would be if what a stage does not list, or one thing that it lists, were nonsense."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from hairline.config import parameter_files, yaml_files
from support import parameters

NONSENSE = "spoilt by a test"
EVERYWHERE = {"experiment", "learned"}
"""Sections that every stage may read unlisted: the first stands in the paths of its command, where DVC sees it change;
the second says whether a stage fails, and a stage that failed is run again whatever changed."""
SHOWN = ("tracking_wait_s", "engine")
"""What of the section ``runtime`` every stage may read unlisted: no result depends on it."""


@contextmanager
def unlisted_spoilt(folder: Path, listed: Mapping[str, Iterable[str]]) -> Iterator[None]:
    """Spoil what is not listed: whole sections, and other entries of sections that map names to mappings."""

    def spoil(name: str, values: dict[str, Any]) -> None:
        whole = {dotted for dotted in listed.get(name, ()) if "." not in dotted} | EVERYWHERE
        parts = [dotted.split(".")[:2] for dotted in listed.get(name, ()) if "." in dotted]
        for section in values.keys() - whole:
            keys = {key for first, key in parts if first == section}
            if not keys:
                told = (
                    {key: value for key, value in values[section].items() if key in SHOWN}
                    if section == "runtime"
                    else {}
                )
                values[section] = told or NONSENSE
            elif all(isinstance(value, dict) for value in values[section].values()):
                values[section] = {key: value if key in keys else NONSENSE for key, value in values[section].items()}

    with _spoilt(folder, spoil):
        yield


@contextmanager
def one_spoilt(folder: Path, file: str, dotted: str) -> Iterator[None]:
    """Spoil one section, or one value of it, of one file."""

    def spoil(name: str, values: dict[str, Any]) -> None:
        if name == file:
            *path, last = dotted.split(".")
            for key in path:
                values = values[key]
            values[last] = NONSENSE

    with _spoilt(folder, spoil):
        yield


@contextmanager
def _spoilt(folder: Path, spoil: Any) -> Iterator[None]:
    before = {path: path.read_bytes() for path in map(folder.joinpath, parameter_files.FILES)}
    try:
        for path, content in before.items():
            values = copy.deepcopy(_parsed(content))
            spoil(path.name, values)
            path.write_text(parameters.text(values))
        yield
    finally:
        for path, content in before.items():
            path.write_bytes(content)


@cache
def _parsed(content: bytes) -> dict[str, Any]:
    return yaml_files.parse(content.decode(), Path())
