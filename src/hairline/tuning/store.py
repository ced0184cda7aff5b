"""Where the trials of a study are kept, and how exactly the number asked for comes to an end whatever happens.

A study is its slots: every trial asked for is put into a queue with the number of its slot, and a worker only takes
from that queue. A worker that dies takes one trial with it: its heartbeat stops, and who looks next declares it failed.
Only the stage's own process (:class:`Mender`) puts a slot whose every trial failed back into the queue, with the
options it had; were it the workers, as Optuna has it, one could die between the two. A study has ended when every slot
has a complete or pruned trial.
"""

import logging
import sqlite3
import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import optuna
import sqlalchemy
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from hairline.errors import HairlineError
from hairline.studies import Value

SLOT, SLOTS = "slot", "slots"
AHEAD = 24
"""So many trials are queued ahead of the workers; each look at the storage reads all that have not ended."""

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
SQLITE_WAIT_S = 120


def sqlite_url(path: Path) -> str:
    """URL of an SQLite file, made where it is not there, so that readers and a writer do not block each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=SQLITE_WAIT_S)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()
    return f"sqlite:///{path.as_posix()}"


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn what the database raises into one readable message, without the password that may stand in its URL."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, optuna.exceptions.StorageInternalError) as error:
        place = sqlalchemy.make_url(url).render_as_string(hide_password=True)
        raise HairlineError(f"{place}: the storage of studies fails: {str(error).splitlines()[0]}") from error


def connect(url: str, heartbeat_s: int, grace_s: int) -> RDBStorage:
    """Open a storage.

    Raises:
        HairlineError: If the URL names no database that can be reached, or its driver is not installed.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    arguments = {"connect_args": {"timeout": SQLITE_WAIT_S}} if url.startswith("sqlite") else {"pool_pre_ping": True}
    with _experimental(), told(url):
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


def finished(study: optuna.Study) -> dict[int, FrozenTrial]:
    """Slot → its complete or pruned trial, in order of slots; the first of two, which only a storage at fault has."""
    found: dict[int, FrozenTrial] = {}
    for trial in _of_slots(study):
        if trial.state in FINISHED:
            found.setdefault(trial.user_attrs[SLOT], trial)
    return dict(sorted(found.items()))


def ended(study: optuna.Study) -> bool:
    """Whether every slot has a complete or pruned trial."""
    return len(finished(study)) >= int(study.user_attrs.get(SLOTS, sys.maxsize))


def waits(study: optuna.Study) -> bool:
    """Whether a trial is in the queue."""
    return bool(study.get_trials(deepcopy=False, states=(TrialState.WAITING,)))


def _of_slots(study: optuna.Study) -> list[FrozenTrial]:
    return [trial for trial in study.get_trials(deepcopy=False) if SLOT in trial.user_attrs]


class Mender:
    """Fills the queue and puts lost slots back into it; one process a study does so, as long as the study runs."""

    def __init__(
        self, storage: RDBStorage, study: optuna.Study, grace_s: float, planned: Sequence[Mapping[str, Value]]
    ) -> None:
        """Look after a study.

        Args:
            storage: Where it lies.
            study: The study.
            grace_s: A running trial without any heartbeat is lost after so long.
            planned: For each slot the options that are fixed beforehand, none for those a sampler chooses.
        """
        self._storage, self._study, self._grace_s, self._planned = storage, study, grace_s, planned
        self._silent: dict[int, float] = {}  # number of a running trial without a heartbeat → when it was first seen
        study.set_user_attr(SLOTS, len(planned))

    def mend(self) -> None:
        """Declare failed what is not heard of, from its first heartbeat on or without one; queue lost and new slots."""
        fail_stale(self._study)
        silent, now = self._without_heartbeat(), time.monotonic()
        self._silent = {number: self._silent.get(number, now) for number in silent}
        for number, since in self._silent.items():
            if now - since > self._grace_s:
                self._study.tell(number, state=TrialState.FAIL, skip_if_finished=True)
        trials = _of_slots(self._study)
        alive = {trial.user_attrs[SLOT] for trial in trials if trial.state != TrialState.FAIL}
        lost = {trial.user_attrs[SLOT]: trial for trial in trials if trial.user_attrs[SLOT] not in alive}
        with _experimental():
            for trial in lost.values():  # the last of each
                RetryHeartbeatStaleTrialCallback()(self._study, trial)
        waiting = sum(trial.state == TrialState.WAITING for trial in trials)
        new = [slot for slot in range(len(self._planned)) if slot not in alive and slot not in lost]
        for slot in new[: max(AHEAD - waiting, 0)]:
            self._study.enqueue_trial(dict(self._planned[slot]), user_attrs={SLOT: slot})

    def _without_heartbeat(self) -> list[int]:
        """Numbers of running trials that have not told yet that they are alive."""
        query = sqlalchemy.text(
            "SELECT trials.number FROM trials JOIN studies ON studies.study_id = trials.study_id "
            "LEFT JOIN trial_heartbeats ON trial_heartbeats.trial_id = trials.trial_id "
            "WHERE studies.study_name = :name AND trials.state = 'RUNNING' "
            "AND trial_heartbeats.trial_heartbeat_id IS NULL"
        )
        with self._storage.engine.connect() as connection:
            return [int(row[0]) for row in connection.execute(query, {"name": self._study.study_name})]


def fail_stale(study: optuna.Study) -> None:
    """Declare trials failed that were not heard of for the grace period."""
    with _experimental():
        optuna.storages.fail_stale_trials(study)


@contextmanager
def _experimental() -> Iterator[None]:
    """Heartbeats are called experimental by Optuna since 2.9; their tests here are why they are used all the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield
