"""The engine on a Ray cluster, which :mod:`hairline.engine.joining` joins; no other module knows Ray.

What work needs (a network's weights, options) is put into the cluster's memory once; each worker takes it from there
once. Chunks are tasks. Ray itself tries none of them again: :mod:`hairline.engine.flow` does, and counts.
"""

import sys
import time
import uuid
from collections.abc import Callable, Collection, Generator, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from hairline.engine import cut_off, errand, joining, shared
from hairline.engine.chunks import Chunk, cut
from hairline.engine.engine import PLAIN, Crew, Terms
from hairline.engine.errand import Outcome, Place
from hairline.engine.flow import Flow, LostError
from hairline.engine.options import Options
from hairline.errors import HairlineError
from hairline.io.progress import bar

Item = TypeVar("Item")
Result = TypeVar("Result")

LOOK_S = 2.0
"""Seconds between two looks at the machines of a cluster."""
CANCEL_S = 5.0
"""Seconds that cancelled tasks have to clear up, before their workers are killed."""

_works: dict[str, Callable[[Sequence[Any]], Sequence[Any]]] = {}
"""In a worker: the work that it did last, by its name."""


class OnRay:
    """Maps work over a Ray cluster; see :class:`hairline.engine.engine.Engine`.

    Attributes:
        remote: It always is.
        lost: Chunks that were lost and sent again so far.
    """

    remote = True

    def __init__(self, options: Options) -> None:
        """Join a cluster, or start one on this machine where no address is given.

        Raises:
            HairlineError: If Ray is not installed, or the cluster cannot be reached within ``options.wait_s``.
        """
        self._options, self._ray, self.lost = options, joining.imported(), 0
        self._own = not self._ray.is_initialized()  # else whoever called joined one before, as notebooks do
        head = joining.join(self._ray, options) if self._own else joining.head(self._ray)
        self._health = cut_off.Health(head, options.wait_s)

    def close(self) -> None:
        """Leave the cluster; one that was started here ends."""
        if self._own and not self._health.lost:
            self._ray.shutdown()

    def map(
        self, work: Callable[[Item], Result], items: Iterable[Item], terms: Terms = PLAIN
    ) -> Generator[Result, None, None]:
        """Do work on every item, in order; see :class:`hairline.engine.engine.Engine`."""
        return self.batches(partial(_each, work), items, terms)

    def batches(
        self, work: Callable[[Sequence[Item]], Sequence[Result]], items: Iterable[Item], terms: Terms = PLAIN
    ) -> Generator[Result, None, None]:
        """The same for work that takes many items at a time."""
        total = len(items) if isinstance(items, Sequence) else None
        with shared.marked(terms.into or terms.kept) as mark, _moved(total, terms.doing) as done:
            tasks = _Tasks(self._ray, self._options, self._health, work, self._place(terms.kept, mark))
            flow = Flow(tasks, cut(items, self._options.chunk, terms.named), self._options, terms.kept)
            try:
                for chunk, results in flow:
                    yield from results
                    done(len(chunk.items))
            finally:
                self.lost += flow.lost

    def _place(self, kept: Path | None = None, mark: Path | None = None) -> Place:
        return Place(Path.cwd(), max(int(self._options.cpus_per_task), 1), kept=kept, mark=mark)

    def crew(self, work: Callable[[], Any]) -> Crew:
        """Workers that run ``work`` until it returns, a task each."""
        return _Crew(_Tasks(self._ray, self._options, self._health, partial(_once, work), self._place()))

    def refuse_apart(self, url: str, where: str) -> None:
        """Refuse a file as the database of workers on several machines.

        Raises:
            HairlineError: If the URL is of SQLite and the cluster has several machines.
        """
        machines = {node["NodeManagerAddress"] for node in self._ray.nodes() if node["Alive"]}
        if url.startswith("sqlite") and len(machines) > 1:
            raise HairlineError(
                f"{where}: is sqlite, a file, which the {len(machines)} machines of the cluster cannot share; expected "
                "one PostgreSQL for all, such as postgresql+psycopg://USER:PASSWORD@HOST/NAME (docs/scale.md)"
            )


@contextmanager
def _moved(total: int | None, doing: str) -> Iterator[Callable[[int], object]]:
    """What moves a progress bar; nothing where nothing stands beside it."""
    if not doing:
        yield lambda count: None
        return
    with bar(total, doing) as shown:
        yield shown.update


def _each(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    return [work(item) for item in items]


def _once(work: Callable[[], Any], items: Sequence[Any]) -> list[Any]:
    return [work() for _ in items]


class _Tasks:
    """Chunks as tasks of Ray: a :class:`hairline.engine.flow.Cluster`."""

    def __init__(
        self, ray: Any, options: Options, health: cut_off.Health, work: Callable[[Any], Any], place: Place
    ) -> None:
        self._ray, self._options, self._health = ray, options, health
        self._looked, self._slots, self._none_since = -LOOK_S, 0, time.monotonic()
        content = ray.cloudpickle.dumps(work)
        with self._connected():
            self._sent = (uuid.uuid4().hex, [ray.put(content)], place)
        task = ray.remote(num_cpus=options.cpus_per_task, num_gpus=options.gpus_per_task, max_retries=0)
        self._run = task(_run)

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Tell of a head that is lost, which Ray Client tells by an error of its own."""
        try:
            yield
        except _ways_to_lose():
            raise self._health.given_up() from None

    def slots(self) -> int:
        if time.monotonic() - self._looked >= LOOK_S:
            self._look()
        return self._slots

    def _look(self) -> None:
        self._looked = time.monotonic()
        with self._connected():
            told = self._health.ask(self._ray.nodes)  # Ray would wait for a lost head, and then end this process
        nodes = [node["Resources"] for node in told if node["Alive"]]
        self._slots = sum(slots_of(resources, self._options) for resources in nodes)
        if self._slots:
            self._none_since = self._looked
        elif self._looked - self._none_since > self._options.wait_s:
            raise HairlineError(
                f"no machine of the cluster has had the {self._options.cpus_per_task:g} processors and "
                f"{self._options.gpus_per_task:g} accelerators of a task for {self._options.wait_s:g} s; what was "
                "finished is kept; add machines, or lower runtime.engine.cpus_per_task and gpus_per_task"
            )

    def check(self) -> None:
        self.slots()

    def start(self, chunk: Chunk) -> Hashable:
        with self._connected():
            handle: Hashable = self._run.remote(*self._sent, chunk)
            hash(handle)  # Ray Client waits for the head here
        return handle

    def wait(self, under_way: Collection[Hashable], timeout_s: float) -> list[Hashable]:
        waiting = list(under_way)
        with self._connected():
            ended, _ = self._ray.wait(waiting, num_returns=1, timeout=timeout_s)
            more, _ = self._ray.wait(waiting, num_returns=len(waiting), timeout=0) if ended else ([], None)
        return list(more or ended)

    def outcome(self, ended: Hashable) -> Outcome:
        try:
            with self._connected():
                outcome: Outcome = self._ray.get(ended)
        except self._ray.exceptions.RayTaskError as error:
            raise HairlineError(_not_run(error)) from None
        except self._ray.exceptions.RayError as error:
            raise LostError(_reason(error)) from None
        return outcome

    def cancel(self, under_way: Collection[Hashable]) -> None:
        if not under_way or self._health.lost or not self._ray.is_initialized():
            return
        waiting = list(under_way)
        for force in (False, True):
            for handle in waiting:
                self._ray.cancel(handle, force=force)
            _, waiting = self._ray.wait(waiting, num_returns=len(waiting), timeout=CANCEL_S)
            if not waiting:
                return


class _Crew:
    """Workers as tasks of Ray that last."""

    def __init__(self, tasks: _Tasks) -> None:
        self._tasks, self._under_way, self._number = tasks, list[Hashable](), 0

    def start(self) -> None:
        self._under_way.append(self._tasks.start(Chunk(self._number, [self._number], "", f"worker {self._number}")))
        self._number += 1

    def gone(self) -> list[int]:
        if not self._under_way:
            return []
        ended = self._tasks.wait(self._under_way, 0)
        self._under_way = [handle for handle in self._under_way if handle not in ended]
        self._tasks.check()
        return [self._status(handle) for handle in ended]

    def _status(self, handle: Hashable) -> int:
        try:
            outcome = self._tasks.outcome(handle)
        except LostError:
            return -9
        if outcome.error is not None:
            raise outcome.error
        return 0

    def stop(self) -> None:
        self._tasks.cancel(self._under_way)
        self._under_way = []


def _run(name: str, content: list[Any], place: Place, chunk: Chunk) -> Outcome:
    """In a worker: work on a chunk; the work is taken from the cluster's memory once."""

    def load() -> Callable[[Sequence[Any]], Sequence[Any]]:
        if name not in _works:
            ray = joining.imported()
            _works.clear()
            _works[name] = ray.cloudpickle.loads(ray.get(content[0]))
        return _works[name]

    return errand.run(load, chunk, place)


def slots_of(resources: dict[str, float], options: Options) -> int:
    """Tasks that a machine runs at a time.

    >>> slots_of({"CPU": 8, "GPU": 1}, Options(cpus_per_task=2)), slots_of({"CPU": 8}, Options(gpus_per_task=1))
    (4, 0)
    """
    slots = resources.get("CPU", 0) / options.cpus_per_task
    if options.gpus_per_task:
        slots = min(slots, resources.get("GPU", 0) / options.gpus_per_task)
    return int(slots + 1e-9)


def _ways_to_lose() -> tuple[type[Exception], ...]:
    """How Ray Client tells that it has lost its connection; without grpc there is no Ray Client."""
    grpc = sys.modules.get("grpc")
    return (ConnectionError, grpc.RpcError) if grpc else (ConnectionError,)


def _not_run(error: Exception) -> str:
    """What kept a task from beginning, or from sending what it found."""
    last = (str(error).strip().splitlines() or ["unknown"])[-1]
    return (
        f"a worker of the cluster cannot begin, or cannot send what it found ({last}); expected the same hairline on "
        "all machines: install it there with the same constraints.txt"
    )


def _reason(error: Exception) -> str:
    """How a task was lost, in a few words."""
    first = (str(error).strip().splitlines() or [""])[0].partition(". ")[0]
    return f"{type(error).__name__}: {first[:160]}"
