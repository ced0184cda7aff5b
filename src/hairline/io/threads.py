"""Work on all cores, in order: what comes back belongs to the item at the same place."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hairline.io.progress import progress

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(work: Callable[[Item], Result], items: Sequence[Item], doing: str) -> list[Result]:
    """Do work that leaves Python's lock (OpenCV, numba, NumPy) on all cores, in order, behind a progress bar."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(progress(pool.map(work, items), doing, len(items)))
