"""Where the trials of a study are kept: SQLite, or any database that SQLAlchemy speaks to."""

import logging
import sqlite3
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import optuna
import sqlalchemy
from optuna.storages import RDBStorage
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from hairline.errors import HairlineError
from hairline.io.system_errors import AGAIN, space

SQLITE_WAIT_S = 120


def sqlite_url(path: Path) -> str:
    """URL of an SQLite file, made where it is not there, so that readers and a writer do not block each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{path.as_posix()}"
    with told(url), closing(sqlite3.connect(path, timeout=SQLITE_WAIT_S)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    return url


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn what the database raises into one readable message, without the password that may stand in its URL."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, optuna.exceptions.StorageInternalError) as error:
        place = sqlalchemy.make_url(url).render_as_string(hide_password=True)
        raise HairlineError(f"{place}: the storage of studies fails: {_reason(error, url)}") from error


def _reason(error: Exception, url: str) -> str:
    """What is at the bottom of an error; Optuna says of every failure that its data may be invalid."""
    first, file = error, sqlalchemy.make_url(url).database or ""
    while first.__cause__ is not None and isinstance(first.__cause__, Exception):
        first = first.__cause__
    told = str(first).splitlines()[0]
    if any(words in told for words in ("disk is full", "disk I/O error", "readonly database", "unable to open")):
        return f"{told} ({space(Path(file).parent)}); free some there, or let this user write there: {AGAIN}"
    if any(words in told for words in ("not a database", "malformed")):
        return f"{told}; move {file} away: the trials in it are lost, and the study starts again with 'dvc repro'"
    return told


def connect(url: str, heartbeat_s: int, grace_s: int) -> RDBStorage:
    """Open a storage.

    Raises:
        HairlineError: If the URL names no database that can be reached, or its driver is not installed.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    arguments = {"connect_args": {"timeout": SQLITE_WAIT_S}} if url.startswith("sqlite") else {"pool_pre_ping": True}
    with experimental(), told(url):
        try:
            storage = RDBStorage(
                url,
                engine_kwargs=arguments,
                heartbeat_interval=heartbeat_s,
                grace_period=grace_s,
            )
            _one_at_a_time(storage.engine)
            return storage
        except (ImportError, ValueError, ArgumentError) as error:
            raise HairlineError(
                f"studies.storage: cannot open the database ({str(error).splitlines()[0]}); expected sqlite or a URL "
                "of SQLAlchemy whose driver is installed, such as postgresql+psycopg://USER@HOST/NAME"
            ) from None
        except RuntimeError as error:  # Optuna finds versions of tables that it does not know
            place = sqlalchemy.make_url(url).render_as_string(hide_password=True)
            raise HairlineError(
                f"{place}: holds tables of another version of Optuna, or of another program, such as MLflow's "
                f"({str(error).splitlines()[0]}); expected a database of the studies alone; name one in "
                "studies.NAME.storage or HAIRLINE_STUDY_STORAGE"
            ) from None


def _one_at_a_time(engine: sqlalchemy.Engine) -> None:
    """Make every transaction of SQLite claim the file when it begins, not when it first writes.

    Optuna reads whether a trial waits and then marks it as running. Other databases lock the row it reads; SQLite does
    not know that lock, and two workers took the same trial (measured: in the first three trials of a study).
    """
    if engine.dialect.name != "sqlite":
        return

    @sqlalchemy.event.listens_for(engine, "connect")
    def leave_transactions_alone(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing, and WAL keeps the file whole

    @sqlalchemy.event.listens_for(engine, "begin")
    def claim(connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    engine.dispose()  # connections from before


def create(storage: RDBStorage, name: str, objectives: int) -> optuna.Study:
    """Open a study by its name, made where it is not there; all of ``objectives`` values are to be large."""
    return optuna.create_study(
        study_name=name, storage=storage, directions=["maximize"] * objectives, load_if_exists=True
    )


def call_values(study: optuna.Study, objectives: Sequence[str]) -> None:
    """Tell the storage what the values of trials are called, for those who look at it, as optuna-dashboard does."""
    with experimental():
        study.set_metric_names(list(objectives))


@contextmanager
def experimental() -> Iterator[None]:
    """Heartbeats are experimental to Optuna since 2.9, and names of values; their tests here are why they are used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield
