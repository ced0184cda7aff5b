"""Close runs that MLflow calls RUNNING although their process was killed, and no others."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from hairline.errors import HairlineError
from hairline.io.options import shown
from hairline.tracking import open_runs
from hairline.tracking.above import ABOVE, PARENT

CLOSED = "hairline.closed"
"""Tag of a run that was closed: why."""
OPEN = ("RUNNING", "SCHEDULED")


@dataclass(frozen=True)
class Closed:
    """A run that was closed.

    Attributes:
        run_id: The run.
        name: Its name.
        why: What was found.
    """

    run_id: str
    name: str
    why: str

    def __str__(self) -> str:
        """The run and what was done with it, in words."""
        return f"MLflow run {self.run_id} ({self.name}) is closed as KILLED: {self.why}"


def close_gone(mlflow: ModuleType, root: Path, server: str) -> list[Closed]:
    """Mark the runs of a workspace at the store that MLflow points at as KILLED where their process is gone.

    Args:
        mlflow: The module.
        root: The workspace.
        server: The store, as :func:`hairline.tracking.store.name_of` has it; runs of others stay until one is chosen.
    """
    done = []
    open_runs.sweep(root)
    for process in open_runs.processes(root):
        if process.server == server and open_runs.gone(root, process):
            done += list(_close(mlflow, process))
            open_runs.forget(root, process.key)
    return done


def close(mlflow: ModuleType, root: Path, run_id: str) -> Closed:
    """Mark a run as KILLED because the user says so.

    Raises:
        HairlineError: If it is not open.
    """
    try:
        run = mlflow.MlflowClient().get_run(run_id)
    except mlflow.MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        raise HairlineError(
            f"run {shown(run_id)}: the store has none of this id; expected one that is RUNNING: 'hairline doctor' "
            "lists them"
        ) from None
    if run.info.status not in OPEN:
        found = f"{run_id} ({run.info.run_name}) is {run.info.status}"
        raise HairlineError(f"run {found}; expected one that is RUNNING: 'hairline doctor' lists them")
    client = mlflow.MlflowClient()
    for each in [*_with_children(client, run), *_above(client, run)]:
        _mark(client, each, "closed by hand")
    open_runs.forget(root, run.data.tags.get(open_runs.KEY, run_id))
    return Closed(run_id, run.info.run_name, "closed by hand")


def tell(closed: Sequence[Closed]) -> None:
    """Say what was closed."""
    for each in closed:
        logging.getLogger(__name__).warning("%s", each)


def _close(mlflow: ModuleType, process: open_runs.Process) -> Iterator[Closed]:
    client, why = mlflow.MlflowClient(), f"its {process} is gone"
    experiment = client.get_experiment_by_name(process.experiment)
    if experiment is None:
        return
    for run in client.search_runs([experiment.experiment_id], f"tags.`{open_runs.KEY}` = '{process.key}'"):
        is_above = ABOVE in run.data.tags  # its runs are told themselves
        runs = [run] if is_above else _with_children(client, run)
        opened = [each for each in runs if each.info.status in OPEN]
        for each in opened:
            _mark(client, each, why)
        if opened and not is_above:
            yield Closed(run.info.run_id, run.info.run_name, why)


def _with_children(client: Any, run: Any) -> list[Any]:
    query = f"tags.`{PARENT}` = '{run.info.run_id}' and attributes.status = 'RUNNING'"
    return [run, *client.search_runs([run.info.experiment_id], query)]


def _above(client: Any, run: Any) -> list[Any]:
    """The run above one, where that one's process is the last that worked below it."""
    parent = run.data.tags.get(PARENT)
    found = [client.get_run(parent)] if parent else []
    key = run.data.tags.get(open_runs.KEY)
    return [each for each in found if each.info.status in OPEN and each.data.tags.get(open_runs.KEY) == key]


def _mark(client: Any, run: Any, why: str) -> None:
    client.set_tag(run.info.run_id, CLOSED, why)
    client.set_terminated(run.info.run_id, "KILLED")
