"""What a run tells, as data: it can be sent to a store at once, or kept and sent later with the same outcome."""

import importlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.io.reading import composed
from hairline.tracking import above, names, store
from hairline.tracking.above import PARENT

ENTRY = "hairline.entry"
ABSENT = -1
DIGEST = 16
"""Letters of a hash by which MLflow's page tells data sets apart; it takes 36."""


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


def metrics(points: Sequence[tuple[str, float, int, int]], run: str = "") -> Entry:
    """Numbers: name, value, time in milliseconds, step; of another run than the one that tells them, by its id."""
    return Entry("metrics", {"points": [list(point) for point in points], **({"run": run} if run else {})})


def artifact(path: Path, folder: str) -> Entry:
    """A file, or a folder under its own name, inside a folder of the run's artifacts."""
    return Entry("artifact", {"folder": folder}, path)


def datasets(hashes: Mapping[str, str], stage: str) -> Entry:
    """Files and folders that a stage reads: path → hash of its content."""
    return Entry("datasets", {"hashes": dict(hashes), "stage": stage})


def model(
    folder: Path, name: str, loader: str, example: NDArray[np.uint8], answer: NDArray[np.float32],
    pip_requirements: Sequence[str], registered: str, tags: dict[str, str], params: Mapping[str, bool | float],
) -> Entry:  # fmt: skip
    """A network as its files and the code that reads them.

    ``registered`` is its name in the registry, empty for none; ``params`` what may be asked besides, with defaults.
    """
    values = {
        "name": name, "loader": loader, "example": example.tolist(), "answer": answer.tolist(),
        "pip_requirements": list(pip_requirements), "registered": registered, "tags": tags, "key": uuid.uuid4().hex,
        "params": dict(params),
    }  # fmt: skip
    return Entry("model", values, folder)


def child(key: str, name: str, time: int, values: dict[str, Any]) -> Entry:
    """A run inside this one; ``key`` is its own, so that it is made once however often it is sent."""
    return Entry("child", {"key": key, "name": name, "time": time, **values})


def end(status: str, time: int, run_above: str = "") -> Entry:
    """The end of the run, time in milliseconds, and of the run above it, where there is one."""
    return Entry("end", {"status": status, "time": time, "above": run_above})


