"""The SQLite store of a workspace: made whole or not at all, of the schema that the installed MLflow has.

MLflow makes a schema in some forty steps, each of which stays where the process is killed or the disk full, and refuses
what is half made for good. So all of it is done in a file beside the store.
"""

import logging
import os
import shlex
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from functools import cache
from glob import escape
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hairline.errors import HairlineError
from hairline.tracking import store

PARTIAL = "partial"
LEFT_OVER = "_alembic_tmp_"
"""What the names of tables begin with that a step of a schema's upgrade has not brought to its end."""
VERSIONS, NEEDED = "alembic_version", ("experiments", "runs", "metrics", "params", "tags")


class Condition(Enum):
    """What can be done with a database."""

    ABSENT = "is made by the first run"
    READY = "fits"
    OLDER = "has the schema of an older MLflow"
    NEWER = "has the schema of a newer MLflow"
    HALF_MADE = "is half made: MLflow was killed, or the disk full, while it made or changed the tables"


@dataclass(frozen=True)
class Found:
    """A database as it is.

    Attributes:
        condition: What can be done with it.
        revision: Its schema, None where it has none.
        runs: Number of its runs.
    """

    condition: Condition
    revision: str | None
    runs: int


def look(path: Path) -> Found:
    """What a database is, with nothing changed.

    Raises:
        sqlite3.Error: If the file is no SQLite database.
    """
    if not path.is_file() or not path.stat().st_size:
        return Found(Condition.ABSENT, None, 0)
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=store.REACH_TIMEOUT_S)) as opened:
        tables = {name for (name,) in opened.execute("select name from sqlite_master where type = 'table'")}
        row = opened.execute("select version_num from alembic_version").fetchone() if VERSIONS in tables else None
        runs = opened.execute("select count(*) from runs").fetchone()[0] if "runs" in tables else 0
    revision = str(row[0]) if row else None
    return Found(_condition(tables, revision), revision, int(runs))


def _condition(tables: set[str], revision: str | None) -> Condition:
    if not tables:
        return Condition.ABSENT
    whole = not any(name.startswith(LEFT_OVER) for name in tables) and tables.issuperset(NEEDED)
    if revision is None or (revision in known() and not whole):
        return Condition.HALF_MADE
    if revision not in known():
        return Condition.NEWER
    return Condition.READY if revision == known()[0] else Condition.OLDER


@cache
def known() -> tuple[str, ...]:
    """Every schema that the installed MLflow knows, its own first."""
    from alembic.script import ScriptDirectory

    package = find_spec("mlflow")
    assert package is not None and package.origin is not None
    scripts = ScriptDirectory(str(Path(package.origin).with_name("store") / "db_migrations"))
    return tuple(script.revision for script in scripts.walk_revisions())


def prepare(path: Path, own: bool) -> None:
    """Make a store that is absent; upgrade that of a workspace, and mend or replace what is half made of it.

    The caller keeps others away meanwhile (:func:`hairline.tracking.store.alone`).

    Args:
        path: The database.
        own: Whether it is the workspace's, whose runs stand in run.json files too; another is left as it is.

    Raises:
        HairlineError: If it cannot be used, with the way out.
        OSError: If the disk is full.
        sqlite3.Error: If the file is no database.
    """
    for rest in path.parent.glob(f".{escape(path.name)}.*.{PARTIAL}*"):
        rest.unlink()
    found = look(path)
    if found.condition is Condition.READY:
        return
    if found.condition is Condition.ABSENT:
        _make(path)
    elif found.condition is Condition.NEWER or not own:
        raise HairlineError(f"{path}: {found.condition.value} (schema {found.revision}); {remedy(path, found, own)}")
    else:
        _renew(path, found)


