"""One MLflow run a stage, opened at its edge: parameters, metrics, figures, models and where everything came from.

DVC's files are the truth and MLflow is the lens: nothing here is read back to decide what to compute. A run that
succeeds leaves a run.json, so that a stage DVC skips still points to the run that made its outputs.
"""

import importlib
import logging
import os
import posixpath
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from hairline import costs, run_store
from hairline.errors import HairlineError
from hairline.lineage import RunRecord, content_hashes, flatten, git_facts, read_record, workspace_root, write_record

SILENCED = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
QUIET = {
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    "MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL": "2",  # seconds; MLflow's 10 misses most stages of a small study
    "GIT_PYTHON_REFRESH": "quiet",
}
DVC_FACTS = ("DVC_EXP_NAME", "DVC_EXP_BASELINE_REV", "DVC_STAGE")


@dataclass(frozen=True)
class Child:
    """A run inside another, such as one trial of a study, once it is over.

    Attributes:
        name: Name of the run.
        params: Its parameters.
        metrics: Its numbers.
        tags: Further tags.
    """

    name: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


class Run:
    """An open MLflow run; made by :func:`run`."""

    def __init__(self, mlflow: ModuleType, record: RunRecord) -> None:
        """Wrap the active run of the imported mlflow module."""
        self._mlflow = mlflow
        self._record = record

    @property
    def id(self) -> str:
        """MLflow's id of the run."""
        return self._record.run_id

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log numbers, at a step of a curve where one is given."""
        with self._told("log metrics"):
            named = {run_store.allowed_key(key): float(value) for key, value in values.items()}
            self._mlflow.log_metrics(named, step=step)

    def curves(self, points: Sequence[tuple[int, Mapping[str, float]]]) -> None:
        """Log points of curves, numbers by name at a step each, in as few calls as the store takes."""
        now = int(time.time() * 1000)
        entries = [
            self._mlflow.entities.Metric(run_store.allowed_key(name), float(value), now, step)
            for step, values in points
            for name, value in values.items()
        ]
        with self._told("log curves"):
            for start in range(0, len(entries), run_store.METRICS):
                self._mlflow.MlflowClient().log_batch(self.id, entries[start : start + run_store.METRICS])

    def figure(self, path: Path) -> None:
        """Log an image file among the run's figures."""
        self.artifact(path, "figures")

    def drawing(self, name: str, png: bytes) -> None:
        """Log a picture that lies in no file, as the bytes of a PNG file, among the run's figures."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(png)
            self.figure(path)

    def artifact(self, path: Path, folder: str = "") -> None:
        """Log a file, or a folder under its own name, inside a folder of the run's artifacts (empty: at the top)."""
        with self._told(f"log {path}"):
            if path.is_dir():
                self._mlflow.log_artifacts(str(path), posixpath.join(folder, path.name))
            else:
                self._mlflow.log_artifact(str(path), folder or None)

    def tag(self, key: str, value: object) -> None:
        """Set a tag; long values are cut."""
        self._tags({key: str(value)})

    def model(
        self,
        folder: Path,
        name: str,
        loader: str,
        example: NDArray[np.uint8],
        answer: NDArray[np.float32],
        pip_requirements: Sequence[str],
    ) -> None:
        """Log a network as its files and the code that reads them (no pickle), as a pyfunc; it is not registered.

        Args:
            folder: The network's files.
            name: Name of the logged model.
            loader: Module whose ``_load_pyfunc`` takes the folder's path; its whole package goes along.
            example: Images, uint8 [N, height, width, 3], N > 1; number, height and width are free in the signature.
            answer: Scores of the example, float32 [N, height, width].
            pip_requirements: What loading it needs, e.g. ``["torch==2.11.0", "numpy"]``; local versions (``+cu130``),
                which no index serves, are cut off.

        Raises:
            HairlineError: If the example has one image only, or the store does not take it.
        """
        if example.ndim != 4 or example.shape[0] < 2:
            raise HairlineError(f"model {name}: example of shape {example.shape}; expected [N, H, W, 3] with N > 1")
        schema = self._mlflow.types
        free = ((example.dtype, (-1, -1, -1, 3)), (answer.dtype, (-1, -1, -1)))
        signature = self._mlflow.models.ModelSignature(
            *(schema.Schema([schema.TensorSpec(dtype, shape)]) for dtype, shape in free)
        )
        package = importlib.import_module(loader.partition(".")[0])
        with self._told(f"log model {name}"):
            self._mlflow.pyfunc.log_model(
                name=name,
                loader_module=loader,
                data_path=str(folder),
                code_paths=[str(Path(next(iter(package.__path__))))],
                signature=signature,
                input_example=example,
                pip_requirements=[requirement.partition("+")[0] for requirement in pip_requirements],
            )

    def children(self, children: Sequence[Child]) -> None:
        """Log runs inside this one, each in one batch."""
        client, entities = self._mlflow.MlflowClient(), self._mlflow.entities
        with self._told("log the runs inside this one"):
            experiment, now = client.get_run(self.id).info.experiment_id, int(time.time() * 1000)
            for child in children:
                tags = {"mlflow.parentRunId": self.id, **child.tags}
                run_id = client.create_run(experiment, tags=tags, run_name=child.name).info.run_id
                metrics = [
                    entities.Metric(run_store.allowed_key(name), float(value), now, 0)
                    for name, value in child.metrics.items()
                ]
                params = [
                    entities.Param(run_store.allowed_key(name), value[: run_store.PARAM_LENGTH])
                    for name, value in child.params.items()
                ]
                client.log_batch(run_id, metrics, params)
                client.set_terminated(run_id)

    def finish(self, outputs: Sequence[Path]) -> None:
        """Take the content hashes of the stage's outputs, once they are in place, for the tags and run.json."""
        hashes = content_hashes(outputs)
        self._tags({f"output:{path}": value for path, value in hashes.items()})
        self._record = replace(self._record, outputs={**self._record.outputs, **hashes})

    def _tags(self, tags: Mapping[str, str]) -> None:
        with self._told("set tags"):
            for batch in run_store.allowed_batches(tags, run_store.TAG_LENGTH):
                self._mlflow.set_tags(batch)

    def _params(self, params: Mapping[str, object]) -> None:
        with self._told("log parameters"):
            for batch in run_store.allowed_batches(flatten(params), run_store.PARAM_LENGTH):
                self._mlflow.log_params(batch)

    def _succeed(self, path: Path) -> None:
        done = replace(self._record, ended=_now(), peak_memory_mb=costs.peak_memory_mb())
        spent = {"cost/seconds": costs.seconds(done), "cost/peak_memory_mb": done.peak_memory_mb}
        self.metrics({name: value for name, value in spent.items() if value is not None})
        with self._told("end the run"):
            self._mlflow.end_run("FINISHED")
        write_record(path, done)

    def _fail(self, error: BaseException) -> None:
        try:
            self._tags({"error": f"{type(error).__name__}: {error}"})
            with self._told("end the run"):
                self._mlflow.end_run("FAILED")
        except HairlineError as second:  # the stage's own error is the one to raise
            logging.getLogger(__name__).warning("%s", second)

    def _told(self, action: str, *also: type[Exception]) -> AbstractContextManager[None]:
        return _told(action, self._record.mlflow_uri, *also)


