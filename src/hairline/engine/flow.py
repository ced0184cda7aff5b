"""Chunks on their way: few at a time, tried again where they are lost, given on in order."""

import time
from collections import Counter, deque
from collections.abc import Collection, Hashable, Iterator
from pathlib import Path
from typing import Any, Protocol

from hairline.engine import kept
from hairline.engine.chunks import Chunk
from hairline.engine.errand import Outcome
from hairline.engine.options import Options
from hairline.errors import HairlineError

POLL_S = 0.5
HELD = 4
"""Finished chunks wait for slower ones before them until so many times the chunks are on their way that may be."""


class LostError(Exception):
    """A chunk was lost with its worker or its machine; its text says how."""


class Cluster(Protocol):
    """What runs chunks."""

    def slots(self) -> int:
        """Tasks that run at a time, as far as is known now."""
        ...

    def start(self, chunk: Chunk) -> Hashable:
        """Send a chunk on its way."""
        ...

    def wait(self, under_way: Collection[Hashable], timeout_s: float) -> list[Hashable]:
        """Those that have ended, after so long at most; at least one where any ended."""
        ...

    def outcome(self, ended: Hashable) -> Outcome:
        """What came of one; raises LostError where it is lost."""
        ...

    def cancel(self, under_way: Collection[Hashable]) -> None:
        """Stop them, and wait for that."""
        ...

    def check(self) -> None:
        """Raise HairlineError where the cluster itself is lost; called every :data:`POLL_S` or so."""
        ...


class Flow:
    """What chunks come to, in order.

    Attributes:
        lost: Chunks that were lost and sent again.
    """

    def __init__(self, cluster: Cluster, chunks: Iterator[Chunk], options: Options, folder: Path | None) -> None:
        """Let chunks flow to a cluster; those whose results lie in ``folder`` are not sent."""
        self._cluster, self._left, self._options, self._folder = cluster, chunks, options, folder
        self._order, self._found = deque[Chunk](), dict[int, Outcome]()
        self._under_way, self._tries = dict[Hashable, Chunk](), Counter[int]()
        self.lost = 0

    def __iter__(self) -> Iterator[tuple[Chunk, list[Any]]]:
        """Chunks with their results; raises what work raised."""
        try:
            while self._fill():
                if self._order[0].number not in self._found:
                    self._take()
                while self._order and self._order[0].number in self._found:
                    yield self._next()
        finally:
            self._cluster.cancel(self._under_way)

    def _fill(self) -> bool:
        """Send chunks until enough are on their way; whether there is anything to wait for."""
        most = self._options.ahead * max(self._cluster.slots(), 1)
        while len(self._under_way) < most and len(self._order) < HELD * most:
            chunk = next(self._left, None)
            if chunk is None:
                break
            self._order.append(chunk)
            before = kept.read(self._folder, chunk)
            if before is None:
                self._under_way[self._cluster.start(chunk)] = chunk
            else:
                self._found[chunk.number] = Outcome(before)
                if len(self._order) == 1:
                    break  # it can be given on at once
        return bool(self._order)

    def _take(self) -> None:
        for ended in self._cluster.wait(self._under_way, POLL_S):
            chunk = self._under_way.pop(ended)
            try:
                self._found[chunk.number] = self._cluster.outcome(ended)
            except LostError as error:
                self._again(chunk, error)
        self._cluster.check()

    def _again(self, chunk: Chunk, error: LostError) -> None:
        """Send a lost chunk again.

        Raises:
            HairlineError: If it was lost so often before that it is itself what kills workers.
        """
        self._tries[chunk.number] += 1
        if self._tries[chunk.number] > self._options.retries:
            raise HairlineError(
                f"{chunk.told}: the worker of these {len(chunk.items)} was lost {self._tries[chunk.number]} times "
                f"({error}), as it is where they need more memory than a machine has; what was finished before is "
                "kept; lower runtime.engine.chunk, raise cpus_per_task so that fewer tasks share a machine, or look at "
                "these images, and run it again"
            ) from None
        self.lost += 1
        time.sleep(POLL_S * (self._tries[chunk.number] - 1))  # a machine that comes back needs a moment
        self._under_way[self._cluster.start(chunk)] = chunk

    def _next(self) -> tuple[Chunk, list[Any]]:
        chunk = self._order.popleft()
        outcome = self._found.pop(chunk.number)
        if outcome.error is not None:
            raise outcome.error
        return chunk, outcome.results
