"""What a run tells, as data: it can be sent to a store at once, or kept and sent later with the same outcome."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.tracking import store

PARENT, ENTRY = "mlflow.parentRunId", "hairline.entry"


@dataclass(frozen=True)
class Entry:
    """One thing that a run tells.

    Attributes:
        kind: One of :data:`SENDERS`.
        values: What is told, as JSON holds it.
        path: The file or folder that goes with it.
    """

    kind: str
    values: dict[str, Any]
    path: Path | None = None


def params(values: dict[str, str]) -> Entry:
    """Parameters by name."""
    return Entry("params", values)


def tags(values: dict[str, str]) -> Entry:
    """Tags by name."""
    return Entry("tags", values)


def metrics(points: Sequence[tuple[str, float, int, int]]) -> Entry:
    """Numbers: name, value, time in milliseconds, step."""
    return Entry("metrics", {"points": [list(point) for point in points]})


def artifact(path: Path, folder: str) -> Entry:
    """A file, or a folder under its own name, inside a folder of the run's artifacts."""
    return Entry("artifact", {"folder": folder}, path)


def model(
    folder: Path, name: str, loader: str, example: NDArray[np.uint8], answer: NDArray[np.float32],
    pip_requirements: Sequence[str], registered: str, tags: dict[str, str],
) -> Entry:  # fmt: skip
    """A network as its files and the code that reads them; ``registered``: its name in the registry, empty for none."""
    values = {
        "name": name, "loader": loader, "example": example.tolist(), "answer": answer.tolist(),
        "pip_requirements": list(pip_requirements), "registered": registered, "tags": tags,
    }  # fmt: skip
    return Entry("model", values, folder)


def child(key: str, name: str, time: int, values: dict[str, Any]) -> Entry:
    """A run inside this one; ``key`` is its own, so that it is made once however often it is sent."""
    return Entry("child", {"key": key, "name": name, "time": time, **values})


def end(status: str, time: int) -> Entry:
    """The end of the run, time in milliseconds."""
    return Entry("end", {"status": status, "time": time})


def send(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    """Send an entry to the store that MLflow points at; sending it twice changes nothing."""
    SENDERS[entry.kind](mlflow, run_id, entry)


def _params(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    for batch in store.allowed_batches(entry.values, store.PARAM_LENGTH):
        found = [mlflow.entities.Param(name, value) for name, value in batch.items()]
        mlflow.MlflowClient().log_batch(run_id, params=found)


def _tags(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    for batch in store.allowed_batches(entry.values, store.TAG_LENGTH):
        found = [mlflow.entities.RunTag(name, value) for name, value in batch.items()]
        mlflow.MlflowClient().log_batch(run_id, tags=found)


def _metrics(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    found = [
        mlflow.entities.Metric(store.allowed_key(name), float(value), time, step)
        for name, value, time, step in entry.values["points"]
    ]
    for start in range(0, len(found), store.METRICS):
        mlflow.MlflowClient().log_batch(run_id, found[start : start + store.METRICS])


def _artifact(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    assert entry.path is not None
    folder, client = entry.values["folder"], mlflow.MlflowClient()
    if entry.path.is_dir():
        client.log_artifacts(run_id, str(entry.path), "/".join(part for part in (folder, entry.path.name) if part))
    else:
        client.log_artifact(run_id, str(entry.path), folder or None)


def _model(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    values, schema = entry.values, mlflow.types
    arrays = np.array(values["example"], dtype=np.uint8), np.array(values["answer"], dtype=np.float32)
    free = [schema.Schema([schema.TensorSpec(array.dtype, _free(array))]) for array in arrays]
    package = importlib.import_module(values["loader"].partition(".")[0])
    if mlflow.active_run() is None:  # sent later
        mlflow.start_run(run_id)
    made = mlflow.pyfunc.log_model(
        name=values["name"],
        loader_module=values["loader"],
        data_path=str(entry.path),
        code_paths=[str(Path(next(iter(package.__path__))))],
        signature=mlflow.models.ModelSignature(*free),
        input_example=arrays[0],
        pip_requirements=[requirement.partition("+")[0] for requirement in values["pip_requirements"]],
        registered_model_name=values["registered"] or None,
    )
    if values["registered"]:
        client = mlflow.MlflowClient()
        for name, value in values["tags"].items():
            client.set_model_version_tag(values["registered"], made.registered_model_version, name, value)


def _free(array: NDArray[Any]) -> tuple[int, ...]:
    """The shape of a batch of images or maps of any number and size; channels stay."""
    return tuple(size if axis == 3 else -1 for axis, size in enumerate(array.shape))


def _child(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    values, client = entry.values, mlflow.MlflowClient()
    experiment = client.get_run(run_id).info.experiment_id
    made = client.search_runs([experiment], f"tags.`{ENTRY}` = '{values['key']}'", max_results=1)
    if made:
        child_id = made[0].info.run_id
    else:
        tags = {PARENT: run_id, ENTRY: values["key"], **values["tags"]}
        child_id = client.create_run(experiment, tags=tags, run_name=values["name"]).info.run_id
    _params(mlflow, child_id, Entry("params", values["params"]))
    points = [(name, value, values["time"], 0) for name, value in values["metrics"].items()]
    _metrics(mlflow, child_id, metrics(points))
    client.set_terminated(child_id)


def _end(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    mlflow.MlflowClient().set_terminated(run_id, entry.values["status"], entry.values["time"])


SENDERS: dict[str, Callable[[ModuleType, str, Entry], None]] = {
    "params": _params, "tags": _tags, "metrics": _metrics, "artifact": _artifact, "model": _model, "child": _child,
    "end": _end,
}  # fmt: skip
