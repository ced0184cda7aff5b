"""Options of commands that work on many photos: where they run."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from hairline.errors import HairlineError

if TYPE_CHECKING:
    from hairline.engine.engine import Engine
    from hairline.engine.options import Options

Name = Annotated[
    str, typer.Option("--engine", metavar="local|ray", help="This machine, or a Ray cluster (docs/scale.md).")
]
Address = Annotated[
    str, typer.Option("--address", metavar="auto|HOST:PORT|ray://…|here", help="Of the cluster; here starts one.")
]
Cpus = Annotated[float, typer.Option("--cpus-per-task", help="Processors of a task on the cluster.")]
Gpus = Annotated[float, typer.Option("--gpus-per-task", help="Accelerators of a task on the cluster.")]
Chunk = Annotated[int, typer.Option("--chunk", help="Photos of a task on the cluster.")]

HERE, THIS_MACHINE = "here", "local"


def read(name: str, address: str, cpus: float, gpus: float, chunk: int, workers: int = 1) -> "Options":
    """The engine that was asked for.

    Raises:
        HairlineError: If a value is not one that there is, or ``--workers`` is given for a cluster.
    """
    from hairline.engine.options import Options  # its pydantic takes longer than the help of all commands

    if name != THIS_MACHINE and workers != 1:
        raise HairlineError(
            f"--workers {workers}: is of the engine 'local'; on a cluster as many tasks run as it has room for: leave "
            "it out, or lower --cpus-per-task"
        )
    where = None if address == HERE else address
    try:
        return Options(name, where, cpus, gpus, chunk)  # type: ignore[arg-type] # what is none is refused
    except HairlineError as error:
        raise HairlineError(_typed(str(error))) from None


def _typed(told: str) -> str:
    """What is wrong with options, by the words of the command line.

    >>> _typed("options.Options.cpus_per_task: expected a number greater than or equal to 0.01, found 0")
    '--cpus-per-task: expected a number greater than or equal to 0.01, found 0'
    """
    named = re.sub(r"options\.Options(?:\.|: )(\w+)", lambda found: f"--{found[1].replace('_', '-')}", told)
    return named.replace("--name", "--engine").replace("or null", f"or {HERE}")


@contextmanager
def engine(options: "Options") -> "Iterator[Engine | None]":
    """The engine; None for this machine, on which commands have their own ways."""
    if options.name == THIS_MACHINE:
        yield None
        return
    from hairline.engine.choice import opened

    with opened(options) as found:
        yield found
