"""One process at a time writes to a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from hairline.errors import HairlineError


@contextmanager
def alone(out: Path, lock: str, commands: str) -> Iterator[None]:
    """Keep other processes from writing to the same folder, which is made where it is not there.

    Args:
        out: The folder.
        lock: Name of the file in it that is held meanwhile, and gone afterwards.
        commands: Which commands hold it, for the sentence, as ``'hairline measure'``.

    Raises:
        HairlineError: If another process holds it.
    """
    out.mkdir(parents=True, exist_ok=True)
    held = FileLock(out / lock)
    try:
        held.acquire(blocking=False)
    except Timeout:
        raise HairlineError(
            f"{out}: another {commands} writes to it; expected one at a time; wait for it, or name another folder for "
            "--out"
        ) from None
    try:
        yield
    finally:
        (out / lock).unlink(missing_ok=True)
        held.release()
