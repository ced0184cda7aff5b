"""MLflow, imported late and quietly, and what it raises as one readable message."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from hairline.errors import HairlineError
from hairline.tracking import store

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
GONE = ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE")
"""MLflow's codes for a server that does not answer, or whose database does not."""


class ServerGoneError(HairlineError):
    """A tracking server that does not answer."""


def imported() -> ModuleType:
    """MLflow, without telemetry and chatter; takes seconds the first time."""
    os.environ.update(SILENCED)
    for variable, value in QUIET.items():
        os.environ.setdefault(variable, value)
    import mlflow  # only where a run is opened

    return mlflow


def point_at(mlflow: ModuleType, uri: str) -> None:
    """Set the tracking URI without leaving it in the environment, where it would look like the user's choice."""
    chosen = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    if chosen is not None:
        os.environ["MLFLOW_TRACKING_URI"] = chosen


@contextmanager
def told(action: str, uri: str) -> Iterator[None]:
    """Turn what MLflow and its store raise into a readable error, :class:`ServerGoneError` where a server is gone."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        gone = store.remote(uri) and (isinstance(error, OSError) or getattr(error, "error_code", "") in GONE)
        raise (ServerGoneError if gone else HairlineError)(
            f"MLflow store {store.public_uri(uri)}: cannot {action}: {error}\n"
            "Check that the store exists, is writable or reachable and fits this MLflow version; "
            "MLFLOW_TRACKING_URI selects another one."
        ) from error


def experiment_id(mlflow: ModuleType, uri: str, experiment: str) -> str:
    """Point MLflow at a store and find or make the experiment; any number of processes may do so at once.

    Raises:
        HairlineError: If the experiment was deleted.
    """
    with store.alone(uri):
        point_at(mlflow, uri)
        found = mlflow.get_experiment_by_name(experiment)
        if found is None:
            return _new_experiment(mlflow, experiment, store.artifact_location(uri, experiment))
    if found.lifecycle_stage == "deleted":
        raise HairlineError(
            f"{store.public_uri(uri)}: experiment {experiment!r} was deleted; bring it back with "
            f"`mlflow experiments restore --experiment-id {found.experiment_id}` or use another name"
        )
    return str(found.experiment_id)


def _new_experiment(mlflow: ModuleType, experiment: str, artifact_location: str | None) -> str:
    try:
        return str(mlflow.create_experiment(experiment, artifact_location=artifact_location))
    except mlflow.MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another machine was faster at a server
            raise
        return str(mlflow.get_experiment_by_name(experiment).experiment_id)
