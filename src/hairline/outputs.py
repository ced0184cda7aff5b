"""Outputs appear whole or not at all: written under a temporary name beside the target, then renamed."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder to write into; it takes the target's place only when the block ends without error."""
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    if target.exists():
        shutil.rmtree(target)
    partial.rename(target)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a path to write to; the file takes the target's place only when the block ends without error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".partial.{target.name}")
    yield partial
    partial.replace(target)


def write_json(target: Path, content: Mapping[str, object]) -> None:
    """Write a mapping as indented JSON, whole or not at all."""
    with whole_file(target) as partial:
        partial.write_text(json.dumps(content, indent=2) + "\n")
