"""How the C library treats memory that is freed."""

import ctypes
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Of mallopt(3)."""
KEPT_BYTES = 1 << 30


def keep_freed() -> None:
    """Have the C library keep freed memory for what is asked for next, for the rest of this process.

    Networks on processors ask for the same large arrays again and again. On Linux each of them would come as new pages,
    which the system clears first: half of the time on large tiles. Where the C library has no ``mallopt``, nothing
    changes.
    """
    if sys.platform != "linux":
        return
    change = getattr(ctypes.CDLL(None), "mallopt", None)
    if change is not None:
        change(MMAP_THRESHOLD, KEPT_BYTES)
        change(TRIM_THRESHOLD, KEPT_BYTES)
