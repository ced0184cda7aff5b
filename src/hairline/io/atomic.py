"""Outputs appear whole or not at all: written under a temporary name beside the target, then renamed.

What a block that fails has written is removed, and an error of the file system that names no file, such as that of a
full disk, is given the target's name. What a killed process leaves is called ``.NAME.partial`` (folders) or
``.partial.NAME`` (files); .dvcignore tells DVC to pass over it.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hairline.errors import HairlineError


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder to write into; it takes the target's place only when the block ends without error."""
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        with _named(target):
            yield partial
        if target.exists():
            shutil.rmtree(target)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a path to write to; the file takes the target's place only when the block ends without error."""
    with _partial(target) as partial:
        yield partial
        partial.replace(target)


def write_texts(texts: Mapping[Path, str]) -> None:
    """Write several text files, UTF-8, all of them or none.

    Every file is written beside its place before the first takes it; where one cannot, those before it get back what
    they held.

    Raises:
        HairlineError: If a place is taken by a folder.
    """
    for path in texts:
        if path.is_dir():
            raise HairlineError(f"{path}: is a folder; expected a file or nothing there: move it away")
    before = {path: path.read_bytes() if path.exists() else None for path in texts}
    with ExitStack() as stack:
        partials = {path: stack.enter_context(_partial(path)) for path in texts}
        for path, text in texts.items():
            partials[path].write_text(text, encoding="utf-8")
        try:
            for path, partial in partials.items():
                partial.replace(path)
        except OSError:
            for path, content in before.items():
                path.write_bytes(content) if content is not None else path.unlink(missing_ok=True)
            raise


@contextmanager
def _partial(target: Path) -> Iterator[Path]:
    """A path beside a target to write to, which is gone in the end."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".partial.{target.name}")
    try:
        with _named(target):
            yield partial
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _named(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(target)
        raise


def write_json(target: Path, content: Mapping[str, object]) -> None:
    """Write a mapping as indented JSON, whole or not at all.

    Raises:
        ValueError: If a number is not finite, which JSON cannot hold.
    """
    with whole_file(target) as partial:
        partial.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