def remedy(path: Path, found: Found, own: bool) -> str:
    """What to do about a database that cannot be used as it is, or that the next stage renews."""
    if found.condition is Condition.NEWER:
        aside = (
            f"move it aside ({aside_command(path, 'newer')}): 'hairline sync' makes another one and restores its runs"
        )
        return f"install the MLflow that wrote it (here is {version('mlflow')}), or {aside}"
    if own:
        return "nothing: the next stage or 'hairline sync' puts it right and keeps the old one beside it"
    if found.condition is Condition.OLDER:
        return f"copy the file, then upgrade it: mlflow db upgrade {shlex.quote(store.sqlite_uri(path))}"
    return (
        f"move it aside ({aside_command(path, 'broken')}), then 'hairline sync' makes another one and restores its runs"
    )


def aside_command(path: Path, word: str) -> str:
    """The command that moves a database aside, for a shell."""
    return f"mv {shlex.quote(str(path))} {shlex.quote(f'{path}.{word}')}"


def if_broken(path: Path) -> str:
    """What to do about a file that is no database any more."""
    return f"move it aside ({aside_command(path, 'broken')}): 'hairline sync' makes another one and restores its runs"


def _make(path: Path) -> None:
    partial = _partial(path)
    try:
        _fill(partial, path)
        _on_disk(partial)
        for suffix in ("-journal", "-wal", "-shm"):  # of a database that is gone
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        partial.replace(path)
        _on_disk(path.parent)
    finally:
        _remove(partial)


def _fill(partial: Path, path: Path) -> None:
    """Have MLflow make the tables of a database that is to lie at a path."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    untyped: Any = SqlAlchemyStore
    made = untyped(store.sqlite_uri(partial), store.artifacts_of(path).as_uri())
    made.engine.dispose()
    if look(partial).condition is not Condition.READY:
        raise HairlineError(f"{path}: MLflow {version('mlflow')} did not make the tables it needs; repeat the command")


def _renew(path: Path, found: Found) -> None:
    """Put an upgraded or mended copy in a database's place, or an empty one; keep what it was."""
    partial, kept = _partial(path), _kept(path, found)
    try:
        mended = _upgraded(path, partial)
        if not mended:
            _remove(partial)
            _fill(partial, path)
        _copy(path, kept)
        with closing(sqlite3.connect(partial)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)  # in one transaction
    finally:
        _remove(partial)
    told = (
        "upgraded; what it was is kept as {kept}"
        if mended
        else "replaced by an empty one; what it was ({runs} runs) is kept as {kept}: 'hairline sync' restores its runs"
    )
    logging.getLogger(__name__).warning(
        "%s: %s, so it was %s", path, found.condition.value, told.format(kept=kept.name, runs=found.runs)
    )


def _upgraded(path: Path, partial: Path) -> bool:
    """Whether a copy of a database could be brought to MLflow's schema."""
    _copy(path, partial)
    with closing(sqlite3.connect(partial)) as copy:
        tables = {name for (name,) in copy.execute("select name from sqlite_master where type = 'table'")}
        for name in sorted(tables):
            if name.startswith(LEFT_OVER):
                whole = name.removeprefix(LEFT_OVER)
                copy.execute(f'drop table "{name}"' if whole in tables else f'alter table "{name}" rename to "{whole}"')
        copy.commit()
    if look(partial).revision is None:
        return False
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", store.sqlite_uri(partial)]
    done = subprocess.run(command, capture_output=True)
    return done.returncode == 0 and look(partial).condition is Condition.READY


def _copy(path: Path, target: Path) -> None:
    partial = _partial(target)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as copy:
            source.backup(copy)
        partial.replace(target)
    finally:
        _remove(partial)


def _kept(path: Path, found: Found) -> Path:
    word = f"schema-{found.revision}" if found.condition is Condition.OLDER else "broken"
    return path.with_name(f"{path.name}.{time.strftime('%Y%m%d-%H%M%S')}.{word}")


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name.lstrip('.')}.{os.getpid()}-{time.monotonic_ns()}.{PARTIAL}")


def _remove(partial: Path) -> None:
    for rest in partial.parent.glob(f"{escape(partial.name)}*"):
        rest.unlink()


def _on_disk(path: Path) -> None:
    """Have the system write a file or a folder's list of names, before a loss of power."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
