"""A Ray cluster of several nodes on one machine, whose workers, nodes and head can be killed; for other benchmarks.

The head holds no tasks; every other node has one processor and a store of 80 MB. Usage is reported to nobody, there is
no dashboard, and everything listens on this machine's own address.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.setdefault("RAY_raylet_start_wait_time_s", "60")  # a busy machine needs longer than Ray's 30

import psutil
from ray.cluster_utils import Cluster

STORE_BYTES = 80 << 20
TRIES = 5
"""Of a node to start: on a busy machine its agent may come too late, and then it ends itself."""


class Nodes:
    """A cluster, its nodes, and ways to kill them.

    Attributes:
        address: HOST:PORT of its head.
    """

    def __init__(self, count: int) -> None:
        """Start a head and so many nodes."""
        told = {"num_cpus": 0, "object_store_memory": STORE_BYTES, "include_dashboard": False}
        self._cluster = Cluster(initialize_head=True, head_node_args=told)
        self._nodes = [self._added() for _ in range(count)]
        self.address = str(self._cluster.address)
        self._orphans = list[psutil.Process]()

    def _added(self) -> Any:
        for _ in range(TRIES - 1):
            try:
                return self._cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
            except Exception as error:  # Ray has no class of its own for what does not start in time
                print(f"a node did not start: {error}", file=sys.stderr)
        return self._cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)

    def busy(self) -> list[psutil.Process]:
        """Processes that run tasks."""
        return [each for each in self._below() if _title(each).startswith("ray::_run")]

    def _below(self) -> list[psutil.Process]:
        return psutil.Process().children(recursive=True)

    def kill_node(self, place: int) -> None:
        """Kill -9 a node with its workers, and start another in its place."""
        node = self._nodes.pop(place % len(self._nodes))
        raylets = [info.process.pid for info in node.all_processes["raylet"]]
        for pid in raylets:
            os.kill(pid, signal.SIGKILL)
        self._cluster.remove_node(node, allow_graceful=False)
        self._nodes.append(self._added())

    def kill_head(self) -> None:
        """Kill -9 all that the head consists of."""
        self._orphans += self._below()
        for infos in list(self._cluster.head_node.all_processes.values()):
            for info in infos:
                if info.process.poll() is None:
                    os.kill(info.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """End what is left."""
        below = {*self._below(), *self._orphans}
        for node in (*self._nodes, self._cluster.head_node):
            node.kill_all_processes(check_alive=False, allow_graceful=False)
        for each in below:
            if each.is_running() and _title(each).startswith("ray::"):
                each.kill()


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def _made(count: int) -> Nodes:
    """A cluster; one more try where a port was taken meanwhile by somebody else."""
    try:
        return Nodes(count)
    except Exception:  # Ray has no class for what does not start
        return Nodes(count)


@contextmanager
def nodes(count: int) -> Iterator[Nodes]:
    """A cluster of so many nodes, until the block ends."""
    made = _made(count)
    try:
        yield made
    finally:
        made.stop()
