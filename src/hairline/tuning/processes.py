"""Keep the workers of a study going, with others in the place of those that die."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

from hairline.engine.engine import Crew
from hairline.errors import HairlineError

POLL_S = 0.5
DEATHS = 8  # in a row, without a trial ended between them


def run(
    command: Sequence[str],
    count: int,
    environment: Mapping[str, str],
    left: Callable[[], bool],
    ended: Callable[[], int],
) -> None:
    """Run processes of this machine until nothing is left to do: :func:`tend`.

    Args:
        command: What a worker runs; it ends by itself with status 0 when there is nothing for it to do.
        count: Workers at a time.
        environment: Variables they have besides those of this process.
        left: Whether there is anything left; called twice a second.
        ended: Number of trials that have ended.

    Raises:
        HairlineError: If a worker fails by itself, or if so many are killed that the study does not move.
    """
    tend(_Processes(command, environment), count, left, ended)


def tend(crew: Crew, count: int, left: Callable[[], bool], ended: Callable[[], int]) -> None:
    """Keep so many workers going until nothing is left to do, wherever they run.

    Args:
        crew: Starts them, and tells of those that ended.
        count: Workers at a time.
        left: Whether there is anything left; called twice a second.
        ended: Number of trials that have ended.

    Raises:
        HairlineError: If a worker fails by itself, or if so many are killed that the study does not move.
    """
    working, deaths, before = 0, 0, ended()
    try:
        while left():
            for _ in range(count - working):
                crew.start()
            time.sleep(POLL_S)
            gone = crew.gone()
            working = count - len(gone)
            killed, now = [status for status in gone if status], ended()
            deaths = len(killed) if now > before else deaths + len(killed)
            before = now
            _refuse(killed, deaths)
    finally:
        crew.stop()


class _Processes:
    """Workers that are processes of this machine."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command, self._environment = command, {**os.environ, **environment}
        self._working = list[subprocess.Popen[bytes]]()

    def start(self) -> None:
        self._working.append(subprocess.Popen(self._command, env=self._environment))

    def gone(self) -> list[int]:
        over = [worker for worker in self._working if worker.poll() is not None]
        self._working = [worker for worker in self._working if worker not in over]
        return [worker.returncode for worker in over]

    def stop(self) -> None:
        for worker in self._working:
            worker.terminate()
        for worker in self._working:
            worker.wait()


def _refuse(gone: Sequence[int], deaths: int) -> None:
    failed = [status for status in gone if status > 0]
    if failed:
        raise HairlineError(f"a worker of the study failed with status {failed[0]}; its message stands above")
    if deaths > DEATHS:
        raise HairlineError(
            f"{deaths} workers of the study were killed without a trial ended between, as they are where memory is "
            "short; lower workers, memory_mb or tuning.count of the study"
        )
