"""Progress bars on standard error, and work in threads behind one."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")
Result = TypeVar("Result")


def progress(items: Iterable[Item], doing: str, total: int | None = None) -> Iterator[Item]:
    """Go through items behind a progress bar on standard error."""
    return iter(tqdm(items, desc=doing, total=total, file=sys.stderr, mininterval=1.0, dynamic_ncols=True))


def bar(total: int, doing: str) -> "tqdm[NoReturn]":
    """A progress bar to be moved by hand."""
    return tqdm(total=total, desc=doing, file=sys.stderr, mininterval=1.0, dynamic_ncols=True)


def in_threads(work: Callable[[Item], Result], items: Sequence[Item], doing: str) -> list[Result]:
    """Do work that leaves Python's lock (OpenCV, numba, NumPy) on all cores, in order, behind a progress bar."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(progress(pool.map(work, items), doing, len(items)))
