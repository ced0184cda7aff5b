"""MLflow, imported late and quietly, and what it raises as one readable message."""

import errno
import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from hairline.errors import HairlineError
from hairline.io.urls import masked
from hairline.tracking import database, places, store

SILENCED = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
QUIET = {
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    "MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL": "2",  # seconds; MLflow's 10 misses most stages of a small study
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # then what a run tells is kept on disk, see unsent.py
    "GIT_PYTHON_REFRESH": "quiet",
}
CHATTER = {
    "mlflow.system_metrics": logging.CRITICAL, "mlflow.store.db.utils": logging.CRITICAL,
    "urllib3.connectionpool": logging.ERROR,
}  # fmt: skip
"""Loggers that tell of every try to reach a store that is gone or full, of which hairline tells once."""
REFUSED = ("INVALID_PARAMETER_VALUE", "BAD_REQUEST", "RESOURCE_ALREADY_EXISTS")
"""MLflow's codes for what a server would refuse again, however often it is sent."""
BROKEN = ("disk image is malformed", "file is not a database")
"""What SQLite says of a database that was cut or written over."""
KIND, OF_TRAININGS = "mlflow.experimentKind", "custom_model_development"
"""Tag of an experiment: that it is of trainings. On which pages it opens, MLflow 3.17 asks the browser alone."""
INACTIVE = "must be in the 'active' state"
"""What MLflow says of a run, or an experiment, that was deleted."""
LONGEST = 300  # letters of an error that are told


class ServerGoneError(HairlineError):
    """A tracking server that does not answer, or not as MLflow's does."""


class DeletedError(HairlineError):
    """A run, or its experiment, that somebody deleted in MLflow."""


def imported() -> ModuleType:
    """MLflow, without telemetry and chatter; takes seconds the first time."""
    os.environ.update(SILENCED)
    for variable, value in QUIET.items():
        os.environ.setdefault(variable, value)
    import mlflow  # only where a run is opened

    logging.getLogger("mlflow").setLevel(os.environ["MLFLOW_LOGGING_LEVEL"].upper())  # others may import it first
    for name, level in CHATTER.items():
        logging.getLogger(name).setLevel(level)
    return mlflow


def point_at(mlflow: ModuleType, uri: str) -> None:
    """Set the URI of runs and models without leaving it in the environment, where it would look like the user's choice.

    Networks are registered where their runs are, whatever MLFLOW_REGISTRY_URI says for other projects.
    """
    names = (store.CHOICE, "MLFLOW_REGISTRY_URI")
    chosen = {name: os.environ.get(name) for name in names}
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    for name, value in chosen.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


@contextmanager
def connected(mlflow: ModuleType, uri: str) -> Iterator[None]:
    """Point MLflow at a store that is there and fits it, and keep others from setting it up during the block."""
    with store.alone(uri):
        path = store.database(uri)
        if path is not None:
            database.prepare(path, own=not os.environ.get(store.CHOICE))
            _tell(path, places.mend(path))
        point_at(mlflow, uri)
        yield


def _tell(path: object, moved: places.Moved | None) -> None:
    if moved is not None:
        logging.getLogger(__name__).warning(
            "%s: was made in another place (%s); its artifacts lie beside it from now on, those of %d earlier runs "
            "among them", path, ", ".join(moved.before), moved.runs,
        )  # fmt: skip


def system_metrics(mlflow: ModuleType, run_id: str) -> Any:
    """MLflow's thread that logs what a run takes of the machine; ``finish`` ends it, as does a server that is gone."""
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    untyped: Any = SystemMetricsMonitor
    monitor = untyped(run_id, tracking_uri=mlflow.get_tracking_uri())
    monitor.start()
    return monitor


