"""Which runs of a workspace are open, and whose process is gone: state/runs/KEY.json, locked as long as a run is open.

A process that is killed cannot end its run, which MLflow then calls RUNNING for ever. Its lock is gone with it, though.
"""

import json
import platform
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

from hairline.io.atomic import write_json
from hairline.tracking.records import now

FOLDER = Path("state", "runs")
KEY = "hairline.process"
"""Tag of a run: the key of its process's file."""
KINDS: dict[str, tuple[type, ...]] = {"pid": (int,), "born": (int, float)}
"""What the fields of a process's file hold that are no texts."""


@dataclass(frozen=True)
class Process:
    """Who opened a run.

    Attributes:
        key: What the run is tagged with.
        server: The store it belongs to, as :func:`hairline.tracking.store.name_of` has it.
        experiment: Its MLflow experiment.
        name: Name of the run.
        host: The machine.
        boot: The start of that machine; containers on it have the same.
        pid: Process id.
        born: When the process began, seconds since 1970.
        opened: When the run began, UTC, ISO 8601.
    """

    key: str
    server: str
    experiment: str
    name: str
    host: str
    boot: str
    pid: int
    born: float
    opened: str

    def __str__(self) -> str:
        """Who it is, in words."""
        return f"process {self.pid} on {self.host}, since {self.opened}"


class OpenRun:
    """The file of a run that this process has opened."""

    def __init__(self, root: Path, server: str, experiment: str, name: str) -> None:
        """Write the file of a workspace's run and lock it."""
        import psutil

        own = psutil.Process()
        self.process = Process(
            uuid.uuid4().hex, server, experiment, name, platform.node(), boot(), own.pid, own.create_time(), now()
        )
        self._path = root / FOLDER / f"{self.process.key}.json"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self._path.with_suffix(".lock"), thread_local=False)
        self._lock.acquire()
        write_json(self._path, asdict(self.process))

    def close(self, ended: bool) -> None:
        """Unlock the file, and remove it where the run has ended."""
        if ended:
            self._path.unlink(missing_ok=True)
            Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()


@cache
def boot() -> str:
    """What tells the runs of a machine's kernel apart."""
    import psutil

    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text(encoding="ascii").strip() if path.is_file() else f"{platform.node()} {psutil.boot_time():.0f}"


def processes(root: Path) -> Iterator[Process]:
    """Who has opened runs of a workspace and not closed them."""
    for path in sorted((root / FOLDER).glob("[!.]*.json")):
        try:
            found = Process(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError):  # closed meanwhile, or no file of ours
            continue
        if found.key == path.stem and all(
            isinstance(value, KINDS.get(name, str)) for name, value in vars(found).items()
        ):
            yield found


def sweep(root: Path) -> None:
    """Remove what a process left that was killed before it had opened its run."""
    for path in (root / FOLDER).glob("*.lock"):
        if not path.with_suffix(".json").exists() and _free(path):
            forget(root, path.stem)
            (root / FOLDER / f".partial.{path.stem}.json").unlink(missing_ok=True)


def forget(root: Path, key: str) -> None:
    """Remove the file of a process whose run has been closed, where there is one."""
    for suffix in (".json", ".lock"):
        (root / FOLDER / f"{key}{suffix}").unlink(missing_ok=True)


def _free(lock: Path) -> bool:
    """Whether no living process holds a lock."""
    try:
        with FileLock(lock).acquire(blocking=False):
            return True
    except Timeout:
        return False


def gone(root: Path, process: Process) -> bool:
    """Whether a process surely lives no more: it holds no lock, and this machine is where it lived."""
    import psutil

    if not _free(root / FOLDER / f"{process.key}.lock"):
        return False
    if process.boot != boot():
        return process.host == platform.node()  # the machine was started again
    try:
        return bool(psutil.Process(process.pid).create_time() != process.born)
    except psutil.NoSuchProcess:
        return True
