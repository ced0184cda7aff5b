"""What a worker does with a chunk, wherever it runs: enters the asker's folder, works, keeps, and tells what came."""

import os
import pickle
import platform
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hairline.engine import build, kept, shared
from hairline.engine.chunks import Chunk
from hairline.errors import HairlineError

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Variables that libraries take their number of threads from when they are loaded."""


@dataclass(frozen=True)
class Place:
    """Where an errand runs.

    Attributes:
        folder: The asker's folder, which relative paths start from.
        threads: Threads that a task has.
        installed: What the asker has installed.
        kept: Folder of finished chunks.
        mark: File by which the folder that is written into is known as the asker's.
        modules: Where the asker finds modules, such as the stages in its folder.
    """

    folder: Path
    threads: int
    installed: dict[str, str] = field(default_factory=build.installed)
    kept: Path | None = None
    mark: Path | None = None
    modules: tuple[str, ...] = field(default_factory=lambda: tuple(sys.path))


@dataclass(frozen=True)
class Outcome:
    """What came of a chunk: results, or the error that work raised."""

    results: list[Any]
    error: Exception | None = None


def run(load: Callable[[], Callable[[Sequence[Any]], Sequence[Any]]], chunk: Chunk, place: Place) -> Outcome:
    """Work on a chunk unless that is done.

    Args:
        load: Gives the work, once the threads are settled that its libraries may have.
        chunk: The chunk.
        place: Where this runs.
    """
    try:
        enter(place)
        found = kept.read(place.kept, chunk)
        if found is None:
            found = list(load()(chunk.items))
            kept.write(place.kept, chunk, found)
        return Outcome(found)
    except SystemExit as error:  # which would end the worker, as if it were lost
        return Outcome([], RuntimeError(f"work ended its process with status {error.code}"))
    except Exception as error:
        return Outcome([], sendable(error))


def enter(place: Place) -> None:
    """Make this process one that works as the asker's would.

    Raises:
        HairlineError: If the asker's folders are not here, or something else is installed.
    """
    try:
        os.chdir(place.folder)
    except OSError as error:
        raise HairlineError(
            f"{place.folder}: machine {platform.node()} of the cluster has no such folder ({error.strerror}); expected "
            "the workspace on a file system that all machines see at the same path"
        ) from None
    shared.refuse_unseen(place.mark)
    build.refuse_other(place.installed, build.installed(), platform.node())
    sys.path += [path for path in place.modules if path not in sys.path]
    for name in THREADS:
        os.environ[name] = str(place.threads)
    import cv2  # only now, and only in workers

    cv2.setNumThreads(place.threads)


def sendable(error: Exception) -> Exception:
    """An error as it is raised again where it is read, with where it came from unless a person can mend it."""
    if not isinstance(error, HairlineError):
        error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
    return error
