"""What the system refuses or lacks, as one sentence: what, where, what is kept, what to do."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hairline.errors import HairlineError
from hairline.io import extras

AGAIN = "what was finished before is kept, and 'dvc repro' goes on from there"
FULL = (errno.ENOSPC, errno.EDQUOT)
WRITING = (*FULL, errno.EROFS)
REMEDIES = {
    errno.EDQUOT: "delete files of yours there, or have your quota raised",
    errno.EROFS: "nothing can be written there: mount it for writing, or move the workspace",
    errno.EACCES: "this user may not do so: 'ls -ld' tells who may",
    errno.EPERM: "this user may not do so: 'ls -ld' tells who may",
    errno.EMFILE: "raise the limit of this shell ('ulimit -n 4096'), or lower the workers",
    errno.ENFILE: "close other programs, or have the machine's limit raised",
    errno.ENAMETOOLONG: "shorten the name, or move the workspace to a shorter path",
    errno.EIO: "the disk may be failing: look at its log ('dmesg'), and keep a copy of what it holds",
}
_SHORT = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "insufficient memory",
    "cannot allocate memory",
)


def told(error: Exception) -> str | None:
    """What the system refused, or the extra of hairline that it lacks, in a sentence; None for every other error."""
    return (sentence(error) if isinstance(error, OSError) else None) or extras.told(error) or short_of(error)


def sentence(error: OSError) -> str | None:
    """An error of the file system in words; None for errors of connections and libraries, which name no file."""
    if isinstance(error, shutil.Error):
        return None
    place = error.filename2 if error.errno in WRITING and error.filename2 else error.filename
    if place is None:
        return None
    found = f"{os.fsdecode(place) if isinstance(place, bytes) else place}: {error.strerror}"
    if error.errno == errno.ENOSPC:
        return f"{found} ({space(Path(str(place)))}); free some there: {AGAIN}"
    remedy = REMEDIES.get(error.errno or 0)
    return f"{found}; {remedy}: {AGAIN}" if remedy else found


def space(path: Path) -> str:
    """What is free now on the disk of a path, and where it is mounted."""
    there = next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
    mounted = next(folder for folder in (there, *there.parents) if folder.is_mount())
    usage = shutil.disk_usage(mounted)
    return f"{usage.free >> 20:,} of {usage.total >> 20:,} MB free on the disk mounted at {mounted}"


def short_of(error: Exception) -> str | None:
    """A sentence where memory, or a process that it was taken from, is at the bottom of an error; None elsewhere."""
    told = (str(error).splitlines() or [""])[0]
    if isinstance(error, MemoryError) or any(words in str(error).lower() for words in _SHORT):
        return (
            f"the memory of this machine did not suffice ({told or 'no more to be had'}); close other programs, lower "
            f"batch, crop_px, tile_px or workers, or use smaller images: {AGAIN}"
        )
    if "DataLoader worker" in str(error):
        return (
            f"a process that loads images was killed ({told}), as the system does where memory or shared memory is "
            f"short; lower runtime.workers (0 loads in the process itself): {AGAIN}"
        )
    return None


@contextmanager
def of_no_stage() -> Iterator[None]:
    """What the system refuses inside the block, in a sentence that speaks of no stage."""
    try:
        yield
    except (OSError, MemoryError) as error:
        found = told(error)
        if found is None:
            raise
        raise HairlineError(found.removesuffix(f": {AGAIN}")) from None
