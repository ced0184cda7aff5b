"""Keep the workers of a study going on this machine, with others in the place of those that die."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

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
    """Run processes until nothing is left to do.

    Args:
        command: What a worker runs; it ends by itself with status 0 when there is nothing for it to do.
        count: Workers at a time.
        environment: Variables they have besides those of this process.
        left: Whether there is anything left; called twice a second.
        ended: Number of trials that have ended.

    Raises:
        HairlineError: If a worker fails by itself, or if so many are killed that the study does not move.
    """
    workers: list[subprocess.Popen[bytes]] = []
    deaths, before = 0, ended()
    try:
        while left():
            missing = count - len(workers)
            workers += [subprocess.Popen(command, env={**os.environ, **environment}) for _ in range(missing)]
            time.sleep(POLL_S)
            gone = [worker.returncode for worker in workers if worker.poll() not in (None, 0)]
            now = ended()
            deaths = len(gone) if now > before else deaths + len(gone)
            before = now
            workers = [worker for worker in workers if worker.poll() is None]
            _refuse(gone, deaths)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
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
