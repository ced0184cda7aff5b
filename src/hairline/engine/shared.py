"""Whether all machines see one folder: who asks puts a mark into it, and every worker looks for the mark.

A cluster whose machines have a folder each at the same path would otherwise work without an error, and what is written
elsewhere would be lost.
"""

import platform
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hairline.errors import HairlineError
from hairline.io.atomic import partial_name

LOOKS, BETWEEN_S = 5, 0.5
"""How often a mark is looked for, since a network's file system may show it a moment later."""


@contextmanager
def marked(folder: Path | None) -> Iterator[Path | None]:
    """A mark in a folder, which is made where it is not there; gone after the block. None for no folder."""
    if folder is None:
        yield None
        return
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / partial_name(uuid.uuid4().hex)
    mark.touch()
    try:
        yield mark
    finally:
        mark.unlink(missing_ok=True)


def refuse_unseen(mark: Path | None) -> None:
    """Raise HairlineError where a worker does not see the mark of who asks."""
    if mark is not None and not _seen(mark):
        raise HairlineError(
            f"{mark.parent}: on machine {platform.node()} of the cluster it is another folder than where this was "
            "asked; expected one on a file system that all machines see at the same path, for what is written there "
            "would be lost; name such a folder, or work in one"
        )


def _seen(mark: Path) -> bool:
    for _ in range(LOOKS):
        if mark.exists():
            return True
        time.sleep(BETWEEN_S)
    return False
