"""Which engine maps work over images, and how: plain values, no library."""

import re
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from hairline.io import bounds
from hairline.io.options import checked_dataclass

AUTO = "auto"
CLIENT = "ray://"
_ADDRESS = re.compile(r"(ray://)?([^\s/:@]+|\[[0-9a-fA-F:]+\]):(?P<port>[0-9]{1,5})")
LEAST_SHARE = 0.01
PORTS = range(1, 65536)


@checked_dataclass
class Options:
    """An engine. None of it changes a result, so no stage runs again when it changes.

    Attributes:
        name: ``local`` works on this machine, ``ray`` on a cluster.
        address: Of the cluster: ``auto`` is the one that this machine is part of (or RAY_ADDRESS), ``HOST:PORT`` one
            that it joins, ``ray://HOST:PORT`` one that it is no part of, null starts one on this machine alone.
        cpus_per_task: Processors of a task, 0.01 at least; above 1 a whole number.
        gpus_per_task: Accelerators of a task; 0 asks networks on processors.
        chunk: Images of a task, which are lost together, and kept together.
        ahead: Chunks that are handed out for every task that the cluster runs at a time.
        retries: How often a chunk whose worker or machine was lost is tried again.
        wait_s: Seconds to wait for a cluster that does not answer, or that has no machine for a task.
    """

    name: Literal["local", "ray"] = "local"
    address: str | None = AUTO
    cpus_per_task: Annotated[float, Ge(LEAST_SHARE), Le(bounds.PROCESSES)] = 1
    gpus_per_task: Annotated[float, Ge(0), Le(bounds.PROCESSES)] = 0
    chunk: Annotated[int, Ge(1), Le(bounds.IMAGES)] = 16
    ahead: Annotated[int, Ge(1), Le(bounds.REPEATS)] = 2
    retries: Annotated[int, Ge(0), Le(bounds.REPEATS)] = 5
    wait_s: Annotated[float, Gt(0), Le(45)] = 30

    def __post_init__(self) -> None:
        if self.address not in (None, AUTO) and not is_address(str(self.address)):
            raise ValueError(
                f"address must be auto, HOST:PORT, ray://HOST:PORT or null, found {self.address!r}; correct it"
            )
        for name in ("cpus_per_task", "gpus_per_task"):
            value = getattr(self, name)
            if 0 < value < LEAST_SHARE:
                raise ValueError(f"{name} must be {LEAST_SHARE} at least, found {value:g}")
            if value > 1 and value != int(value):
                raise ValueError(f"{name} must be a whole number above 1, found {value:g}")


def is_address(text: str) -> bool:
    """Whether a text is ``HOST:PORT`` or ``ray://HOST:PORT``.

    >>> is_address("ray://head:10001"), is_address("head"), is_address("head:70000")
    (True, False, False)
    """
    found = _ADDRESS.fullmatch(text)
    return found is not None and int(found["port"]) in PORTS


LOCAL = Options()
"""This machine alone."""
