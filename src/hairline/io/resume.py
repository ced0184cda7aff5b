"""Folders that let long work continue after an interruption: state/STAGE/KEY, which DVC neither knows nor deletes.

The key is made of everything that decides the result (parameters, contents of the inputs, source code), so changed
work never continues from old state. A folder lives until its work succeeds.
"""

import hashlib
import itertools
import json
import math
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from hairline.io.hashing import content_hash

ABANDONED_AFTER_S = 14 * 24 * 3600


def folder(
    root: Path, stage: str, params: Mapping[str, object], inputs: Sequence[Path], code: Mapping[str, str]
) -> Path:
    """Where the state of one piece of work belongs; nothing is made.

    Args:
        root: Workspace root (``hashing.workspace_root``).
        stage: Kind of work.
        params: All parameters the work depends on, plain values (what JSON can hold).
        inputs: Files and folders the work reads; their contents count, their places do not.
        code: Module → hash of its content, for everything that the result comes from
            (:meth:`hairline.io.source.Source.closure`).

    Returns:
        ROOT/state/STAGE/KEY, KEY being 16 hexadecimal digits of parameters, input contents and code.
    """
    identity = {"params": params, "inputs": [content_hash(path) for path in inputs], "code": dict(code)}
    text = json.dumps(identity, sort_keys=True)
    return root / "state" / stage / hashlib.sha256(text.encode()).hexdigest()[:16]


@contextmanager
def resumable(
    root: Path, stage: str, params: Mapping[str, object], inputs: Sequence[Path], code: Mapping[str, str]
) -> Iterator[Path]:
    """Give the state folder of one piece of work; it is removed when the block ends without error and else kept.

    Where another process is at the very same work, a fresh folder beside its own is given. Folders of the same stage
    that nobody touched for 14 days are removed.

    Args:
        root: As for :func:`folder`.
        stage: As for :func:`folder`.
        params: As for :func:`folder`.
        inputs: As for :func:`folder`.
        code: As for :func:`folder`.
    """
    home = folder(root, stage, params, inputs, code)
    home.parent.mkdir(parents=True, exist_ok=True)
    claimed, lock = _claim_first(home)
    try:
        _prune(home.parent, claimed)
        claimed.mkdir(exist_ok=True)
        yield claimed
        shutil.rmtree(claimed)
    finally:
        _release(lock)


def _claim_first(home: Path) -> tuple[Path, FileLock]:
    for number in itertools.count():
        candidate = home if number == 0 else home.with_name(f"{home.name}-{number}")
        lock = _claim(candidate)
        if lock is not None:
            return candidate, lock
    raise AssertionError("unreachable: counting does not end")


def _claim(home: Path) -> FileLock | None:
    """The lock of a folder, held, or None where another has it."""
    lock = FileLock(home.with_name(f".{home.name}.lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout:  # held by another, or just now released and removed by it
        return None
    return lock


def _release(lock: FileLock) -> None:
    Path(lock.lock_file).unlink()  # while it is held, so that nobody waits for a file that has lost its name
    lock.release()


def _prune(stage_folder: Path, in_use: Path) -> None:
    oldest = time.time() - ABANDONED_AFTER_S
    for left in stage_folder.glob(".*.lock"):  # of a process that was killed before it made a folder
        other = left.with_name(left.name[1 : -len(".lock")])
        if other != in_use and not other.exists() and (lock := _claim(other)) is not None:
            _release(lock)
    for other in stage_folder.iterdir():
        if other == in_use or not other.is_dir() or _touched(other) > oldest:  # not to hold another's lock for nothing
            continue
        lock = _claim(other)
        if lock is not None:
            if max(map(_touched, (other, *_inside(other)))) <= oldest:
                shutil.rmtree(other, ignore_errors=True)
            _release(lock)


def _inside(home: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(home):  # unlike rglob, it passes over what vanishes meanwhile
        yield from (Path(folder, name) for name in (*folders, *files))


def _touched(path: Path) -> float:
    """When a file or folder last changed; never long ago where it has just vanished, for then it is in use."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf
