"""Which process of a training this is, by the variables that torchrun, Lightning and the supervisor set."""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace

from hairline.errors import HairlineError
from hairline.nn.runtime.recipes import Parallel, Runtime
from hairline.nn.runtime.supervisor import LAUNCHED, SUPERVISED


class OthersEndedError(HairlineError):
    """Another process of this training ended; what went wrong is said there."""


def leads() -> bool:
    """Whether this process is the first of a training, which alone logs and writes; the others take part in it."""
    return not _places()


def _places() -> list[str]:
    """The variables that put this process behind the first."""
    return [name for name in ("RANK", "LOCAL_RANK", "NODE_RANK") if os.environ.get(name, "0") != "0"]


def launched(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether all processes of this training have been started from outside, as torchrun does."""
    return LAUNCHED in environment


def as_launched(runtime: Runtime, environment: Mapping[str, str] = os.environ) -> Runtime:
    """The section ``runtime`` with as many processes as were started: torchrun's numbers count, where it is used.

    >>> from hairline.nn.runtime.recipes import ALONE
    >>> torchrun = {"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "6", "LOCAL_WORLD_SIZE": "3"}
    >>> as_launched(Runtime("cpu", "32", 0, 7, ALONE, 60), torchrun).parallel
    Parallel(devices=3, strategy='auto', nodes=2)

    Raises:
        HairlineError: If torchrun's variables are not whole, or its nodes have different numbers of processes.
    """
    if not launched(environment):
        return runtime
    local, every = (_number(name, environment) for name in ("LOCAL_WORLD_SIZE", "WORLD_SIZE"))
    if every % local:
        raise HairlineError(
            f"{every} processes were started, {local} of them on this node; expected as many on each node; start them "
            "with the same --nproc-per-node everywhere (docs/scale.md)"
        )
    nodes = every // local
    return replace(runtime, parallel=Parallel(local, runtime.parallel.strategy, nodes))


def _number(name: str, environment: Mapping[str, str]) -> int:
    """A number of processes, as torchrun tells it."""
    value = environment.get(name, "")
    if not value.isdecimal() or not int(value):
        raise HairlineError(
            f"{LAUNCHED} is set, as torchrun does it, and {name} is {value!r}; expected a number of processes; start "
            f"this with torchrun (docs/scale.md), or unset {LAUNCHED}"
        )
    return int(value)


def asked_for(parallel: Parallel, automatic: int = 1) -> int:
    """Processes of a training on all nodes, of which each has ``automatic`` devices where that is not said."""
    return (automatic if parallel.devices == "auto" else parallel.devices) * parallel.nodes


def refuse_few(batch: int, processes: int) -> None:
    """Make sure that every process has an item of a batch.

    Raises:
        HairlineError: If a batch has fewer items than there are processes.
    """
    if batch < processes:
        raise HairlineError(
            f"recipe.batch is {batch}, the items of a batch in all processes together, and there are {processes} "
            f"processes; raise it to {processes} or start {batch} at the most (runtime.parallel)"
        )


def become_several(runtime: Runtime) -> None:
    """End this program, and have a supervisor of as many of it as ``runtime.parallel`` asks for take its place.

    Returns in each of these, and where one process is enough or something else has started several.

    Raises:
        HairlineError: If several nodes are asked for, and torchrun did not start this one; or if variables say that
            this is not the first process, and there is no other.
        SystemExit: Where the supervisor takes over, once everything is put away that is to be at the end.
    """
    if launched():
        if SUPERVISED in os.environ:
            threading.Thread(target=_end_with_supervisor, daemon=True).start()
        return
    parallel = runtime.parallel
    if parallel.nodes > 1:
        raise HairlineError(
            f"runtime.parallel.nodes is {parallel.nodes}, so each of them has to start its processes: torchrun "
            f"--nnodes {parallel.nodes} --nproc-per-node {parallel.devices} … (docs/scale.md), or set it to 1"
        )
    count = asked_for(parallel, _devices(runtime))
    if count == 1 and (left := _places()):
        told = ", ".join(f"{name}={os.environ[name]}" for name in left)
        raise HairlineError(
            f"{told} is set, as in the second process of several, which writes nothing, but torchrun did not start "
            f"this one and runtime.parallel asks for one alone; unset {' '.join(left)}"
        )
    if count == 1 or parallel.strategy.partition("_")[0] not in ("auto", "ddp", "fsdp"):
        return
    program, words = sys.modules["__main__"].__spec__, ["-m", "hairline.nn.runtime.supervisor", str(count)]
    assert program is not None, "a stage is started by python -m"
    atexit.register(os.execv, sys.executable, [sys.executable, *words, "-m", program.name, *sys.argv[1:]])
    sys.exit(1)  # the status of the supervisor counts; this one where there is none


def _devices(runtime: Runtime) -> int:
    if runtime.device == "cpu":
        return 1
    import torch  # slow, and what else is here is asked by checks of parameters

    return max(torch.cuda.device_count(), 1)


def _end_with_supervisor() -> None:
    """End when the supervisor does, however that ends; the state on the disk is whole at any moment."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGKILL)
