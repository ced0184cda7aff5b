"""Outputs appear whole or not at all: written under a temporary name beside the target, then renamed.

What a block that fails has written is removed, and an error of the file system that names no file, such as that of a
full disk, is given the target's name. Content is on the disk before its name is, so that a power loss leaves the old or
the new. What a killed process leaves is called ``.NAME.PID-HOST.partial`` (folders) or ``.partial.PID-HOST.NAME``
(files); .dvcignore tells DVC to pass over it, and the next process that writes beside it removes it. A folder that had
made way for one that never came gets its name back.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import psutil

from hairline.errors import HairlineError

HOST = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]
OLD = re.compile(r"\.(.+)\.\.old\.\d+-[0-9a-f]{6}\.partial")
"""A folder that makes way for a new one of its name; where that never came, it goes back."""
LEFT = re.compile(r"\.partial\.(\d+)-([0-9a-f]{6})\..+|\..+\.(\d+)-([0-9a-f]{6})\.partial")


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder to write into; it takes the target's place only when the block ends without error."""
    owner = f"{os.getpid()}-{HOST}.partial"
    partial, old = target.with_name(f".{target.name}.{owner}"), target.with_name(f".{target.name}..old.{owner}")
    with _named(target, partial):
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target.parent.absolute())
    _back(old)
    for path in (partial, old, target.with_name(f".{target.name}.partial")):  # the last as earlier versions left it
        shutil.rmtree(path, ignore_errors=True)
    try:
        with _named(target, partial):
            partial.mkdir()
            yield partial
            _sync_all(partial)
            if target.exists():
                target.rename(old)
            partial.rename(target)
            _sync(target.parent)
    finally:
        _back(old)
        for path in (partial, old):
            shutil.rmtree(path, ignore_errors=True)


def _back(old: Path) -> None:
    """Give a folder that made way its name again, if it has not been taken."""
    found = OLD.fullmatch(old.name)
    if found and os.path.lexists(old) and not os.path.lexists(old.with_name(found[1])):
        old.rename(old.with_name(found[1]))


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a path to write to; the file takes the target's place only when the block ends without error."""
    with _partial(target) as partial:
        yield partial
        _take_place(partial, target)


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
                _take_place(partial, path)
        except OSError:
            for path, content in before.items():
                path.write_bytes(content) if content is not None else path.unlink(missing_ok=True)
            raise


def partial_name(name: str) -> str:
    """What a file is called that is to be gone with this process: the next one that writes beside it removes it."""
    return f".partial.{os.getpid()}-{HOST}.{name}"


@contextmanager
def _partial(target: Path) -> Iterator[Path]:
    """A path beside a target to write to, which is gone in the end."""
    partial = target.with_name(partial_name(target.name))
    try:
        with _named(target, partial):
            target.parent.mkdir(parents=True, exist_ok=True)
            _sweep(target.parent.absolute())
            yield partial
    finally:
        partial.unlink(missing_ok=True)


def _take_place(partial: Path, target: Path) -> None:
    _sync(partial)
    partial.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    """Have the content of a file, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # of file systems that cannot, for folders
            raise
    finally:
        os.close(descriptor)


def _sync_all(folder: Path) -> None:
    for inside, _, files in os.walk(folder, topdown=False):
        for name in files:
            _sync(Path(inside, name))
        _sync(Path(inside))


@cache
def _sweep(folder: Path) -> None:
    """Remove what killed processes of this machine left half-written in a folder; once a process."""
    for path in folder.iterdir():
        found = LEFT.fullmatch(path.name)
        pid, host = (found[1] or found[3], found[2] or found[4]) if found else (None, None)
        if pid and host == HOST and not psutil.pid_exists(int(pid)):
            _back(path)
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


@contextmanager
def _named(target: Path, partial: Path) -> Iterator[None]:
    """Have an error of the file system name the target, not the temporary name that is gone when it is read."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            error.filename = _place(error.filename, target, partial)
            if error.filename2 is not None:
                error.filename2 = _place(error.filename2, target, partial)
        raise


def _place(named: object, target: Path, partial: Path) -> str:
    if named is None:
        return str(target)
    path = Path(os.fsdecode(named) if isinstance(named, str | bytes | os.PathLike) else str(named))
    return str(target / path.relative_to(partial) if path.is_relative_to(partial) else path)


def write_json(target: Path, content: Mapping[str, object]) -> None:
    """Write a mapping as indented JSON, whole or not at all.

    Raises:
        ValueError: If a number is not finite, which JSON cannot hold.
    """
    with whole_file(target) as partial:
        partial.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