def send(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    """Send an entry to the store that MLflow points at; sending it twice changes nothing."""
    SENDERS[entry.kind](mlflow, run_id, entry)


def _params(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    for batch in names.allowed_batches(entry.values, names.PARAM_LENGTH):
        found = [mlflow.entities.Param(name, value) for name, value in batch.items()]
        mlflow.MlflowClient().log_batch(run_id, params=found)


def _tags(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    for batch in names.allowed_batches(entry.values, names.TAG_LENGTH):
        found = [mlflow.entities.RunTag(name, value) for name, value in batch.items()]
        mlflow.MlflowClient().log_batch(run_id, tags=found)


def _metrics(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    of, client = entry.values.get("run", run_id), mlflow.MlflowClient()
    if of != run_id and not above.there(client.get_run(of)):
        return
    keys = names.allowed_keys(name for name, _, _, _ in entry.values["points"])
    found = [
        mlflow.entities.Metric(keys[name], float(value), time, step)
        for name, value, time, step in entry.values["points"]
    ]
    for start in range(0, len(found), names.METRICS):
        client.log_batch(of, found[start : start + names.METRICS])


def _artifact(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    assert entry.path is not None
    folder, client = entry.values["folder"], mlflow.MlflowClient()
    with names.carried_copy(entry.path) as path:
        _log(client, run_id, path, folder)
        if store.remote(mlflow.get_tracking_uri()):
            _refuse_lost(client, run_id, path, folder)


def _datasets(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    entities = mlflow.entities
    context = [entities.InputTag("mlflow.data.context", entry.values["stage"])]
    found = [
        entities.DatasetInput(entities.Dataset(path, digest[:DIGEST], "local", json.dumps({"uri": path})), context)
        for path, digest in entry.values["hashes"].items()
    ]
    if found:
        mlflow.MlflowClient().log_inputs(run_id, found)


def _log(client: Any, run_id: str, path: Path, folder: str) -> None:
    if path.is_dir():
        client.log_artifacts(run_id, str(path), "/".join(part for part in (folder, path.name) if part))
    else:
        client.log_artifact(run_id, str(path), folder or None)


def _refuse_lost(client: Any, run_id: str, path: Path, folder: str) -> None:
    """Raise OSError unless a server has every file with its size: a proxy's login page says "200 OK" to an upload."""
    files = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]
    sizes = {"/".join((*([folder] if folder else []), *each.relative_to(path.parent).parts)): each.stat().st_size
             for each in files}  # fmt: skip
    for place in sorted({name.rpartition("/")[0] for name in sizes}):
        found = {composed(each.path): each.file_size for each in client.list_artifacts(run_id, place or None)}
        for name, size in sizes.items():
            if name.rpartition("/")[0] == place and found.get(composed(name), ABSENT) not in (size, None):
                raise OSError(f"it answered that {name} arrived, but does not have it")


def _model(mlflow: ModuleType, run_id: str, entry: Entry) -> None:
    values, schema, client = entry.values, mlflow.types, mlflow.MlflowClient()
    arrays = np.array(values["example"], dtype=np.uint8), np.array(values["answer"], dtype=np.float32)
    free = [schema.Schema([schema.TensorSpec(array.dtype, _free(array))]) for array in arrays]
    package = importlib.import_module(values["loader"].partition(".")[0])
    mark = {ENTRY: values["key"]} if "key" in values else {}
    if mark and values["registered"] and _registered(client, values["registered"], values["key"]):
        return
    run = client.get_run(run_id)
    new = client.create_logged_model(run.info.experiment_id, values["name"], run_id, mark, dict(run.data.params))
    made = mlflow.models.Model.log(
        None,
        mlflow.pyfunc,
        run_id=run_id,
        model_id=new.model_id,
        loader_module=values["loader"],
        data_path=str(entry.path),
        code_paths=[str(Path(next(iter(package.__path__))))],
        signature=mlflow.models.ModelSignature(*free, params=_asked(mlflow, values.get("params", {}))),
        input_example=arrays[0],
        pip_requirements=[requirement.partition("+")[0] for requirement in values["pip_requirements"]],
        registered_model_name=values["registered"] or None,
    )
    if values["registered"]:
        for name, value in (values["tags"] | mark).items():
            client.set_model_version_tag(values["registered"], made.registered_model_version, name, value)


def _asked(mlflow: ModuleType, params: Mapping[str, bool | float]) -> Any:
    """The schema of what may be asked of a model besides; None for nothing."""
    schema = mlflow.types
    kinds = {bool: schema.DataType.boolean, float: schema.DataType.double}
    found = [schema.ParamSpec(name, kinds[type(default)], default) for name, default in params.items()]
    return schema.ParamSchema(found) if found else None


def _registered(client: Any, name: str, key: str) -> bool:
    """Whether a version of a registered model is of this entry, which was sent before."""
    return any(each.tags.get(ENTRY) == key for each in client.search_model_versions(f"name = '{name}'"))


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
    status, time = entry.values["status"], entry.values["time"]
    run = mlflow.MlflowClient().get_run(run_id)
    if above.there(run):
        mlflow.MlflowClient().set_terminated(run_id, status, time)
    if run_above := entry.values.get("above"):
        above.close(mlflow, run_above, run, status, time)


SENDERS: dict[str, Callable[[ModuleType, str, Entry], None]] = {
    "params": _params, "tags": _tags, "metrics": _metrics, "artifact": _artifact, "datasets": _datasets,
    "model": _model, "child": _child, "end": _end,
}  # fmt: skip