@contextmanager
def run(
    stage: str,
    name: str,
    experiment: str,
    params: Mapping[str, object],
    inputs: Sequence[Path],
    tags: Mapping[str, str],
    upstream: Sequence[Path],
    record: Path,
) -> Iterator[Run]:
    """Open an MLflow run for the block; ended FINISHED with a run.json, or FAILED without one where the block raises.

    Args:
        stage: Kind of work, e.g. ``train``.
        name: Name of the run within its kind.
        experiment: MLflow experiment; made where it does not exist.
        params: Nested parameters, logged flat (``a.b.c``).
        inputs: Files and folders the stage reads; their content hashes become tags.
        tags: Further tags.
        upstream: The run.json files of the stages that made the inputs; those that do not exist are passed over.
        record: Where to write this run's run.json; an older file there is removed first.

    Raises:
        HairlineError: If an input is missing or the tracking store cannot be used.
    """
    record.unlink(missing_ok=True)
    root, git, hashes = workspace_root(Path.cwd()), git_facts(Path.cwd()), content_hashes(inputs)
    parents = [parent.run_id for parent in map(read_record, upstream) if parent is not None]
    uri = run_store.store_uri(root)
    mlflow = _mlflow()
    with _told("open a run", uri):
        experiment_id = _experiment_id(mlflow, uri, experiment)
        run_id = mlflow.start_run(experiment_id=experiment_id, run_name=name, log_system_metrics=True).info.run_id
    place = run_store.public_uri(uri)
    facts = RunRecord(run_id, experiment, stage, name, git.commit, git.dirty, hashes, {}, parents, _now(), "", place)
    opened = Run(mlflow, facts)
    try:
        opened._tags(_facts(facts) | dict(tags))
        opened._params(params)
        yield opened
    except BaseException as error:
        opened._fail(error)
        raise
    opened._succeed(record)


def _mlflow() -> ModuleType:
    os.environ.update(SILENCED)
    for variable, value in QUIET.items():
        os.environ.setdefault(variable, value)
    import mlflow  # seconds: only where a run is opened

    return mlflow


def _experiment_id(mlflow: ModuleType, uri: str, experiment: str) -> str:
    """Point MLflow at a store and find or make the experiment; any number of processes may do so at once."""
    with run_store.alone(uri):
        _point_at(mlflow, uri)
        found = mlflow.get_experiment_by_name(experiment)
        if found is None:
            return _new_experiment(mlflow, experiment, run_store.artifact_location(uri, experiment))
    if found.lifecycle_stage == "deleted":
        raise HairlineError(
            f"{run_store.public_uri(uri)}: experiment {experiment!r} was deleted; bring it back with "
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


def _point_at(mlflow: ModuleType, uri: str) -> None:
    """Set the tracking URI without leaving it in the environment, where it would look like the user's choice."""
    chosen = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    if chosen is not None:
        os.environ["MLFLOW_TRACKING_URI"] = chosen


@contextmanager
def _told(action: str, uri: str, *also: type[Exception]) -> Iterator[None]:
    """Turn what MLflow and its store raise into one readable message."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    kinds: tuple[type[Exception], ...] = (MlflowException, SQLAlchemyError, sqlite3.Error, OSError, *also)
    try:
        yield
    except kinds as error:
        raise HairlineError(
            f"MLflow store {run_store.public_uri(uri)}: cannot {action}: {error}\n"
            "Check that the store exists, is writable or reachable and fits this MLflow version; "
            "MLFLOW_TRACKING_URI selects another one."
        ) from error


def _facts(record: RunRecord) -> dict[str, str]:
    return {
        "stage": record.stage,
        "git_commit": record.git_commit,
        "git_dirty": str(record.dirty).lower(),
        **({"upstream": ",".join(record.upstream)} if record.upstream else {}),
        **{name: os.environ[name] for name in DVC_FACTS if os.environ.get(name)},
        **{f"input:{path}": value for path, value in record.inputs.items()},
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