@contextmanager
def told(action: str, uri: str) -> Iterator[None]:
    """Turn what MLflow and its store raise into a readable error, of a kind of its own for a server that is gone.

    Raises:
        ServerGoneError: If a server does not answer as MLflow's does.
        DeletedError: If the run was deleted.
        HairlineError: Of everything else.
    """
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except ModuleNotFoundError as error:
        raise HairlineError(
            f"MLflow store {store.public_uri(uri)}: cannot {action}: the package {error.name!r} is not installed, with "
            f"which this kind of store is reached; install it, or unset {store.CHOICE} for the store of the workspace"
        ) from error
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        if _full(error):
            raise HairlineError(_told_full(action, uri, error)) from error
        if INACTIVE in str(error):
            raise DeletedError(f"MLflow store {store.public_uri(uri)}: cannot {action}: {short(error)}") from error
        kind = ServerGoneError if store.remote(uri) and not _refused(error) else HairlineError
        path = store.database(uri)
        remedy = (
            "see that it is up and that you are logged in" if kind is ServerGoneError else
            database.if_broken(path) if path is not None and any(word in str(error) for word in BROKEN) else
            "check that the store exists, is writable and fits this MLflow version"
        )  # fmt: skip
        raise kind(
            f"MLflow store {store.public_uri(uri)}: cannot {action}: {short(error)}; {remedy}; "
            "MLFLOW_TRACKING_URI selects another one"
        ) from error


def _refused(error: Exception) -> bool:
    """Whether MLflow's server itself refuses what it is sent, in words of its own."""
    from mlflow.exceptions import RestException

    return isinstance(error, RestException) and error.error_code in REFUSED


def _full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    text = str(error)
    return "database or disk is full" in text or f"[Errno {errno.ENOSPC}]" in text or f"[Errno {errno.EDQUOT}]" in text


def _told_full(action: str, uri: str, error: Exception) -> str:
    return (
        f"{_fullest(uri, error)}: the disk is full, so that MLflow cannot {action}; what earlier stages made is kept, "
        "and so are the states in state/: free some space, then 'dvc repro' goes on and 'hairline sync' closes the run"
    )


def _fullest(uri: str, error: Exception) -> Path:
    """The place with the least space of those that something was written to: an error names what it read as well."""
    path, named = store.database(uri), [getattr(error, name, None) for name in ("filename2", "filename")]
    places = [
        *([path.parent] if path else []),
        Path(tempfile.gettempdir()),
        *(Path(str(each)) for each in named if each),
    ]
    there = [each.resolve() if each.is_dir() else each.resolve().parent for each in places]
    return min((each for each in there if each.is_dir()), key=lambda each: shutil.disk_usage(each).free)


def short(error: BaseException) -> str:
    """The first line of an error: what stands below are statements in SQL, pages in HTML and links."""
    text = masked(str(error)).partition(". Response body:")[0]
    line = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def experiment_id(mlflow: ModuleType, uri: str, experiment: str) -> str:
    """Point MLflow at a store and find or make the experiment; any number of processes may do so at once.

    Raises:
        HairlineError: If the experiment was deleted.
    """
    with connected(mlflow, uri):
        found = mlflow.get_experiment_by_name(experiment)
        if found is None:
            return _new_experiment(mlflow, experiment, store.artifact_location(uri, experiment))
    if found.lifecycle_stage == "deleted":
        raise HairlineError(
            f"{store.public_uri(uri)}: experiment {experiment!r} was deleted; bring it back with '{store.chosen(uri)} "
            f"mlflow experiments restore --experiment-id {found.experiment_id}' or use another name"
        )
    if KIND not in found.tags:
        mlflow.MlflowClient().set_experiment_tag(found.experiment_id, KIND, OF_TRAININGS)
    return str(found.experiment_id)


def _new_experiment(mlflow: ModuleType, experiment: str, artifact_location: str | None) -> str:
    try:
        return str(mlflow.create_experiment(experiment, artifact_location=artifact_location, tags={KIND: OF_TRAININGS}))
    except mlflow.MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another machine was faster at a server
            raise
        return str(mlflow.get_experiment_by_name(experiment).experiment_id)
