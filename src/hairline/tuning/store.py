"""Where the trials of a study are kept, and how exactly the number asked for comes to an end whatever happens.

A study is its slots: before any work, every trial asked for is put into the queue with the number of its slot, and a
worker only takes from the queue. A worker that dies takes one trial with it; its heartbeat stops, the next look finds
it stale, and its slot goes back into the queue with the options it had. What dies between taking a trial and its first
heartbeat, or between declaring it lost and queueing it again, is found by :func:`mend`. A study has ended when every
slot has a complete or pruned trial.
"""

import logging
import sqlite3
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import optuna
import sqlalchemy
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from hairline.errors import HairlineError
from hairline.studies import Value

SLOT = "slot"
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
    with warnings.catch_warnings(), told(url):
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        try:
            storage = RDBStorage(
                url,
                engine_kwargs=arguments,
                heartbeat_interval=heartbeat_s,
                grace_period=grace_s,
                heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
            )
            _one_at_a_time(storage.engine)
            return storage
        except (ImportError, ValueError) as error:
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

    @sqlalchemy.event.listens_for(engine, "begin")
    def claim(connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    engine.dispose()  # connections from before


def create(storage: RDBStorage, name: str, objectives: int) -> optuna.Study:
    """Open a study by its name, made where it is not there; all of ``objectives`` values are to be large."""
    return optuna.create_study(
        study_name=name, storage=storage, directions=["maximize"] * objectives, load_if_exists=True
    )


def fill(study: optuna.Study, planned: Sequence[Mapping[str, Value]]) -> None:
    """Queue the slots that the study does not have yet.

    Args:
        study: A study that nobody else fills now.
        planned: For each slot the options that are fixed beforehand, none for those a sampler chooses.
    """
    there = {trial.user_attrs[SLOT] for trial in _of_slots(study)}
    for slot, fixed in enumerate(planned):
        if slot not in there:
            study.enqueue_trial(dict(fixed), user_attrs={SLOT: slot})


def finished(study: optuna.Study) -> dict[int, FrozenTrial]:
    """Slot → its complete or pruned trial, in order of slots; the first of two, which only a storage at fault has."""
    found: dict[int, FrozenTrial] = {}
    for trial in _of_slots(study):
        if trial.state in FINISHED:
            found.setdefault(trial.user_attrs[SLOT], trial)
    return dict(sorted(found.items()))


def underway(study: optuna.Study) -> list[FrozenTrial]:
    """Trials that wait or run."""
    return [trial for trial in _of_slots(study) if trial.state in (TrialState.WAITING, TrialState.RUNNING)]


def _of_slots(study: optuna.Study) -> list[FrozenTrial]:
    return [trial for trial in study.get_trials(deepcopy=False) if SLOT in trial.user_attrs]


class Mender:
    """Puts lost slots back into the queue; one process a study does so."""

    def __init__(self, storage: RDBStorage, study: optuna.Study, grace_s: float) -> None:
        """Look after a study."""
        self._storage, self._study, self._grace_s = storage, study, grace_s
        self._silent: dict[int, float] = {}  # number of a running trial without a heartbeat → when it was first seen

    def mend(self) -> None:
        """Queue again what died before its first heartbeat, and slots that no trial stands for any more."""
        fail_stale(self._study)
        silent, now = self._without_heartbeat(), time.monotonic()
        self._silent = {number: self._silent.get(number, now) for number in silent}
        for number, since in self._silent.items():
            if now - since > self._grace_s:
                self._study.tell(number, state=TrialState.FAIL, skip_if_finished=True)
        self._queue_lost()

    def _queue_lost(self) -> None:
        """Queue slots whose every trial failed."""
        trials = _of_slots(self._study)
        alive = {trial.user_attrs[SLOT] for trial in trials if trial.state != TrialState.FAIL}
        lost = {trial.user_attrs[SLOT]: trial for trial in trials if trial.user_attrs[SLOT] not in alive}
        for trial in lost.values():  # the last of each
            RetryHeartbeatStaleTrialCallback()(self._study, trial)

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
    """Declare trials lost that were not heard of for the grace period, and queue their slots again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        optuna.storages.fail_stale_trials(study)
