"""The engine of one machine: threads of this process, or processes beside it."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, TypeVar

from hairline.engine.engine import PLAIN, Crew, Terms
from hairline.io.progress import progress

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 16
"""Items that are handed out for every thread or process, so that a slow one does not keep the others waiting."""


class Local:
    """Works on threads of this process: for work that leaves Python's lock (OpenCV, numba, NumPy).

    Attributes:
        remote: It never is.
    """

    remote = False

    def __init__(self, threads: int | None = None, ahead: int = AHEAD) -> None:
        """Take so many threads; None takes one a core, and 1 is the caller's own, which an interruption stops at once.

        ``ahead`` is how many items each of them may be ahead of the results.
        """
        self._threads, self._ahead = threads or os.cpu_count() or 1, ahead

    def map(
        self, work: Callable[[Item], Result], items: Iterable[Item], terms: Terms = PLAIN
    ) -> Generator[Result, None, None]:
        """Do work on every item, in order; see :class:`hairline.engine.engine.Engine`."""
        total = len(items) if isinstance(items, Sequence) else None
        results = self._results(work, items)
        yield from progress(results, terms.doing, total) if terms.doing else results

    def _results(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        if self._threads == 1:
            return map(work, items)
        return pooled(self._pool(), work, items, self._threads * self._ahead)

    def _pool(self) -> Executor:
        return ThreadPoolExecutor(self._threads)

    def batches(
        self, work: Callable[[Sequence[Item]], Sequence[Result]], items: Iterable[Item], terms: Terms = PLAIN
    ) -> Generator[Result, None, None]:
        """All items at once, on the caller's thread; work shows its own progress."""
        yield from work(list(items))

    def crew(self, work: Callable[[], Any]) -> Crew:
        """There is none: processes of this machine are started by their command."""
        raise NotImplementedError("work for a crew is a command on this machine: hairline.tuning.processes")

    def refuse_apart(self, url: str, where: str) -> None:
        """Every database will do on one machine."""


class Processes(Local):
    """Works in processes of this machine: for work that holds Python's lock. Work and items must be fit to be sent."""

    def _pool(self) -> Executor:
        return ProcessPoolExecutor(self._threads, multiprocessing.get_context("spawn"))


def pooled(pool: Executor, work: Callable[[Item], Result], items: Iterable[Item], ahead: int) -> Iterator[Result]:
    """Results in order, no more than ``ahead`` items being taken before the first of them is given on."""
    waiting = deque[Future[Result]]()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
