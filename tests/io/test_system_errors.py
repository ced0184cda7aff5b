"""What the system refuses is told in one sentence, with the place and what to do."""

import errno
import os
import shutil

import pytest

from hairline.io import system_errors


def refused(number, *names):
    return OSError(number, os.strerror(number), *names)


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (refused(errno.ENOSPC, "labels/konig"), ("labels/konig: No space left on device (", "MB free", "kept")),
        (refused(errno.ENOSPC, "from.npz", None, "to.npz"), ("to.npz: No space left", "free some there")),
        (refused(errno.EDQUOT, "a.json"), ("a.json: Disk quota exceeded; delete files of yours there",)),
        (refused(errno.EROFS, "a.json"), ("a.json: Read-only file system; ", "mount it for writing")),
        (refused(errno.EACCES, "a.json"), ("a.json: Permission denied; ", "ls -ld")),
        (refused(errno.EMFILE, "a.json"), ("a.json: Too many open files; ", "ulimit -n")),
        (refused(errno.ENAMETOOLONG, "a" * 300), ("File name too long; shorten the name",)),
        (refused(errno.EIO, b"a.json"), ("a.json: Input/output error; the disk may be failing",)),
        (refused(errno.ENOENT, "a.json"), ("a.json: No such file or directory",)),
        (MemoryError(), ("the memory of this machine did not suffice (no more to be had); ", "lower")),
        (MemoryError("Unable to allocate 9 TiB"), ("did not suffice (Unable to allocate 9 TiB)",)),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), ("did not suffice",)),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), ("CUDA out of memory. Tried to allocate 2 GiB",)),
        (RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. "), ("lower runtime.workers",)),
    ],
)  # fmt: skip
def test_a_refusal_is_one_sentence(error, parts):
    told = system_errors.told(error)
    assert told is not None
    assert "\n" not in told
    assert all(part in told for part in parts), told


@pytest.mark.parametrize(
    "error",
    [OSError("a library's own"), ConnectionRefusedError(111, "no"), shutil.Error([("a", "b", "c")]),
     ValueError("a bug"), RuntimeError("a bug")],
)  # fmt: skip
def test_other_errors_keep_their_traceback(error):
    assert system_errors.told(error) is None
