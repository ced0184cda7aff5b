"""A cluster that is played by this process, and the engine on it: as on a real one, but for Ray and other processes."""

import itertools
import pickle
import random
from collections.abc import Callable, Collection, Generator, Hashable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cloudpickle

from hairline.engine import errand, shared
from hairline.engine.chunks import Chunk, cut
from hairline.engine.engine import PLAIN, Terms
from hairline.engine.errand import Outcome, Place
from hairline.engine.flow import Flow, LostError
from hairline.engine.options import Options


class Played:
    """Runs chunks in this process when they are waited for, in any order, and loses those that ``loses`` names."""

    def __init__(
        self, work: Callable[[Any], Any], place: Place, loses: Callable[[Chunk, int], bool] = lambda chunk, tries: False
    ) -> None:
        self._work, self._place, self._loses = work, place, loses
        self.begun, self.cancelled, self.tries = list[int](), list[int](), dict[int, int]()
        self._handles = itertools.count()
        self._chunks = dict[Hashable, Chunk]()
        self._dice = random.Random(0)

    def slots(self) -> int:
        return 3

    def start(self, chunk: Chunk) -> Hashable:
        handle = next(self._handles)
        self._chunks[handle] = chunk
        self.begun.append(chunk.number)
        return handle

    def wait(self, under_way: Collection[Hashable], timeout_s: float) -> list[Hashable]:
        return [self._dice.choice(list(under_way))]

    def outcome(self, ended: Hashable) -> Outcome:
        chunk = self._chunks[ended]
        self.tries[chunk.number] = self.tries.get(chunk.number, 0) + 1
        if self._loses(chunk, self.tries[chunk.number]):
            raise LostError("killed by a test")
        return errand.run(lambda: lambda items: [self._work(item) for item in items], chunk, self._place)

    def cancel(self, under_way: Collection[Hashable]) -> None:
        self.cancelled += [self._chunks[handle].number for handle in under_way]

    def check(self) -> None:
        pass


class PlayedEngine:
    """The engine on a played cluster: what is sent is pickled, chunks end in any order, every third is lost once."""

    remote = True

    def __init__(self) -> None:
        self.begun = 0

    def map(self, work: Callable[[Any], Any], items: Iterable[Any], terms: Terms = PLAIN) -> Generator[Any, None, None]:
        sent = pickle.loads(cloudpickle.dumps(work))  # as Ray does, also what no module has by a name
        with shared.marked(terms.into or terms.kept) as mark:
            cluster = Played(sent, Place(Path.cwd(), 1, {}, terms.kept, mark), _every_third_once)
            for _, results in Flow(cluster, cut(items, 2, terms.named), Options("ray", chunk=2), terms.kept):
                yield from results
        self.begun += len(set(cluster.begun))

    def batches(
        self, work: Callable[[Sequence[Any]], Sequence[Any]], items: Iterable[Any], terms: Terms = PLAIN
    ) -> Generator[Any, None, None]:
        return self.map(partial(_one, work), items, terms)


def _one(work: Callable[[Sequence[Any]], Sequence[Any]], item: Any) -> Any:
    return work([item])[0]


def _every_third_once(chunk: Chunk, tries: int) -> bool:
    return chunk.number % 3 == 0 and tries == 1
