"""What `hairline doctor` looks at in the tracking store: that it fits, where its artifacts lie, runs left open."""

import os
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from hairline.cli.doctor_machine import Finding
from hairline.errors import HairlineError
from hairline.tracking import database, open_runs, places
from hairline.tracking import store as run_store
from hairline.tracking.database import Condition


def tracking(root: Path) -> Iterator[Finding]:
    """Everything about the tracking store of a workspace."""
    try:
        uri = run_store.store_uri(root)
    except HairlineError as error:
        yield Finding("problem", str(error), f"unset {run_store.CHOICE}")
        return
    yield from store(root, uri)
    yield from left_open(root, uri)


def store(root: Path, uri: str) -> Iterator[Finding]:
    """The tracking store: that it answers and fits this MLflow, and that no old file store is left behind."""
    place, own = run_store.public_uri(uri), root / "mlruns" / "mlflow.db"
    path = run_store.database(uri)
    try:
        if path is None:
            with run_store.alone(uri):
                yield Finding("ok", f"MLflow store {place}: it answers")
        else:
            yield from _database(path, own)
    except (OSError, sqlite3.Error) as error:
        remedy = (
            f"start the server, or unset {run_store.CHOICE}" if path is None else
            f"see that nothing else holds it; if it is broken, {database.if_broken(path)}"
        )  # fmt: skip
        yield Finding("problem", f"MLflow store {place}: {error}", remedy)
    old = sorted(path.parent.name for path in (root / "mlruns").glob("*/meta.yaml"))
    source, target = shlex.quote(str(root / "mlruns")), shlex.quote(run_store.sqlite_uri(own))
    if old:
        yield Finding("note", f"mlruns/ holds an old file store (experiments {', '.join(old)}), which MLflow refuses",
                      f"mlflow migrate-filestore --source {source} --target {target}")  # fmt: skip


def _database(path: Path, own: Path) -> Iterator[Finding]:
    """What there is to say of an SQLite store."""
    if not path.exists():
        yield Finding("ok", f"MLflow store {path}: {Condition.ABSENT.value}")
        return
    with run_store.alone(run_store.sqlite_uri(path)):
        found = database.look(path)
        moved = places.moved(path) if found.condition is Condition.READY else None
    if found.condition is Condition.ABSENT:
        yield Finding("ok", f"MLflow store {path}: {found.condition.value}")
    elif found.condition is Condition.READY:
        yield Finding("ok", f"MLflow store {path}: {found.runs} runs, schema {found.revision}")
    else:
        wanted = f"MLflow's own is {database.known()[0]}"
        told = f"MLflow store {path}: {found.condition.value} ({found.runs} runs, schema {found.revision}; {wanted})"
        ours = path == own.resolve() and not os.environ.get(run_store.CHOICE)
        yield Finding("problem", told, database.remedy(path, found, ours))
    if moved is not None:
        yield Finding("note", f"MLflow store {path}: was made in another place ({', '.join(moved.before)}), where the "
                      f"artifacts of {moved.runs} runs are looked for",
                      "'hairline sync', or the next stage, has it look beside the database")  # fmt: skip


def left_open(root: Path, uri: str) -> Iterator[Finding]:
    """Runs that MLflow calls RUNNING although nobody works at them, as far as that can be seen."""
    place, waiting = run_store.name_of(root, uri), list(open_runs.processes(root))
    gone = [process for process in waiting if open_runs.gone(root, process)]
    here = [process for process in gone if process.server == place]
    if here:
        names = ", ".join(f"{process.name} ({process})" for process in here)
        yield Finding(
            "note", f"runs that stay RUNNING in MLflow though their process is gone: {names}", "hairline sync"
        )
    for process in gone:
        if process.server != place:
            chosen = f"{run_store.CHOICE}={process.server}" if ":" in process.server else f"env -u {run_store.CHOICE}"
            yield Finding("note", f"{process.name} ({process}) stays RUNNING in MLflow at {process.server}",
                          f"{chosen} hairline sync")  # fmt: skip
    for process in waiting:
        if process not in gone and process.boot != open_runs.boot():
            yield Finding("note", f"{process.name} was opened on another machine ({process}) and is RUNNING in MLflow",
                          "if that machine works at it no more: 'hairline sync --close RUN', with the id that MLflow "
                          "shows")  # fmt: skip
    unknown = _without_process(uri)
    if unknown:
        yield Finding("note", f"runs of an earlier version that MLflow calls RUNNING: {', '.join(unknown)}",
                      f"if nothing works at them: hairline sync --close {' --close '.join(unknown)}")  # fmt: skip


def _without_process(uri: str) -> list[str]:
    """Ids of the open runs of an SQLite store that no version that tells its process has opened."""
    path = run_store.database(uri)
    if path is None or not path.exists():
        return []
    query = (
        "select run_uuid from runs where status = 'RUNNING' and lifecycle_stage = 'active' and run_uuid not in "
        "(select run_uuid from tags where key in (?, ?)) order by start_time"
    )
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as opened:
            return [str(row[0]) for row in opened.execute(query, (open_runs.KEY, "mlflow.parentRunId"))]
    except sqlite3.Error:  # told above
        return []
